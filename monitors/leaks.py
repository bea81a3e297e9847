"""A leak into an index, and a place on this machine against indexes. Asks neither database nor network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from monitors.fingerprints import NOTHING, Background, Index, fingerprint, learn, text_hash
from monitors.fingerprints.identity import identify
from monitors.fingerprints.scaffolds import scaffolds
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
    background: (
        Background  # what was left out: third-party code of the leak, the public code given, scaffolds
    )


def index(
    files: Iterable[File],
    *,
    names: Iterable[str] = (),
    background: Background = NOTHING,
    progress: Progress | None = None,
) -> Leak:
    """What is ours among these files, without what their third-party code and the background hold too.

    `names` are what the owner calls it, beside what its manifest and README do (see `identify`).
    Raises NotReady when nothing is ours.
    """
    # An iterator, so that nobody holds strangers' files when they are learnt.
    entries = iter([_lightened(entry) for entry in known(take(files, progress=progress).entries, background)])
    leak = fingerprinted(entries, names=names, background=background, progress=progress)
    if not leak.index.files:
        raise NotReady("None of its files is the owner's own: all are third-party code or were published.")
    return leak


def known(entries: Sequence[Entry], background: Background) -> list[Entry]:
    """The entries; those of ours that the background holds word for word, or a generator of new projects
    writes, were published already.
    """
    return [_published(entry) if _is_public(entry, background) else entry for entry in entries]


def _is_public(entry: Entry, background: Background) -> bool:
    text = text_hash(entry.content) if entry.ownership is Ownership.FIRST else ""
    return background.holds(text) or scaffolds().holds(text)


def _published(entry: Entry) -> Entry:
    return replace(entry, ownership=Ownership.SHIPPED, why="public already: it stands in published code")


def fingerprinted(
    entries: Iterable[Entry],
    *,
    names: Iterable[str] = (),
    background: Background = NOTHING,
    progress: Progress | None = None,
) -> Leak:
    """The same of an inventory; its index is empty when nothing is ours."""
    own, theirs = _parted(entries)
    count = len(theirs)
    public = background | (scaffolds() | learn(_contents(theirs)))
    theirs.clear()
    called = identify(_contents(own), names).to_bytes()
    ours = list(_contents(entry for entry in own if entry.ownership is Ownership.FIRST))
    made = fingerprint(ours, background=public, identity=called, progress=progress)
    return Leak(made, count, len(own) - len(ours), public)


def _parted(entries: Iterable[Entry]) -> tuple[list[Entry], list[Entry]]:
    """What is ours or was published by us, and what is somebody else's."""
    own: list[Entry] = []
    theirs: list[Entry] = []
    for entry in entries:
        (theirs if entry.ownership is Ownership.THIRD else own).append(entry)
    return own, theirs


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
