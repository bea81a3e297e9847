"""Places that were named and are not read yet: a poll does not wait for them, and none is forgotten."""

from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from monitors import budgets, examinations, sightings
from monitors.asking import Asking
from monitors.budgets import Value
from monitors.examinations import Finding
from monitors.models import Lead, LeaseLost, Watch, Watchlist
from monitors.sightings import Place, plain
from monitors.sources import ADAPTERS
from monitors.sources.base import Aim, Candidate, Gone, RateLimited, SourceError, clean

MOST_TRIES = 6
AGAIN = timedelta(minutes=5)
NOBODY_BACK = "the worker that read it did not come back."
ALIKE_AT_ONCE = 500


def standing(watchlist: Watchlist, candidates: Iterable[Candidate]) -> dict[Place, Lead]:
    """The leads to these places, as far as there are any."""
    ids = {clean(candidate.native_id, 300) for candidate in candidates}
    found = Lead.objects.filter(watchlist=watchlist, native_id__in=ids)
    return {(lead.host, lead.native_id, lead.path): lead for lead in found}


def is_known(lead: Lead | None, candidate: Candidate) -> bool:
    """Whether this lead is to that very content: then it waits its turn, or cannot be read."""
    return lead is not None and lead.candidate.get("digest") == plain(candidate.digest)


@transaction.atomic
def keep(watch: Watch, candidates: Iterable[Candidate], *, at: datetime, errors: dict[int, str]) -> None:
    """Look into these later. `errors` tells, by position, why one could not be read at the first try."""
    candidates = list(candidates)
    there = standing(watch.watchlist, candidates)
    fresh = {}
    for number, candidate in enumerate(candidates):
        place, error = sightings.place_of(candidate), errors.get(number, "")
        lead = there.get(place) or Lead(watchlist=watch.watchlist, **dict(zip(PLACE, place, strict=True)))
        lead.watch, lead.source, lead.reason = watch, watch.source, clean(watch.reason, 700)
        lead.key, lead.candidate = examinations.key_of(candidate), _plain(candidate)
        lead.tries, lead.last_error = int(bool(error)), clean(error, 500)
        lead.due_at = at + AGAIN if error else at
        fresh[place] = lead
    for lead in there.values():
        lead.save()
    Lead.objects.bulk_create(lead for lead in fresh.values() if lead.pk is None)


PLACE = ("host", "native_id", "path")


def _plain(candidate: Candidate) -> dict:
    root = {"": candidate.trees[""]} if "" in candidate.trees else {}
    return plain(asdict(candidate) | {"trees": root, "entries": {}})


def follow(lead: Lead, *, at: datetime | None = None, client=None) -> int:
    """Read the place, and record what it holds; how many new hits. The caller holds the lease.

    Raises LeaseLost; then nothing was written. One that cannot be read is tried again, six times in a day;
    so is one from which no worker comes back.
    """
    at = at or timezone.now()
    fingerprints = list(lead.watchlist.fingerprints.defer("index"))
    if not fingerprints:
        lead.settle(due_at=at + AGAIN)
        return 0
    if lead.tries >= MOST_TRIES:
        lead.settle(due_at=None, last_error=f"Given up after {lead.tries} tries: {NOBODY_BACK}")
        return 0
    # Counted before it begins: who is killed by it cannot count it afterwards.
    lead.settle(due_at=lead.due_at, tries=lead.tries + 1)
    finding = _finding(lead, fingerprints, at, client)
    return _record(lead, finding, at) if finding else 0


def _finding(lead: Lead, fingerprints: list, at: datetime, client) -> Finding | None:
    """What the place holds; None when that was not told, and the lead says why."""
    try:
        asking = Asking(lead.source, at=at, client=client, held=[lead])
    except SourceError as error:
        _missed(lead, str(error), at)
        return None
    try:
        return _read(asking, lead, fingerprints)
    except Gone:
        lead.settle(due_at=None)
        lead.delete()
    except RateLimited as error:
        asking.limited(error)
        waits = clean(asking.redacted(str(error)), 500)
        lead.settle(due_at=asking.now() + error.wait, tries=lead.tries - 1, last_error=waits)
    except SourceError as error:
        _missed(lead, asking.redacted(str(error)), asking.now())
    except LeaseLost:
        raise
    except Exception as bug:
        # Ours to mend, and the log has it; but the page must not say that nothing happened.
        _missed(lead, asking.redacted(str(bug)) or type(bug).__name__, asking.now())
        raise
    return None


def _read(asking: Asking, lead: Lead, fingerprints: list) -> Finding:
    candidate, since = lead.as_candidate(), examinations.newest(fingerprints)
    for examination in examinations.known(lead.watchlist, [lead.key], since=since).values():
        if examinations.settles(examination, candidate, fingerprints):
            return Finding(candidate, examination)
    asking.admit(_value(lead), lead.host)
    return examinations.by_content(asking.adapter, candidate, fingerprints)


def _value(lead: Lead) -> Value:
    """As much as an answer of the watch that named it."""
    if lead.watch is None:
        return Value.NAMES
    return Value.URGENT if lead.watch.is_urgent else budgets.VALUES.get(Aim(lead.watch.aim), Value.NAMES)


def _missed(lead: Lead, problem: str, at: datetime) -> None:
    due_at = at + AGAIN * 2**lead.tries if lead.tries < MOST_TRIES else None
    lead.settle(due_at=due_at, last_error=clean(problem, 500))


@transaction.atomic
def _record(lead: Lead, finding: Finding, at: datetime) -> int:
    """This place, and all that wait with the same content. A worker at one of those loses its lease."""
    lead.settle(due_at=None)
    found = 0
    for watch, leads in _by_watch([lead, *_alike(lead, finding)]).items():
        hits = sightings.record(
            [replace(finding, candidate=one.as_candidate()) for one in leads],
            watchlist=lead.watchlist,
            source=lead.source,
            watch=watch,
            reason=leads[0].reason,
            at=at,
        )
        found += hits
        if hits and watch:
            Watch.objects.filter(pk=watch.pk).update(found=F("found") + hits)
            _hurry(watch, hits, at)
        Lead.objects.filter(pk__in=[one.pk for one in leads]).delete()
    return found


def _hurry(watch: Watch, hits: int, at: datetime) -> None:
    """What it named was a find: it waits no longer than a person chose, unless it fails or is limited, or so
    few finds make it no faster in a poll either.
    """
    adapter = ADAPTERS.get(watch.source.kind)
    if adapter and hits < adapter.few.get(Aim(watch.aim), 1):
        return
    mine = Watch.objects.filter(pk=watch.pk, wait__gt=F("every"))
    soon = max(at, (watch.last_polled_at or at) + watch.every)
    idle = mine.filter(is_taken=False, failures=0, limited_until=None, last_polled_at=watch.last_polled_at)
    idle.filter(due_at__gt=soon).update(due_at=soon)
    mine.update(wait=F("every"))


def _alike(lead: Lead, finding: Finding) -> list[Lead]:
    """Others that wait with this very content, and of which it says all."""
    if not examinations.is_shared(lead.key) or finding.examination.key != lead.key:
        return []
    waiting = Lead.objects.filter(watchlist=lead.watchlist, source=lead.source, key=lead.key)
    fingerprints, row = list(lead.watchlist.fingerprints.defer("index")), finding.examination
    others = waiting.exclude(pk=lead.pk).select_related("watch")[:ALIKE_AT_ONCE]
    return [one for one in others if examinations.settles(row, one.as_candidate(), fingerprints)]


def _by_watch(leads: Iterable[Lead]) -> dict[Watch | None, list[Lead]]:
    grouped: dict[Watch | None, list[Lead]] = {}
    for one in leads:
        grouped.setdefault(one.watch, []).append(one)
    return grouped
