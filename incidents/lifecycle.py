"""An incident from its opening to its close."""

from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from incidents import roles, timeline
from incidents.models import Event, Fact, Incident, Membership
from monitors.models import Watchlist


class NotReady(Exception):
    """It cannot be done now; the message says why."""


OPEN_QUESTIONS = {
    "cause": "How the material became public",
    "credentials": "Whether credentials are in the material",
    "personal_data": "Whether customer or personal data is in the material",
    "earlier": "Whether an earlier release also carried it",
}


@transaction.atomic
def open(
    *, by, title: str, exposed_at: datetime, detected_at: datetime | None = None, at=None, **details
) -> Incident:
    """A new incident with `by` as its lead, and the questions every leak raises as open facts.

    Raises NotReady.
    """
    at = at or timezone.now()
    detected_at = detected_at or at
    _refuse_times(exposed_at, detected_at, at)
    ref = _next_ref(at)
    incident = Incident.objects.create(
        ref=ref,
        title=title,
        exposed_at=exposed_at,
        detected_at=detected_at,
        opened_at=at,
        opened_by=by,
        watchlist=Watchlist.objects.create(name=ref, made_at=at),
        **details,
    )
    Membership.objects.create(incident=incident, user=by, role=Membership.Role.LEAD, joined_at=at)
    timeline.record(
        incident,
        Event.Kind.OPENED,
        f"Incident opened: {title}",
        by=by,
        severity=incident.severity,
        tlp=incident.tlp,
        exposed_at=exposed_at.isoformat(),
        detected_at=detected_at.isoformat(),
    )
    for number, (topic, sentence) in enumerate(OPEN_QUESTIONS.items(), 1):
        Fact.objects.create(incident=incident, number=number, topic=topic, sentence=sentence, since=at)
    return incident


def _refuse_times(exposed_at: datetime, detected_at: datetime, at: datetime) -> None:
    if exposed_at.utcoffset() is None or detected_at.utcoffset() is None:
        raise NotReady("Give every time with its zone, such as 2026-03-31T08:26Z.")
    if detected_at < exposed_at:
        raise NotReady("It cannot have been detected before it was exposed.")
    if detected_at > at:
        raise NotReady("It cannot have been detected in the future.")


def _next_ref(at: datetime) -> str:
    """LK-2026-004. Two that open at once meet at the unique constraint; one of them tries again."""
    start = f"LK-{at:%Y}-"
    last = (
        Incident.objects.filter(ref__startswith=start).order_by("-pk").values_list("ref", flat=True).first()
    )
    return f"{start}{int(last.rsplit('-', 1)[1]) + 1 if last else 1:03d}"


@transaction.atomic
def move(incident, to: str, *, by, at=None) -> None:
    """Set the status. Moving to where it already is changes nothing. Raises NotReady."""
    if to not in Incident.Status.values:
        raise NotReady(f"{to!r} is not a status")
    at = at or timezone.now()
    closed_at = at if to == Incident.Status.CLOSED else None
    moved = Incident.objects.filter(pk=incident.pk).exclude(status=to).update(status=to, closed_at=closed_at)
    if moved:
        incident.status, incident.closed_at = to, closed_at
        timeline.record(
            incident, Event.Kind.STATUS, f"Status: {incident.get_status_display()}", by=by, status=to
        )


AMENDABLE = ["title", "codename", "organisation", "severity", "tlp", "exposed_at", "detected_at"]


@transaction.atomic
def amend(incident, *, by, **details) -> None:
    """Correct what it is called or when it began; what it was before stays on the record. Raises NotReady."""
    changed = {name: value for name, value in details.items() if getattr(incident, name) != value}
    if not changed:
        return
    if unknown := set(changed) - set(AMENDABLE):
        raise NotReady(f"{', '.join(sorted(unknown))} cannot be changed")
    _refuse_times(
        changed.get("exposed_at", incident.exposed_at),
        changed.get("detected_at", incident.detected_at),
        timezone.now(),
    )
    before = {name: _plain(getattr(incident, name)) for name in changed}
    Incident.objects.filter(pk=incident.pk).update(**changed)
    for name, value in changed.items():
        setattr(incident, name, value)
    named = ", ".join(Incident._meta.get_field(name).verbose_name for name in changed)
    after = {name: _plain(value) for name, value in changed.items()}
    timeline.record(incident, Event.Kind.AMENDED, f"Corrected: {named}", by=by, before=before, after=after)


def _plain(value):
    return value.isoformat() if isinstance(value, datetime) else value


@transaction.atomic
def admit(incident, user, role: str, *, by) -> Membership:
    """Let somebody in, or give them another role. Raises NotReady when no lead would be left."""
    before = incident.role_of(user)
    if before == role:
        return incident.memberships.get(user=user)
    _keep_a_lead(incident, user)
    membership, _ = Membership.objects.update_or_create(incident=incident, user=user, defaults={"role": role})
    incident.__dict__.pop("_roles", None)
    timeline.record(
        incident,
        Event.Kind.PEOPLE,
        f"{user} is now {membership.get_role_display()}",
        by=by,
        user=user.pk,
        role=role,
    )
    return membership


@transaction.atomic
def remove(incident, user, *, by) -> None:
    """Take somebody's access away. Raises NotReady when no lead would be left."""
    _keep_a_lead(incident, user)
    removed, _ = incident.memberships.filter(user=user).delete()
    incident.__dict__.pop("_roles", None)
    if removed:
        timeline.record(incident, Event.Kind.PEOPLE, f"{user} was removed", by=by, user=user.pk, role="")


def _keep_a_lead(incident, user) -> None:
    # The UPDATE holds the incident's row, so two leads cannot remove each other at once.
    Incident.objects.filter(pk=incident.pk).update(timeline_length=F("timeline_length"))
    leads = incident.memberships.filter(role=Membership.Role.LEAD)
    if roles.can_lead(user, incident) and not leads.exclude(user=user).exists():
        raise NotReady("an incident needs a lead: make somebody else lead first")
