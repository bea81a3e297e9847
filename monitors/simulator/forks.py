"""The forks of one repository, found quickly although there are 82,000 of them."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitors.simulator.places import Repository


class Forks:
    """Direct forks in the order they came; further descendants only counted."""

    def __init__(self) -> None:
        self._all: list[Repository] = []
        self._leavers: list[Repository] = []
        self._descendants: list[datetime] = []
        self._pushes: list[tuple[datetime, int, Repository]] = []

    def add(self, fork: Repository) -> None:
        insort(self._all, fork, key=_age)
        if fork.is_hidden:
            self._leavers.append(fork)

    def count_descendant(self, created_at: datetime) -> None:
        insort(self._descendants, created_at)

    def note_leaver(self, fork: Repository) -> None:
        """This one has absences from now on."""
        if fork not in self._leavers:
            self._leavers.append(fork)

    def note_push(self, fork: Repository, at: datetime) -> None:
        insort(self._pushes, (at, fork.id, fork))

    def between(self, after: datetime, until: datetime) -> Sequence[Repository]:
        """The direct forks that came after one moment, until another, oldest first; hidden ones too."""
        start, end = (bisect_right(self._all, at, key=_created) for at in (after, until))
        return self._all[start:end]

    def pushed(self, at: datetime) -> Iterator[Repository]:
        """Listed forks that were pushed to, the last one first; then the others, newest first."""
        end = bisect_right(self._pushes, at, key=_pushed)
        seen: dict[int, Repository] = {}
        for _, id, fork in reversed(self._pushes[:end]):
            if id not in seen and fork.is_live(at):
                seen[id] = fork
                yield fork
        yield from (fork for fork in self.newest(at) if fork.id not in seen)

    def counted(self, at: datetime) -> int:
        """What the host counts: forks and their forks, also those it does not list."""
        return bisect_right(self._descendants, at)

    def listed(self, at: datetime) -> int:
        """How many direct forks the host lists."""
        absent = sum(one.exists(at) and not one.is_live(at) for one in self._leavers)
        return bisect_right(self._all, at, key=_created) - absent

    def live(self, at: datetime) -> Sequence[Repository]:
        """The direct forks that are listed, oldest first."""
        there = self._all[: bisect_right(self._all, at, key=_created)]
        return [fork for fork in there if fork.is_live(at)] if self._leavers else there

    def newest(self, at: datetime, *, below: tuple[datetime, int] | None = None) -> Iterator[Repository]:
        """Listed forks from the newest on, or from the first that is older than `below` (its age and id)."""
        end = bisect_right(self._all, at, key=_created)
        start = bisect_left(self._all, below, key=_age) if below else end
        return (fork for fork in reversed(self._all[: min(start, end)]) if fork.is_live(at))

    def oldest(self, at: datetime, *, above: tuple[datetime, int] | None = None) -> Iterator[Repository]:
        """The same the other way round."""
        end = bisect_right(self._all, at, key=_created)
        start = bisect_right(self._all, above, key=_age) if above else 0
        return (fork for fork in self._all[start:end] if fork.is_live(at))

    def __contains__(self, fork: Repository) -> bool:
        at = bisect_left(self._all, _age(fork), key=_age)
        return at < len(self._all) and self._all[at] is fork

    def __iter__(self) -> Iterator[Repository]:
        return iter(self._all)


def _created(fork: Repository) -> datetime:
    return fork.created_at


def _pushed(push: tuple[datetime, int, Repository]) -> datetime:
    return push[0]


def _age(fork: Repository) -> tuple[datetime, int]:
    return fork.created_at, fork.id
