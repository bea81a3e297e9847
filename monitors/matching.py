"""How much of a leak lies in another place, and on what evidence: the cheapest first.

Ids need no content: files and whole folders of git trees. Only what they leave open
is read, and compared without its layout (`text`), by pieces of text (`tokens`: changed
files, bundles) and by strings and member names (`words`: minified, transpiled, renamed).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from monitors.unpack.encodings import readable

from .evidence import Class, Kind, Match, Pair, Region
from .fingerprints import (
    Hits,
    Index,
    Panel,
    Places,
    carried,
    ending_of,
    family_of,
    git_blob_id,
    is_text,
    letters,
    letters_hash,
    lines_at,
    may_hold_text,
    panels,
    sequence,
    sha256,
    words_of,
)
from .searching import LIMIT, Found, Search

__all__ = [
    "LIMIT",
    "Class",
    "Holding",
    "Kind",
    "Match",
    "Pair",
    "Region",
    "match",
    "match_all",
    "match_files",
]

# Among many places of one content, as for empty files, a few are enough to show.
_SHOWN_PLACES = 16
# Bytes that are taken apart together; files that wait for it.
_AT_ONCE, _FILES_AT_ONCE = 1 << 20, 1024


class Holding(Protocol):
    """What a place holds. Ids may be known without content; `read` may give fewer files than asked for."""

    @property
    def entries(self) -> Mapping[str, str]: ...  # every file's path: its git blob id

    @property
    def trees(self) -> Mapping[str, str]: ...  # folders' paths: git tree ids; may be empty

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]: ...


def match(index: Index, holding: Holding) -> Match:
    """How much of the indexed files `holding` holds."""
    return match_all([index], holding)[0]


def match_all(indexes: Sequence[Index], holding: Holding) -> list[Match]:
    """The match with each index, in order. Nothing is taken apart twice, or read when ids find all.

    Read are first the files named like ours, then all others. Where the place is by then a copy of each leak,
    what is left could add less than 0.05 to a share, and is not read. Of anything less it is: a part can
    show that a place holds the leak, but neither that it does not, nor how much of it.
    Raises BadIndex for a locked index without its key.
    """
    comparison = _Comparison(indexes)
    comparison.see_ids(holding.entries, holding.trees)
    named, others = comparison.wanted(holding.entries)
    left = set(named)
    for path, content in holding.read([*named, *others]) if named or not comparison.is_settled() else ():
        comparison.read(path, content, holding.entries.get(path, ""))
        if comparison.is_complete():
            break
        if path in left:
            left.remove(path)
            if not left and comparison.is_settled():
                break
    return comparison.verdicts()


def match_files(indexes: Sequence[Index], files: Iterable[tuple[str, bytes]]) -> list[Match]:
    """The match with each index, in order, of a place whose files (path, content) come one by one.

    Raises BadIndex for a locked index without its key.
    """
    comparison = _Comparison(indexes)
    for path, content in files:
        comparison.see(path, content)
        if comparison.is_complete():
            break
    return comparison.verdicts()


class _Waiting(NamedTuple):
    path: str
    content: bytes
    id: str


class _Comparison:
    """One place against many indexes. Files wait until there are enough to be taken apart together."""

    def __init__(self, indexes: Sequence[Index]) -> None:
        self._panels = _panels(tuple(indexes))
        self._places: list[str] = []
        self._searches = [Search(index, self._places) for index in indexes]
        self._waiting: list[_Waiting] = []
        self._bytes = 0

    def see_ids(self, entries: Mapping[str, str], trees: Mapping[str, str]) -> None:
        """What ids alone tell: files' by their paths, and folders'."""
        for panel in self._panels:
            known = panel.by_id
            places: dict[str, list[str]] = {}
            for path, id_ in panel.coded(entries):
                if id_ in known and len(shown := places.setdefault(id_, [])) < _SHOWN_PLACES:
                    shown.append(path)
            for id_, paths in places.items():
                for path in paths:
                    self._found(panel, known[id_], _kind_of(id_), path)
            coded = dict(panel.coded(trees))
            for which in panel.numbers:
                self._searches[which].see_trees(coded)

    def wanted(self, entries: Mapping[str, str]) -> tuple[list[str], list[str]]:
        """Paths of files that may hold text of ours: those named like ours, and the others, of which those
        come last whose names say nothing of what they hold.
        """
        if self.is_complete():
            return [], []
        known = [self._known_to_all(panel) for panel in self._panels]
        fresh = [path for path, id_ in entries.items() if not all(id_ in ids for ids in known)]
        endings = frozenset[str]().union(*(panel.endings for panel in self._panels))
        names = frozenset[str]().union(*(panel.names for panel in self._panels))
        textual = [path for path in fresh if ending_of(path) in endings or may_hold_text(path)]
        named = [path for path in textual if path[path.rfind("/") + 1 :] in names]
        others = [path for path in textual if path[path.rfind("/") + 1 :] not in names]
        return named, sorted(others, key=lambda path: ending_of(path) not in endings)

    def see(self, path: str, content: bytes) -> None:
        """A file whose id nobody has asked for yet."""
        blob = git_blob_id(content)
        for panel in self._panels:
            self._found(panel, panel.by_id.get(panel.code(blob), ()), Kind.BLOB, path)
        if not _is_opened(path, content):
            self.read(path, content, blob)

    def read(self, path: str, content: bytes, id_: str) -> None:
        """A file whose id was seen. Where that is of another kind (git with SHA-256), its own are asked."""
        id_ = id_ if len(id_) == 40 else sha256(content)
        if not is_text(path, content) and not (content := carried(content)):
            return
        self._waiting.append(_Waiting(path, content, id_))
        self._bytes += len(content)
        if self._bytes >= _AT_ONCE or len(self._waiting) >= _FILES_AT_ONCE:
            self._compare()

    def is_complete(self) -> bool:
        """Whether nothing more can be found of any leak."""
        return all(search.is_complete() for search in self._searches)

    def is_settled(self) -> bool:
        """Whether the place is a copy of every leak, whatever else is found. Compares all files that wait."""
        self._compare()
        return all(search.is_copy() for search in self._searches)

    def verdicts(self) -> list[Match]:
        self._compare()
        return [search.verdict() for search in self._searches]

    def _known_to_all(self, panel: Panel) -> frozenset[str]:
        """Ids of files that no index of this panel needs to have read."""
        open_ = {at for at, number in enumerate(panel.numbers) if not self._searches[number].is_complete()}
        known = panel.by_id.items()
        return frozenset(id_ for id_, holders in known if open_ <= {which for which, _ in holders})

    def _found(self, panel: Panel, holders: Iterable[tuple[int, int]], kind: Kind, path: str) -> None:
        for which, number in holders:
            self._searches[panel.numbers[which]].see(number, kind, path)

    def _compare(self) -> None:
        """Compare all files that wait."""
        lot = _Lot(self._waiting, first=len(self._places))
        self._places += [file.path for file in self._waiting]
        self._waiting, self._bytes = [], 0
        for panel in self._panels if lot.files else []:
            known = self._known(panel, lot)
            grams = panel.find_grams(lot.grams.hashes)
            foreign = self._foreign(panel, lot)
            apart = known | foreign
            grams = grams.among(~apart[grams.index, lot.grams.owners[grams.asked]])
            for search, hits in self._by_search(panel, grams):
                search.look_at_grams(lot.found(hits), lot.lines_at)
            words = panel.find_words(lot.words[0])
            words = words.among(~known[words.index, lot.words[1][words.asked]])
            for search, hits in self._by_search(panel, words):
                theirs = lot.words[1][hits.asked]
                search.look_at_words(hits.key, lot.first + theirs, ~foreign[hits.index, theirs])

    def _known(self, panel: Panel, lot: _Lot) -> NDArray[np.bool_]:
        """By index and file: whether the file is ours as it stands, so that nothing in it tells more."""
        known = np.zeros((len(panel.numbers), len(lot.files)), np.bool_)
        for at, (file, text) in enumerate(zip(lot.files, lot.texts, strict=True)):
            whole, kind = panel.by_id.get(panel.code(file.id)), _kind_of(file.id)
            if not whole and text:
                whole, kind = panel.by_text.get(panel.code(text)), Kind.TEXT
            for which, _ in whole or ():
                known[which, at] = True
            self._found(panel, whole or (), kind, file.path)
        for at, number in enumerate(panel.numbers):
            known[at] |= self._searches[number].is_complete()
        return known

    def _foreign(self, panel: Panel, lot: _Lot) -> NDArray[np.bool_]:
        """By index and file: whether it is in a language that nothing of ours is in.

        Text that such files share is no program's: a specification that both describe, or a licence.
        """
        spoken = [frozenset([*index.families, ""]) for index in panel.indexes]
        told = [family_of(file.path) for file in lot.files]
        return np.array([[bool(ours - {""}) and one not in ours for one in told] for ours in spoken])

    def _by_search(self, panel: Panel, hits: Hits) -> Iterator[tuple[Search, Hits]]:
        order = np.argsort(hits.index, kind="stable")
        edges = np.flatnonzero(np.diff(hits.index[order])) + 1
        for part in np.split(order, edges) if len(order) else ():
            yield self._searches[panel.numbers[hits.index[part[0]]]], hits.among(part)


class _Lot:
    """Files of theirs, taken apart together. `first` is the number that the first of them has as a place."""

    def __init__(self, files: Sequence[_Waiting], *, first: int) -> None:
        self.files, self.first = files, first
        self._contents = [readable(file.content) for file in files]
        kept = [letters(content) for content in self._contents]
        self.texts = [letters_hash(one) for one in kept]
        self.grams = sequence(kept)
        self.words = words_of(self._contents)

    def found(self, hits: Hits) -> Found:
        grams = self.grams
        theirs = self.first + grams.owners[hits.asked]
        return Found(hits.key, theirs, hits.asked, grams.offsets[hits.asked])

    def lines_at(self, place: int, offsets: Places) -> Places:
        return lines_at(self._contents[place - self.first], offsets)


def _is_opened(path: str, content: bytes) -> bool:
    """Whether it is a source map, whose sources come by themselves, or a lockfile, which is nobody's."""
    ending = ending_of(path)
    return ending == ".lock" or (ending == ".map" and b'"mappings"' in content)


def _kind_of(id_: str) -> Kind:
    return Kind.BLOB if len(id_) == 40 else Kind.SHA256


@lru_cache(maxsize=4)
def _panels(indexes: tuple[Index, ...]) -> list[Panel]:
    return panels(indexes)
