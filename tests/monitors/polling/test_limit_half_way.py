"""A host that wants no more half way through a poll: what it told is kept, and it is left alone."""

import dataclasses
from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import polling, sources
from monitors.models import Poll, Sighting
from monitors.sources.base import RateLimited
from tests import factories
from tests.factories import LEAK
from tests.monitors.doubles import OverShelf

WAIT = timedelta(minutes=7)


@pytest.fixture
def limited(watch, shelf, monkeypatch):
    """The shelf tells what it has, and that it wants no more."""
    shelf.packages["open-kettle"] = LEAK
    shelf.tells_trees = True

    class HalfWay(OverShelf):
        def fetch(self, aim, query, *, cursor):
            batch = super().fetch(aim, query, cursor=cursor)
            return dataclasses.replace(batch, more=True, limited=RateLimited("Wait.", wait=WAIT))

    HalfWay.shelf = shelf
    monkeypatch.setitem(sources.ADAPTERS, "npm", HalfWay)
    return shelf


def test_what_was_told_before_a_limit_is_kept_and_the_limit_is_waited_for(watch, limited):
    at = timezone.now()

    poll = polling.poll(watch, at=at)

    watch.refresh_from_db()
    assert (poll.outcome, poll.found, Sighting.objects.count()) == (Poll.Outcome.ANSWERED, 1, 1)
    assert (watch.cursor, watch.last_error, watch.failures) == ({"asked": 1}, "Wait.", 0)
    assert watch.due_at == watch.limited_until
    assert timedelta(0) <= watch.due_at - at - WAIT < timedelta(seconds=5)


def test_after_a_limit_half_way_no_other_watch_asks_that_host(watch, limited):
    other = factories.WatchFactory(watchlist=watch.watchlist, source=watch.source)
    polling.poll(watch)

    poll = polling.poll(other)

    assert (poll.outcome, limited.asked) == (Poll.Outcome.LIMITED, [watch.query])
