"""One poll, from claim to cursor. Network outside any transaction, cursor last, every look leaves a row."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import lru_cache
from time import monotonic
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from monitors import budgets, examinations, leads, mentions, sightings
from monitors.asking import Asking
from monitors.budgets import Value, value_of
from monitors.examinations import Finding
from monitors.models import Change, Fingerprint, LeaseLost, Poll, Sighting, Source, Watch, Watchlist
from monitors.models.watches import SOONEST
from monitors.sources import ADAPTERS, Client
from monitors.sources.base import Aim, Batch, Candidate, Ours, RateLimited, SourceError, clean

LONGEST_BACKOFF = timedelta(hours=1)
ALARM_AFTER = timedelta(hours=1)
READ_AT_ONCE = 20  # candidates read within a poll; more wait as leads
READING = 60.0  # seconds of a poll in which reading may begin
MOST_LOST = 3  # polls from which no worker came back, until that is a failure
GAPS_KEPT = 20
LONGEST_CURSOR = 256 * 1024  # characters of JSON


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@dataclass
class Haul:
    """What one poll brought home, before anything is written."""

    batch: Batch
    findings: list[Finding] = field(default_factory=list)
    renamed: list[tuple[Sighting, Candidate]] = field(default_factory=list)
    put_off: list[Candidate] = field(default_factory=list)
    errors: dict[int, str] = field(default_factory=dict)  # by position in `put_off`: why it was not read

    @property
    def unread(self) -> list[list[str]]:
        """[title, why] of what could not be read."""
        return [
            [clean(self.put_off[number].title, 300), clean(why, 300)] for number, why in self.errors.items()
        ]


@transaction.atomic
def watch(watchlist: Watchlist, source: Source, *, aim: str, query: str, every: timedelta, at=None) -> Watch:
    """Ask this of that source from now on. Asking twice is one watch. Raises NotReady."""
    query = query.strip()
    if not query:
        raise NotReady("Say what to look for.")
    if source.kind not in ADAPTERS or aim not in source.aims:
        raise NotReady(f"{source.name} cannot be asked for a {aim}.")
    at = at or timezone.now()
    made, is_new = Watch.objects.get_or_create(
        watchlist=watchlist, source=source, aim=aim, query=query, defaults={"every": every, "due_at": at}
    )
    if is_new and value_of(made) == Value.URGENT:
        Watch.objects.filter(pk=made.pk).update(is_urgent=True)
    return made


def pause(watch: Watch, *, at=None) -> bool:
    """Stop asking; True when it was being asked."""
    return Watch.objects.filter(pk=watch.pk, paused_at=None).update(paused_at=at or timezone.now()) == 1


def resume(watch: Watch, *, at=None) -> bool:
    """Ask again, at once; True when it was paused."""
    paused = Watch.objects.filter(pk=watch.pk).exclude(paused_at=None)
    return paused.update(paused_at=None, due_at=at or timezone.now()) == 1


def poll_soon(watch: Watch, *, at=None) -> bool:
    """Let the next worker take it; False while one has it or it is paused."""
    at = at or timezone.now()
    idle = Watch.objects.filter(pk=watch.pk, paused_at=None, is_taken=False, due_at__gt=at)
    return idle.update(due_at=at) == 1


def look_again(watchlist: Watchlist, *, at: datetime | None = None) -> None:
    """Ask everything anew from the start, as there is more to compare with. A poll under way is dropped."""
    watchlist.watches.update(cursor={}, gaps_met=[], tries=0, due_at=at or timezone.now())


def is_held_back(watch: Watch) -> bool:
    """Whether it waits only because it failed: not for its host, and with no worker, whose lease ends at
    another moment."""
    if not (watch.failures and watch.failing_since and watch.last_polled_at) or watch.limited_until:
        return False
    after_failing = watch.last_polled_at + _backoff(watch, watch.failures - 1)
    return watch.due_at in (after_failing, watch.failing_since + ALARM_AFTER)


def poll(watch: Watch, *, at: datetime | None = None, client: Client | None = None) -> Poll | None:
    """Ask the source once. None when the watch was not due or is taken."""
    at = at or timezone.now()
    if not watch.claim(at=at):
        return None
    return poll_claimed(watch, at=at, client=client)


def poll_claimed(watch: Watch, *, at: datetime | None = None, client: Client | None = None) -> Poll:
    """Ask the source for a watch whose lease the caller holds. Raises LeaseLost; then nothing was written."""
    asking = Asking(
        watch.source, bucket=bucket_of(watch), at=at or timezone.now(), client=client, held=[watch]
    )
    try:
        _begin(watch)
        value = value_of(watch)
        watch.is_urgent = value == Value.URGENT
        asking.admit(value, budgets.host_of(watch.query))
        haul = _look(watch, asking)
    except RateLimited as error:
        asking.limited(error)
        return _missed(watch, asking, Poll.Outcome.LIMITED, error, wait=error.wait)
    except SourceError as error:
        return _missed(watch, asking, Poll.Outcome.FAILED, error, wait=_backoff(watch, watch.failures))
    except LeaseLost:
        raise
    except Exception as bug:
        # Ours to mend, and the log has it; but the page must not say that nothing happened.
        _missed(watch, asking, Poll.Outcome.FAILED, bug, wait=_backoff(watch, watch.failures))
        raise
    return _written(watch, asking, haul)


def _begin(watch: Watch) -> None:
    """Count it before anybody is asked: who is killed by the answer cannot count it. Raises SourceError."""
    if watch.tries >= MOST_LOST:
        raise SourceError(f"The last {watch.tries} workers that asked did not come back.")
    watch.settle(due_at=watch.due_at, tries=watch.tries + 1)


def bucket_of(watch: Watch) -> str:
    """The host's own count that this watch draws on."""
    adapter = ADAPTERS.get(watch.source.kind)
    return adapter.buckets.get(Aim(watch.aim), "") if adapter else ""


def pace_of(watch: Watch, found: int) -> timedelta:
    """How long until it is asked again, after a look that found so much."""
    adapter, aim = ADAPTERS[watch.source.kind], Aim(watch.aim)
    plenty, few = adapter.plenty.get(aim, 1), adapter.few.get(aim, 1)
    floor, idle = adapter.floors.get(aim, SOONEST), adapter.idle.get(aim, 6)
    return watch.rhythm(found, plenty=plenty, few=few, floor=floor, idle=idle)


def _look(watch: Watch, asking: Asking) -> Haul:
    """Ask, and find out what is new: from what is known, from ids, and only then by reading."""
    fingerprints = list(watch.watchlist.fingerprints.defer("index"))
    if not fingerprints and watch.aim != Aim.MENTIONS:
        raise SourceError("Nothing to compare with yet: no artifact of this incident is ready.")
    asking.adapter.ours = _ours(fingerprints)
    haul = Haul(asking.adapter.fetch(Aim(watch.aim), watch.query, cursor=watch.cursor))
    if haul.batch.limited:
        asking.limited(haul.batch.limited)
    if not fingerprints or not haul.batch.candidates:
        return haul
    fresh = _fresh(watch, haul, since=examinations.newest(fingerprints))
    unread = _settled(watch, haul, fresh, fingerprints)
    # What is to be read may be what killed the last workers: leads are read one by one, and given up.
    at_once = READ_AT_ONCE if watch.tries < MOST_LOST else 0
    _read(asking, haul, unread, fingerprints, at_once=at_once)
    return haul


def _ours(fingerprints: Iterable[Fingerprint]) -> Ours:
    told = [_telling(fingerprint.sha256, fingerprint.pk) for fingerprint in fingerprints]
    return Ours(
        blobs=tuple(dict.fromkeys(blob for one in told for blob in one.blobs)),
        trees=tuple(dict.fromkeys(tree for one in told for tree in one.trees)),
    )


@lru_cache(maxsize=8)
def _telling(sha256: str, pk: int) -> Ours:
    index = Fingerprint.objects.only("sha256").get(pk=pk).open()
    return Ours(tuple(file.blob for file in index.files if file.is_telling), tuple(index.trees))


def _fresh(watch: Watch, haul: Haul, *, since: datetime) -> list[Candidate]:
    """The candidates of which something has to be found out: not those that stand as we know them."""
    candidates = {sightings.place_of(one): one for one in haul.batch.candidates}
    there = sightings.standing(watch.watchlist, candidates.values())
    waiting = leads.standing(watch.watchlist, candidates.values())
    fresh = []
    for place, candidate in candidates.items():
        if _stands(there.get(place), candidate, since):
            if sightings.is_renamed(there[place], candidate):
                haul.renamed.append((there[place], candidate))
        elif not leads.is_known(waiting.get(place), candidate):
            fresh.append(candidate)
    return fresh


def _stands(sighting: Sighting | None, candidate: Candidate, since: datetime) -> bool:
    if sighting is None or not sighting.is_live or sighting.digest != clean(candidate.digest, 200):
        return False
    return sightings.is_current(sighting, since=since)


def _settled(watch: Watch, haul: Haul, fresh: list[Candidate], fingerprints: list) -> list[Candidate]:
    """Settle what needs no request: content seen elsewhere, ids that prove it. The rest has to be read."""
    keys = {id(candidate): examinations.key_of(candidate) for candidate in fresh}
    since = examinations.newest(fingerprints)
    rows = examinations.known(watch.watchlist, keys.values(), since=since)
    known = {key: Finding(haul.batch.candidates[0], row) for key, row in rows.items()}
    unread = []
    for candidate in fresh:
        key = keys[id(candidate)]
        if key in known and examinations.settles(known[key].examination, candidate, fingerprints):
            haul.findings.append(replace(known[key], candidate=candidate))
        elif finding := examinations.by_ids(candidate, fingerprints):
            if examinations.is_shared(key):
                known[key] = finding
            haul.findings.append(finding)
        else:
            unread.append(candidate)
    return unread


def _read(asking: Asking, haul: Haul, unread: list[Candidate], fingerprints: list, *, at_once: int) -> None:
    """Read a few here and now. When there are many, the walk goes on and they wait as leads.

    One candidate that cannot be read does not lose the others.
    """
    until = monotonic() + (READING if len(unread) <= at_once else 0)
    for number, candidate in enumerate(unread):
        if monotonic() >= until:
            haul.put_off += unread[number:]
            return
        try:
            haul.findings.append(examinations.by_content(asking.adapter, candidate, fingerprints))
        except RateLimited as error:
            asking.limited(error)
            haul.put_off += unread[number:]
            return
        except SourceError as error:
            haul.errors[len(haul.put_off)] = asking.redacted(str(error))
            haul.put_off.append(candidate)


def _backoff(watch: Watch, failures: int) -> timedelta:
    """After one more than so many failures in a row: twice as long after each, an hour at most."""
    return max(watch.every, min(watch.every * 2 ** min(failures, 10), LONGEST_BACKOFF))


def _written(watch: Watch, asking: Asking, haul: Haul) -> Poll:
    """The answer, in rows; where it cannot be written, that is a failure like any other."""
    lease = watch.due_at
    try:
        return _answered(watch, asking, haul)
    except LeaseLost:
        raise
    except Exception as bug:
        # What was written is undone, but for the row in our hands, which says that it is settled.
        watch.refresh_from_db()
        watch.due_at = lease
        _missed(watch, asking, Poll.Outcome.FAILED, bug, wait=_backoff(watch, watch.failures))
        raise


@transaction.atomic
def _answered(watch: Watch, asking: Asking, haul: Haul) -> Poll:
    ended_at = asking.now()
    sightings.hold(watch.watchlist)
    said = mentions.record(watch, haul.batch.mentions, at=ended_at) if haul.batch.mentions else 0
    found = sightings.record(
        haul.findings,
        watchlist=watch.watchlist,
        source=watch.source,
        watch=watch,
        reason=watch.reason,
        at=asking.at,
    )
    # If another worker has the lease, this raises, and nothing of the above is written.
    _sees(watch, haul, ended_at, found=found + said)
    Watch.objects.filter(pk=watch.pk).update(found=F("found") + found)
    watch.found += found
    leads.keep(watch, haul.put_off, at=ended_at, errors=haul.errors)
    for sighting, candidate in haul.renamed:
        sightings.rename(sighting, candidate, at=asking.at)
    return Poll.objects.create(
        watch=watch,
        at=asking.at,
        ended_at=ended_at,
        outcome=Poll.Outcome.ANSWERED,
        requests=asking.client.requests,
        looked_at=len(haul.findings),
        found=found,
        unread=haul.unread,
        put_off=len(haul.put_off),
        mentions=said,
        gaps=_gaps(haul),
    )


def _gaps(haul: Haul) -> list[str]:
    return [clean(gap, 300) for gap in haul.batch.gaps[:GAPS_KEPT]]


def _left_out(watch: Watch, haul: Haul) -> tuple[list[str], list[str]]:
    """The gaps to show, and those of the round that goes on: only its last page tells that it has none."""
    met = _united(watch.gaps_met, _gaps(haul))
    if haul.batch.more or haul.batch.limited:
        return _united(watch.gaps, met), met
    return met, []


def _united(gaps: list[str], more: list[str]) -> list[str]:
    return list(dict.fromkeys([*gaps, *more]))[-GAPS_KEPT:]


def _sees(watch: Watch, haul: Haul, ended_at: datetime, *, found: int) -> None:
    """The cursor moves on: what was not read is a lead by now."""
    # A page amid a list that brought nothing says nothing of how often there is something new.
    is_amid = haul.batch.more and not found
    wait = (watch.wait or watch.every) if is_amid else pace_of(watch, found)
    gaps, gaps_met = _left_out(watch, haul)
    was_alarmed, limit = watch.alarmed_at is not None, haul.batch.limited
    problem = "{} could not be read: {}".format(*haul.unread[0]) if haul.unread else str(limit or "")
    limited_until = ended_at + limit.wait if limit else None
    watch.settle(
        due_at=limited_until or (ended_at if haul.batch.more else ended_at + wait),
        is_taken=False,
        is_urgent=watch.is_urgent,
        tries=0,
        cursor=_bounded(haul.batch.cursor),
        wait=wait,
        last_polled_at=ended_at,
        last_error=clean(problem, 500),
        failures=0,
        limited_until=limited_until,
        limited_since=None,
        failing_since=None,
        alarmed_at=None,
        gaps=gaps,
        gaps_met=gaps_met,
        gaps_since=(watch.gaps_since or ended_at) if gaps else None,
    )
    if was_alarmed:
        _tell(watch, Change.Kind.SEEING, at=ended_at)


def _bounded(cursor: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(cursor)) > LONGEST_CURSOR:
        raise ValueError("An adapter keeps more than it may in its cursor.")
    return sightings.plain(cursor)


@transaction.atomic
def _missed(watch: Watch, asking: Asking, outcome: str, error: Exception, *, wait: timedelta) -> Poll:
    ended_at = asking.now()
    problem = clean(asking.redacted(str(error)), 500) or type(error).__name__
    if outcome == Poll.Outcome.LIMITED:
        until, since = ended_at + wait, watch.limited_since or ended_at
        _sees_nothing(watch, problem, ended_at, due_at=until, limited_until=until, limited_since=since)
    else:
        _fails(watch, problem, ended_at, wait=wait)
    return Poll.objects.create(
        watch=watch,
        at=asking.at,
        ended_at=ended_at,
        outcome=outcome,
        error=problem,
        requests=asking.client.requests,
    )


def _fails(watch: Watch, problem: str, ended_at: datetime, *, wait: timedelta) -> None:
    """One more failure in a row."""
    _sees_nothing(
        watch,
        problem,
        ended_at,
        due_at=ended_at + wait,
        failures=watch.failures + 1,
        limited_until=None,
        failing_since=watch.failing_since or ended_at,
    )


def _sees_nothing(
    watch: Watch, problem: str, ended_at: datetime, *, due_at: datetime, **changes: Any
) -> None:
    """No answer, for whatever reason. After an hour of that somebody is told, once."""
    since = min(at for at in (watch.failing_since, watch.limited_since, ended_at) if at)
    alarms_at = since + ALARM_AFTER
    is_alarm = watch.alarmed_at is None and ended_at >= alarms_at
    if ended_at < alarms_at < due_at:
        due_at = alarms_at  # a last look before anybody is disturbed; a limit that still holds is not asked
    watch.settle(
        due_at=due_at,
        is_taken=False,
        is_urgent=watch.is_urgent,
        tries=0,
        last_polled_at=ended_at,
        last_error=problem,
        alarmed_at=ended_at if is_alarm else watch.alarmed_at,
        **changes,
    )
    if is_alarm:
        _tell(watch, Change.Kind.BLIND, at=ended_at, error=problem, since=since.isoformat())


def _tell(watch: Watch, kind: str, *, at: datetime, **facts: str) -> None:
    Change.objects.create(watch=watch, kind=kind, at=at, facts={"watch": watch.reason} | facts)
