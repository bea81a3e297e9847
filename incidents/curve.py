"""The spread curve: how many places stood how, after every change there was; each change is read once."""

import time
from collections import OrderedDict
from copy import copy
from dataclasses import dataclass, field
from datetime import datetime
from threading import Lock

from django.conf import settings
from django.db.models import Count, Max
from django.utils import timezone

from monitors.models import Change, Own, Sighting, Watchlist

SETTLED = 60.0  # seconds after which no transaction is under way that may still bring an older change
LONG_AGO = settings.LONGEST_WORK + 2 * settings.POLL_LEASE
KEPT = 8  # curves in memory


@dataclass(frozen=True)
class Point:
    """How many places stood how, from this moment on."""

    at: datetime
    live: int
    returned: int
    gone: int


@dataclass
class _Curve:
    """How it all stands after the changes up to `last`."""

    last: int = 0
    stands: dict[int, str] = field(default_factory=dict)
    aside: set[int] = field(default_factory=set)
    counts: dict[str, int] = field(default_factory=lambda: {"live": 0, "returned": 0, "gone": 0})
    points: list[Point] = field(default_factory=list)
    seen: list[tuple[float, int]] = field(default_factory=list)  # when we read up to which change

    def copy(self) -> "_Curve":
        made = copy(self)
        made.stands, made.aside, made.counts = dict(self.stands), set(self.aside), dict(self.counts)
        made.points = list(self.points)
        return made

    def see(self, upto: int) -> None:
        """Changes up to this one are there now; an older one may still come."""
        if not self.seen or time.monotonic() - self.seen[-1][0] > 1:
            self.seen.append((time.monotonic(), upto))

    def read(self, rows) -> int:
        """Take these in; how many there were, others' too."""
        count = 0
        for pk, at, kind, place, klass, is_back, is_mine in rows:
            count += 1
            self.last = max(self.last, pk)
            if not is_mine and place not in self.stands:
                continue
            before = self._stands(place)
            if is_mine:
                _apply(kind, place, klass, is_back, self.stands, self.aside)
            else:  # one of our own places since
                del self.stands[place]
            after = self._stands(place)
            if before != after:
                self._count(before, after, at)
        return count

    def _stands(self, place: int) -> str | None:
        return None if place in self.aside else self.stands.get(place)

    def _count(self, before: str | None, after: str | None, at: datetime) -> None:
        if before:
            self.counts[before] -= 1
        if after:
            self.counts[after] += 1
        if self.points and at <= self.points[-1].at.replace(second=59, microsecond=999_999):
            self.points[-1] = Point(self.points[-1].at, **self.counts)  # one point a minute is enough
        else:
            self.points.append(Point(at, **self.counts))


@dataclass
class _Kept:
    """What was read for good, and beyond it `fresh`, of so many `rows`: when one of these came late, or was
    taken back, there are more or fewer now.
    """

    settled: _Curve = field(default_factory=_Curve)
    fresh: _Curve | None = None
    rows: int = 0


_curves: OrderedDict[tuple, _Kept] = OrderedDict()
_lock = Lock()


def points(watchlist: Watchlist) -> list[Point]:
    """How many places of others stood how, oldest first, a point a minute at most."""
    # Another list of our own places makes another curve; the time it was made tells databases apart.
    own = Own.objects.aggregate(count=Count("pk"), last=Max("pk"))
    version = (watchlist.pk, watchlist.made_at, own["count"], own["last"])
    with _lock:
        kept = _curves.setdefault(version, _Kept())
        _curves.move_to_end(version)
        while len(_curves) > KEPT:
            _curves.popitem(last=False)
        _advance(kept, watchlist)
        now, rows, since = (kept.fresh or kept.settled).copy(), kept.rows, kept.settled.last
    if rows and _rows(after=since, upto=now.last).count() != rows:
        with _lock:
            now, rows, since = kept.settled.copy(), 0, kept.settled.last
    rows += now.read(_changes(watchlist, _rows(after=now.last)))
    with _lock:
        kept.settled.see(now.last)
        if kept.settled.last == since:
            kept.fresh, kept.rows = now.copy(), rows
    return now.points


def _advance(kept: _Kept, watchlist: Watchlist) -> None:
    """Read for good what was there a while ago."""
    curve = kept.settled
    if not curve.seen and not curve.last:
        _begin(curve, watchlist)
    old = [upto for at, upto in curve.seen if at <= time.monotonic() - SETTLED]
    if old:
        kept.rows -= curve.read(_changes(watchlist, _rows(after=curve.last, upto=max(old))))
        curve.seen = [(at, upto) for at, upto in curve.seen if upto > curve.last][-100:]


def _begin(curve: _Curve, watchlist: Watchlist) -> None:
    """Read what is old, of this watchlist alone: a worker may go on for so long and no longer, and writes
    what it saw in one short transaction.
    """
    old = Change.objects.filter(at__lte=timezone.now() - LONG_AGO)
    upto = old.aggregate(last=Max("pk"))["last"] or 0
    curve.read(_changes(watchlist, _rows(after=0, upto=upto).filter(sighting__watchlist=watchlist)))
    curve.last = upto


def _rows(*, after: int, upto: int | None = None):
    """The changes in this stretch, of whatever is watched: so many the index alone can count."""
    found = Change.objects.filter(pk__gt=after)
    return found if upto is None else found.filter(pk__lte=upto)


def _changes(watchlist: Watchlist, rows):
    """(number, time, kind, place, class, whence it came back, whether it counts), in order of time."""
    rows = rows.order_by("at", "pk").values_list(
        "pk", "at", "kind", "sighting", "facts__class", "facts__earlier", *OF_PLACE
    )
    # Of a few new ones, whose they are is told sooner by looking at each than by the database's plan.
    for *row, on, is_ours in rows.iterator(chunk_size=5000):
        yield *row, on == watchlist.pk and not is_ours


OF_PLACE = ("sighting__watchlist", "sighting__is_ours")


COUNTED = {Change.Kind.APPEARED, Change.Kind.REOPENED, Change.Kind.ALTERED, Change.Kind.RENAMED}


def _apply(
    kind: str,
    place: int,
    klass: str | None,
    earlier: str | None,
    stands: dict[int, str],
    aside: set[int],
) -> None:
    """One change onto how its place stands. `aside`: dismissed, or a person has yet to call it a copy."""
    if kind == Change.Kind.CONFIRMED:
        aside.discard(place)
    elif kind == Change.Kind.DISMISSED:
        aside.add(place)
    elif klass in (Sighting.Class.UNRELATED, Sighting.Class.IMPOSTOR):
        stands.pop(place, None)
    elif kind == Change.Kind.RENAMED and place in stands:
        return
    elif kind in COUNTED:
        stands.setdefault(place, "returned" if earlier else "live")
        waits = klass in Sighting.REVIEWED and kind != Change.Kind.ALTERED
        (aside.add if waits else aside.discard)(place)
    else:
        stands[place] = "gone" if kind == Change.Kind.GONE else "returned"
