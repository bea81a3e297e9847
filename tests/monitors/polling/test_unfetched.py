"""A place that lists its files and does not give them: what was not read is no sign that nothing is there."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import budgets, checks, polling
from monitors.models import Examination, Lead, Sighting
from monitors.sources.base import RateLimited, SourceError
from tests.factories import LEAK

STRANGE = {"index.js": b"module.exports = (text, size) => text.padStart(size)\n" * 20}
TROUBLE = SourceError("git answered 502.")
LIMIT = RateLimited("Not now.", wait=timedelta(minutes=3))


@pytest.fixture
def part():
    """A file of the leak as it was, and one that would have to be read."""
    return dict(list(LEAK.items())[:1]) | STRANGE


def test_what_ids_prove_counts_until_it_can_be_read(watch, shelf, part):
    shelf.packages["open-kettle"] = part
    shelf.unfetched["open-kettle"] = TROUBLE

    polling.poll(watch)

    sighting = Sighting.objects.get()
    assert (sighting.is_hit, sighting.examination.is_by_ids) == (True, True)


def test_it_is_read_again_no_more_often_than_any_other_that_fails(watch, shelf, part):
    shelf.packages["open-kettle"] = part
    shelf.unfetched["open-kettle"] = TROUBLE
    polling.poll(watch)
    examination = Examination.objects.get()
    assert examination.claim(at=examination.due_at)

    told = checks.deepen(examination, at=examination.due_at)

    examination.refresh_from_db()
    assert (told, examination.tries, examination.is_by_ids) == (False, 1, True)


def test_where_ids_prove_nothing_it_is_tried_again(watch, shelf):
    shelf.packages["open-kettle"] = STRANGE
    shelf.unfetched["open-kettle"] = TROUBLE

    polling.poll(watch)

    assert not Sighting.objects.exists()
    assert Lead.objects.get().last_error == "git answered 502."


def test_a_limit_met_while_reading_is_kept_and_proves_nothing(watch, shelf, part):
    shelf.packages["open-kettle"] = part
    shelf.unfetched["open-kettle"] = LIMIT

    polling.poll(watch)

    assert not Sighting.objects.exists()
    assert budgets.wait(budgets.host_of(watch.source.address), watch.source.token_env) > timedelta(minutes=2)


def test_a_limit_met_on_a_visit_is_kept(watch, shelf):
    shelf.packages["open-kettle"] = LEAK
    polling.poll(watch)
    sighting = Sighting.objects.get()
    shelf.packages["open-kettle"] = STRANGE
    shelf.unfetched["open-kettle"] = LIMIT

    checks.check_now(sighting, at=timezone.now())

    sighting.refresh_from_db()
    assert (sighting.is_live, sighting.klass) == (True, "copy")
    assert budgets.wait(budgets.host_of(watch.source.address), watch.source.token_env) > timedelta(minutes=2)
