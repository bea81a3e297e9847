"""When a host's budget is short, what is worth more goes first, in whatever kind of work."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import budgets, checks, leads, polling
from monitors.budgets import Value
from monitors.models import Budget, Lead, Watch
from monitors.sources.base import SourceError
from tests import factories
from tests.factories import LEAK


@pytest.fixture
def short(watch, shelf):
    """So much is left of a hundred requests at the host of the watch."""

    def leave(remaining):
        at = timezone.now()
        Budget.objects.update_or_create(
            host=budgets.host_of(watch.source.address),
            defaults={"limit": 100, "remaining": remaining, "resets_at": at + timedelta(minutes=7)}
            | {"learned_at": at},
        )

    return leave


@pytest.mark.parametrize(
    ("query", "url", "value"),
    [
        ("https://code.example/Eve/leak.git", "https://code.example/eve/leak", Value.URGENT),
        ("eve/leak", "https://code.example/eve/leak", Value.URGENT),
        ("git+https://www.code.example/eve/leak/?x=1", "https://code.example/eve/leak", Value.URGENT),
        ("https://other.example/eve/leak", "https://code.example/eve/leak", Value.CODE),
        ("eve/leak", "https://code.example/eve/leaky", Value.CODE),
        ("ve/leak", "https://code.example/eve/leak", Value.CODE),
    ],
)
def test_forks_of_a_confirmed_copy_are_urgent_however_the_watch_names_it(watch, shelf, query, url, value):
    factories.SightingFactory(watchlist=watch.watchlist, url=url, confirmed=True)
    made = polling.watch(watch.watchlist, watch.source, aim="forks", query=query, every=timedelta(minutes=5))

    made.refresh_from_db()
    assert (budgets.value_of(made), made.is_urgent) == (value, value == Value.URGENT)


def test_a_watch_becomes_urgent_with_its_next_poll(watch, shelf):
    watch.aim, watch.query = "forks", "eve/leak"
    watch.save()
    factories.SightingFactory(watchlist=watch.watchlist, url="https://x.example/eve/leak", confirmed=True)

    polling.poll(watch)

    assert Watch.objects.get().is_urgent


@pytest.mark.parametrize(("is_urgent", "found"), [(False, 0), (True, 1)])
def test_places_to_be_read_wait_when_little_is_left_but_for_urgent_ones(
    watch, shelf, short, is_urgent, found
):
    shelf.packages["open-kettle"] = LEAK
    shelf.unreadable["open-kettle"] = SourceError("Not now.")
    polling.poll(watch)
    shelf.unreadable.clear()
    Watch.objects.update(is_urgent=is_urgent)
    short(10)

    assert leads.follow(Lead.objects.get()) == found
    assert [lead.tries for lead in Lead.objects.all()] == ([] if found else [1])


@pytest.mark.parametrize(("noticed", "outcome"), [(False, "unknown"), (True, "live")])
def test_visits_wait_when_little_is_left_but_for_places_in_a_notice(watch, shelf, short, noticed, outcome):
    shelf.packages["open-kettle"] = LEAK
    polling.poll(watch)
    sighting, at = watch.sightings.get(), timezone.now()
    sighting.due_at, sighting.noticed_at = at, at if noticed else None
    sighting.save()
    short(10)

    assert checks.check(sighting, at=at).outcome == outcome
    assert checks.check_now(sighting).outcome == "live"


def test_reading_in_full_waits_when_little_is_left(watch, shelf, short):
    examination = factories.ExaminationFactory(watchlist=watch.watchlist, due_at=timezone.now())
    factories.SightingFactory(watchlist=watch.watchlist, source=watch.source, examination=examination)
    short(10)

    assert not checks.deepen(examination)
    assert (examination.tries, examination.due_at > timezone.now() + timedelta(minutes=6)) == (0, True)
