"""Talk about the leak: kept once each, counted by the hour, never a sighting."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db.models import Count
from django.db.models.functions import TruncHour

from monitors.models import Mention, Watch, Watchlist
from monitors.sources import base
from monitors.sources.base import clean


def record(watch: Watch, mentions: Sequence[base.Mention], *, at: datetime) -> int:
    """Keep those that nobody kept yet; how many they are. What is dated later than now was said now."""
    rows = {
        (clean(one.host, 253), clean(one.native_id, 300)): Mention(
            watchlist=watch.watchlist,
            watch=watch,
            source=watch.source,
            host=clean(one.host, 253),
            native_id=clean(one.native_id, 300),
            title=clean(one.title, 300),
            url=clean(one.url, 1000),
            at=min(one.at, at),
            seen_at=at,
        )
        for one in mentions
    }
    there = Mention.objects.filter(watchlist=watch.watchlist, source=watch.source)
    ids = {native_id for _, native_id in rows}
    for place in there.filter(native_id__in=ids).values_list("host", "native_id"):
        rows.pop(place, None)
    Mention.objects.bulk_create(rows.values(), ignore_conflicts=True, batch_size=200)
    return len(rows)


def lately(watchlist: Watchlist, *, at: datetime) -> int:
    """How many were made in the last day."""
    return watchlist.mentions.filter(at__gt=at - timedelta(days=1), at__lte=at).count()


def by_hour(watchlist: Watchlist, *, at: datetime, hours: int = 24) -> list[tuple[datetime, int]]:
    """How many were made in each of the last hours, oldest first, those without any left out."""
    since = at - timedelta(hours=hours)
    counted = watchlist.mentions.filter(at__gt=since, at__lte=at).annotate(hour=TruncHour("at"))
    return list(
        counted.order_by("hour").values("hour").annotate(count=Count("pk")).values_list("hour", "count")
    )
