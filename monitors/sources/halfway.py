"""One question about each of many, as far as the host lets us: who is left is asked about another time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from monitors.sources.base import Candidate, Look, RateLimited, SourceError

T = TypeVar("T")


@dataclass(frozen=True)
class Told(Generic[T]):
    """What was told of those that were `asked` about, who comes `later`, and the limit in between."""

    candidates: list[Candidate]
    asked: list[T]
    later: list[T]
    limited: RateLimited | None = None


def each(
    waiting: Sequence[T], ask: Callable[[T], Iterable[Candidate]], *, most: int, is_news: bool
) -> Told[T]:
    """The candidates of at most so many of these.

    Raises RateLimited when not even the first could be asked about, unless who waits `is_news`: a list that
    this very poll read, and that it must not lose.
    """
    found: list[Candidate] = []
    for number, one in enumerate(waiting[:most]):
        try:
            found += ask(one)
        except RateLimited as limit:
            if not number and not is_news:
                raise
            return Told(found, list(waiting[:number]), list(waiting[number:]), limit)
    return Told(found, list(waiting[:most]), list(waiting[most:]))


def looks(
    candidates: Sequence[Candidate],
    look: Callable[[int, Candidate], Look | SourceError],
    *,
    is_first: bool = True,
) -> list[Look | SourceError]:
    """One of each, in order; of those behind a limit, that limit.

    Raises RateLimited when it came before the first, if that `is_first` of all that is asked about.
    """
    told: list[Look | SourceError] = []
    for number, candidate in enumerate(candidates):
        try:
            told.append(look(number, candidate))
        except RateLimited as limit:
            if is_first and not told:
                raise
            return told + [limit] * (len(candidates) - number)
    return told
