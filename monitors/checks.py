"""Every place is visited again: one by one, or many with one question where the host allows it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from time import monotonic

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from monitors import examinations, sightings
from monitors.asking import Asking
from monitors.budgets import Value
from monitors.examinations import Finding
from monitors.models import Change, Check, Examination, LeaseLost, Sighting
from monitors.sources import ADAPTERS
from monitors.sources.base import Aim, Candidate, Gone, Look, RateLimited, SourceError, clean

NOTICED = timedelta(days=2)  # so long after a notice its places are the most urgent
EXAMINING = 90.0  # seconds that one round of checks may spend on reading what changed


@dataclass(frozen=True)
class Seen:
    """What one visit told: the look, and what stands there now where that differs from what we knew."""

    look: Look
    finding: Finding | None = None


def check(sighting, *, at: datetime | None = None, client=None) -> Check | None:
    """Visit the place once. None when it was not due or another worker has it."""
    at = at or timezone.now()
    if not sighting.claim(at=at):
        return None
    return check_claimed(sighting, at=at, client=client)


def check_claimed(
    sighting, *, at: datetime | None = None, client=None, value: Value | None = None, reads: bool = False
) -> Check:
    """Visit a place whose lease the caller holds. Raises LeaseLost; then nothing was written.

    Where its host tells no digest, it is taken to hold what it held; or it is read, if `reads`.
    """
    at = at or timezone.now()
    try:
        asking = Asking(sighting.source, at=at, client=client, held=[sighting])
    except SourceError as error:
        return _settle_unknown(sighting, str(error), at)
    try:
        asking.admit(_value([sighting], at) if value is None else value, sighting.host)
        seen = _visit(asking, sighting, _look(asking, sighting), reads=reads)
    except SourceError as error:
        if isinstance(error, RateLimited):
            asking.limited(error)
        return _settle_unknown(sighting, asking.redacted(str(error)), at)
    return _settle(sighting, seen, at)


def check_now(sighting, *, at: datetime | None = None, client=None, reads: bool = False) -> Check:
    """Visit the place whether or not it is due. A worker that is there loses its lease, and writes nothing.

    Raises LeaseLost when somebody did the same to us.
    """
    at = at or timezone.now()
    sighting.due_at = at + Sighting.LEASE
    Sighting.objects.filter(pk=sighting.pk).update(due_at=sighting.due_at)
    return check_claimed(sighting, at=at, client=client, value=Value.URGENT, reads=reads)


def check_soon(sighting, *, at: datetime | None = None) -> bool:
    """Let the next worker visit the place; False when it is no longer watched. A worker there starts over."""
    watched = Sighting.objects.filter(pk=sighting.pk, due_at__isnull=False)
    return watched.update(due_at=at or timezone.now()) == 1


def bulk_of(source) -> int:
    """How many places of this source one visit takes."""
    return ADAPTERS[source.kind].bulk if source.kind in ADAPTERS else 1


def bucket_of(source) -> str:
    """The host's own count that a visit of many draws on: that of the other questions asked in bulk."""
    adapter = ADAPTERS[source.kind]
    return adapter.buckets.get(Aim.FORKS, "") if adapter.bulk > 1 else ""


def _value(places: Sequence[Sighting], at: datetime) -> Value:
    """A host that was given notice may act any minute."""
    fresh = any(place.noticed_at and place.noticed_at > at - NOTICED for place in places)
    return Value.URGENT if fresh else Value.NAMES


def check_many(places: Sequence[Sighting], *, at: datetime | None = None, client=None) -> None:
    """Visit places of one source, under one lease that the caller holds, with few questions."""
    if len(places) < 2:
        for sighting in places:
            check_claimed(sighting, at=at, client=client)
        return
    at = at or timezone.now()
    try:
        bucket = bucket_of(places[0].source)
        asking = Asking(places[0].source, bucket=bucket, at=at, client=client, held=places)
        asking.admit(_value(places, at))
        looks = asking.adapter.look_many([sighting.as_candidate() for sighting in places])
    except RateLimited as error:
        asking.limited(error)
        _put_off(places, until=at + error.wait)
        return
    except SourceError as error:
        looks = [error] * len(places)
    _settle_many(asking, places, looks, at)


def _put_off(places: Sequence[Sighting], *, until: datetime) -> None:
    lease = {sighting.due_at for sighting in places}
    Sighting.objects.filter(pk__in=[one.pk for one in places], due_at__in=lease).update(due_at=until)


def _settle_many(asking: Asking, places: Sequence[Sighting], looks: Sequence[Look | SourceError], at) -> None:
    """Most stand as they stood, and cost one statement together; each of the others is a story of its own."""
    stands, until = [], monotonic() + EXAMINING
    since = examinations.newest(fingerprints) if (fingerprints := _fingerprints(places[0])) else at
    for sighting, look in zip(places, looks, strict=True):
        if isinstance(look, Look) and look.live and _is_as_it_was(sighting, look, since):
            stands.append((sighting, look))
        elif monotonic() < until:
            _settle_one(asking, sighting, look, at)
        else:
            _put_off([sighting], until=at)
    _settle_same(stands, at)


def _settle_one(asking: Asking, sighting: Sighting, look: Look | SourceError, at: datetime) -> None:
    try:
        if isinstance(look, SourceError):
            raise look
        _settle(sighting, _visit(asking, sighting, look), at)
    except LeaseLost:
        return
    except RateLimited as error:
        asking.limited(error)
        _put_off([sighting], until=at + error.wait)
    except SourceError as error:
        _settle_unknown(sighting, asking.redacted(str(error)), at)


@transaction.atomic
def _settle_same(looks: Sequence[tuple[Sighting, Look]], at: datetime) -> None:
    """They stand, and hold what they held. Whoever lost the lease is left out by the rows themselves."""
    if not looks:
        return
    stands = [sighting for sighting, _ in looks]
    mine = Sighting.objects.filter(due_at=stands[0].due_at)
    mine.filter(pk__in=[one.pk for one in stands]).update(
        last_checked_at=at, last_error="", visits=F("visits") + 1
    )
    anew = []
    for sighting, look in looks:
        if (ticket := _ticket(sighting, look)) != sighting.ticket:
            sighting.ticket = ticket
            anew.append(sighting)
    mine.bulk_update(anew, ["ticket"], batch_size=100)
    for sighting in stands:
        sighting.due_at = sighting.next_check(at)
    mine.bulk_update(stands, ["due_at"], batch_size=100)


def _ticket(sighting: Sighting, look: Look) -> dict:
    """With what the next look may show to the host, so that it need not tell everything again."""
    if not look.kept:
        return sighting.ticket
    return sighting.ticket | {"look": sightings.plain(look.as_json(title=sighting.title))}


def _is_as_it_was(sighting: Sighting, look: Look, since: datetime) -> bool:
    same = look.digest in ("", sighting.digest) and clean(look.reason, 300) == sighting.remark
    same = same and look.renamed is None
    return same and sighting.is_live and sightings.is_current(sighting, since=since)


def _fingerprints(sighting: Sighting) -> list:
    return list(sighting.watchlist.fingerprints.defer("index"))


def _look(asking: Asking, sighting: Sighting) -> Look:
    try:
        return asking.adapter.look(sighting.as_candidate())
    except Gone as gone:
        return Look(live=False, reason=gone.reason)


def _visit(asking: Asking, sighting: Sighting, look: Look, *, reads: bool = False) -> Seen:
    """What it holds now, when that may differ from what we saw. Reads only what nobody knows."""
    fingerprints = _fingerprints(sighting) if look.live else []
    if not fingerprints:
        return Seen(look)
    since = examinations.newest(fingerprints)
    is_told, same = bool(look.digest) or not reads, look.digest in ("", sighting.digest)
    if is_told and same and sightings.is_current(sighting, since=since):
        return Seen(look)
    candidate = _candidate(sighting, look.digest, named=look.renamed)
    if not is_told:  # so neither the digest nor the tree that it had says what it holds
        candidate = replace(candidate, digest="", trees={})
    found = examinations.known(sighting.watchlist, [examinations.key_of(candidate)], since=since)
    for examination in found.values():
        if examinations.settles(examination, candidate, fingerprints):
            return Seen(look, Finding(candidate, examination))
    try:
        return Seen(look, examinations.by_content(asking.adapter, candidate, fingerprints))
    except Gone as gone:
        return Seen(Look(live=False, reason=gone.reason))


def _candidate(sighting: Sighting, digest: str, *, named: Candidate | None = None) -> Candidate:
    """The place as it is now. Where its digest is its root tree, that names the content as it did before."""
    candidate = named or sighting.as_candidate()
    by_tree = sighting.examination is not None and sighting.examination.key == f"tree:{sighting.digest}"
    trees = {"": digest or sighting.digest} if by_tree else {}
    return replace(candidate, digest=digest or sighting.digest, trees=trees)


def _settle(sighting: Sighting, seen: Seen, at: datetime) -> Check:
    if not seen.look.live:
        return _settle_gone(sighting, seen.look.reason, at)
    return _settle_live(sighting, seen, at)


@transaction.atomic
def _settle_gone(sighting, reason: str, at: datetime) -> Check:
    is_news, stood_at = sighting.is_live and sighting.is_hit, sighting.last_checked_at
    if is_news:
        sightings.hold(sighting.watchlist)
    sighting.gone_at = sighting.gone_at or at
    sighting.settle(
        due_at=sighting.next_check(at),
        last_checked_at=at,
        last_error="",
        gone_at=sighting.gone_at,
        gone_reason=clean(reason, 300) or "gone",
        remark="",
        visits=sighting.visits + 1,
    )
    if is_news:
        sightings.change(sighting, Change.Kind.GONE, at=at, reason=sighting.gone_reason)
        sightings.find_return(sighting, since=stood_at, at=at)
    return _checked(sighting, Check.Outcome.GONE, at, sighting.gone_reason)


@transaction.atomic
def _settle_unknown(sighting, problem: str, at: datetime) -> Check:
    problem = clean(problem, 500)
    sighting.settle(due_at=sighting.next_check(at), last_error=problem)
    return _checked(sighting, Check.Outcome.UNKNOWN, at, problem)


@transaction.atomic
def _settle_live(sighting, seen: Seen, at: datetime) -> Check:
    was_live, was_hit, before = sighting.is_live, sighting.is_hit, sightings.amount(sighting)
    back = not was_live and was_hit
    look, changes = seen.look, _kept(sighting, seen.finding)
    sighting.gone_at = None
    sighting.settle(
        due_at=None if _is_nothing(sighting, changes) else sighting.next_check(at),
        last_checked_at=at,
        last_error="",
        digest=clean(look.digest, 200) or sighting.digest,
        ticket=_ticket(sighting, look),
        gone_at=None,
        gone_reason="",
        remark=clean(look.reason, 300),
        returns=F("returns") + int(back),
        visits=sighting.visits + 1,
        **changes,
    )
    sighting.refresh_from_db(fields=["returns"])
    is_told = look.renamed is not None and sightings.rename(sighting, look.renamed, at=at)
    if is_told or sighting.is_ours:
        pass
    elif back:
        sightings.change(sighting, Change.Kind.RETURNED, at=at)
    elif sighting.is_hit and not was_hit:
        sightings.appear([sighting], at=at)
    elif was_hit and before != sightings.amount(sighting):
        sightings.change(sighting, Change.Kind.ALTERED, at=at)
    return _checked(sighting, Check.Outcome.LIVE, at, sighting.remark, look.digest)


def _is_nothing(sighting: Sighting, changes: dict) -> bool:
    """Whether it was read, under its new name perhaps, and neither holds anything of ours nor ever did."""
    unrelated = Sighting.Class.UNRELATED
    if not sighting.klass == changes.get("klass") == unrelated:
        return False
    return not Change.objects.filter(sighting=sighting).exists()


def _kept(sighting: Sighting, finding: Finding | None) -> dict:
    """What is to be written of the place, once the examination is kept."""
    if finding is None:
        return {}
    sightings.hold(sighting.watchlist)
    [examination] = examinations.keep(sighting.watchlist, [finding])
    return examination.holds | {"examination": examination if examination.pk else None}


def _checked(sighting, outcome: str, at: datetime, reason: str, digest: str = "") -> Check:
    return Check.objects.create(sighting=sighting, at=at, outcome=outcome, reason=reason, digest=digest[:200])


MOST_TRIES = 6


def deepen(examination: Examination, *, at: datetime | None = None, client=None) -> bool:
    """Read the content of which only ids are known, in one of the places that have it; True when that told.

    The caller holds the lease. Raises LeaseLost.
    """
    at = at or timezone.now()
    place = examination.sightings.live().select_related("source").order_by("-pk").first()
    fingerprints = list(examination.watchlist.fingerprints.defer("index"))
    if place is None or not fingerprints or examination.tries >= MOST_TRIES:
        examination.settle(due_at=None)
        return False
    # Counted before it begins: who is killed by it cannot count it afterwards.
    examination.settle(due_at=examination.due_at, tries=examination.tries + 1)
    try:
        asking = Asking(place.source, at=at, client=client, held=[examination])
        asking.admit(Value.NAMES, place.host)
        candidate = _candidate(place, place.digest)
        finding = examinations.by_content(asking.adapter, candidate, fingerprints)
    except RateLimited as error:
        asking.limited(error)
        due_at = at + max(error.wait, timedelta(minutes=1))
        examination.settle(due_at=due_at, tries=examination.tries - 1)
        return False
    except SourceError:
        examinations.put_off(examination, at=at, most=MOST_TRIES)
        return False
    except LeaseLost:
        raise
    except Exception:
        examinations.put_off(examination, at=at, most=MOST_TRIES)
        raise
    if finding.examination.is_by_ids:
        examinations.put_off(examination, at=at, most=MOST_TRIES)
        return False
    sightings.deepen(examination, finding, at=at)
    return True
