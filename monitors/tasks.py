"""Nudges: each looks at one row whose lease the tick took for it."""

from datetime import datetime

from celery import shared_task

from monitors import polling, sightings
from monitors.models import Sighting, Watch


@shared_task
def poll_watch(pk: int, lease: str) -> None:
    for watch in Watch.objects.select_related("source", "watchlist").filter(
        pk=pk, due_at=datetime.fromisoformat(lease)
    ):
        polling.poll_claimed(watch)


@shared_task
def check_sighting(pk: int, lease: str) -> None:
    due = Sighting.objects.select_related("source", "watchlist").filter(
        pk=pk, due_at=datetime.fromisoformat(lease)
    )
    for sighting in due:
        sightings.check_claimed(sighting)
