from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import leads, polling
from monitors.models import Budget, Change, Lead, LeaseLost, Poll, Sighting, Watch
from monitors.sources.base import SourceError
from tests import factories
from tests.factories import LEAK


def test_a_copy_is_found_with_its_evidence(watch, shelf):
    shelf.packages["open-kettle"] = LEAK

    poll = polling.poll(watch)

    sighting = Sighting.objects.get()
    assert (poll.outcome, poll.found, poll.looked_at) == (Poll.Outcome.ANSWERED, 1, 1)
    assert (sighting.klass, sighting.share_files, sighting.share_lines, sighting.files) == (
        "copy",
        1.0,
        1.0,
        2,
    )
    assert {row.ours for row in sighting.evidence.all()} == set(LEAK)
    assert [change.kind for change in Change.objects.all()] == [Change.Kind.APPEARED]
    assert (sighting.watch, watch.found) == (watch, 1)


def test_an_innocent_neighbour_is_kept_as_looked_at_but_is_no_hit(watch, shelf):
    shelf.packages["left-pad"] = {"index.js": b"module.exports = (text, size) => text.padStart(size)\n" * 20}

    poll = polling.poll(watch)

    assert (poll.looked_at, poll.found) == (1, 0)
    assert Sighting.objects.get().klass == "unrelated"
    assert not Sighting.objects.hits().exists()
    assert not Change.objects.exists()


def test_the_same_content_in_the_same_place_is_examined_once(watch, shelf):
    shelf.packages["open-kettle"] = LEAK
    polling.poll(watch)
    watch.due_at = timezone.now()
    watch.save()

    polling.poll(watch, at=timezone.now())

    assert shelf.examined == ["open-kettle"]
    assert (Sighting.objects.count(), Change.objects.count()) == (1, 1)


def test_a_watch_that_is_not_due_is_left_alone(watch, shelf):
    assert polling.poll(watch, at=watch.due_at - timedelta(seconds=1)) is None
    assert shelf.asked == []


def test_a_watch_that_a_worker_has_is_not_hurried(watch, shelf):
    at = timezone.now()
    while_asked = []
    shelf.before_answering = lambda: while_asked.append(polling.poll_soon(Watch.objects.get(), at=at))

    watch.claim(at=at)
    once_claimed = polling.poll_soon(Watch.objects.get(), at=at)
    polling.poll_claimed(watch, at=at)

    assert (once_claimed, while_asked, watch.polls.count()) == (False, [False], 1)
    assert polling.poll_soon(watch, at=at)


@pytest.fixture
def killing(watch, shelf, monkeypatch):
    """A poll of the watch, whose worker is killed as soon as it reads, or asks."""

    class Killed(BaseException):
        pass

    def kill(*told):
        raise Killed

    def poll(at):
        Watch.objects.update(due_at=at)
        watch.refresh_from_db()
        with pytest.raises(Killed):
            polling.poll(watch, at=at)

    monkeypatch.setattr(polling.examinations, "by_content", kill)
    poll.by_asking = lambda: setattr(shelf, "before_answering", kill)
    return poll


def test_what_killed_two_workers_of_a_poll_waits_as_a_lead(watch, shelf, killing):
    shelf.packages["bomb"] = LEAK
    at = timezone.now()
    killing(at)
    killing(at)

    poll = polling.poll(watch, at=at + Watch.LEASE + timedelta(seconds=1))

    assert (poll.outcome, poll.put_off, Lead.objects.count()) == (Poll.Outcome.ANSWERED, 1, 1)


def test_a_host_whose_answers_kill_workers_is_a_failure(watch, killing):
    killing.by_asking()
    at = timezone.now()
    for _ in range(3):
        killing(at)

    poll = polling.poll(watch, at=at + Watch.LEASE + timedelta(seconds=1))

    assert (poll.outcome, watch.failures) == (Poll.Outcome.FAILED, 1)
    assert poll.error == "The last 3 workers that asked did not come back."


def test_a_rate_limit_waits_as_told_and_keeps_the_cursor(watch, shelf):
    shelf.limit(timedelta(minutes=7))
    at = timezone.now()

    poll = polling.poll(watch, at=at)

    watch.refresh_from_db()
    assert poll.outcome == Poll.Outcome.LIMITED
    assert timedelta(0) <= watch.due_at - at - timedelta(minutes=7) < timedelta(seconds=5)
    assert watch.cursor == {}


def test_a_limited_host_is_not_asked_by_its_other_watches(watch, shelf):
    other = factories.WatchFactory(watchlist=watch.watchlist, source=watch.source)
    shelf.limit(timedelta(minutes=7))
    polling.poll(watch)
    shelf.error = None

    poll = polling.poll(other)

    assert poll.outcome == Poll.Outcome.LIMITED
    assert shelf.asked == [watch.query]
    assert Budget.objects.get().host == "127.0.0.1:9"


def test_a_failure_is_a_row_with_its_reason_and_backs_off(watch, shelf):
    shelf.fail("registry.example answered 500.")
    at = timezone.now()

    for _ in range(3):
        watch.due_at = at
        watch.save()
        polling.poll(watch, at=at)

    watch.refresh_from_db()
    assert [poll.error for poll in watch.polls.all()] == ["registry.example answered 500."] * 3
    assert (watch.failures, watch.last_error) == (3, "registry.example answered 500.")
    assert watch.due_at - at >= 4 * watch.every


def test_a_bug_of_ours_is_a_row_too(watch, shelf):
    shelf.before_answering = lambda: 1 / 0

    with pytest.raises(ZeroDivisionError):
        polling.poll(watch)

    assert watch.polls.get().outcome == Poll.Outcome.FAILED


@pytest.mark.parametrize(("where", "name", "what"), [(polling, "LONGEST_CURSOR", 5), (leads, "keep", None)])
def test_an_answer_that_cannot_be_written_is_a_failure_with_its_row(
    watch, shelf, monkeypatch, where, name, what
):
    monkeypatch.setattr(where, name, what)
    shelf.packages["open-kettle"] = LEAK

    for _ in range(2):
        Watch.objects.update(due_at=timezone.now())
        watch.refresh_from_db()
        with pytest.raises((ValueError, TypeError)):
            polling.poll(watch)

    watch.refresh_from_db()
    assert [poll.outcome for poll in watch.polls.all()] == [Poll.Outcome.FAILED] * 2
    assert (watch.failures, Sighting.objects.count()) == (2, 0)


def test_one_that_cannot_be_read_does_not_lose_the_others_and_is_tried_again(watch, shelf):
    shelf.packages = {"broken": LEAK, "open-kettle": LEAK}
    shelf.unreadable["broken"] = SourceError("broken could not be downloaded.")

    poll = polling.poll(watch)

    watch.refresh_from_db()
    lead = Lead.objects.get()
    assert [sighting.title for sighting in Sighting.objects.all()] == ["open-kettle"]
    assert poll.unread == [["broken", "broken could not be downloaded."]]
    assert watch.last_error == "broken could not be read: broken could not be downloaded."
    assert (watch.cursor, watch.failures, lead.title, lead.tries) == ({"asked": 1}, 0, "broken", 1)


def test_one_that_can_never_be_read_does_not_blind_the_watch(watch, shelf):
    shelf.packages["bomb"] = LEAK
    shelf.unreadable["bomb"] = SourceError("bomb could not be unpacked: over 2 GiB.")

    for _ in range(4):
        Watch.objects.update(due_at=timezone.now())
        watch.refresh_from_db()
        polling.poll(watch)

    watch.refresh_from_db()
    assert (watch.cursor, watch.failures) == ({"asked": 4}, 0)
    assert Lead.objects.get().last_error == "bomb could not be unpacked: over 2 GiB."


def test_nothing_is_written_once_the_lease_is_lost(watch, shelf):
    shelf.packages["open-kettle"] = LEAK
    shelf.before_answering = lambda: Watch.objects.update(due_at=timezone.now() + timedelta(hours=1))

    with pytest.raises(LeaseLost):
        polling.poll(watch)

    assert not Sighting.objects.exists()
    assert not Poll.objects.exists()


def test_without_an_artifact_it_says_that_there_is_nothing_to_compare(db, shelf):
    watch = factories.WatchFactory()

    poll = polling.poll(watch)

    assert (poll.outcome, shelf.asked) == (Poll.Outcome.FAILED, [])
    assert "no artifact" in poll.error


def test_a_new_artifact_makes_known_places_be_looked_at_again(watch, shelf):
    other_leak = {"src/other.py": b"def other():\n    return [frobnicate(one) for one in everything]\n" * 20}
    shelf.packages["left-pad"] = other_leak
    polling.poll(watch)
    assert not Sighting.objects.hits().exists()

    factories.FingerprintFactory(watchlist=watch.watchlist, leak=other_leak)
    polling.look_again(watch.watchlist)
    watch.refresh_from_db()
    polling.poll(watch)

    assert [(one.title, one.klass) for one in Sighting.objects.hits()] == [("left-pad", "copy")]
