"""The same forks by REST alone: without a token, or with one that GraphQL refuses."""

import time
from datetime import timedelta

import pytest

from monitors.sources.base import Aim, Gone, RateLimited
from monitors.sources.github.adapter import BY_REST
from tests.monitors.sources.github.forks import LEAK, fork, names


@pytest.fixture
def root(hub):
    return hub.add("eve/leak", files=LEAK)


@pytest.fixture
def anonymous(hub):
    return hub.adapter(token="")


def test_each_fork_takes_one_request_and_comes_with_the_ids_of_its_head(hub, anonymous, root, walk):
    forks = fork(hub, root, 130, files=LEAK)

    found, _, gaps = walk(anonymous, "eve/leak")

    assert sorted(names(found)) == sorted(one.name for one in forks)
    assert {candidate.digest for candidate in found} == {root.trees[""]}
    assert found[0].trees == {"": root.trees[""], "src": root.trees["src"]}
    assert (len(hub.asked), gaps) == (130 + 3, [])


def test_by_graphql_and_by_rest_a_fork_is_the_same_place(hub, github, anonymous, root, walk):
    fork(hub, root, 3)

    by_graphql, by_rest = walk(github, "eve/leak")[0], walk(anonymous, "eve/leak")[0]

    assert by_graphql == by_rest


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (401, {"message": "Bad credentials"}),
        (403, {"message": "Resource not accessible by personal access token"}),
        (404, {"message": "Not Found"}),
        (200, {"data": {"repository": None}, "errors": [{"type": "FORBIDDEN", "message": "SAML"}]}),
    ],
)
def test_where_graphql_is_refused_rest_is_asked(hub, github, root, status, body):
    fork(hub, root, 2)
    hub.answer_next(status, body)

    batch = github.fetch(Aim.FORKS, "eve/leak", cursor={})

    assert len(batch.candidates) == 2
    assert list(batch.cursor) == ["rest", "refused"]
    assert batch.gaps == [BY_REST]
    assert github.fetch(Aim.FORKS, "eve/leak", cursor=batch.cursor).gaps == [BY_REST]
    assert hub.asked.count("Forks") == 1


def test_a_token_that_graphql_refused_is_not_tried_again_for_a_day(hub, github, root, walk, monkeypatch):
    fork(hub, root, 130)
    monkeypatch.setattr(hub, "graphql", lambda name, asked: (403, {"message": "Not with this token"}, {}))

    found, cursor, _ = walk(github, "eve/leak")
    for _ in range(3):
        _, cursor, _ = walk(hub.adapter(), "eve/leak", cursor)

    assert len(found) == 130
    assert [hub.asked.count(name) for name in ("Forks", "Places")] == [1, 0]


def test_after_that_day_it_is_tried_again(hub, github, root, walk):
    fork(hub, root, 2)
    hub.answer_next(403, {"message": "Not with this token"})
    _, cursor, _ = walk(github, "eve/leak")
    assert 86_000 < cursor["refused"] - time.time() <= 86_401
    cursor["refused"] -= 86_402

    for _ in range(2):
        _, cursor, _ = walk(hub.adapter(), "eve/leak", cursor)

    assert (hub.asked.count("Forks"), sorted(cursor)) == (2, ["graphql", "rest"])


def test_one_that_was_let_in_before_is_tried_again_after_an_hour(hub, github, root, walk):
    fork(hub, root, 2)
    _, cursor, _ = walk(github, "eve/leak")
    hub.answer_next(403, {"message": "Not now"})

    _, cursor, _ = walk(github, "eve/leak", cursor)

    assert 3_500 < cursor["refused"] - time.time() <= 3_601


def test_forks_of_forks_are_listed_too(hub, anonymous, root, walk):
    forks = fork(hub, root, 3)
    deep = hub.add("deep/leak", of=forks[1], created=900)
    hub.add("deeper/leak", of=deep, created=950)

    found, _, _ = walk(anonymous, "eve/leak")

    assert {"deep/leak", "deeper/leak"} <= set(names(found))


def test_once_walked_only_what_is_new_costs_a_request(hub, anonymous, root, walk):
    fork(hub, root, 130)
    _, cursor, _ = walk(anonymous, "eve/leak")
    hub.asked.clear()
    hub.add("new/leak", of=root, created=3000)

    found, _, _ = walk(anonymous, "eve/leak", cursor)

    assert names(found) == ["new/leak"]
    assert hub.asked == ["/repositories/700", "/repos/eve/leak/forks", "/repos/new/leak/git/trees/HEAD"]


def test_a_push_to_an_old_fork_is_met_when_all_pages_are_listed_again(hub, anonymous, root, walk):
    old = fork(hub, root, 130)[0]
    _, cursor, _ = walk(anonymous, "eve/leak")
    old.pushed, old.files = 9000, {"new.ts": b"new"}

    found = []
    for _ in range(12):
        more, cursor, _ = walk(anonymous, "eve/leak", cursor)
        found += [candidate.digest for candidate in more]

    assert old.trees[""] in found


def test_a_limit_half_way_keeps_what_was_told_before_it(hub, anonymous, root):
    fork(hub, root, 5)
    first = anonymous.fetch(Aim.FORKS, "eve/leak", cursor={})
    assert len(first.candidates) == 5
    hub.asked.clear()
    limited = hub.adapter(token="")
    limited.client.before_ask = _after(4, RateLimited)

    half = limited.fetch(Aim.FORKS, "eve/leak", cursor={})
    rest = anonymous.fetch(Aim.FORKS, "eve/leak", cursor=half.cursor)

    assert (len(half.candidates), half.more) == (2, True)
    assert (half.limited.wait, rest.limited) == (timedelta(minutes=1), None)
    assert sorted(names(half.candidates + rest.candidates)) == sorted(names(first.candidates))


def test_empty_and_vanished_forks_do_not_hide_the_others(hub, anonymous, root, walk):
    fork(hub, root, 1, files={})
    fork(hub, root, 1, start=200)[0].gone = (451, {"block": {"reason": "dmca"}})
    fine = fork(hub, root, 1, start=300)

    assert names(walk(anonymous, "eve/leak")[0]) == [fine[0].name]


def test_what_github_counts_and_does_not_list_is_said(hub, anonymous, root, walk):
    fork(hub, root, 3)
    root.hidden = 2

    assert walk(anonymous, "eve/leak")[2] == ["GitHub counts 5 forks of eve/leak and lists 3."]


def test_a_repository_that_never_was_is_an_error(anonymous, hub):
    with pytest.raises(Gone):
        anonymous.fetch(Aim.FORKS, "eve/none", cursor={})


def _after(count, error):
    """Lets so many requests through."""
    left = iter(range(count))

    def before(url):
        if next(left, None) is None:
            raise error("Enough.", wait=timedelta(minutes=1))

    return before
