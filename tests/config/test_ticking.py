import contextlib
from datetime import timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app
from config.ticking import backlog, tick
from monitors.models import Change, Watch
from monitors.tasks import poll_watch
from tests import factories

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def queue(settings):
    """The in-memory queue, empty; called, it gives and takes away what is in it."""
    settings.WORKER_THREADS = 2

    def drain():
        names = []
        with (
            app.connection_for_read() as connection,
            connection.SimpleQueue("celery", no_ack=True) as simple,
            contextlib.suppress(simple.Empty),
        ):
            while message := simple.get(block=False):
                names.append((message.headers["task"], message.payload[0]))
        return names

    drain()
    yield drain
    drain()


def test_a_due_watch_is_claimed_and_its_worker_nudged(queue):
    watch, at = factories.WatchFactory(), timezone.now()

    assert tick(app, at=at) is True

    watch.refresh_from_db()
    assert watch.due_at == at + Watch.LEASE
    assert queue() == [("monitors.tasks.poll_watch", [watch.pk, watch.due_at.isoformat()])]


def test_nothing_due_is_nothing_done(queue):
    factories.WatchFactory(due_at=timezone.now() + timedelta(minutes=1))

    assert tick(app) is False
    assert queue() == []


def test_a_claimed_watch_is_not_nudged_again(queue):
    factories.WatchFactory()

    tick(app)
    tick(app)

    assert len(queue()) == 1


def test_the_queue_is_filled_as_far_as_workers_will_get_to_it_soon(queue):
    factories.WatchFactory.create_batch(9)

    tick(app)

    assert backlog(app) == 4
    assert Watch.objects.due(timezone.now()).count() == 5


def test_a_full_queue_is_looked_at_again_soon(queue):
    factories.WatchFactory.create_batch(5)
    tick(app)

    assert tick(app) is True
    assert len(queue()) == 4


def test_the_longest_waiting_come_first(queue):
    now = timezone.now()
    due = [now - timedelta(minutes=minutes) for minutes in (1, 5, 3, 4, 2)]
    watches = [factories.WatchFactory(due_at=at) for at in due]

    tick(app)

    assert [arguments[0] for _, arguments in queue()] == [watches[at].pk for at in (1, 3, 2, 4)]


def test_changes_that_nobody_read_are_read(queue):
    sighting = factories.SightingFactory()
    Change.objects.create(sighting=sighting, kind=Change.Kind.APPEARED, at=timezone.now())

    tick(app)

    assert queue() == [("incidents.tasks.read_changes", [])]


def test_a_message_that_cannot_be_sent_costs_nothing(queue, monkeypatch):
    def refuse(*args):
        raise OperationalError("no broker")

    watch, at = factories.WatchFactory(), timezone.now()
    monkeypatch.setattr(poll_watch, "delay", refuse)

    with pytest.raises(OperationalError):
        tick(app, at=at)

    watch.refresh_from_db()
    assert watch.due_at == at
