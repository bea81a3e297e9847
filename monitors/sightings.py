"""Record, triage, re-check, resurface: the one door to a sighting. Each writes a Change."""

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitors import sources
from monitors.matching import Class, Match, match
from monitors.models import Change, Check, Evidence, Fingerprint, Sighting, Source
from monitors.sources.base import Adapter, Candidate, Gone, SourceError, clean

EVIDENCE_KEPT = 20_000  # rows a sighting; what is beyond is counted, not listed


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@dataclass(frozen=True)
class Finding:
    """What an examined candidate turned out to hold."""

    candidate: Candidate
    match: Match
    fingerprint: Fingerprint
    skipped: list[str]
    files_there: int
    at: datetime  # when the comparison began


def examine(adapter: Adapter, candidate: Candidate, fingerprints: list[Fingerprint]) -> Finding:
    """Hold a candidate against every artifact of a watchlist; the best match counts. Asks the network.

    Raises SourceError when it cannot be read.
    """
    at = timezone.now()
    with adapter.examine(candidate) as holding:
        found = [(match(fingerprint.open(), holding), fingerprint) for fingerprint in fingerprints]
        best, fingerprint = max(found, key=lambda one: (one[0].lines, one[0].score))
        return Finding(candidate, best, fingerprint, list(holding.skipped)[:100], len(holding.entries), at)


@transaction.atomic
def record(watch, finding: Finding, *, at: datetime) -> tuple[Sighting, bool]:
    """The sighting of this place, and whether it is a new hit. Seeing it twice changes nothing."""
    place = _place(finding.candidate)
    values = _description(finding) | _holds(finding)
    sighting, created = Sighting.objects.get_or_create(
        watchlist=watch.watchlist,
        **place,
        defaults=values
        | {"watch": watch, "source": watch.source, "first_seen_at": at, "last_checked_at": at},
    )
    if created:
        sighting.due_at = sighting.next_check(at) if sighting.is_hit else None
        sighting.save(update_fields=["due_at"])
        _keep_evidence(sighting, finding.match)
        if sighting.is_hit:
            _change(sighting, Change.Kind.APPEARED, at=at)
        return sighting, sighting.is_hit
    return sighting, _seen_again(sighting, finding, values, at)


def _seen_again(sighting: Sighting, finding: Finding, values: dict[str, Any], at: datetime) -> bool:
    """Bring a known place up to date; True when it only now became a hit."""
    was_hit, was_gone, before = (
        sighting.is_hit,
        not sighting.is_live,
        (sighting.digest, sighting.evidence_sha256),
    )
    for name, value in values.items():
        setattr(sighting, name, value)
    sighting.last_checked_at, sighting.last_error = at, ""
    if was_gone:
        sighting.gone_at, sighting.gone_reason = None, ""
        sighting.returns += was_hit
    _keep_evidence(sighting, finding.match)
    sighting.due_at = sighting.next_check(at) if sighting.is_hit else None
    sighting.save()
    if sighting.is_hit and not was_hit:
        _change(sighting, Change.Kind.APPEARED, at=at)
    elif was_gone and was_hit:
        _change(sighting, Change.Kind.RETURNED, at=at)
    elif was_hit and before != (sighting.digest, sighting.evidence_sha256):
        _change(sighting, Change.Kind.ALTERED, at=at)
    return sighting.is_hit and not was_hit


def is_known(watch, candidate: Candidate) -> bool:
    """Whether this very content was seen standing in this very place, and held against all we have."""
    digest = candidate.digest[:200]
    place = (
        Sighting.objects.live().filter(watchlist=watch.watchlist, **_place(candidate), digest=digest).first()
    )
    return place is not None and _is_current(place)


def _is_current(sighting: Sighting) -> bool:
    """Whether no artifact was added since we last looked."""
    newer = Fingerprint.objects.filter(watchlist=sighting.watchlist_id, made_at__gt=sighting.examined_at)
    return not newer.exists()


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
    at = at or timezone.now()
    moved = Sighting.objects.filter(pk=sighting.pk).exclude(triage=to)
    watched = None if to == Sighting.Triage.DISMISSED else at
    if moved.update(triage=to, due_at=watched):
        sighting.triage, sighting.due_at = to, watched
        _change(sighting, kinds[to], at=at, by=by, why=why)


def check(sighting, *, at: datetime | None = None, client=None) -> Check | None:
    """Visit the place once. None when it was not due or another worker has it."""
    at = at or timezone.now()
    if not sighting.claim(at=at):
        return None
    return check_claimed(sighting, at=at, client=client)


def check_claimed(sighting, *, at: datetime | None = None, client=None) -> Check:
    """Visit a place whose lease the caller holds. Raises LeaseLost; then nothing was written."""
    at = at or timezone.now()
    adapter = adapter_for(sighting.source, client=client)
    try:
        look = adapter.look(sighting.as_candidate())
        if not look.live:
            return _settle_gone(sighting, look.reason, at)
        finding = _examined_again(adapter, sighting, look.digest)
    except Gone as gone:
        return _settle_gone(sighting, gone.reason, at)
    except SourceError as error:
        return _settle_unknown(sighting, str(error), at)
    return _settle_live(sighting, finding, look.digest, at)


def check_now(sighting, *, at: datetime | None = None, client=None) -> Check:
    """Visit the place whether or not it is due. A worker that is there loses its lease, and writes nothing.

    Raises LeaseLost when somebody did the same to us.
    """
    at = at or timezone.now()
    sighting.due_at = at + Sighting.LEASE
    Sighting.objects.filter(pk=sighting.pk).update(due_at=sighting.due_at)
    return check_claimed(sighting, at=at, client=client)


def check_soon(sighting, *, at: datetime | None = None) -> bool:
    """Let the next worker visit the place; False when it is no longer watched. A worker there starts over."""
    watched = Sighting.objects.filter(pk=sighting.pk, due_at__isnull=False)
    return watched.update(due_at=at or timezone.now()) == 1


def _examined_again(adapter: Adapter, sighting: Sighting, digest: str) -> Finding | None:
    """What it holds now, when that may differ from what we saw; None when it is the same content."""
    fingerprints = list(sighting.watchlist.fingerprints.defer("index"))
    if (digest == sighting.digest and _is_current(sighting)) or not fingerprints:
        return None
    return examine(adapter, sighting.as_candidate(), fingerprints)


@transaction.atomic
def _settle_gone(sighting, reason: str, at: datetime) -> Check:
    was_live = sighting.is_live
    sighting.settle(
        due_at=sighting.next_check(at),
        last_checked_at=at,
        last_error="",
        gone_at=sighting.gone_at or at,
        gone_reason=clean(reason, 300) or "gone",
    )
    if was_live and sighting.is_hit:
        _change(sighting, Change.Kind.GONE, at=at, reason=sighting.gone_reason)
    return _checked(sighting, Check.Outcome.GONE, at, sighting.gone_reason)


@transaction.atomic
def _settle_unknown(sighting, problem: str, at: datetime) -> Check:
    problem = clean(problem, 500)
    sighting.settle(due_at=sighting.next_check(at), last_error=problem)
    return _checked(sighting, Check.Outcome.UNKNOWN, at, problem)


@transaction.atomic
def _settle_live(sighting, finding: Finding | None, digest: str, at: datetime) -> Check:
    was_live, was_hit, before = sighting.is_live, sighting.is_hit, sighting.evidence_sha256
    back = not was_live and was_hit
    changes = _holds(finding) if finding else {}
    sighting.settle(
        due_at=sighting.next_check(at),
        last_checked_at=at,
        last_error="",
        digest=digest[:200],
        gone_at=None,
        gone_reason="",
        returns=sighting.returns + back,
        **changes,
    )
    if finding:
        _keep_evidence(sighting, finding.match)
        sighting.save(update_fields=["evidence_sha256"])
    if back:
        _change(sighting, Change.Kind.RETURNED, at=at)
    elif was_hit and before != sighting.evidence_sha256:
        _change(sighting, Change.Kind.ALTERED, at=at)
    return _checked(sighting, Check.Outcome.LIVE, at, "", digest)


def _checked(sighting, outcome: str, at: datetime, reason: str, digest: str = "") -> Check:
    return Check.objects.create(sighting=sighting, at=at, outcome=outcome, reason=reason, digest=digest[:200])


def adapter_for(source: Source, *, client=None) -> Adapter:
    """The adapter that speaks this source's dialect, over its address with its token."""
    client = client or sources.Client(token=source.token, allow_private=source.allow_private)
    return sources.ADAPTERS[source.kind](client, source.address)


def _place(candidate: Candidate) -> dict[str, str]:
    return {
        "host": clean(candidate.host, 253),
        "native_id": clean(candidate.native_id, 300),
        "path": clean(candidate.path, 300),
    }


def _description(finding: Finding) -> dict[str, Any]:
    candidate = finding.candidate
    return {
        "title": clean(candidate.title, 300) or clean(candidate.native_id, 300),
        "version": clean(candidate.version, 200),
        "url": clean(candidate.url, 1000),
        "digest": clean(candidate.digest, 200),
        # PostgreSQL refuses NUL inside JSON, however it is spelt.
        "ticket": json.loads(json.dumps(candidate.ticket).replace("\\u0000", "")),
    }


def _holds(finding: Finding) -> dict[str, Any]:
    found = finding.match
    return {
        "fingerprint": finding.fingerprint,
        "klass": found.klass.value,
        "score": found.score,
        "files": found.files,
        "lines": found.lines,
        "share_files": found.share_files,
        "share_lines": found.share_lines,
        "examined_at": finding.at,
        "files_there": finding.files_there,
        "matched_there": len({pair.theirs for pair in found.pairs}),
        "skipped": [clean(reason, 300) for reason in finding.skipped],
    }


def _keep_evidence(sighting: Sighting, found: Match) -> None:
    """Replace the evidence by what was found now, and its digest by that of the whole of it."""
    rows = [
        Evidence(
            sighting=sighting,
            theirs=clean(pair.theirs, 1000),
            ours=clean(pair.ours, 1000),
            kind=pair.kind.value,
            share=pair.share,
            lines=pair.lines,
        )
        for pair in (found.pairs if found.klass is not Class.UNRELATED else [])
    ]
    digest = evidence_digest((row.ours, row.theirs, row.kind, row.lines) for row in rows)
    if digest != sighting.evidence_sha256:
        sighting.evidence.all().delete()
        Evidence.objects.bulk_create(rows[:EVIDENCE_KEPT], batch_size=500)
    sighting.evidence_sha256 = digest
    sighting.save(update_fields=["evidence_sha256"])


def evidence_digest(rows) -> str:
    """SHA-256 over (ours, theirs, kind, lines) of every file found, in order; empty when nothing was."""
    listed = sorted(rows)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest() if listed else ""


def _change(sighting, kind: str, *, at: datetime, by=None, **facts: Any) -> Change:
    stood = {
        "title": sighting.title,
        "host": sighting.host,
        "version": sighting.version,
        "url": sighting.url,
        "class": sighting.klass,
        "files": sighting.files,
        "lines": sighting.lines,
        "percent_lines": int(sighting.share_lines * 100),
        "evidence_sha256": sighting.evidence_sha256,
    }
    return Change.objects.create(sighting=sighting, kind=kind, at=at, by=by, facts=stood | facts)
