"""How often a watch asks, and what it says when it cannot."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import polling
from monitors.models import Budget, Change, Mention, Poll, Source, Watch
from monitors.sources import base
from tests import factories
from tests.factories import LEAK

MINUTE = timedelta(minutes=1)


def poll_at(watch, at):
    Watch.objects.filter(pk=watch.pk).update(due_at=at)
    watch.refresh_from_db()
    poll = polling.poll(watch, at=at)
    watch.refresh_from_db()
    return poll


def waits(watch, at, times: int) -> list[float]:
    """Minutes from each of so many looks to the next."""
    return [round((poll_at(watch, at) and watch.wait) / MINUTE, 2) for _ in range(times)]


def test_a_watch_that_finds_nothing_is_asked_less_and_less_down_to_its_ceiling(watch, shelf):
    found = waits(watch, timezone.now(), 12)

    assert found[:3] == [6.25, 7.81, 9.77]
    assert found[-1] == 30


def test_a_watch_that_finds_much_is_asked_more_often_down_to_its_floor(watch, shelf):
    at, found = timezone.now(), []
    for number in range(4):
        shelf.packages[f"cli-{number}"] = LEAK
        found += waits(watch, at, 1)

    assert found == [2.5, 1.25, 1, 1]


def test_the_pace_that_a_person_chose_is_the_middle():
    watch = Watch(every=timedelta(hours=2), wait=timedelta(hours=5, minutes=50))

    assert watch.rhythm(0) == timedelta(hours=6)
    assert Watch(every=timedelta(seconds=10)).rhythm(1) == timedelta(seconds=10)
    assert Watch(every=timedelta(hours=12)).rhythm(0) == timedelta(hours=12)


@pytest.mark.parametrize(
    ("every", "wait", "found", "minutes"),
    [
        (5, 5, 90, 5),
        (5, 30, 90, 15),
        (2, 2, 90, 2),
        (60, 20, 90, 12),
        (5, 4, 20, 5),
        (5, 30, 20, 15),
        (5, 4, 0, 5),
    ],
)
def test_what_costs_a_page_is_asked_no_sooner_than_pages_fill(every, wait, found, minutes):
    watch = Watch(every=every * MINUTE, wait=wait * MINUTE, source=Source(kind="github"), aim="forks")

    assert polling.pace_of(watch, found) == minutes * MINUTE


@pytest.mark.parametrize(
    ("wait", "found", "minutes"),
    [(5, 19, 6.25), (10, 1, 10), (10, 20, 5), (30, 2, 15), (80, 0, 90), (90, 0, 90)],
)
def test_a_repository_that_is_seldom_forked_is_asked_half_as_often_and_an_idle_one_seldom(
    wait, found, minutes
):
    watch = Watch(every=5 * MINUTE, wait=wait * MINUTE, source=Source(kind="github"), aim="forks")

    assert polling.pace_of(watch, found) == minutes * MINUTE


def test_pages_amid_a_long_list_that_bring_nothing_leave_the_pace(watch, shelf):
    at = timezone.now()
    shelf.more = True
    amid = waits(watch, at, 3)

    shelf.more = False

    assert (amid, waits(watch, at, 1)) == ([5, 5, 5], [6.25])


def test_a_limit_is_no_failure_and_says_until_when(watch, shelf):
    at = timezone.now()
    shelf.limit(timedelta(minutes=7))

    poll = poll_at(watch, at)

    assert (poll.outcome, watch.failures, watch.failing_since) == (Poll.Outcome.LIMITED, 0, None)
    assert watch.limited_until == watch.due_at


def test_after_an_hour_of_failing_somebody_is_told_once_and_again_when_it_sees(watch, shelf):
    at = timezone.now()
    shelf.fail("registry.example answered 500.")
    for minutes in (0, 20, 61, 90):
        poll_at(watch, at + minutes * MINUTE)
    [told] = Change.objects.all()

    shelf.error = None
    poll_at(watch, at + 100 * MINUTE)

    assert (told.kind, told.watch, told.facts["error"]) == ("blind", watch, "registry.example answered 500.")
    assert [change.kind for change in Change.objects.all()] == ["blind", "seeing"]
    assert (watch.failing_since, watch.alarmed_at) == (None, None)


def test_after_an_hour_of_limits_somebody_is_told_once_and_again_when_it_sees(watch, shelf):
    at = timezone.now()
    shelf.limit(timedelta(minutes=19))
    for minutes in (0, 20, 40, 61, 81):
        poll_at(watch, at + minutes * MINUTE)
    since, [told] = watch.limited_since, Change.objects.all()

    shelf.error = None
    poll_at(watch, at + 101 * MINUTE)

    assert (told.kind, told.facts["error"][:16]) == ("blind", "Too many request")
    assert timedelta(0) <= since - at < MINUTE
    assert [change.kind for change in Change.objects.all()] == ["blind", "seeing"]
    assert (watch.limited_since, watch.alarmed_at) == (None, None)


def test_a_limit_that_lasts_longer_than_the_hour_is_told_in_time_without_asking(watch, shelf):
    at = timezone.now()
    shelf.limit(timedelta(hours=9))
    poll_at(watch, at)

    poll_at(watch, watch.due_at)

    assert Change.objects.get().kind == "blind"
    assert len(shelf.asked) == 1
    assert watch.due_at > at + timedelta(hours=8)


def test_one_more_look_is_taken_before_the_hour_is_over(watch, shelf):
    at = timezone.now()
    shelf.fail()
    Watch.objects.update(failures=6, failing_since=at - 50 * MINUTE)

    poll_at(watch, at)

    assert watch.due_at == watch.failing_since + timedelta(hours=1)


def test_what_a_host_left_out_is_kept_with_the_look_and_the_watch(watch, shelf):
    shelf.gaps = ["GitHub counts 120 forks and lists 117."]
    first = timezone.now()

    poll = poll_at(watch, first)
    since = watch.gaps_since
    poll_at(watch, first + MINUTE)

    assert (poll.gaps, watch.gaps, watch.gaps_since) == (shelf.gaps, shelf.gaps, since)
    shelf.gaps = []
    poll_at(watch, first + 2 * MINUTE)
    assert (watch.gaps, watch.gaps_since) == ([], None)


def test_what_one_page_left_out_is_a_gap_until_a_whole_round_has_none(watch, shelf):
    at, shown = timezone.now(), []

    for gap, more in [("A.", True), ("B.", True), ("", False), ("", True), ("", False)]:
        shelf.gaps, shelf.more = [gap] * bool(gap), more
        poll_at(watch, at)
        shown.append(watch.gaps)

    assert shown == [["A."], ["A.", "B."], ["A.", "B."], ["A.", "B."], []]


def test_gaps_of_a_round_without_end_are_bounded(watch, shelf):
    at, shelf.more = timezone.now(), True

    for number in range(polling.GAPS_KEPT + 3):
        shelf.gaps = [f"Left out {number}."]
        poll_at(watch, at)

    assert (len(watch.gaps), len(watch.gaps_met), watch.gaps[-1]) == (20, 20, "Left out 22.")


def test_talk_is_counted_once_and_is_no_sighting(db, shelf):
    watch, at = factories.WatchFactory(aim="mentions"), timezone.now()
    said = base.Mention("news.example", "1", "Acme\u202e CLI leaked", "https://news.example/1", at)
    shelf.mentions = [said, said]

    polls = [poll_at(watch, at), poll_at(watch, at)]

    assert [poll.mentions for poll in polls] == [1, 0]
    assert Mention.objects.get().title == "Acme\ufffd CLI leaked"
    assert not watch.watchlist.sightings.exists()


def test_what_is_dated_in_the_future_was_said_when_we_read_it(db, shelf):
    watch, at = factories.WatchFactory(aim="mentions"), timezone.now()
    shelf.mentions = [base.Mention("news.example", "1", "x", "", at + timedelta(days=9))]

    poll_at(watch, at)

    assert Mention.objects.get().at - at < MINUTE


def test_a_host_with_little_left_is_kept_for_what_is_worth_more(watch, shelf):
    at = timezone.now()
    Budget.objects.create(
        host="127.0.0.1:9", limit=100, remaining=12, resets_at=at + 10 * MINUTE, learned_at=at
    )
    Budget.objects.update(limit=100)
    search = factories.WatchFactory(watchlist=watch.watchlist, source=watch.source, aim="search")
    forks = factories.WatchFactory(watchlist=watch.watchlist, source=watch.source, aim="forks")

    outcomes = [poll_at(one, at).outcome for one in (search, forks)]

    assert outcomes == [Poll.Outcome.LIMITED, Poll.Outcome.ANSWERED]
    search.refresh_from_db()
    assert "kept for what matters more" in search.last_error


@pytest.mark.parametrize("secret", ["ghp_0123456789abcdef"])
def test_a_token_that_gets_into_an_error_is_struck_out(watch, shelf, monkeypatch, secret):
    monkeypatch.setenv("OUR_TOKEN", secret)
    watch.source.token_env = "OUR_TOKEN"
    watch.source.save()
    shelf.fail(f"Bad header Bearer {secret}.")

    poll = poll_at(watch, timezone.now())

    watch.refresh_from_db()
    assert (poll.error, watch.last_error) == ("Bad header Bearer ***.", "Bad header Bearer ***.")
