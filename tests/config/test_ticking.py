import contextlib
from datetime import datetime, timedelta

import pytest
from django.utils import timezone
from kombu.exceptions import OperationalError

from config.celery import app
from config.ticking import backlog, tick
from monitors import sources
from monitors.models import Change, Lead, Sighting, Watch
from monitors.tasks import check_sightings, poll_watch
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


def test_places_of_one_source_are_visited_in_one_message(queue, monkeypatch):
    monkeypatch.setattr(sources.ADAPTERS["github"], "bulk", 100)
    source, at = factories.SourceFactory(kind="github"), timezone.now()
    factories.SightingFactory.create_batch(7, source=source, due_at=at)

    tick(app, at=at)

    [(task, (pk, lease))] = queue()
    assert (task, pk) == ("monitors.tasks.check_sightings", source.pk)
    assert Sighting.objects.filter(due_at=datetime.fromisoformat(lease)).count() == 7


def visited(queue):
    return [Sighting.objects.get(due_at=lease).pk for task, (_, lease) in queue() if task.endswith("ings")]


def test_visits_have_a_slot_however_many_watches_are_due(queue):
    at = timezone.now()
    factories.WatchFactory.create_batch(9, due_at=at - timedelta(hours=1))
    place = factories.SightingFactory(due_at=at)

    tick(app, at=at)

    assert visited(queue) == [place.pk]


@pytest.mark.parametrize(("minutes", "is_visited"), [(-1, True), (1, False)])
def test_the_only_slot_is_that_of_who_waits_longest(queue, settings, monkeypatch, minutes, is_visited):
    at = timezone.now()
    monkeypatch.setattr("config.ticking.backlog", lambda app: 3)
    watch = factories.WatchFactory(due_at=at - timedelta(minutes=10))
    factories.SightingFactory(due_at=watch.due_at + timedelta(minutes=minutes))

    tick(app, at=at)

    assert len(visited(queue)) == is_visited


def test_places_that_a_notice_names_are_visited_first_then_the_longest_waiting(queue):
    at, waits = timezone.now(), [1, 3, 2]
    places = [factories.SightingFactory(due_at=at - timedelta(minutes=wait)) for wait in waits]
    noticed = factories.SightingFactory(due_at=at, noticed_at=at)

    tick(app, at=at)

    assert visited(queue) == [noticed.pk, places[1].pk, places[2].pk, places[0].pk]


def test_where_only_one_can_be_asked_about_each_has_a_message_and_a_lease(queue, monkeypatch):
    monkeypatch.setattr(sources.ADAPTERS["npm"], "bulk", 1)
    source, at = factories.SourceFactory(kind="npm"), timezone.now()
    factories.SightingFactory.create_batch(3, source=source, due_at=at)

    tick(app, at=at)

    leases = [arguments[1] for _, arguments in queue()]
    assert len(set(leases)) == 3
    assert Sighting.objects.due(at).count() == 0


def test_visits_that_cannot_be_sent_are_due_again(queue, monkeypatch):
    def refuse(*args):
        raise OperationalError("no broker")

    monkeypatch.setattr(check_sightings, "delay", refuse)
    at = timezone.now()
    factories.SightingFactory(due_at=at)

    with pytest.raises(OperationalError):
        tick(app, at=at)

    assert Sighting.objects.due(at).count() == 1


def test_what_is_worth_more_goes_first_among_what_fell_due_together(queue):
    at = timezone.now()
    watches = {
        aim: factories.WatchFactory(aim=aim, due_at=at, is_urgent=aim == "forks")
        for aim in ("mentions", "feed", "code", "forks")
    }

    tick(app, at=at)

    named = {watch.pk: aim for aim, watch in watches.items()}
    assert [named[pk] for _, (pk, _) in queue()] == ["forks", "code", "mentions", "feed"]


def test_leads_examinations_and_sources_are_work_too(queue):
    at = timezone.now()
    source = factories.SourceFactory(due_at=at)
    examination = factories.ExaminationFactory(due_at=at)
    lead = Lead.objects.create(
        watchlist=examination.watchlist, source=source, host="x", native_id="1", candidate={}, due_at=at
    )

    tick(app, at=at)

    assert [(task.rpartition(".")[2], arguments[0]) for task, arguments in queue()] == [
        ("probe_source", source.pk),
        ("follow_lead", lead.pk),
        ("deepen_examination", examination.pk),
    ]
