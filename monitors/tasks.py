"""Nudges: each looks at rows whose lease the tick took for it."""

from datetime import datetime

from celery import shared_task

from monitors import checks, leads, polling, probing
from monitors.models import Examination, Lead, Sighting, Source, Watch


@shared_task
def poll_watch(pk: int, lease: str) -> None:
    for watch in _held(Watch, pk, lease).select_related("source", "watchlist"):
        polling.poll_claimed(watch)


@shared_task
def follow_lead(pk: int, lease: str) -> None:
    for lead in _held(Lead, pk, lease).select_related("source", "watchlist", "watch__source"):
        leads.follow(lead)


@shared_task
def deepen_examination(pk: int, lease: str) -> None:
    for examination in _held(Examination, pk, lease).select_related("watchlist"):
        checks.deepen(examination)


@shared_task
def probe_source(pk: int, lease: str) -> None:
    for source in _held(Source, pk, lease):
        probing.check_claimed(source)


@shared_task
def check_sightings(source: int, lease: str) -> None:
    """All of this source under the one lease."""
    due = Sighting.objects.filter(source=source, due_at=datetime.fromisoformat(lease))
    checks.check_many(list(due.select_related("source", "watchlist", "examination")))


def _held(model, pk: int, lease: str):
    return model.objects.filter(pk=pk, due_at=datetime.fromisoformat(lease))
