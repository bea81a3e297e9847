"""What git asks is taken off its host's budget as what we ask ourselves."""

from datetime import UTC, datetime, timedelta

import pytest

from monitors import budgets
from monitors.asking import Asking
from monitors.models import Budget
from monitors.sources.base import Candidate, RateLimited, SourceError
from monitors.sources.clone import Bounds, Clone
from monitors.sources.refs import ADVERTISEMENT
from tests import factories
from tests.servers import scripted as scripts

pytestmark = [pytest.mark.slow]  # git starts several processes

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
FILES = {"src/cli.ts": b"export const secret = 1;\n" * 20}
PATH = "/acme/leak.git"
IN_THE_PROTOCOL = b"001e# service=git-upload-pack\n0000" + b"001bERR Rate limit reached."


@pytest.fixture
def asking(db):
    return Asking(factories.SourceFactory(kind="git", base_url="", allow_private=True), at=AT)


@pytest.fixture
def repository(git_host, request):
    made = git_host.create(f"budgets/{request.node.name}")
    made.commit(FILES)
    return made


def place(repository) -> Candidate:
    return Candidate("host", "acme/leak", "", "acme/leak", repository.url, "", "", {"url": repository.url})


def allow(host: str, remaining: int) -> None:
    budgets.learn(host, "", {"RateLimit-Remaining": str(remaining), "RateLimit-Reset": "600"}, at=AT)


def refused(asking, url: str) -> RateLimited:
    with Clone(url, asking.client, Bounds()) as clone, pytest.raises(RateLimited) as limited:
        clone.fetch(["HEAD"])
    return limited.value


@pytest.mark.servers
def test_every_request_of_git_is_taken_off(asking, git_host, repository):
    host = budgets.host_of(git_host.url)
    allow(host, 50)
    git_host.asked.clear()

    with asking.adapter.examine(place(repository)) as holding:
        read = dict(holding.read(["src/cli.ts"]))

    assert read == FILES
    assert Budget.objects.get(host=host).remaining == 50 - len(git_host.asked)
    assert len(git_host.asked) == 6


@pytest.mark.servers
def test_git_is_not_started_once_nothing_is_left(asking, git_host, repository):
    allow(budgets.host_of(git_host.url), 4)
    git_host.asked.clear()

    with asking.adapter.examine(place(repository)) as holding, pytest.raises(budgets.Spent):
        list(holding.read(["src/cli.ts"]))

    assert [request.method for request in git_host.asked] == ["GET", "GET", "POST", "POST"]


def test_git_is_not_started_while_its_host_wants_no_more(asking, scripted):
    budgets.block(budgets.host_of(scripted.url), "", until=AT + timedelta(minutes=5), at=AT)

    limit = refused(asking, scripted.url + PATH)

    assert isinstance(limit, budgets.Spent)
    assert scripted.asked == []


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(429),
        scripts.answers(403, b"You have exceeded a secondary rate limit.\n", Content_Type="text/plain"),
        scripts.answers(200, IN_THE_PROTOCOL, Content_Type=ADVERTISEMENT),
        scripts.answers(503, b"Too many requests: come back later.\n", Content_Type="text/plain"),
    ],
)
def test_a_limit_that_git_meets_closes_the_host_that_it_asked(asking, scripted, script):
    scripted.on(f"{PATH}/info/refs", script)

    limit = refused(asking, scripted.url + PATH)
    asking.limited(limit)

    assert limit.wait == timedelta(minutes=1)
    assert budgets.wait(budgets.host_of(scripted.url), "", at=AT) >= limit.wait


def test_a_limit_of_gits_host_leaves_the_sources_own_open(db, scripted):
    forge = factories.SourceFactory(
        kind="github", base_url="https://api.code.example", token_env="T", allow_private=True
    )
    scripted.on(f"{PATH}/info/refs", scripts.answers(429))
    asking = Asking(forge, at=AT)

    asking.limited(refused(asking, scripted.url + PATH))

    assert [row.host for row in Budget.objects.all()] == [budgets.host_of(scripted.url)]


@pytest.mark.parametrize("status", [403, 429, 503])
def test_the_host_is_left_alone_for_as_long_as_it_told_git(asking, scripted, status):
    answer = scripts.answers(
        status, b'{"message": "no"}', Retry_After="1234", Content_Type="application/json"
    )
    scripted.on(f"{PATH}/info/refs", answer)

    assert refused(asking, scripted.url + PATH).wait == timedelta(seconds=1234)


@pytest.mark.parametrize("words", [b"not found: rate-limiter", b"no such thing"])
def test_other_words_of_a_host_are_no_limit(asking, scripted, words):
    scripted.on(f"{PATH}/info/refs", scripts.answers(500, words, Content_Type="text/plain"))

    with Clone(scripted.url + PATH, asking.client, Bounds()) as clone, pytest.raises(SourceError) as raised:
        clone.fetch(["HEAD"])

    assert not isinstance(raised.value, RateLimited)
