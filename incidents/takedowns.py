"""Notices: which places to name, what each holds, what the text says. A person signs and sends."""

import logging
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q
from django.template.loader import render_to_string
from django.utils import timezone

from incidents import timeline
from incidents.models import Event, Incident, Notice, Target
from monitors import checks, sightings
from monitors.models import Check, LeaseLost, Ours, Sighting
from monitors.sources.base import clean

logger = logging.getLogger(__name__)

FRESH = timedelta(hours=1)  # a target checked longer ago than this is not ready to be named
PATHS_KEPT = 5_000
NAMED_AT_MOST = 5  # targets that one line of the readiness names
COPIES = [Sighting.Class.COPY, Sighting.Class.PARTIAL, Sighting.Class.DERIVED]


class NotReady(Exception):
    """It cannot be done now; the message says why."""


def nameable(incident):
    """Sightings that a notice may name: a person confirmed them, and they stood when last seen.

    A passage, or strings without our text, may be a quotation or somebody's own work: never named.
    """
    return incident.watchlist.sightings.confirmed().live().filter(klass__in=COPIES, is_ours=False)


def hosts(incident) -> list[tuple[str, int]]:
    """Each host with confirmed live copies, and how many, most first."""
    counted = Counter(nameable(incident).order_by().values_list("host", flat=True))
    return sorted(counted.items(), key=lambda one: (-one[1], one[0]))


@transaction.atomic
def draft(incident, *, host: str, by, at: datetime | None = None) -> Notice:
    """A notice to one host about its confirmed live copies; a worker visits each before a word is written.

    Raises NotReady when there is nothing to name.
    """
    at = at or timezone.now()
    found = list(nameable(incident).filter(host=host))
    if not found:
        if incident.watchlist.sightings.confirmed().filter(host=host, is_ours=True).exists():
            raise NotReady(f"What is confirmed on {host} is on the list of our own places: never a target.")
        raise NotReady(f"No confirmed live copy on {host}. Confirm a sighting first.")
    # The UPDATE holds the incident's row, so two drafts cannot take the same number.
    Incident.objects.filter(pk=incident.pk).update(timeline_length=F("timeline_length"))
    last = incident.notices.order_by("-number").first()
    notice = Notice.objects.create(
        incident=incident,
        number=last.number + 1 if last else 1,
        host=host,
        drafted_by=by,
        started_at=at,
        due_at=at,
        owner=incident.organisation or (last.owner if last else ""),
        **({name: getattr(last, name) for name in CONTACT} if last else {}),
    )
    Target.objects.bulk_create(Target(notice=notice, sighting=sighting) for sighting in found)
    return notice


CONTACT = ["contact_name", "contact_email", "contact_address", "work_url", "licence"]


def write(notice: Notice, *, client=None) -> None:
    """Visit every target and write the texts, for a notice whose lease the caller holds."""
    try:
        for target in notice.targets.filter(outcome=Target.Outcome.WAITING).select_related(
            "sighting__source"
        ):
            notice.renew(at=timezone.now())
            _visit(target, client=client)
        _finish(notice)
    except LeaseLost:
        logger.info("%s is with another worker", notice)


def _visit(target: Target, *, client=None) -> None:
    """Ask the host once more, and freeze what stands there now. Asks the network."""
    sighting = target.sighting
    check = checks.check_now(sighting, client=client, reads=True)
    sighting.refresh_from_db()
    target.checked_at, target.reason = check.at, check.reason
    target.outcome = _outcome(check, sighting)
    if target.outcome == Target.Outcome.NAMED:
        _freeze(target, sighting)
    target.save()


def _outcome(check: Check, sighting: Sighting) -> str:
    if check.outcome == Check.Outcome.GONE:
        return Target.Outcome.GONE
    if check.outcome == Check.Outcome.UNKNOWN:
        return Target.Outcome.UNKNOWN
    if Ours.load().holds(sighting.as_candidate(), sighting.source.kind):
        return Target.Outcome.OURS
    return _unfit(sighting) or Target.Outcome.NAMED


def _unfit(sighting: Sighting) -> str:
    """As what this place must be left out, however it was found to stand; "" when it may be named."""
    if sighting.is_ours:
        return Target.Outcome.OURS
    if sighting.triage != Sighting.Triage.CONFIRMED:
        return Target.Outcome.DISMISSED
    if not sighting.is_live:
        return Target.Outcome.GONE
    return "" if sighting.klass in COPIES else Target.Outcome.CHANGED


def _freeze(target: Target, sighting: Sighting) -> None:
    target.url, target.version, target.digest = sighting.url, sighting.version, sighting.digest
    target.klass, target.files, target.share_files = sighting.klass, sighting.files, sighting.share_files
    target.evidence_sha256 = sighting.evidence_sha256
    target.whole = sighting.is_mostly_ours
    paths = sighting.evidence.order_by("theirs").values_list("theirs", flat=True).distinct()
    target.paths = [] if target.whole else list(paths[:PATHS_KEPT])


@dataclass(frozen=True)
class Astray:
    """A target that must not be named as it was drafted: what became of it, as an outcome and in words."""

    target: Target
    outcome: str
    why: str


def astray(notice: Notice) -> list[Astray]:
    """The named targets that are ours by now, are not confirmed any more, are gone, moved, or hold other
    things of ours than the texts say. What was drafted must not be sent with them.
    """
    named = notice.targets.filter(outcome=Target.Outcome.NAMED).select_related("sighting")
    return [_astray(target) for target in named.filter(STRAYED)]


STRAYED = (
    Q(sighting__is_ours=True)
    | ~Q(sighting__triage=Sighting.Triage.CONFIRMED)
    | Q(sighting__gone_at__isnull=False)
    | ~Q(sighting__klass__in=COPIES)
    | ~Q(url=F("sighting__url"))
    | ~Q(evidence_sha256=F("sighting__evidence_sha256"))
)


def _astray(target: Target) -> Astray:
    sighting = target.sighting
    if unfit := _unfit(sighting):
        return Astray(target, unfit, WHY[unfit])
    moved = sighting.url != target.url
    why = f"moved to {sighting.url}" if moved else "holds something else of ours now"
    return Astray(target, Target.Outcome.UNKNOWN, why)


WHY = {
    Target.Outcome.OURS: "is on the list of our own places",
    Target.Outcome.DISMISSED: "is not confirmed any more",
    Target.Outcome.GONE: "is gone",
    Target.Outcome.CHANGED: "holds no copy any more",
}


@transaction.atomic
def _finish(notice: Notice) -> None:
    at = timezone.now()
    for one in astray(notice):  # since its own visit
        one.target.outcome, one.target.reason = one.outcome, clean(one.why, 500)
        one.target.save(update_fields=["outcome", "reason"])
    named = notice.targets.filter(outcome=Target.Outcome.NAMED).count()
    left_out = notice.targets.count() - named
    notice.settle(due_at=None, state=Notice.State.DRAFT if named else Notice.State.EMPTY, drafted_at=at)
    _write_texts(notice)
    sightings.noticed((one.sighting for one in notice.targets.filter(outcome=Target.Outcome.NAMED)), at=at)
    timeline.record(
        notice.incident,
        Event.Kind.NOTICE_DRAFTED,
        f"Drafted notice {notice} to {notice.host}: {named} named, {left_out} left out after a fresh check",
        by=notice.drafted_by,
        at=at,
        notice=notice.number,
        named=[target.url for target in notice.targets.filter(outcome=Target.Outcome.NAMED)],
    )


@transaction.atomic
def complete(notice: Notice, *, by, owner: str, **contact: str) -> None:
    """Say what only a person can: who owns the work, whom to reach. The texts follow. Raises NotReady."""
    if notice.is_checking:
        raise NotReady("Its targets are still being checked.")
    notice.owner = owner
    for name in CONTACT:
        setattr(notice, name, contact.get(name, ""))
    _write_texts(notice)
    timeline.record(
        notice.incident,
        Event.Kind.NOTICE_DRAFTED,
        f"Completed notice {notice} to {notice.host}",
        by=by,
        notice=notice.number,
    )


@transaction.atomic
def check_again(notice: Notice, *, by, at: datetime | None = None) -> None:
    """Have a worker visit every target again and write the texts anew. Raises NotReady while one does."""
    drafted = Notice.objects.filter(pk=notice.pk).exclude(state=Notice.State.CHECKING)
    again = {
        "state": Notice.State.CHECKING,
        "drafted_at": None,
        "due_at": at or timezone.now(),
        "drafted_by": by,
    }
    if not drafted.update(**again):
        raise NotReady("Its targets are being checked already.")
    notice.targets.update(outcome=Target.Outcome.WAITING, reason="")
    notice.refresh_from_db()


def _write_texts(notice: Notice) -> None:
    """Both texts from the same rows, so that neither says what the other does not."""
    incident = notice.incident
    left_out = {one.target.pk for one in astray(notice)}
    named = list(notice.targets.filter(outcome=Target.Outcome.NAMED).exclude(pk__in=left_out))
    context = {
        "notice": notice,
        "incident": incident,
        "targets": named,
        "files_named": any(target.paths for target in named),
        "work": incident.facts.verified().filter(topic__startswith="inventory-"),
        "missing": "[to be completed by the person who signs]",
        "licence": LICENCE.get(notice.licence, ""),
        "record_head": incident.timeline_head,
    }
    notice.form = render_to_string("notices/form.txt", context).strip() + "\n"
    notice.letter = render_to_string("notices/letter.txt", context).strip() + "\n"
    notice.save(update_fields=["form", "letter", "owner", *CONTACT])


LICENCE = {
    Notice.Licence.NONE: "Never licensed to the public.",
    Notice.Licence.PARTLY: "Parts of the work are under an open-source licence; they are not claimed here.",
}


@dataclass(frozen=True)
class Need:
    """One thing that a notice must have, whether it has it, and which rule asks for it."""

    ok: bool
    what: str
    law: str


def readiness(notice: Notice, *, at: datetime | None = None) -> list[Need]:
    """What 17 U.S.C. 512(c)(3)(A) asks for, in its order of importance to a reviewer."""
    at = at or timezone.now()
    named = notice.targets.filter(outcome=Target.Outcome.NAMED)
    problem = _problem(notice, named, at)
    unlike = named.exclude(klass=Sighting.Class.COPY).count()
    work = notice.owner and notice.incident.facts.verified().filter(topic__startswith="inventory-").exists()
    fair = f"Fair use considered for {unlike} partial or derived copies" if unlike else "Fair use considered"
    return [
        Need(bool(work), "Work and its owner identified", "512(c)(3)(A)(ii)"),
        Need(named.exists() and not problem, problem or "Every target located and freshly checked", "(iii)"),
        Need(bool(notice.contact_name and notice.contact_email), "Contact details", "(iv)"),
        Need(notice.licence == Notice.Licence.NONE, "Never under an open-source licence", "good faith (v)"),
        Need(False, fair, "(v)"),
        Need(False, "Signature of somebody authorised", "(i), (vi)"),
    ]


def _problem(notice: Notice, named, at: datetime) -> str:
    """Why what is named must not be sent as it was drafted; "" when it may."""
    if strayed := astray(notice):
        return f"Draft it again: {_listed(strayed)}"
    if stale := named.filter(checked_at__lt=at - FRESH).count():
        return f"{stale} targets were checked over an hour ago"
    if listless := named.filter(whole=False, paths=[]).count():
        return f"{listless} targets are claimed in part, and none of their files is listed"
    return ""


def _listed(strayed: list[Astray]) -> str:
    shown = [f"{one.target.url} {one.why}" for one in strayed[:NAMED_AT_MOST]]
    more = [f"and {len(strayed) - NAMED_AT_MOST:,} more"] if len(strayed) > NAMED_AT_MOST else []
    return "; ".join(shown + more)
