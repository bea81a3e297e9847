"""Where we see and where we are blind, in plain words."""

from datetime import UTC, datetime, timedelta

import pytest

from incidents import attention
from monitors import budgets, coverage
from monitors.models import Lead
from tests import factories

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def source(db):
    return factories.SourceFactory(name="github", kind="github", base_url="https://code.example/api")


@pytest.fixture
def watched(incident, source):
    """Makes a watch of the incident at that host, asked a minute ago and due in four."""

    def make(**details):
        usual = {"last_polled_at": AT - timedelta(minutes=1), "due_at": AT + timedelta(minutes=4)}
        return factories.WatchFactory(watchlist=incident.watchlist, source=source, **usual | details)

    return make


def only(incident) -> coverage.Host:
    [host] = coverage.hosts(incident.watchlist, at=AT)
    return host


def failing(hours: float) -> dict:
    return {
        "failures": 3,
        "last_error": "code.example answered 500.",
        "failing_since": AT - hours * HOUR,
    }


def test_a_host_that_answers_is_seen(incident, watched):
    watched()
    watched()

    host = only(incident)
    assert (host.name, host.health, host.words, host.watches) == ("code.example", "ok", "Seeing", 2)


def test_one_watch_of_three_that_fails_makes_its_host_partly_blind(incident, watched):
    watched()
    watched()
    bad = watched(**failing(2))

    host = only(incident)
    assert (host.health, host.blind, host.example, host.since) == ("failing", 1, bad, AT - 2 * HOUR)
    assert host.words == (
        "Blind since 1 April 10:00 UTC: 1 of 3 watches (failed 3× in a row: code.example answered 500.)"
    )


@pytest.mark.parametrize(("hours", "lines"), [(0.9, 0), (1.0, 1), (30, 1)])
def test_an_hour_of_blindness_needs_somebody(incident, lead, watched, hours, lines):
    watched(**failing(hours))
    watched(**failing(hours))

    waiting = [one for one in attention.waiting(incident, lead, at=AT) if one.label == "Blind"]

    assert len(waiting) == lines


def test_a_limited_host_says_until_when_and_alarms_nobody(incident, watched):
    until = AT + timedelta(minutes=20)
    error = "code.example (code search) wants no more before 12:20 UTC."
    watched(limited_until=until, due_at=until, last_error=error)

    host = only(incident)
    assert (host.health, host.alarming) == ("limited", False)
    assert host.words == f"Limited until 12:20 UTC: its one watch. {error}"


@pytest.mark.parametrize(
    ("hours", "error", "words"),
    [
        (0.9, "No.", "Limited until 12:20 UTC: its one watch. No."),
        (2, "Too many requests.", "Blind since 1 April 10:00 UTC, as the host refuses us until 12:20 UTC: "),
        (
            2,
            f"It has 3 left; {budgets.HELD_BACK}.",
            "Blind since 1 April 10:00 UTC, as our requests are kept for more valuable watches until 12:20",
        ),
    ],
)
def test_what_is_limited_for_an_hour_needs_somebody(incident, lead, watched, hours, error, words):
    until, since = AT + timedelta(minutes=20), AT - hours * HOUR
    watched(limited_until=until, due_at=until, last_error=error, limited_since=since)

    host, waiting = only(incident), attention.waiting(incident, lead, at=AT)

    assert (host.since, host.alarming, host.blind) == (since, hours > 1, hours > 1)
    assert host.words.startswith(words)
    assert any(one.label == "Blind" for one in waiting) == (hours > 1)


def test_between_two_limits_nothing_is_seen_either(incident, watched):
    watched(limited_until=AT, due_at=AT, last_error="Not now.", limited_since=AT - 0.5 * HOUR)

    assert (only(incident).health, only(incident).words) == ("limited", "Limited: its one watch. Not now.")


def test_a_watch_that_nobody_asks_means_that_no_worker_runs(incident, watched):
    watched(due_at=AT - HOUR)

    host = only(incident)
    assert (host.health, host.alarming) == ("late", True)
    assert host.words == "Not asked since 1 April 11:00 UTC: its one watch. Is a worker running?"


def test_a_missing_token_is_said_at_once(incident, watched, source, monkeypatch):
    monkeypatch.delenv("CODE_TOKEN", raising=False)
    source.token_env = "CODE_TOKEN"
    source.save()
    watched()

    host = only(incident)
    assert (host.alarming, "CODE_TOKEN is not set" in host.words) == (True, True)


def test_what_a_host_left_out_is_a_gap_and_not_blindness(incident, watched):
    gap = "GitHub counts 120 forks and lists 117."
    watched(gaps=[gap], gaps_since=AT - HOUR)
    watched(gaps=[gap], gaps_since=AT - 2 * HOUR)

    host = only(incident)
    assert (host.health, host.words, host.gaps, host.since) == (
        "ok",
        "Seeing, with gaps",
        [gap],
        AT - 2 * HOUR,
    )


def test_places_that_were_named_and_not_read_are_counted(incident, watched, source):
    watched()
    for number, due_at in enumerate([AT, AT, None]):
        Lead.objects.create(
            watchlist=incident.watchlist,
            source=source,
            host="code.example",
            native_id=str(number),
            candidate={},
            due_at=due_at,
        )

    host = only(incident)
    assert (host.waiting, host.unread) == (2, 1)


@pytest.fixture
def late(incident, source):
    """Makes places of the incident whose visits are as told, the last that told anything at 10:00."""

    def make(count=1, **details):
        usual = {"watchlist": incident.watchlist, "source": source, "last_checked_at": AT - 2 * HOUR}
        return factories.SightingFactory.create_batch(count, **usual | details)

    return make


@pytest.mark.parametrize(
    "visit", [{"due_at": AT - HOUR}, {"due_at": AT + HOUR, "last_error": "code.example answered 500."}]
)
def test_known_places_that_are_not_checked_for_an_hour_are_told_and_need_somebody(
    incident, lead, watched, late, visit
):
    watched()
    late(2, **visit)

    host, waiting = only(incident), attention.waiting(incident, lead, at=AT)

    assert host.words == "Seeing, but 2 places were not checked since 1 April 10:00 UTC"
    assert (host.health, host.unchecked, host.since, host.blind) == ("late", 2, AT - 2 * HOUR, 0)
    assert [one.detail for one in waiting if one.label == "Blind"] == [host.words]


@pytest.mark.parametrize(
    "visit",
    [
        {"due_at": AT - 0.9 * HOUR},
        {"due_at": None, "last_error": "It was gone."},
        {"due_at": AT, "last_error": "It answered 500.", "last_checked_at": AT - 0.9 * HOUR},
    ],
)
def test_places_that_are_visited_in_time_or_no_more_are_no_news(incident, watched, late, visit):
    watched()
    late(**visit)

    assert (only(incident).words, only(incident).unchecked) == ("Seeing", 0)


def test_places_at_a_host_that_no_watch_asks_are_told_too(incident, late):
    late(due_at=AT - HOUR)

    assert (only(incident).name, only(incident).alarming) == ("code.example", True)
    assert only(incident).words == "1 place was not checked since 1 April 10:00 UTC"


def test_a_blind_host_says_besides_that_its_places_are_not_checked(incident, watched, late):
    watched(**failing(2))
    late(due_at=AT - HOUR)

    assert only(incident).words.endswith(
        "code.example answered 500.). 1 place was not checked since 1 April 10:00 UTC"
    )


def test_a_paused_watch_is_no_watch(incident, watched):
    watched(paused_at=AT)

    assert coverage.hosts(incident.watchlist, at=AT) == []


def test_those_that_need_somebody_come_first(incident, watched):
    watched()
    other = factories.SourceFactory(name="zulu", base_url="https://zulu.example/")
    factories.WatchFactory(watchlist=incident.watchlist, source=other, **failing(5))

    assert [host.name for host in coverage.hosts(incident.watchlist, at=AT)] == [
        "zulu.example",
        "code.example",
    ]


def test_the_same_is_on_the_overview_the_watches_and_the_status_page(visit, incident, lead, watched):
    watched(**failing(2) | {"due_at": None}, gaps=["It counts 120 and lists 117."])

    for page in ("", "watches/", "status/"):
        shown = visit(lead).get(f"/i/{incident.ref}/{page}").text
        assert "Blind since 1 April 10:00 UTC: its one watch" in shown
        assert "It counts 120 and lists 117." in shown
