from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import checks, own, polling
from monitors.models import Change, Check, Sighting
from tests.factories import LEAK


@pytest.fixture
def sighting(watch, shelf):
    shelf.packages["open-kettle"] = LEAK
    polling.poll(watch)
    return Sighting.objects.get()


def kinds():
    return [change.kind for change in Change.objects.all()]


def test_a_copy_that_stands_is_checked_and_nothing_changes(sighting):
    check = checks.check_now(sighting)

    assert check.outcome == Check.Outcome.LIVE
    assert kinds() == ["appeared"]


def test_a_copy_that_is_gone_says_why_and_stays_on_the_list(sighting, shelf):
    del shelf.packages["open-kettle"]

    checks.check_now(sighting)
    checks.check_now(sighting)

    sighting.refresh_from_db()
    assert (sighting.is_live, sighting.gone_reason) == (False, "404")
    assert kinds() == ["appeared", "gone"]
    assert list(Sighting.objects.hits().gone()) == [sighting]
    assert sighting.due_at is not None


def test_a_copy_that_comes_back_is_known_as_returned(sighting, shelf):
    removed = shelf.packages.pop("open-kettle")
    checks.check_now(sighting)

    shelf.packages["open-kettle"] = removed
    checks.check_now(sighting)

    sighting.refresh_from_db()
    assert (sighting.is_back, sighting.returns, sighting.gone_at) == (True, 1, None)
    assert kinds() == ["appeared", "gone", "returned"]


def test_a_poll_that_sees_it_again_knows_it_as_returned(sighting, shelf, watch):
    removed = shelf.packages.pop("open-kettle")
    checks.check_now(sighting)
    shelf.packages["open-kettle"] = removed

    watch.due_at = timezone.now()
    watch.save()
    polling.poll(watch)

    assert kinds() == ["appeared", "gone", "returned"]


def test_an_answer_that_tells_nothing_changes_nothing_but_is_kept(sighting, shelf):
    shelf.fail("packages.example answered 502.")

    check = checks.check_now(sighting)

    sighting.refresh_from_db()
    assert (check.outcome, sighting.is_live) == (Check.Outcome.UNKNOWN, True)
    assert sighting.last_error == "packages.example answered 502."
    assert kinds() == ["appeared"]


def test_a_copy_that_shrank_is_held_against_the_leak_again(sighting, shelf):
    shelf.packages["open-kettle"] = {"src/main.ts": LEAK["src/main.ts"]}

    checks.check_now(sighting)

    sighting.refresh_from_db()
    assert (sighting.klass, sighting.files) == ("partial", 1)
    assert [row.ours for row in sighting.evidence.all()] == ["src/main.ts"]
    assert kinds() == ["appeared", "altered"]


@pytest.mark.parametrize("push", [{}, {"README.md": b"A kettle now"}])
def test_a_place_that_was_renamed_is_found_where_it_lies_now(sighting, shelf, push):
    shelf.called["open-kettle"] = "eve/kettle"
    shelf.packages["open-kettle"] = LEAK | push

    checks.check_now(sighting)

    moved, change = Sighting.objects.get(), Change.objects.last()
    assert (moved.title, moved.url) == ("eve/kettle", "https://packages.example/eve/kettle")
    assert (change.kind, change.facts["before"]) == ("renamed", "open-kettle")
    assert kinds() == ["appeared", "renamed"]


def test_a_place_that_was_transferred_to_us_is_no_copy_once_it_is_visited(sighting, shelf):
    own.add(host="packages.example", name="acme")
    shelf.called["open-kettle"] = "acme/kettle"
    shelf.packages["open-kettle"] = {"src/main.ts": LEAK["src/main.ts"]}

    checks.check_now(sighting)

    assert not Sighting.objects.hits().exists()
    assert kinds() == ["appeared", "renamed"]


def test_what_was_ours_and_is_now_somebody_elses_appears_once_it_is_visited(watch, shelf):
    own.add(host="packages.example", name="acme")
    shelf.packages["acme/cli"] = LEAK
    polling.poll(watch)
    shelf.called["acme/cli"] = "mallory/cli"

    checks.check_now(Sighting.objects.get())

    assert (Sighting.objects.hits().get().title, kinds()) == ("mallory/cli", ["appeared"])


def test_it_is_visited_when_due_and_not_before(sighting):
    assert checks.check(sighting, at=sighting.due_at - timedelta(seconds=1)) is None
    assert checks.check(sighting, at=sighting.due_at).outcome == Check.Outcome.LIVE


def test_the_older_a_copy_the_rarer_the_visits(sighting):
    born = sighting.first_seen_at
    waits = [sighting.next_check(born + timedelta(hours=age)) - born for age in (0, 10, 1000)]

    assert waits == [timedelta(minutes=10), timedelta(hours=11), timedelta(hours=1006)]
