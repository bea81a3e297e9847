"""Record and triage: the one door through which a place becomes a sighting. Each change writes a Change."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils import timezone

from monitors import examinations
from monitors.examinations import Finding
from monitors.models import Change, Examination, Ours, Sighting, Source, Watch, Watchlist
from monitors.sources.base import Candidate, clean

AT_ONCE = 200  # rows in one statement

Place = tuple[str, str, str]


class NotReady(Exception):
    """It cannot be done now; the message says why."""


def place_of(candidate: Candidate | Sighting) -> Place:
    """What a place is known by: host, the host's own id, path; as rows keep them."""
    return clean(candidate.host, 253), clean(candidate.native_id, 300), clean(candidate.path, 300)


def standing(watchlist: Watchlist, candidates: Iterable[Candidate]) -> dict[Place, Sighting]:
    """The sightings of these places, as far as there are any, in one query for each host."""
    by_host: dict[str, list[str]] = {}
    for host, native_id, _ in map(place_of, candidates):
        by_host.setdefault(host, []).append(native_id)
    found = (
        watchlist.sightings.filter(host=host, native_id__in=ids).select_related("examination", "source")
        for host, ids in by_host.items()
    )
    return {place_of(sighting): sighting for rows in found for sighting in rows}


def is_current(sighting: Sighting, *, since: datetime) -> bool:
    """Whether no artifact was added, and nothing more learnt of its content, since we last looked."""
    deeper = sighting.examination is not None and sighting.examination.examined_at > sighting.examined_at
    return sighting.examined_at >= since and not deeper


@transaction.atomic
def record(
    findings: Sequence[Finding],
    *,
    watchlist: Watchlist,
    source: Source,
    watch: Watch | None,
    reason: str,
    at: datetime,
) -> int:
    """Write down what these places hold; how many are hits and were none before. Twice changes nothing.

    `watch` and `reason` say why each was looked at. Takes a few statements for each 200 findings.
    """
    if not findings:
        return 0
    hold(watchlist)
    there = standing(watchlist, [finding.candidate for finding in findings])
    ours, fresh, hits = Ours.load(), {}, 0
    for finding, examination in zip(findings, examinations.keep(watchlist, findings), strict=True):
        place = place_of(finding.candidate)
        if place in there:
            hits += _seen_again(there[place], finding.candidate, examination, ours, at)
            continue
        fresh[place] = Sighting(
            watchlist=watchlist,
            watch=watch,
            source=source,
            reason=clean(reason, 700),
            first_seen_at=at,
            last_checked_at=at,
            is_ours=ours.holds(finding.candidate, source.kind),
            **_described(finding.candidate),
            **_holding(examination),
        )
    return hits + _add(watchlist, list(fresh.values()), at)


def hold(watchlist: Watchlist) -> None:
    """Until commit, nobody else records on this watchlist: no place is written twice, no pair deadlocks."""
    list(Watchlist.objects.select_for_update(no_key=True).filter(pk=watchlist.pk).values_list("pk"))


def _add(watchlist: Watchlist, sightings: list[Sighting], at: datetime) -> int:
    """New rows, and a change for each hit; how many hits."""
    hits = [sighting for sighting in sightings if sighting.is_hit]
    _link_earlier(watchlist, hits)
    for sighting in hits:
        sighting.due_at = sighting.next_check(at)
    Sighting.objects.bulk_create(sightings, batch_size=AT_ONCE)
    changes = [_appeared(sighting, at) for sighting in hits]
    Change.objects.bulk_create(changes, batch_size=AT_ONCE)
    return len(hits)


def _appeared(sighting: Sighting, at: datetime) -> Change:
    earlier = sighting.earlier
    facts = {"earlier": f"{earlier.title} on {earlier.host}"} if earlier else {}
    return _changed(sighting, Change.Kind.APPEARED, at=at, **facts)


def _link_earlier(watchlist: Watchlist, hits: list[Sighting]) -> None:
    """A hit that holds what a place held that is gone now is taken for its return, each gone place once."""
    contents = {hit.examination_id for hit in hits if hit.examination_id}
    evidence = {hit.evidence_sha256 for hit in hits if hit.evidence_sha256}
    same = Q(examination__in=contents) | Q(evidence_sha256__in=evidence)
    gone = list(watchlist.sightings.hits().gone().filter(same, later=None).order_by("-gone_at")[:500])
    for hit in hits:
        alike = [one for one in gone if one.pk != hit.pk and _is_same_content(one, hit)]
        if not alike or hit.earlier_id:
            continue
        hit.earlier = max(alike, key=lambda one: _likeness(one, hit))
        hit.returns += 1
        gone.remove(hit.earlier)


def appear(hits: Sequence[Sighting], *, at: datetime) -> None:
    """These known places are hits by now, and were none: told, each as the return of what it is one of."""
    if not hits:
        return
    unlinked = [hit for hit in hits if not hit.earlier_id]
    _link_earlier(hits[0].watchlist, unlinked)
    for hit in unlinked:
        if hit.earlier_id:
            Sighting.objects.filter(pk=hit.pk).update(earlier=hit.earlier, returns=F("returns") + 1)
    Change.objects.bulk_create([_appeared(hit, at) for hit in hits], batch_size=AT_ONCE)


def find_return(gone: Sighting, *, since: datetime, at: datetime) -> None:
    """Of what appeared elsewhere with its content since it was last seen to stand, one is its return: that
    it had gone by then was not known. The caller holds the watchlist.
    """
    there = gone.watchlist.sightings.hits().live().filter(_same_content(gone), earlier=None)
    appeared = there.filter(first_seen_at__gt=since).exclude(pk=gone.pk).order_by("first_seen_at", "pk")
    alike = [] if Sighting.objects.filter(earlier=gone).exists() else list(appeared[:500])
    if alike:
        _return(max(alike, key=lambda one: _likeness(gone, one)), gone, at)


def _same_content(sighting: Sighting) -> Q:
    same = Q(pk=None)
    if sighting.examination_id:
        same |= Q(examination=sighting.examination_id)
    return same | Q(evidence_sha256=sighting.evidence_sha256) if sighting.evidence_sha256 else same


def _return(hit: Sighting, gone: Sighting, at: datetime) -> None:
    """This known hit turns out to be the return of that place."""
    hit.earlier = gone
    Sighting.objects.filter(pk=hit.pk).update(earlier=gone, returns=F("returns") + 1)
    change(hit, Change.Kind.RETURNED, at=at, earlier=f"{gone.title} on {gone.host}")


def _is_same_content(gone: Sighting, hit: Sighting) -> bool:
    if gone.examination_id and gone.examination_id == hit.examination_id:
        return True
    return bool(hit.evidence_sha256) and gone.evidence_sha256 == hit.evidence_sha256


def _likeness(gone: Sighting, hit: Sighting) -> tuple[bool, bool, bool, bool, datetime]:
    """Of several: all its content, the same account, the same name, taken down by its host, gone last."""
    (was_by, _, was), (is_by, _, is_) = gone.title.partition("/"), hit.title.partition("/")
    same_content = gone.examination_id == hit.examination_id
    by_host = gone.gone_reason.startswith(("451", "403"))
    return same_content, was_by == is_by, bool(is_) and was == is_, by_host, gone.gone_at


def _seen_again(
    sighting: Sighting, candidate: Candidate, examination: Examination, ours: Ours, at: datetime
) -> bool:
    """Bring a known place up to date; True when it only now became a hit."""
    was_hit, was_gone, before = sighting.is_hit, not sighting.is_live, amount(sighting)
    title = sighting.title
    for name, value in (_described(candidate) | _holding(examination)).items():
        setattr(sighting, name, value)
    sighting.is_ours = ours.holds(candidate, sighting.source.kind)
    sighting.last_checked_at, sighting.last_error = at, ""
    if was_gone:
        sighting.gone_at, sighting.gone_reason = None, ""
        sighting.returns += was_hit
    sighting.due_at = sighting.next_check(at) if sighting.is_hit else None
    sighting.save()
    if was_hit and title != sighting.title:
        change(sighting, Change.Kind.RENAMED, at=at, before=title)
    if sighting.is_hit and not was_hit:
        appear([sighting], at=at)
    elif sighting.is_ours:
        return False
    elif was_gone and was_hit:
        change(sighting, Change.Kind.RETURNED, at=at)
    elif was_hit and before != amount(sighting):
        change(sighting, Change.Kind.ALTERED, at=at)
    return sighting.is_hit and not was_hit


def amount(sighting: Sighting) -> tuple[str, int, int]:
    """How much of ours it holds. That something else changed there, such as its README, is told to nobody."""
    return sighting.klass, sighting.files, sighting.lines


@transaction.atomic
def rename(sighting: Sighting, candidate: Candidate, *, at: datetime) -> bool:
    """The host calls the same place by another name now: one of ours perhaps, or no longer. True when that
    made it appear. Its content is as it was, and is read again where the name alone may make it an impostor,
    or no impostor any more.
    """
    was_hit, was_ours, before, now = sighting.is_hit, sighting.is_ours, sighting.title, _described(candidate)
    for name in ("title", "url", "version", "ticket"):
        setattr(sighting, name, now[name])
    sighting.is_ours = Ours.load().holds(candidate, sighting.source.kind)
    if was_ours != sighting.is_ours:
        sighting.due_at = at if sighting.is_hit else None
    if before != sighting.title and _hangs_on_its_name(sighting):
        sighting.examined_at, sighting.due_at = examinations.NEVER, at
    sighting.save(update_fields=["title", "url", "version", "ticket", "is_ours", "examined_at", "due_at"])
    if sighting.is_hit and not sighting.changes.exists():
        appear([sighting], at=at)
        return True
    if before != sighting.title and (was_hit or sighting.is_hit):
        change(sighting, Change.Kind.RENAMED, at=at, before=before)
    return False


def _hangs_on_its_name(sighting: Sighting) -> bool:
    """Whether what it is called may tell impostor from unrelated. What a person dismissed stays dismissed."""
    if sighting.is_ours or sighting.triage == Sighting.Triage.DISMISSED:
        return False
    if sighting.klass != Sighting.Class.UNRELATED:
        return sighting.is_impostor
    fingerprints = sighting.watchlist.fingerprints.defer("index")
    return examinations.claims_by_name(sighting.title, fingerprints)


def is_renamed(sighting: Sighting, candidate: Candidate) -> bool:
    now = _described(candidate)
    return (sighting.title, sighting.url) != (now["title"], now["url"])


@transaction.atomic
def deepen(examination: Examination, finding: Finding, *, at: datetime) -> None:
    """What the content told, in place of what its ids did, for every place that has it. Raises LeaseLost."""
    examination.settle(due_at=None)
    if finding.examination.key != examination.key:
        return  # that place holds more than the others do, such as side branches
    hold(examination.watchlist)
    [kept] = examinations.keep(examination.watchlist, [finding])
    places = Sighting.objects.filter(examination=kept)
    became = list(places.filter(klass=Sighting.Class.UNRELATED)) if finding.is_hit else []
    places.update(**kept.holds)
    for sighting in became:
        sighting.refresh_from_db()
        Sighting.objects.filter(pk=sighting.pk).update(due_at=sighting.next_check(at))
    appear([sighting for sighting in became if sighting.is_hit], at=at)
    _find_earlier(kept, at)


def _find_earlier(examination: Examination, at: datetime) -> None:
    """What is known better now may turn out to be what places held that were gone when it appeared."""
    sightings = examination.watchlist.sightings.hits()
    alike = sightings.gone().filter(evidence_sha256=examination.evidence_sha256, later=None)
    others = list(alike.exclude(examination=examination)[:500]) if examination.evidence_sha256 else []
    if not others:
        return
    for hit in sightings.live().filter(examination=examination, earlier=None).order_by("first_seen_at")[:500]:
        before = [one for one in others if one.gone_at <= hit.first_seen_at]
        if before:
            gone = max(before, key=lambda one: _likeness(one, hit))
            others.remove(gone)
            _return(hit, gone, at)


@transaction.atomic
def triage(sighting, to: str, *, by, why: str = "", at: datetime | None = None) -> None:
    """Confirm, dismiss or take back. Doing the same twice changes nothing. Raises NotReady."""
    kinds = {
        Sighting.Triage.CONFIRMED: Change.Kind.CONFIRMED,
        Sighting.Triage.DISMISSED: Change.Kind.DISMISSED,
        Sighting.Triage.NEW: Change.Kind.REOPENED,
    }
    if to not in kinds:
        raise NotReady(f"{to!r} is neither new, confirmed nor dismissed")
    if to == Sighting.Triage.CONFIRMED and sighting.klass == Sighting.Class.UNRELATED:
        raise NotReady("nothing of the leak was found there, so there is nothing to confirm")
    if to == Sighting.Triage.CONFIRMED and sighting.is_ours:
        raise NotReady("it is on the list of our own places, so it is no copy")
    at = at or timezone.now()
    moved = Sighting.objects.filter(pk=sighting.pk).exclude(triage=to)
    watched = None if to == Sighting.Triage.DISMISSED else at
    if moved.update(triage=to, due_at=watched):
        sighting.triage, sighting.due_at = to, watched
        change(sighting, kinds[to], at=at, by=by, why=why)


def noticed(sightings: Iterable[Sighting], *, at: datetime) -> None:
    """A notice names these: look at them often again, as the host may act any minute."""
    pks = [sighting.pk for sighting in sightings]
    named = Sighting.objects.filter(pk__in=pks, due_at__isnull=False)
    named.update(noticed_at=at)
    soon = at + Sighting.SOONEST
    named.filter(due_at__gt=soon).update(due_at=soon)


@transaction.atomic
def reconsider(host: str, *, at: datetime | None = None) -> None:
    """Bring what was sighted on this host in line with the list of our own places."""
    at, ours = at or timezone.now(), Ours.load()
    there = Sighting.objects.filter(Q(host__iexact=host) | Q(url__icontains=host))
    places = there.select_related("examination", "source").iterator(2000)
    moved = [one for one in places if one.is_ours != ours.holds(one.as_candidate(), one.source.kind)]
    for one in moved:
        one.is_ours = not one.is_ours
        one.due_at = at if one.is_hit else None
    Sighting.objects.bulk_update(moved, ["is_ours", "due_at"], batch_size=AT_ONCE)
    told = set(Change.objects.filter(sighting__in=moved).values_list("sighting", flat=True))
    for one in moved:
        if one.is_hit and one.pk not in told:
            change(one, Change.Kind.APPEARED, at=at)


def _described(candidate: Candidate) -> dict[str, Any]:
    host, native_id, path = place_of(candidate)
    return {
        "host": host,
        "native_id": native_id,
        "path": path,
        "title": clean(candidate.title, 300) or native_id,
        "version": clean(candidate.version, 200),
        "url": clean(candidate.url, 1000),
        "digest": clean(candidate.digest, 200),
        "ticket": plain(candidate.ticket),
    }


def plain(value: Any) -> Any:
    """JSON as every database takes it: PostgreSQL refuses NUL inside, however it is spelt."""
    return json.loads(json.dumps(value).replace("\\u0000", ""))


def _holding(examination: Examination) -> dict[str, Any]:
    return examination.holds | {"examination": examination if examination.pk else None}


def change(sighting, kind: str, *, at: datetime, by=None, **facts: Any) -> Change:
    """Tell the response that this became different."""
    made = _changed(sighting, kind, at=at, by=by, **facts)
    made.save()
    return made


def _changed(sighting, kind: str, *, at: datetime, by=None, **facts: Any) -> Change:
    stood = {
        "title": sighting.title,
        "host": sighting.host,
        "version": sighting.version,
        "url": sighting.url,
        "class": sighting.klass,
        **({"is_ours": True} if sighting.is_ours else {}),
        **({"warnings": sighting.warnings} if sighting.warnings else {}),
        "files": sighting.files,
        "lines": sighting.lines,
        "percent_lines": int(sighting.share_lines * 100),
        "evidence_sha256": sighting.evidence_sha256,
    }
    return Change(sighting=sighting, kind=kind, at=at, by=by, facts=stood | facts)
