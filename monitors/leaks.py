"""A leak into an index, and a place on this machine against indexes. Asks neither database nor network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from monitors.fingerprints import NOTHING, Background, Index, fingerprint, learn
from monitors.fingerprints.identity import identify
from monitors.impostors import Glimpse, Place, judged
from monitors.inventory import Entry, Ownership, take
from monitors.matching import Match, match_files
from monitors.unpack import File

Progress = Callable[[str, int, int], None]


_LIGHT = 2**20  # bytes: a manifest or a README has no more


class NotReady(Exception):
    """There is nothing to look for; the message says why."""


@dataclass(frozen=True)
class Leak:
    """The index of what is ours, and how many files were somebody else's or published on purpose."""

    index: Index
    third_party: int
    shipped: int
    background: Background  # what was left out: third-party code of the leak, and the public code given


def index(
    files: Iterable[File], *, background: Background = NOTHING, progress: Progress | None = None
) -> Leak:
    """What is ours among these files, without what their third-party code and the background hold too.

    Raises NotReady when nothing is ours.
    """
    entries = [_lightened(entry) for entry in take(files, progress=progress).entries]
    leak = fingerprinted(entries, background=background, progress=progress)
    if not leak.index.files:
        raise NotReady("None of its files is the owner's own: all are third-party code or were published.")
    return leak


def fingerprinted(
    entries: Sequence[Entry],
    *,
    names: Iterable[str] = (),
    background: Background = NOTHING,
    progress: Progress | None = None,
) -> Leak:
    """The same of an inventory; its index is empty when nothing is ours.

    `names` are what the owner calls it, beside what its manifest and README do (see `identify`).
    """
    piles = {whose: [entry for entry in entries if entry.ownership == whose] for whose in Ownership}
    theirs = [entry for entry in piles[Ownership.THIRD] if not entry.binary]
    known = background | learn(_contents(theirs))
    own = [entry for entry in entries if entry.ownership is not Ownership.THIRD]
    called = identify(_contents(own), names).to_bytes()
    ours = list(_contents(piles[Ownership.FIRST]))
    made = fingerprint(ours, background=known, identity=called, progress=progress)
    return Leak(made, len(piles[Ownership.THIRD]), len(piles[Ownership.SHIPPED]), known)


def _lightened(entry: Entry) -> Entry:
    """The entry without the content of a bundle or a map that was published: nothing more is read of it."""
    is_done = entry.ownership is Ownership.SHIPPED and entry.size > _LIGHT
    return replace(entry, content=b"") if is_done else entry


def compare(indexes: Sequence[Index], files: Iterable[File], *, title: str = "") -> list[Match]:
    """How much of each leak, in the order of the indexes, is among these files, which are read once.

    `title` is what the place is called: one that holds nothing of a leak may claim to be it.
    """
    glimpse = Glimpse()
    found = match_files(indexes, glimpse.seen((file.path, file.content) for file in files))
    place = Place(title=title, paths=glimpse.paths, read=glimpse.read)
    return [judged(one, index.parts.identity, place) for one, index in zip(found, indexes, strict=True)]


def _contents(entries: Iterable[Entry]) -> Iterator[tuple[str, bytes]]:
    return ((entry.path, entry.content) for entry in entries)
