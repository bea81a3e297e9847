"""A search that shows its first 1,000 results, cut into windows that show all of theirs.

https://docs.github.com/en/rest/search/search#about-search
"""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import ClassVar

import msgspec

SHOWN = 1_000
WAITING = 100  # windows in a cursor
BEGINNING = datetime(2008, 1, 1, tzinfo=UTC)  # of GitHub
FORM = "%Y-%m-%dT%H:%M:%SZ"


class Window(msgspec.Struct, array_like=True):
    """From `low` to `high`, both included (0: without an end); the page to ask for next."""

    low: int
    high: int
    page: int = 1

    def halves(self) -> list[Window]:
        """The two halves, the lower one first; none of a window that holds one value."""
        high = self.high or int(time.time())
        if self.low >= high:
            return []
        middle = (self.low + high) // 2
        return [Window(self.low, middle), Window(middle + 1, self.high)]


class Sizes:
    """Windows of bytes: code search has no dates. Files over 384 KB are not searched."""

    whole: ClassVar[Window] = Window(0, 384 * 1024)

    @staticmethod
    def qualifier(window: Window) -> str:
        return f"size:{window.low}..{window.high}"


class Times:
    """Windows of seconds since 1970, for a qualifier such as "created"."""

    def __init__(self, name: str) -> None:
        self.name = name

    def qualifier(self, window: Window) -> str:
        low, high = _moment(window.low), _moment(window.high)
        return f"{self.name}:{low}..{high}" if window.high else f"{self.name}:>={low}"


def seconds(moment: str | None) -> int:
    """Seconds since 1970 of a moment as GitHub writes it; 0 for anything else."""
    try:
        return int(datetime.fromisoformat(moment or "").timestamp())
    except (ValueError, OverflowError):
        return 0


def _moment(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime(FORM)
