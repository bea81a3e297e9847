"""What each request counts beside what it lists, for nothing: known families, and slow rounds through all.

Nobody tells which forks were forked in turn. So each request asks how many forks 100 known families have, and
up to 2,400 forks on slow rounds: through the repository's own forks, then through those of each large family.
When all rounds are under way, each fork is counted once in a 24th of as many requests as list all.
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitors.sources.github import bulk
from monitors.sources.github.bulk import LARGEST, Page
from monitors.sources.github.families import Kept
from monitors.sources.github.listings import Beside, Counted, onward
from monitors.sources.github.queries import ROUNDS


class Round(msgspec.Struct, array_like=True):
    """Where a slow round stands, how many pages it went, and through which family ("": the repository)."""

    after: str = ""
    pages: int = 0
    of: str = ""


class Counting:
    """What one request counts, of a repository with so many forks of its own."""

    def __init__(self, rounds: list[Round], families: Kept, *, root: str, total: int) -> None:
        self.rounds, self.families, self.root = rounds, families, root
        pages = -(-total // LARGEST) + sum(-(-count // LARGEST) for count in families.large().values())
        _space(rounds, apart=max(pages // ROUNDS, 1), has_more=bool(root))
        self.parents = families.next_known()
        self.asked: list[Round] = []

    @property
    def goes_on(self) -> bool:
        """Whether a round is amid a list."""
        return any(one.after for one in self.rounds)

    def variables(self, page: Page) -> dict[str, Any]:
        """For the request: nothing is counted while GitHub has trouble with our pages."""
        room = LARGEST if page.size == LARGEST else page.size - bulk.SMALLEST
        self.asked = self.rounds[: ROUNDS * room // LARGEST] if self.root else []
        of = [[one.of or self.root] for one in self.asked] + [[]] * (ROUNDS - len(self.asked))
        after = [one.after or None for one in self.asked] + [None] * (ROUNDS - len(self.asked))
        named = {f"of{number}": ids for number, ids in enumerate(of)}
        return (
            named
            | {f"after{number}": place for number, place in enumerate(after)}
            | {"parents": self.parents}
        )

    def note(self, answer: Beside) -> None:
        """Take in what was counted; the rounds go on."""
        self.families.note(answer.parents or [])
        self.rounds[:] = self.rounds[len(self.asked) :] + self.asked  # each in turn, when not all were asked
        for place, counts in zip(self.asked, answer.rounds(), strict=False):
            self.families.note((counts.nodes or []) if counts else [])
            self._go(place, counts)

    def _go(self, place: Round, counts: Counted | None) -> None:
        """On to the next page, or to the next large family; behind the last the round is over."""
        place.pages += 1
        there = onward(counts) if counts else ""
        if there not in ("", place.after):
            place.after = there
            return
        place.of, place.after = self.families.next_large(place.of), ""
        if not place.of:
            self.rounds.remove(place)


def _space(rounds: list[Round], *, apart: int, has_more: bool) -> None:
    """Have the rounds follow each other at about this many pages, as the network grows."""
    spaced: list[Round] = []
    for one in sorted(rounds, key=lambda one: -one.pages):
        if not spaced or spaced[-1].pages - one.pages > apart // 2:
            spaced.append(one)
    rounds[:] = [one for one in rounds if one in spaced]
    if has_more and len(rounds) < ROUNDS and all(one.pages >= apart for one in rounds):
        rounds.append(Round())
