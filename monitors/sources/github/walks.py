"""A walk through the forks of one repository, newest first."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from monitors.sources.github.bulk import LARGEST
from monitors.sources.github.listings import Listed, onward
from monitors.sources.github.shapes import time

OVERLAP = timedelta(seconds=15)
TRIES = 3  # to list what GitHub left out
PEEK = 20  # forks that the first page of a walk lists at least


class Walk(msgspec.Struct):
    """Where it stands; it ends behind `until`, or with the last."""

    after: str = ""
    until: str = ""
    newest: str = ""
    listed: int = 0  # that are newer than what was known, or all
    is_all: bool = False  # it ended with the last
    is_whole: bool = True  # GitHub left nothing out of its pages

    def goes_on(self, page: Listed, *, mark: str, known: int) -> bool:
        """Take in a page; whether another follows.

        `mark` is when the newest known fork was made, and `known` how many the list had then. When as many
        are newer as it has more, none became visible late: what was made a little before is not asked for.
        """
        made = [time(node.created_at) for node in page.nodes or [] if node]
        self.is_whole = self.is_whole and None not in (page.nodes or [])
        self.newest = max([self.newest, *made])
        self.listed += sum(at > mark or not self.until for at in made)
        place, before = onward(page), self.after
        self.after, self.is_all = place, place in ("", before)
        is_met = any("" < at <= mark for at in made) and self.listed >= page.total_count - known
        is_over = is_met or any("" < at < self.until for at in made)
        return not self.is_all and not (self.until and is_over)

    def reached(self, mark: str, tries: int) -> tuple[str, int]:
        """Until when all forks are known; how often in a row some were left out, to be listed again."""
        if self.until and not self.is_whole and tries < TRIES:
            return mark, tries + 1
        return max(mark, self.newest), 0


class Busiest(msgspec.Struct):
    """The family that grows most. Its newest forks are asked for together with the repository's own."""

    id: str
    mark: str  # when the newest that is known was made
    grew: int = 0  # by so many in the last walk
    total: int = 0  # forks that GitHub lists
    tries: int = 0
    walk: Walk | None = None

    @property
    def is_growing(self) -> bool:
        """Whether the walk that is under way, or the last one, found a new fork."""
        return bool(self.walk.listed if self.walk else self.grew)

    def begin(self) -> None:
        self.walk = self.walk or Walk(until=before(self.mark))

    def end(self, walk: Walk, total: int) -> None:
        self.mark, self.tries = walk.reached(self.mark, self.tries)
        self.total, self.grew, self.walk = total, walk.listed, None


def before(mark: str) -> str:
    """A little before: forks do not become visible in the order in which they were made."""
    if not mark:
        return ""
    return (datetime.fromisoformat(mark) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")


def first_pages(size: int, grew: int, along: int) -> tuple[int, int]:
    """How many forks to ask for of the repository and of the family that is asked for along with it.

    Twice as many as were new the last time, which takes little more than one full page for both.
    """
    own = min(size, max(2 * grew, PEEK))
    return own, min(size, max(min(2 * along, LARGEST + PEEK - own), PEEK))
