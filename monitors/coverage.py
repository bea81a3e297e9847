"""Reads only: through which watches we see, and where we are blind, late, limited or told only a part."""

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from django.db.models import Count, Max, Q
from django.utils import timezone

from monitors import budgets
from monitors.models import Budget, Lead, Source, Watch, Watchlist

OVERDUE = timedelta(minutes=15)  # a watch this late means that no worker is at work
ALARMING = timedelta(hours=1)
GAPS_SHOWN = 5


@dataclass(frozen=True)
class Sight:
    """One watch, and in plain words whether it sees."""

    watch: Watch
    health: str  # ok, waiting, limited, failing, late, paused
    words: str
    heard: int = 0  # mentions that it brought, where it asks for talk
    is_long: bool = False  # an hour or more without an answer

    @property
    def is_blind(self) -> bool:
        return self.health in {"failing", "late"} or (self.health == "limited" and self.is_long)


@dataclass(frozen=True)
class Host:
    """One host that watches ask, and in plain words how far we see there."""

    name: str
    health: str  # the worst of its watches
    words: str
    since: datetime | None  # blind, limited or told only a part since
    watches: int  # that are not paused
    blind: int  # of them
    alarming: bool  # somebody should do something
    example: Watch | None  # the one to open first
    gaps: list[str] = field(default_factory=list)  # what it left out of its last answers
    waiting: int = 0  # places named there that wait to be read
    unread: int = 0  # places named there that could not be read
    unchecked: int = 0  # known places there that should have been visited again an hour ago


def sights(watchlist: Watchlist, *, at: datetime | None = None) -> list[Sight]:
    """Each watch of a watchlist, in the order they were made."""
    at = at or timezone.now()
    watches = list(watchlist.watches.select_related("source"))
    heard = _heard(watchlist) if any(watch.is_of_talk for watch in watches) else {}
    return [replace(sight(watch, at=at), heard=heard.get(watch.pk, 0)) for watch in watches]


def _heard(watchlist: Watchlist) -> dict[int, int]:
    """How many mentions each watch brought."""
    brought = watchlist.mentions.order_by().values("watch").annotate(count=Count("pk"))
    return dict(brought.values_list("watch", "count"))


def sight(watch: Watch, *, at: datetime) -> Sight:
    """How one watch sees at the moment."""
    if watch.is_paused:
        return Sight(watch, "paused", "paused: not being asked")
    if watch.source.is_missing_its_token:
        return Sight(watch, "failing", f"the variable {watch.source.token_env} is not set")
    if watch.failures:
        times = "failed" if watch.failures == 1 else f"failed {watch.failures}× in a row"
        return Sight(watch, "failing", f"{times}: {watch.last_error}")
    if watch.due_at and watch.due_at < at - OVERDUE:
        return Sight(watch, "late", "overdue: is a worker running?")
    if watch.limited_since or (watch.limited_until and watch.limited_until > at):
        is_long = watch.limited_since is not None and watch.limited_since <= at - ALARMING
        words = f"waits{_until([watch], at)}: {watch.last_error}"
        return Sight(watch, "limited", words, is_long=is_long)
    if watch.last_polled_at is None:
        return Sight(watch, "waiting", "not asked yet")
    return Sight(watch, "ok", "ok")


def hosts(watchlist: Watchlist, *, at: datetime | None = None) -> list[Host]:
    """Every host that is asked, those that need somebody first, then by name."""
    at = at or timezone.now()
    by_host: dict[tuple[str, str], list[Sight]] = {}
    for one in sights(watchlist, at=at):
        if not one.watch.is_paused:
            by_host.setdefault((name_of(one.watch.source), one.watch.source.kind), []).append(one)
    leads, unchecked, names = _leads(watchlist), _unchecked(watchlist, at), [name for name, _ in by_host]
    found = []
    for (name, kind), seen in by_host.items():
        host = _host(name if names.count(name) == 1 else f"{name} ({kind})", seen, leads, at)
        late = [unchecked.pop(pk) for pk in {one.watch.source_id for one in seen} if pk in unchecked]
        found.append(_visited(host, seen[0].watch, late))
    for source in Source.objects.filter(pk__in=unchecked):  # that no watch asks
        host = Host(name_of(source), "ok", "", since=None, watches=0, blind=0, alarming=False, example=None)
        found.append(_visited(host, None, [unchecked[source.pk]]))
    return sorted(found, key=lambda host: (not host.alarming, _RANK.index(host.health), host.name))


def name_of(source: Source) -> str:
    """What people call the host of a source: its address's, or else the source's own name."""
    return budgets.host_of(source.address) or source.name


@dataclass(frozen=True)
class _Late:
    """Places of one source that were not checked, none of them since `since`."""

    places: int
    since: datetime


def _unchecked(watchlist: Watchlist, at: datetime) -> dict[int, _Late]:
    """By source, the places whose visit is an hour late, or was in vain for an hour."""
    since, sources = at - ALARMING, list(Source.objects.order_by().values_list("pk", flat=True))
    found: dict[int, list[tuple[int, datetime]]] = {}
    places = watchlist.sightings.order_by()
    # Two questions, each for an index of its own: this is asked for every page.
    for late in (places.overdue(since=since, sources=sources), places.in_vain(since=since)):
        for source, *told in late.values_list("source").annotate(Count("pk"), Max("last_checked_at")):
            found.setdefault(source, []).append(told)
    return {
        source: _Late(sum(count for count, _ in told), max(last for _, last in told))
        for source, told in found.items()
    }


def _visited(host: Host, example: Watch | None, late: list[_Late]) -> Host:
    """The same host, and what is to be said of its known places."""
    if not late:
        return host
    places, since = sum(one.places for one in late), max(one.since for one in late)
    said = f"{places} {'place was' if places == 1 else 'places were'} not checked{_clause(since)}"
    if host.health != "ok":
        return replace(host, unchecked=places, words=f"{host.words.rstrip('.')}. {said}")
    words = f"{host.words}, but {said}" if host.words else said
    return replace(
        host,
        unchecked=places,
        words=words,
        health="late",
        since=since,
        alarming=True,
        example=host.example or example,
    )


def _leads(watchlist: Watchlist) -> dict[int, tuple[int, int]]:
    """(waiting, given up) places by source."""
    counted = (
        Lead.objects.filter(watchlist=watchlist)
        .values("source")
        .annotate(
            waiting=Count("pk", filter=Q(due_at__isnull=False)), unread=Count("pk", filter=Q(due_at=None))
        )
    )
    return {row["source"]: (row["waiting"], row["unread"]) for row in counted}


def _host(name: str, seen: list[Sight], leads: dict[int, tuple[int, int]], at: datetime) -> Host:
    worst = min(seen, key=lambda one: _RANK.index(one.health))
    alike = [one for one in seen if one.health == worst.health]
    gaps = list(dict.fromkeys(gap for one in seen for gap in one.watch.gaps))
    counts = [leads.get(source, (0, 0)) for source in {one.watch.source_id for one in seen}]
    return Host(
        name=name,
        health=worst.health,
        words=_words(seen, alike, gaps, at),
        since=_since(alike, gaps, at),
        watches=len(seen),
        blind=sum(one.is_blind for one in seen),
        alarming=any(_is_alarming(one, at) for one in seen),
        example=worst.watch if worst.health != "ok" else None,
        gaps=gaps[:GAPS_SHOWN],
        waiting=sum(waiting for waiting, _ in counts),
        unread=sum(unread for _, unread in counts),
    )


_RANK = ["failing", "late", "limited", "waiting", "ok"]  # worst first


def _is_alarming(one: Sight, at: datetime) -> bool:
    """Without an answer for an hour; or without a token or a worker, which time does not mend."""
    if one.health == "late" or one.watch.source.is_missing_its_token or one.is_long:
        return True
    since = one.watch.failing_since
    return one.health == "failing" and (since is None or since <= at - ALARMING)


def _words(seen: list[Sight], alike: list[Sight], gaps: list[str], at: datetime) -> str:
    """One sentence: how far we see there."""
    first, share = alike[0], _share(len(alike), len(seen))
    if first.health == "failing":
        return f"Blind{_clause(_since(alike, gaps, at))}: {share} ({first.words})"
    if first.health == "late":
        return f"Not asked{_clause(_since(alike, gaps, at))}: {share}. Is a worker running?"
    if first.health == "limited":
        return f"{_limited(alike, at)}: {share}. {first.watch.last_error}"
    if first.health == "waiting":
        return f"Not asked yet: {share}"
    return "Seeing, with gaps" if gaps else "Seeing"


def _limited(alike: list[Sight], at: datetime) -> str:
    """Limited until when; and for more than an hour blind, since when and for whose sake."""
    until, long = _until([one.watch for one in alike], at), [one.watch for one in alike if one.is_long]
    if not long:
        return f"Limited{until}"
    is_ours = all(budgets.HELD_BACK in watch.last_error for watch in long)
    why = "our requests are kept for more valuable watches" if is_ours else "the host refuses us"
    return f"Blind{_clause(_since(alike, [], at))}, as {why}{until}"


def _until(watches: list[Watch], at: datetime) -> str:
    last = max((watch.limited_until for watch in watches if watch.limited_until), default=at)
    return f" until {_clock(last)}" if last > at else ""


def _share(some: int, all_: int) -> str:
    if some == all_:
        return "its one watch" if all_ == 1 else f"all {all_} watches"
    return f"{some} of {all_} watches"


def _clause(since: datetime | None) -> str:
    return f" since {since.astimezone(UTC):%-d %B %H:%M} UTC" if since else ""


def _since(alike: list[Sight], gaps: list[str], at: datetime) -> datetime | None:
    starts = {
        "failing": [one.watch.failing_since for one in alike],
        "limited": [one.watch.limited_since for one in alike],
        "late": [one.watch.due_at for one in alike],
        "ok": [one.watch.gaps_since for one in alike] if gaps else [],
    }
    return min((start for start in starts.get(alike[0].health, []) if start), default=None)


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M} UTC"


@dataclass(frozen=True)
class Allowance:
    """How much one host still lets one token ask of one kind."""

    budget: Budget
    left: int | None
    opens_at: datetime | None
    resets_at: datetime | None  # when the whole limit is there again; None when it is already

    @property
    def is_told(self) -> bool:
        return self.left is not None and bool(self.budget.limit)


def allowances(source: Source, *, at: datetime | None = None) -> list[Allowance]:
    """What is known of this source's limits, its main count first."""
    at = at or timezone.now()
    rows = Budget.objects.filter(host=budgets.host_of(source.address), token_env=source.token_env)
    return [
        Allowance(
            budget=row,
            left=row.left(at),
            opens_at=row.opens_at(at),
            resets_at=row.resets_at if row.resets_at and row.resets_at > at else None,
        )
        for row in rows
    ]
