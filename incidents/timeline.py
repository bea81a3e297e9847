"""The record: append-only, hash-chained, with one writer."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents.models import Event, Incident


class BadEvent(Exception):
    """What was to be recorded cannot be; the message says why."""


@transaction.atomic
def record(
    incident, kind, text: str, /, *, by=None, at: datetime | None = None, change=None, **facts: Any
) -> Event:
    """Add one line to the record and return it.

    `at` is when it happened (now, when left out); `facts` must be plain JSON without fractions, since
    databases write those differently and the chain covers every character.

    Raises BadEvent.
    """
    now = timezone.now()
    _refuse(text, at or now, facts)
    mine = Incident.objects.filter(pk=incident.pk)
    # This UPDATE is also the lock: until we commit, nobody else can take a number.
    mine.update(timeline_length=F("timeline_length") + 1)
    seq, prev_hash = mine.values_list("timeline_length", "timeline_head").get()
    event = Event(
        incident=incident,
        seq=seq,
        kind=kind,
        at=at or now,
        recorded_at=now,
        by=by,
        by_name=str(by or ""),
        text=text,
        facts=facts,
        change=change,
        prev_hash=prev_hash,
    )
    event.text_sha256 = event.text_digest()
    event.hash = event.digest()
    event.save(force_insert=True)
    mine.update(timeline_head=event.hash)
    incident.timeline_length, incident.timeline_head = seq, event.hash
    return event


@transaction.atomic
def note(incident, text: str, *, by, at: datetime | None = None) -> Event:
    """Write down what a person saw or did. `at` is when it happened, now or earlier. Raises BadEvent."""
    now = timezone.now()
    if at and at.utcoffset() is not None and at > now:
        raise BadEvent(f"It cannot have happened in the future: it is {now:%Y-%m-%d %H:%M} UTC.")
    return record(incident, Event.Kind.NOTE, text.strip(), by=by, at=at)


def _refuse(text: str, at: datetime, facts: Any) -> None:
    if not text:
        raise BadEvent("Say what happened.")
    if at.utcoffset() is None:
        raise BadEvent("Give the time with its zone.")
    if any(isinstance(one, float) for one in _leaves(facts)):
        raise BadEvent("A fact on the record is text or a whole number.")


def _leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        for inner in value:
            yield from _leaves(inner)
    else:
        yield value


@dataclass(frozen=True)
class Verdict:
    """Whether a record is whole; if not, the first line that is not, and what is wrong with it."""

    events: int
    head: str
    broken_at: int | None = None
    problem: str = ""

    @property
    def is_whole(self) -> bool:
        return self.broken_at is None


def is_whole(incident) -> Verdict:
    """Walk the chain from its first line. Reads the rows as stored, never what was passed in."""
    length, head = Incident.objects.values_list("timeline_length", "timeline_head").get(pk=incident.pk)
    prev, seen = "", 0
    for event in incident.events.order_by("seq").select_related("incident").iterator():
        problem = _problem(event, seen + 1, prev)
        if problem:
            return Verdict(seen, prev, seen + 1, problem)
        prev, seen = event.hash, seen + 1
    if (seen, prev) != (length, head):
        return Verdict(seen, prev, seen + 1, f"the record ends at line {seen}, but {length} were written")
    return Verdict(seen, prev)


def _problem(event: Event, seq: int, prev: str) -> str:
    if event.seq != seq:
        return f"line {seq} is missing"
    if event.prev_hash != prev:
        return "it does not follow the line before it"
    if event.text_digest() != event.text_sha256:
        return "its text is not what was recorded"
    if event.digest() != event.hash:
        return "it is not what was recorded"
    return ""


def since_exposure(incident, at: datetime) -> str:
    """The T+ clock as people read it: T+71:41:07, or T-00:05:00 before the exposure."""
    seconds = int((at.astimezone(UTC) - incident.exposed_at).total_seconds())
    sign, seconds = ("-", -seconds) if seconds < 0 else ("+", seconds)
    return f"T{sign}{seconds // 3600:02d}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
