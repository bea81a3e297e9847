"""Forks that were forked in turn: how many forks each has, and which are to be listed (again)."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from monitors.sources.github.bulk import LARGEST
from monitors.sources.github.listings import Count
from monitors.sources.github.walks import TRIES

LOTS = 100  # forks of forks that make a request of their own worth while
PATIENCE = 8  # polls that fewer of them wait for, in a network so large that it matters
LARGE = 2_000
TOGETHER = 50  # families asked for in one request
WAITING = 400
KNOWN = 2_500
LONGEST_ID = 32
MOST_FORKS = 10**7
WHOLE = 200  # forks of a family up to which all are listed again when there are more
SLACK = 20  # forks of a larger one that are listed beyond those it grew by
HOLED = 200  # families that are tried again


class Waiting(msgspec.Struct, array_like=True):
    """A family to be listed: so many of its forks, from there on."""

    id: str
    wanted: int
    after: str = ""


class Kept(msgspec.Struct, omit_defaults=True):
    """What a cursor keeps of families. At most 240 KB; about 80 KB with ids as GitHub gives them."""

    known: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)  # counted and listed forks
    waiting: list[Waiting] = msgspec.field(default_factory=list)
    turn: int = 0
    listed: int = 0  # forks of forks
    dropped: int = 0
    polls: int = 0  # since some wait
    busiest: str = ""  # waits never: it is listed in each poll
    # Of families of which GitHub left forks out: how many in this poll, and in how many polls in a row.
    holed: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)

    def note(self, counts: Iterable[Count | None]) -> None:
        """Have those listed (again) that have more forks than we know of."""
        for count in counts:
            if count and count.fork_count and 0 < len(count.id) <= LONGEST_ID:
                self._note(count.id, min(count.fork_count, MOST_FORKS))

    def next_known(self) -> list[str]:
        """The next 100 to be asked whether they grew."""
        ids = list(self.known)
        start = self.turn % len(ids) if ids else 0
        self.turn = start + LARGEST
        return ids[start : start + LARGEST]

    def large(self) -> dict[str, int]:
        """The families of which only the newest forks are listed again, and how many forks each has."""
        return {id: counted for id, (counted, _) in self.known.items() if counted > WHOLE}

    def next_large(self, before: str) -> str:
        """The large family after this one ("": the first); "" behind the last."""
        ids = list(self.large())
        behind = ids[ids.index(before) + 1 :] if before in ids else [] if before else ids
        return behind[0] if behind else ""

    def has_lots(self) -> bool:
        """Whether enough wait for a request that is worth while."""
        return sum(one.wanted for one in self.waiting) >= LOTS

    def is_pressing(self, network: int) -> bool:
        """Whether those that wait are to be listed within this poll. Few of many forks may wait for more."""
        return bool(self.waiting) and (network < LARGE or self.has_lots() or self.polls >= PATIENCE)

    def lose_patience(self) -> None:
        """List those that wait within this poll, few or many."""
        self.polls = PATIENCE

    def poll_ended(self) -> None:
        """What was left out of a family makes it smaller than it is: so it is noticed when next counted."""
        self.polls = self.polls + 1 if self.waiting else 0
        for id, (missing, tries) in self.holed.items():
            counted, listed = self.known.get(id, (0, 0))
            if missing and counted:
                self.known[id] = max(counted - missing, 0), listed
            self.holed[id] = 0, tries

    def together(self, most: int) -> list[Waiting]:
        """The first of those that wait, as many as fit in one request."""
        first = self.waiting[0]
        if first.after or first.wanted >= most:
            return [first]
        chosen, room = [], most
        for one in self.waiting[:TOGETHER]:
            if one.after or one.wanted > room:
                break
            chosen.append(one)
            room -= one.wanted
        return chosen

    def asked(self, count: int) -> None:
        self.waiting = self.waiting[count:]
        self.polls = 0

    def take(self, waiting: Waiting, counted: int, now: int, onward: str, *, missing: int = 0) -> None:
        """So many more of a family's forks were listed; `onward` is where the next page begins, if any.

        With some `missing` it is listed again in the next poll.
        """
        _, before = self.known.get(waiting.id, (0, 0))
        listed = min(_listed(waiting, now, counted, before), MOST_FORKS)
        self._note_holes(waiting.id, missing)
        if self._remember(waiting.id, min(counted, MOST_FORKS), listed):
            self.listed += listed - before
        left = waiting.wanted - now - missing
        if left > 0 and onward not in ("", waiting.after):
            self._wait(Waiting(waiting.id, left, onward))

    def leave_out(self, waiting: Waiting) -> None:
        """GitHub told nothing of it: list so many of its forks in the next poll."""
        self._note_holes(waiting.id, waiting.wanted)

    def settle(self, id: str, counted: int, listed: int) -> None:
        """So many of a family's forks are listed by now, however that came."""
        _, before = self.known.get(id, (0, 0))
        if self._remember(id, min(counted, MOST_FORKS), min(listed, MOST_FORKS)):
            self.listed += min(listed, MOST_FORKS) - before

    def forget(self, id: str) -> None:
        """It is noticed anew when it is next met."""
        _, listed = self.known.pop(id, (0, 0))
        self.listed -= listed

    def _note(self, id: str, now: int) -> None:
        before, listed = self.known.get(id, (0, 0))
        if now != before:  # fewer, too: else the next new one would go unnoticed
            self._remember(id, now, listed)
        if now > before and id != self.busiest:
            self._wait(Waiting(id, now if now <= WHOLE or not before else now - before + SLACK))

    def _note_holes(self, id: str, missing: int) -> None:
        _, tries = self.holed.pop(id, (0, 0))
        if missing and tries < TRIES and len(self.holed) < HOLED:
            self.holed[id] = missing, tries + 1

    def _remember(self, id: str, counted: int, listed: int) -> bool:
        if id not in self.known and len(self.known) >= KNOWN:
            return False
        self.known[id] = (counted, listed)
        return True

    def _wait(self, waiting: Waiting) -> None:
        if any(one.id == waiting.id and one.after == waiting.after for one in self.waiting):
            return
        if len(self.waiting) >= WAITING:
            self.dropped += 1
            self.forget(waiting.id)
            return
        self.waiting.append(waiting)


def _listed(waiting: Waiting, now: int, counted: int, before: int) -> int:
    """How many forks of a family are listed by now."""
    if waiting.after:
        return before + now
    if before and waiting.wanted < counted:  # only the newest were asked for
        return before + min(now, waiting.wanted - SLACK)
    return now
