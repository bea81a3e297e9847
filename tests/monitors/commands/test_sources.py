import pytest
from django.core.management import CommandError
from django.utils import timezone

from monitors import probing
from monitors.models import Budget, Source
from monitors.sources import ADAPTERS
from monitors.sources.base import Adapter, Probe, SignInNeeded, SourceError, Whose
from tests import factories
from tests.commands import answered, printed
from tests.servers import scripted as scripts

SECRET = "ghp_0123456789abcdefSECRET"


@pytest.fixture
def source(db, shelf, monkeypatch):
    monkeypatch.setenv("OUR_TOKEN", SECRET)
    return factories.SourceFactory(name="npm here", token_env="OUR_TOKEN")


def test_a_source_that_answers_says_as_whom_and_how_much_is_left(source):
    [told] = answered("sources", "check")

    assert (told["ok"], told["account"], told["scopes"], told["token_is_set"]) == (
        True,
        "octocat",
        ["repo"],
        True,
    )
    assert told["says"] == (
        "It answers. The token is octocat's. It may: repo. 4,999 of 5,000 requests are left."
    )


@pytest.mark.parametrize(
    ("whose", "ok", "says"),
    [
        (Whose("eve", ("api", "read")), True, "It answers. The token is eve's. It may: api, read."),
        (Whose("eve"), True, "It answers. The token is eve's, its scopes are not told."),
        (Whose(), True, "It answers. The token was accepted, its scopes are not told."),
        (NotImplementedError(), True, "It answers. The token was accepted, its scopes are not told."),
        (SignInNeeded("Who asks? Check the token."), False, "Who asks? Check the token."),
        (
            SourceError("It refused Bearer " + SECRET),
            True,
            "It answers. The token was accepted, its scopes are not told. "
            "Whose it is was not told: It refused Bearer ***.",
        ),
    ],
)
def test_of_a_token_it_is_said_what_its_host_tells(source, monkeypatch, whose, ok, says):
    def tell(self):
        if isinstance(whose, Exception):
            raise whose
        return whose

    monkeypatch.setattr(ADAPTERS["npm"], "probe", lambda self: Probe("It answers."))
    monkeypatch.setattr(ADAPTERS["npm"], "whose", tell)

    answer = probing.check(source)

    assert (answer.ok, answer.says) == (ok, says)


@pytest.mark.parametrize(("path", "ok"), [("/here", True), ("/lost", True), ("/broken", False)])
def test_a_source_with_an_address_is_asked_there_even_if_its_kind_knows_no_probe(
    db, scripted, monkeypatch, path, ok
):
    monkeypatch.setattr(ADAPTERS["swh"], "probe", Adapter.probe)
    scripted.on("/here", scripts.answers(200, b"hello"))
    scripted.on("/broken", scripts.answers(500))
    source = factories.SourceFactory(kind="swh", base_url=scripted.url + path, allow_private=True)

    answer = probing.check(source)

    assert (answer.ok, [one.path for one in scripted.asked]) == (ok, [path])


def test_what_was_said_is_kept_with_the_source(source):
    printed("sources", "check", "npm here")

    source.refresh_from_db()
    assert (source.probe_failed, source.due_at) == (False, None)
    assert "octocat" in source.probe_says
    assert "octocat" in printed("sources", "list")


def test_one_that_fails_ends_with_its_reason_and_an_error(source, shelf):
    shelf.error = SourceError("registry.example answered 401.")

    with pytest.raises(CommandError, match=r"1 of 1 do not answer: npm here\."):
        printed("sources", "check")
    source.refresh_from_db()
    assert (source.probe_failed, source.probe_says) == (True, "registry.example answered 401.")


def test_a_token_that_is_not_set_is_said_and_nobody_is_asked(source, shelf, monkeypatch):
    monkeypatch.delenv("OUR_TOKEN")

    answer = probing.check(source)

    assert (answer.ok, answer.says) == (False, "The variable OUR_TOKEN is not set where the workers run.")


def test_an_unknown_source_is_refused_by_name(source):
    with pytest.raises(CommandError, match="There is no source nowhere"):
        printed("sources", "check", "nowhere")


def test_what_a_host_allows_is_told_with_it(source):
    now = timezone.now()
    Budget.objects.create(
        host="127.0.0.1:9", token_env="OUR_TOKEN", bucket="search", limit=30, remaining=7, learned_at=now
    )

    assert answered("sources", "list")[0]["allowances"] == [
        {"bucket": "search", "left": 7, "limit": 30, "opens_at": None}
    ]


def test_the_token_is_in_no_answer_page_or_log(source, shelf, visit, keeper, caplog, capsys):
    shelf.error = SourceError(f"It refused Bearer {SECRET}.")
    caplog.set_level("DEBUG")

    with pytest.raises(CommandError) as failed:
        printed("sources", "check", "--json")
    pages = [visit(keeper).get(path).text for path in ("/sources/", f"/sources/{source.pk}/")]

    source.refresh_from_db()
    everything = [str(failed.value), source.probe_says, caplog.text, *capsys.readouterr(), *pages]
    assert source.probe_says == "It refused Bearer ***."
    assert not [text for text in everything if SECRET in text]


def test_a_keeper_has_a_worker_check_it(source, visit, keeper):
    visit(keeper).post(f"/sources/{source.pk}/check/")

    source.refresh_from_db()
    assert source.due_at <= timezone.now()
    assert list(Source.objects.due(timezone.now())) == [source]


def test_a_place_of_ours_is_listed_and_taken_off_from_the_shell(db):
    [entry] = answered("own", "add", "--host", "GitHub.com", "--name", "acme/")
    assert (entry["host"], entry["name"]) == ("github.com", "acme")

    assert answered("own", "remove", "--id", str(entry["id"])) == []
    with pytest.raises(CommandError, match="one of the two"):
        printed("own", "add", "--host", "github.com")


@pytest.mark.parametrize(("value", "token"), [(f"{SECRET}\n", SECRET), (" \n", "")])
def test_blanks_around_a_token_are_no_part_of_it(source, monkeypatch, value, token):
    monkeypatch.setenv("OUR_TOKEN", value)

    assert (source.token, source.is_missing_its_token) == (token, not token)
