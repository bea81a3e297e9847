"""What the monitors saw, onto the timeline: once each, whoever reads."""

from django.db import transaction
from django.utils import timezone

from incidents import impostors, timeline
from incidents.models import Event, Incident
from monitors.models import Change, Sighting

AT_ONCE = 200

KINDS = {
    Change.Kind.APPEARED: Event.Kind.SIGHTING_APPEARED,
    Change.Kind.ALTERED: Event.Kind.SIGHTING_ALTERED,
    Change.Kind.GONE: Event.Kind.SIGHTING_GONE,
    Change.Kind.RETURNED: Event.Kind.SIGHTING_RETURNED,
    Change.Kind.CONFIRMED: Event.Kind.SIGHTING_CONFIRMED,
    Change.Kind.DISMISSED: Event.Kind.SIGHTING_DISMISSED,
    Change.Kind.REOPENED: Event.Kind.SIGHTING_REOPENED,
    Change.Kind.RENAMED: Event.Kind.SIGHTING_ALTERED,
    Change.Kind.BLIND: Event.Kind.WATCH,
    Change.Kind.SEEING: Event.Kind.WATCH,
}
MANY = 10  # places that appear at one moment through one watch, and are one line of the record


def read(*, most: int = AT_ONCE) -> int:
    """Put the changes that nobody has read onto their incidents' records, oldest first; how many.

    What one poll found in many places is one line, which names them all.
    """
    waiting = Change.objects.unread().select_related("sighting", "watch", "by")[:most]
    groups: dict[tuple, list[Change]] = {}
    for change in waiting:
        groups.setdefault(_group(change), []).append(change)
    return sum(_read_many(group) if len(group) >= MANY else _read_each(group) for group in groups.values())


def _group(change: Change) -> tuple:
    """Places that have this in common are told in one line when they are many; all else is told alone."""
    sighting = change.sighting
    if change.kind != Change.Kind.APPEARED or change.facts.get("earlier"):
        return (change.pk,)
    return change.at, sighting.watchlist_id, sighting.watch_id, change.facts.get("class")


def _read_each(changes: list[Change]) -> int:
    return sum(_read_one(change) for change in changes)


@transaction.atomic
def _read_one(change: Change) -> bool:
    # Taking it first makes a second reader find nothing; the event's own constraint stands behind that.
    if not Change.objects.unread().filter(pk=change.pk).update(read_at=timezone.now()):
        return False
    incident = _incident(change)
    if incident is None:
        return False
    of = {"sighting": change.sighting_id} if change.sighting_id else {"watch_id": change.watch_id}
    timeline.record(
        incident,
        KINDS[Change.Kind(change.kind)],
        _sentence(change),
        by=change.by,
        at=change.at,
        change=change,
        **of,
        **change.facts,
    )
    return True


@transaction.atomic
def _read_many(changes: list[Change]) -> int:
    """One line for all of them. Should another reader have taken one, the rest are told one by one."""
    pks = [change.pk for change in changes]
    mine = Change.objects.unread().filter(pk__in=pks).select_for_update().values_list("pk", flat=True)
    if set(mine) != set(pks):
        return _read_each(changes)
    Change.objects.filter(pk__in=pks).update(read_at=timezone.now())
    incident, first = _incident(changes[0]), changes[0]
    if incident is None:
        return 0
    timeline.record(
        incident,
        KINDS[Change.Kind(first.kind)],
        _sentence_of_many(changes),
        at=first.at,
        change=first,
        places=[_place(change) for change in changes],
    )
    return len(changes)


def _incident(change: Change) -> Incident | None:
    of = change.sighting or change.watch
    return Incident.objects.filter(watchlist=of.watchlist_id).first() if of else None


def _place(change: Change) -> dict:
    """What the record keeps of one of many: enough to hold against it later."""
    kept = ("title", "host", "url", "files", "lines", "evidence_sha256")
    return {"sighting": change.sighting_id} | {name: change.facts[name] for name in kept}


def _sentence_of_many(changes: list[Change]) -> str:
    facts, hosts = changes[0].facts, sorted({change.facts["host"] for change in changes})
    most = max(change.facts["percent_lines"] for change in changes)
    least = min(change.facts["percent_lines"] for change in changes)
    share = f"{least}%" if least == most else f"{least}% to {most}%"
    places = f"{len(changes):,} places on {' and '.join(hosts[:3])}"
    if _is_impostor(facts):
        return f"Impostors: {places} say they are the leak and hold none of it, such as {facts['title']}"
    return (
        f"Found: {places} hold at least {share} of the leak's lines each ({facts['class']}), "
        f"such as {facts['title']}"
    )


def _sentence(change: Change) -> str:
    facts = change.facts
    if change.kind in Change.OF_WATCHES:
        return _of_watch(change)
    place = f"{facts['title']} on {facts['host']}"
    why = f": {facts['why']}" if facts.get("why") else ""
    ours = ", one of our own places" if facts.get("is_ours") else ""
    if change.kind in (Change.Kind.APPEARED, Change.Kind.RETURNED) and facts.get("earlier"):
        return f"Came back: {place} {_holds(facts)}, the same as {facts['earlier']}, which is gone"
    return {
        Change.Kind.APPEARED: f"{'Impostor' if _is_impostor(facts) else 'Found'}: {place} {_holds(facts)}",
        Change.Kind.ALTERED: f"Changed: {place} now {_holds(facts)}",
        Change.Kind.GONE: f"Gone: {place} ({facts.get('reason', 'gone')})",
        Change.Kind.RETURNED: f"Returned: {place} {_holds(facts, 'again')}",
        Change.Kind.CONFIRMED: f"Confirmed: {place}, {_amount(facts)}{why}",
        Change.Kind.DISMISSED: f"Dismissed: {place}{why}",
        Change.Kind.REOPENED: f"Back to triage: {place}{why}",
        Change.Kind.RENAMED: f"Renamed: {facts.get('before', 'a place')} is called {place} now{ours}",
    }[Change.Kind(change.kind)]


def _of_watch(change: Change) -> str:
    name = change.facts["watch"]
    if change.kind == Change.Kind.SEEING:
        return f"Seeing again: {name}"
    return f"Blind for an hour: {name} ({change.facts['error']})"


def _is_impostor(facts: dict) -> bool:
    return facts["class"] == Sighting.Class.IMPOSTOR


def _holds(facts: dict, more: str = "") -> str:
    if _is_impostor(facts):
        return impostors.described(facts)
    return f"holds {_amount(facts)} {more}".rstrip()


def _amount(facts: dict) -> str:
    """At least this much: what was found is found, what was not may still be there."""
    if _is_impostor(facts):
        return "an impostor that holds none of the leak"
    files = "1 file" if facts["files"] == 1 else f"{facts['files']:,} files"
    return f"at least {files}, {facts['percent_lines']}% of the leak's lines ({facts['class']})"
