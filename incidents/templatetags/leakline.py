"""How times, shares and digests read on a page."""

from datetime import datetime, timedelta

from django import template
from django.utils import timezone

from incidents import html, timeline

register = template.Library()
register.filter("linked", html.linked)


@register.inclusion_tag("components/moment.html")
def moment(at: datetime | None, incident=None):
    """2026-03-31 08:26 UTC, and T+ when an incident is given."""
    return {"at": at, "since": since(incident, at) if incident and at else ""}


@register.inclusion_tag("components/tplus.html")
def tplus(incident, at: datetime | None):
    """T+71:35, with the full time for whoever asks for it."""
    return {"at": at, "since": since(incident, at) if at else ""}


def since(incident, at: datetime) -> str:
    """Hours and minutes; the seconds of the clock say nothing about a thing of the past."""
    return timeline.since_exposure(incident, at).rpartition(":")[0]


STEPS = [
    (timedelta(days=2), "d", 86_400),
    (timedelta(hours=2), "h", 3_600),
    (timedelta(minutes=2), "min", 60),
]


@register.filter
def ago(at: datetime | None) -> str:
    """38 s, 11 min, 3 h or 2 d: how long since, or until."""
    if at is None:
        return "never"
    length = abs(timezone.now() - at)
    for least, unit, seconds in STEPS:
        if length >= least:
            return f"{int(length.total_seconds()) // seconds:,} {unit}"
    return f"{int(length.total_seconds())} s"


@register.filter
def percent(share: float) -> str:
    """A share from 0 to 1, never rounded up: 100% means all of it, and what is there at all is not 0%."""
    if 0 < share < 0.01:
        return "under 1%"
    return f"{int(share * 100)}%"


@register.filter
def short(digest: str) -> str:
    """9f2c…41ab: enough to compare by eye."""
    return f"{digest[:4]}…{digest[-4:]}" if len(digest) > 12 else digest


@register.filter
def words(name: str) -> str:
    """sighting_appeared as people say it: sighting appeared."""
    return str(name).replace("_", " ")


@register.filter
def every(length: timedelta) -> str:
    """How often: 30 s, 5 min, 6 h."""
    seconds = int(length.total_seconds())
    for size, unit in ((86_400, "d"), (3_600, "h"), (60, "min")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds // size:,} {unit}"
    return f"{seconds:,} s"
