"""Places of one source, visited many at a time under one lease."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import checks, polling, sightings, sources
from monitors.models import Change, Check, Sighting
from monitors.sources.base import SourceError
from tests.factories import LEAK


@pytest.fixture
def places(watch, shelf, monkeypatch):
    """Five copies of one source that can be asked about by a hundred, all claimed."""
    monkeypatch.setattr(sources.ADAPTERS["npm"], "bulk", 100)
    shelf.packages = {f"copy-{n}": LEAK for n in range(5)}
    polling.poll(watch)
    shelf.examined.clear()
    return claimed()


def claimed():
    due = Sighting.objects.filter(due_at__isnull=False)
    due.update(due_at=timezone.now())
    lease = Sighting.objects.claim(at=timezone.now(), most=100)
    return list(Sighting.objects.filter(due_at=lease).select_related("source", "watchlist", "examination"))


def kinds():
    return [change.kind for change in Change.objects.exclude(kind="appeared")]


def test_places_that_stand_cost_one_question_and_no_row(places, shelf):
    at = timezone.now()

    checks.check_many(places, at=at)

    assert (len(shelf.visited), shelf.examined) == (1, [])
    assert not Check.objects.exists()
    assert set(Sighting.objects.values_list("visits", "last_checked_at")) == {(1, at)}
    assert not Sighting.objects.filter(due_at__lt=at + timedelta(minutes=10)).exists()


def test_one_that_went_does_not_hide_among_those_that_stand(places, shelf):
    del shelf.packages["copy-3"]

    checks.check_many(places)

    gone = Sighting.objects.gone().get()
    assert (gone.title, gone.gone_reason, kinds()) == ("copy-3", "404", ["gone"])
    assert Check.objects.get().outcome == Check.Outcome.GONE


def test_one_that_cannot_be_told_does_not_lose_the_others(places, shelf, monkeypatch):
    look = sources.ADAPTERS["npm"].look

    def broken(self, candidate):
        if candidate.native_id == "copy-2":
            raise SourceError("packages.example answered 502.")
        return look(self, candidate)

    monkeypatch.setattr(sources.ADAPTERS["npm"], "look", broken)

    checks.check_many(places)

    unknown = Sighting.objects.exclude(last_error="").get()
    assert (unknown.title, unknown.is_live) == ("copy-2", True)
    assert Sighting.objects.filter(visits=1).count() == 4


def test_one_that_changed_is_held_against_the_leak_again(places, shelf):
    shelf.packages["copy-1"] = {"src/main.ts": LEAK["src/main.ts"]}

    checks.check_many(places)

    assert shelf.examined == ["copy-1"]
    assert Sighting.objects.get(title="copy-1").klass == "partial"
    assert kinds() == ["altered"]


def test_one_that_was_renamed_does_not_hide_among_those_that_stand(places, shelf):
    shelf.called["copy-1"] = "eve/kettle"

    checks.check_many(places)

    assert Sighting.objects.get(native_id="copy-1").url == "https://packages.example/eve/kettle"
    assert (shelf.examined, kinds()) == ([], ["renamed"])


def test_a_limit_puts_all_of_them_off_and_says_nothing_of_any(places, shelf):
    at = timezone.now()
    shelf.limit(timedelta(minutes=7))

    checks.check_many(places, at=at)

    assert set(Sighting.objects.values_list("due_at", "visits")) == {(at + timedelta(minutes=7), 0)}


def test_a_place_that_another_worker_took_is_left_to_it(places):
    later = timezone.now() + timedelta(hours=1)
    Sighting.objects.filter(title="copy-4").update(due_at=later)

    checks.check_many(places)

    taken = Sighting.objects.get(title="copy-4")
    assert (taken.due_at, taken.visits) == (later, 0)
    assert Sighting.objects.filter(visits=1).count() == 4


def test_what_the_host_says_of_a_place_that_stands_is_kept(places, shelf):
    shelf.says["copy-0"] = "yanked"

    checks.check_many(places)
    checks.check_many(claimed())

    assert Sighting.objects.get(title="copy-0").remark == "yanked"
    assert Check.objects.filter(outcome="live", reason="yanked").count() == 1


def test_a_place_that_a_notice_named_is_visited_as_often_as_a_new_one(places):
    old = places[0]
    at = old.first_seen_at + timedelta(days=9)
    assert old.next_check(at) - at == timedelta(hours=6)

    old.noticed_at = at
    assert old.next_check(at) - at == timedelta(minutes=10)


def test_drafting_a_notice_brings_its_places_forward(places):
    at = timezone.now()
    Sighting.objects.update(due_at=at + timedelta(hours=6))

    sightings.noticed(places[:2], at=at)

    soon = Sighting.objects.filter(due_at=at + timedelta(minutes=10), noticed_at=at)
    assert {one.pk for one in soon} == {one.pk for one in places[:2]}


def test_a_readme_that_changed_is_no_news(places, shelf):
    shelf.packages["copy-1"] = LEAK | {"README.md": b"# Ours now\n"}

    checks.check_many(places)

    assert (shelf.examined, kinds()) == (["copy-1"], [])
    assert Sighting.objects.get(title="copy-1").digest == shelf.candidate("copy-1").digest
