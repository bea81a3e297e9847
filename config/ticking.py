"""The tick: find due rows, take their leases, nudge. Every worker runs it; the leases keep them apart."""

import logging
import threading
from datetime import timedelta

from celery import bootsteps
from django.conf import settings
from django.db import close_old_connections
from django.db.models import Min
from django.db.utils import OperationalError as DatabaseFailed
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerFailed

from incidents.models import Artifact, Notice, Publication
from incidents.tasks import draft_notice, fetch_publication, read_changes, unpack_artifact
from monitors import checks
from monitors.models import Change, Examination, Lead, LeaseLost, Sighting, Source, Watch
from monitors.tasks import check_sightings, deepen_examination, follow_lead, poll_watch, probe_source

logger = logging.getLogger(__name__)

WORK = [
    (Artifact, unpack_artifact),
    (Notice, draft_notice),
    (Publication, fetch_publication),
    (Source, probe_source),
    (Watch, poll_watch),
    (Lead, follow_lead),
    (Examination, deepen_examination),
]
SOON = 0.05  # seconds until the next look while there is more than fits
LATER = 5.0  # seconds until the next look when the database or the broker does not answer


def tick(app, *, at=None) -> bool:
    """Nudge what is due, as far as the queue has room; True when more may be due already."""
    at = at or timezone.now()
    room = 2 * settings.WORKER_THREADS - backlog(app)
    if room > 0 and Change.objects.unread().exists():
        read_changes.delay()
        room -= 1
    nudged, kept = 0, _kept_for_visits(room, at)
    for model, task in WORK:
        for row in model.objects.due(at).only("pk", "due_at")[: max(room - kept - nudged, 0)]:
            nudged += row.claim(at=at) and _nudge(task, row, at)
    nudged += _visit(max(room - nudged, 0), at)
    return nudged > 0 or room <= 0


def _kept_for_visits(room: int, at) -> int:
    """One message, however much else is due. Where there is room for one alone, who waits longest has it."""
    oldest = Sighting.objects.due(at).values_list("due_at", flat=True).first() if room > 0 else None
    if oldest is None:
        return 0
    return int(room > 1 or not any(model.objects.due(oldest).exists() for model, _ in WORK))


def _visit(room: int, at) -> int:
    """Due places, those of one source in one message, as many at once as it can be asked about.

    Those that a notice names come first, then those of the source that has waited longest.
    """
    nudged, due = 0, Sighting.objects.due(at)
    for places in (due.exclude(noticed_at=None), due):
        for source in _sources(places) if nudged < room else []:
            waiting = places.filter(source=source)
            while nudged < room and (lease := waiting.claim(at=at, most=checks.bulk_of(source))):
                nudged += _nudge_many(source, lease, at)
                at += timedelta(microseconds=1)  # each message has a lease of its own
    return nudged


def _sources(places) -> list[Source]:
    """Whose places these are, the longest waiting first."""
    waiting = places.order_by().values_list("source").annotate(oldest=Min("due_at")).order_by("oldest")
    pks = [pk for pk, _ in waiting]
    found = Source.objects.in_bulk(pks)
    return [found[pk] for pk in pks if pk in found]


def _nudge_many(source, lease, at) -> bool:
    try:
        check_sightings.delay(source.pk, lease.isoformat())
    except Exception:
        Sighting.objects.filter(source=source, due_at=lease).update(due_at=at)
        raise
    return True


def _nudge(task, row, at) -> bool:
    """Send the message; when it cannot be sent, the row is due again at once."""
    try:
        task.delay(row.pk, row.due_at.isoformat())
    except Exception:
        row.settle(due_at=at)
        raise
    return True


def backlog(app) -> int:
    """Messages that no worker has taken yet. Asked of the broker, so that all workers see the same queue."""
    with app.pool.acquire(block=True) as connection, connection.channel() as channel:
        queue = app.amqp.queues[app.conf.task_default_queue]
        return queue.bind(channel).queue_declare().message_count


class Ticker(bootsteps.StartStopStep):
    """A thread of the worker that ticks as long as the worker lives: there is no scheduler to die."""

    requires = {"celery.worker.components:Pool"}

    def __init__(self, worker, **options):
        self.ended = threading.Event()

    def start(self, worker):
        threading.Thread(target=self._run, args=[worker.app], name="ticker", daemon=True).start()

    def stop(self, worker):
        self.ended.set()

    def _run(self, app):
        wait = 0.0
        while not self.ended.wait(wait):
            wait = self._tick(app)

    def _tick(self, app) -> float:
        """One tick, and the seconds until the next. Whatever goes wrong, there is a next one."""
        close_old_connections()
        try:
            return SOON if tick(app) else settings.TICK_EVERY.total_seconds()
        except (DatabaseFailed, BrokerFailed, OSError, *app.connection().connection_errors) as error:
            logger.warning("Nothing is started for %g s, as it does not answer: %s", LATER, error)
        except LeaseLost as error:
            logger.info("Another worker was faster: %s", error)
        except Exception:
            logger.exception("Nothing is started for %g s", LATER)
        return LATER
