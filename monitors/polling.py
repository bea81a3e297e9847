"""One poll, from claim to cursor. Network outside any transaction, cursor last, every look leaves a row."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone

from monitors import budgets, sightings
from monitors.models import Poll, Source, Watch, Watchlist
from monitors.sightings import Finding
from monitors.sources import ADAPTERS, Client
from monitors.sources.base import Adapter, Aim, Batch, RateLimited, SourceError, clean

LONGEST_BACKOFF = timedelta(hours=1)
TRIES = 3


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@dataclass
class Haul:
    """What one poll brought home, before anything is written."""

    batch: Batch
    findings: list[Finding] = field(default_factory=list)
    unread: list[list[str]] = field(default_factory=list)  # [title, why]


@transaction.atomic
def watch(watchlist: Watchlist, source: Source, *, aim: str, query: str, every: timedelta, at=None) -> Watch:
    """Ask this of that source from now on. Asking twice is one watch. Raises NotReady."""
    query = query.strip()
    if not query:
        raise NotReady("Say what to look for.")
    if source.kind not in ADAPTERS or aim not in source.aims:
        raise NotReady(f"{source.name} cannot be asked for a {aim}.")
    at = at or timezone.now()
    made, _ = Watch.objects.get_or_create(
        watchlist=watchlist, source=source, aim=aim, query=query, defaults={"every": every, "due_at": at}
    )
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
    idle = Watch.objects.filter(pk=watch.pk, paused_at=None, due_at__gt=at, due_at=watch.due_at)
    return idle.update(due_at=at) == 1


def look_again(watchlist: Watchlist, *, at: datetime | None = None) -> None:
    """Ask everything anew from the start, as there is more to compare with. A poll under way is dropped."""
    watchlist.watches.update(cursor={}, due_at=at or timezone.now())


def poll(watch: Watch, *, at: datetime | None = None, client: Client | None = None) -> Poll | None:
    """Ask the source once. None when the watch was not due or is taken."""
    at = at or timezone.now()
    if not watch.claim(at=at):
        return None
    return poll_claimed(watch, at=at, client=client)


def poll_claimed(watch: Watch, *, at: datetime | None = None, client: Client | None = None) -> Poll:
    """Ask the source for a watch whose lease the caller holds. Raises LeaseLost; then nothing was written."""
    at = at or timezone.now()
    source = watch.source
    host = budgets.host_of(watch.query if watch.aim == Aim.REPOSITORY else source.address)
    client = client or Client(token=source.token, allow_private=source.allow_private)
    learned: dict[str, Any] = {}
    client.on_answer = lambda answered, status, headers: learned.update({answered: headers})
    try:
        if wait := budgets.wait(host, source.token_env, at=at):
            raise RateLimited(f"{host} asked us to wait.", wait=wait)
        adapter = sightings.adapter_for(source, client=client)
        haul = _look(watch, adapter)
    except RateLimited as error:
        budgets.block(host, source.token_env, until=at + error.wait, at=at)
        return _missed(watch, at, Poll.Outcome.LIMITED, error, client, wait=error.wait)
    except SourceError as error:
        return _missed(watch, at, Poll.Outcome.FAILED, error, client, wait=_backoff(watch))
    except Exception as bug:
        # Ours to mend, and the log has it; but the page must not say that nothing happened.
        _missed(watch, at, Poll.Outcome.FAILED, bug, client, wait=_backoff(watch))
        raise
    finally:
        for answered, headers in learned.items():
            budgets.learn(answered, source.token_env, headers, at=at)
    return _answered(watch, at, haul, client)


def _look(watch: Watch, adapter: Adapter) -> Haul:
    """Ask, and examine what is new. One candidate that cannot be read does not lose the others."""
    fingerprints = list(watch.watchlist.fingerprints.defer("index"))
    if not fingerprints:
        raise SourceError("Nothing to compare with yet: no artifact of this incident is ready.")
    haul = Haul(adapter.fetch(Aim(watch.aim), watch.query, cursor=watch.cursor))
    for candidate in haul.batch.candidates:
        if sightings.is_known(watch, candidate):
            continue
        try:
            haul.findings.append(sightings.examine(adapter, candidate, fingerprints))
        except RateLimited:
            raise
        except SourceError as error:
            haul.unread.append([clean(candidate.title, 300), clean(str(error), 300)])
    return haul


def _backoff(watch: Watch) -> timedelta:
    """Twice as long after each failure in a row, an hour at most."""
    return max(watch.every, min(watch.every * 2 ** min(watch.failures, 10), LONGEST_BACKOFF))


@transaction.atomic
def _answered(watch: Watch, at: datetime, haul: Haul, client: Client) -> Poll:
    ended_at = max(timezone.now(), at)
    # The lease first: if another worker has the watch, nothing of this is written.
    watch.settle(**_next(watch, haul, ended_at))
    found = sum(sightings.record(watch, finding, at=at)[1] for finding in haul.findings)
    if found:
        watch.found += found
        watch.save(update_fields=["found"])
    return Poll.objects.create(
        watch=watch,
        at=at,
        ended_at=ended_at,
        outcome=Poll.Outcome.ANSWERED,
        requests=client.requests,
        looked_at=len(haul.findings),
        found=found,
        unread=haul.unread,
    )


def _next(watch: Watch, haul: Haul, ended_at: datetime) -> dict[str, Any]:
    """Where to go on. What could not be read is tried again a few times, the cursor before it.

    Then the cursor moves on, lest one broken thing blind the watch; the poll's row keeps its name.
    """
    problem = "{} could not be read: {}".format(*haul.unread[0]) if haul.unread else ""
    step: dict[str, Any] = {"last_polled_at": ended_at, "last_error": clean(problem, 500)}
    if haul.unread and watch.failures < TRIES:
        return step | {"due_at": ended_at + _backoff(watch), "failures": watch.failures + 1}
    due_at = ended_at if haul.batch.more else ended_at + watch.every
    return step | {"due_at": due_at, "cursor": haul.batch.cursor, "failures": 0}


@transaction.atomic
def _missed(
    watch: Watch, at: datetime, outcome: str, error: Exception, client: Client, *, wait: timedelta
) -> Poll:
    ended_at = max(timezone.now(), at)
    problem = clean(str(error), 500) or type(error).__name__
    watch.settle(
        due_at=ended_at + wait, last_polled_at=ended_at, last_error=problem, failures=watch.failures + 1
    )
    return Poll.objects.create(
        watch=watch, at=at, ended_at=ended_at, outcome=outcome, error=problem, requests=client.requests
    )
