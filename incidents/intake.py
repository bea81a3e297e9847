"""What the monitors saw, onto the timeline: once each, whoever reads."""

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.models import Event, Incident
from monitors.models import Change

AT_ONCE = 200

KINDS = {
    Change.Kind.APPEARED: Event.Kind.SIGHTING_APPEARED,
    Change.Kind.ALTERED: Event.Kind.SIGHTING_ALTERED,
    Change.Kind.GONE: Event.Kind.SIGHTING_GONE,
    Change.Kind.RETURNED: Event.Kind.SIGHTING_RETURNED,
    Change.Kind.CONFIRMED: Event.Kind.SIGHTING_CONFIRMED,
    Change.Kind.DISMISSED: Event.Kind.SIGHTING_DISMISSED,
    Change.Kind.REOPENED: Event.Kind.SIGHTING_REOPENED,
}


def read(*, most: int = AT_ONCE) -> int:
    """Put the changes that nobody has read onto their incidents' records, oldest first; how many."""
    waiting = list(Change.objects.unread().values_list("pk", flat=True)[:most])
    return sum(_read_one(pk) for pk in waiting)


@transaction.atomic
def _read_one(pk: int) -> bool:
    # Taking it first makes a second reader find nothing; the event's own constraint stands behind that.
    if not Change.objects.unread().filter(pk=pk).update(read_at=timezone.now()):
        return False
    change = Change.objects.select_related("sighting", "by").get(pk=pk)
    incident = Incident.objects.filter(watchlist=change.sighting.watchlist_id).first()
    if incident is None:
        return False
    timeline.record(
        incident,
        KINDS[Change.Kind(change.kind)],
        _sentence(change),
        by=change.by,
        at=change.at,
        change=change,
        sighting=change.sighting_id,
        **change.facts,
    )
    return True


def _sentence(change: Change) -> str:
    facts = change.facts
    place = f"{facts['title']} on {facts['host']}"
    why = f": {facts['why']}" if facts.get("why") else ""
    return {
        Change.Kind.APPEARED: f"Found: {place} holds {_amount(facts)}",
        Change.Kind.ALTERED: f"Changed: {place} now holds {_amount(facts)}",
        Change.Kind.GONE: f"Gone: {place} ({facts.get('reason', 'gone')})",
        Change.Kind.RETURNED: f"Returned: {place} holds {_amount(facts)} again",
        Change.Kind.CONFIRMED: f"Confirmed: {place}, {_amount(facts)}{why}",
        Change.Kind.DISMISSED: f"Dismissed: {place}{why}",
        Change.Kind.REOPENED: f"Back to triage: {place}{why}",
    }[Change.Kind(change.kind)]


def _amount(facts: dict) -> str:
    """At least this much: what was found is found, what was not may still be there."""
    files = "1 file" if facts["files"] == 1 else f"{facts['files']:,} files"
    return f"at least {files}, {facts['percent_lines']}% of the leak's lines ({facts['class']})"
