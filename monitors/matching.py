"""How much of a leak lies in another place, and on what evidence: the cheapest first.

Ids need no content: files and whole folders of git trees. Only what they leave open
is read, and compared without its layout (`text`), by pieces of text (`tokens`: changed
files, bundles) and by strings and member names (`words`: minified, transpiled, renamed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from os.path import splitext
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .fingerprints import (
    TEXTUAL,
    Hashes,
    Index,
    Postings,
    folders_of,
    letters,
    letters_hash,
    longest_run,
    sequence,
    sha256,
    weights,
    words,
)


class Kind(StrEnum):
    """Kinds of evidence, strongest first."""

    BLOB = "blob"
    SHA256 = "sha256"
    TREE = "tree"
    TEXT = "text"
    TOKENS = "tokens"
    WORDS = "words"


class Class(StrEnum):
    COPY = "copy"
    PARTIAL = "partial"
    DERIVED = "derived"
    REWRITE = "rewrite"  # our strings without our text: another language, or written anew
    SNIPPET = "snippet"  # one passage: for a person to look at
    UNRELATED = "unrelated"


@dataclass(frozen=True)
class Pair:
    """A file of ours and where it was found. `share` (0 to 1) and `lines` of ours: at least so much."""

    theirs: str
    ours: str
    kind: Kind
    share: float
    lines: int


@dataclass(frozen=True)
class Match:
    """What was found. Shares run from 0 to 1; shares, files and lines mean "at least".

    `share` is the estimate of how much of the leak is there, in whatever form: what was
    found as text, and what its strings tell of the rest, since tools keep about
    `KEPT_WORDS` of a file's strings. It is 0 for the unrelated.

    The score is e / (1 + e) of the evidence e: one each for `UNIT_LETTERS` letters in
    files found word for word, for `UNIT_TEXT` of our text, and for `UNIT_WORDS` of
    our strings and member names (squared: a few are everybody's). Of a leak so large
    that a passage is no share of it, an unbroken one of `UNIT_RUN` pieces is evidence
    of two, and far more when longer; the greater of text and passage counts. Below a score of
    `LIMIT`, evidence of two, the class is unrelated: it may be chance or habit.
    """

    klass: Class
    score: float
    share_files: float
    share_lines: float
    files: int
    lines: int
    pairs: list[Pair]
    share: float = 0.0


class Holding(Protocol):
    """What a place holds. Ids may be known without content; `read` may give fewer files than asked for."""

    @property
    def entries(self) -> Mapping[str, str]: ...  # every file's path: its git blob id

    @property
    def trees(self) -> Mapping[str, str]: ...  # folders' paths: git tree ids; may be empty

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]: ...


UNIT_LETTERS = 300
UNIT_TEXT = 0.006
UNIT_WORDS = 0.11
UNIT_RUN = 25  # about 600 letters, 25 lines
KEPT_WORDS = 0.85
# Chosen by sight of the dev half of bench/reposts. Of all its 360 unrelated pairs of packages one lies
# above (the two share declarations word for word).
_EVIDENCE_NEEDED = 2
LIMIT = _EVIDENCE_NEEDED / (1 + _EVIDENCE_NEEDED)
COPY_SHARE = 0.95

# In a leak of a few files, one gram or one common word would be a large share.
_LEAST_GRAMS = 1500
_LEAST_WORDS = 1000
# A file is found by pieces when this share of it, and this many pieces, lie in one file of theirs.
_FILE_GRAMS, _FILE_GRAMS_LEAST = 0.2, 4
_FILE_WORDS, _FILE_WORDS_LEAST = 0.5, 6
# A rewrite keeps strings, but of the text only crumbs: so much for all of the strings.
_REWRITE_TEXT, _REWRITE_RUN = 0.025, 8
# Among many places of one content, as for empty files, a few are enough to show.
_SHOWN_PLACES = 16


def match(index: Index, holding: Holding) -> Match:
    """How much of the indexed files `holding` holds."""
    return match_all([index], holding)[0]


def match_all(indexes: Sequence[Index], holding: Holding) -> list[Match]:
    """The match with each index, in order. Nothing is taken apart twice, or read when ids find all."""
    searches = [_Search(index) for index in indexes]
    for search in searches:
        search.by_blobs(holding.entries)
        search.by_trees(holding.trees)
    _by_contents([search for search in searches if not search.is_complete()], holding)
    return [search.verdict() for search in searches]


def _by_contents(searches: list[_Search], holding: Holding) -> None:
    wanted = [_worth_reading(search, holding.entries) for search in searches]
    askers: dict[str, list[_Search]] = {}
    for search, paths in zip(searches, wanted, strict=True):
        for path in paths:
            askers.setdefault(path, []).append(search)
    if not askers:
        return
    for path, content in holding.read(list(askers)):
        piece = _Piece(path, content)
        for search in askers[path]:
            # Where ids are of another kind (git with SHA-256), equal files are still open here.
            if len(holding.entries.get(path, "")) != 40:
                search.by_sha256(piece)
            search.by_content(piece)
        if all(search.is_complete() for search in searches):
            return


class _Piece:
    """A file of theirs, taken apart at most once."""

    def __init__(self, path: str, content: bytes) -> None:
        self.path, self._content = path, content

    @cached_property
    def sha256(self) -> str:
        return sha256(self._content)

    @cached_property
    def kept(self) -> bytes:
        return letters(self._content)

    @cached_property
    def text(self) -> str:
        return letters_hash(self.kept)

    @cached_property
    def sequence(self) -> Hashes:
        return sequence(self.kept)

    @cached_property
    def grams(self) -> Hashes:
        return np.unique(self.sequence)

    @cached_property
    def words(self) -> Hashes:
        return words(self._content)


def _worth_reading(search: _Search, entries: Mapping[str, str]) -> list[str]:
    """Their files that may hold text of ours, those named like ours first: reading may end early."""
    paths = [file.path for file in search.index.files]
    endings = TEXTUAL | {splitext(path)[1].lower() for path in paths}
    names = {_name(path) for path in paths}
    known = search.index.by_blob
    fresh = [path for path, blob in entries.items() if blob not in known]
    textual = [path for path in fresh if splitext(path)[1].lower() in endings]
    return sorted(textual, key=lambda path: _name(path) not in names)


@dataclass
class _Layer:
    """Grams, or words: which were found at all, and for each of our files its best place."""

    postings: Postings
    weights: NDArray[np.intp]
    files: int
    enough: int  # so many at least make a place of a file
    found: NDArray[np.bool_] = field(init=False)
    best: NDArray[np.intp] = field(init=False)
    place: NDArray[np.intp] = field(init=False)
    run: int = field(default=0, init=False)  # the longest unbroken sequence found in one place

    def __post_init__(self) -> None:
        self.found = np.zeros(len(self.postings.keys), np.bool_)
        self.best = np.zeros(self.files, np.intp)
        self.place = np.zeros(self.files, np.intp)

    def look(self, hashes: Hashes, place: int) -> Hashes:
        """Take what these, which are sorted, hold for found in this place; gives those that are ours."""
        places = self.postings.find(hashes)
        self.found[places] = True
        if len(places) >= self.enough:
            numbers, counts = np.unique(self.postings.numbers_at(places), return_counts=True)
            better = counts > self.best[numbers]
            self.best[numbers[better]] = counts[better]
            self.place[numbers[better]] = place
        return self.postings.keys[places]

    def look_in_order(self, piece: _Piece, place: int) -> None:
        """Like `look`; and how many distinct ones stand together, with none between them that is not ours."""
        ours = self.look(piece.grams, place)
        if len(ours) > self.run:
            known = np.isin(piece.sequence, ours)
            self.run = max(self.run, longest_run(piece.sequence, known, longer_than=self.run))

    def add(self, exact: NDArray[np.bool_]) -> None:
        """Take what files found whole hold for found."""
        self.found[self.postings.places_in(exact)] = True

    def share(self, *, least: int = 1) -> float:
        """The share of all keys that was found; of a leak with fewer than `least`, a share of these."""
        return int(self.weights[self.found].sum()) / max(int(self.weights.sum()), least)

    def holds(self, number: int, *, share: float, least: int) -> bool:
        return bool(self.best[number] >= least) and self.file_share(number) >= share

    def file_share(self, number: int) -> float:
        sizes = self.postings.sizes
        return float(self.best[number] / sizes[number]) if number < len(sizes) and sizes[number] else 0.0


class _Search:
    """What was found so far of each of our files, by its number."""

    def __init__(self, index: Index) -> None:
        self.index = index
        self.exact: dict[int, tuple[Kind, str]] = {}
        self.places: list[str] = []
        alike = np.ones(len(index.grams.keys), np.intp)
        self.grams = _Layer(index.grams, alike, len(index.files), _FILE_GRAMS_LEAST)
        self.words = _Layer(index.words, weights(index.words.keys), len(index.files), _FILE_WORDS_LEAST)
        self.telling = {number for number, file in enumerate(index.files) if file.is_telling}

    def by_blobs(self, entries: Mapping[str, str]) -> None:
        known = self.index.by_blob
        places: dict[str, list[str]] = {}
        for path, blob in entries.items():
            if blob in known and len(shown := places.setdefault(blob, [])) < _SHOWN_PLACES:
                shown.append(path)
        for blob, paths in places.items():
            self._found(known[blob], Kind.BLOB, paths)

    def by_trees(self, trees: Mapping[str, str]) -> None:
        ours = self.index.trees
        theirs = {ours[id_]: folder for folder, id_ in trees.items() if id_ in ours}
        if not theirs:
            return
        for number, file in enumerate(self.index.files):
            folder = next((one for one in folders_of(file.path) if one in theirs), None)
            if folder is not None:
                inside = file.path[len(folder) :].lstrip("/")
                self._found([number], Kind.TREE, [f"{theirs[folder]}/{inside}".lstrip("/")])

    def by_sha256(self, piece: _Piece) -> None:
        self._found(self.index.by_sha256.get(piece.sha256, []), Kind.SHA256, [piece.path])

    def by_content(self, piece: _Piece) -> None:
        same = self.index.by_text.get(piece.text, [])
        self._found(same, Kind.TEXT, [piece.path])
        if not same:
            self.places.append(piece.path)
            self.grams.look_in_order(piece, len(self.places) - 1)
            self.words.look(piece.words, len(self.places) - 1)

    def is_complete(self) -> bool:
        """Whether every file of ours that is evidence by itself was found word for word."""
        return bool(self.telling) and self.telling <= self.exact.keys()

    def score(self) -> float:
        whole = np.zeros(len(self.index.files), np.bool_)
        whole[list(self.exact)] = True
        self.grams.add(whole)
        self.words.add(whole)
        letters_alike = {
            self.index.files[n].blob: self.index.files[n].weight for n in self.telling & self.exact.keys()
        }
        evidence = sum(letters_alike.values()) / UNIT_LETTERS
        evidence += max(
            self.grams.share(least=_LEAST_GRAMS) / UNIT_TEXT, 2 * (self.grams.run / UNIT_RUN) ** 4
        )
        evidence += (self.words.share(least=_LEAST_WORDS) / UNIT_WORDS) ** 2
        return evidence / (1 + evidence)

    def share(self, lines: int) -> float:
        """How much of the leak is there, in whatever form; never less than the lines found."""
        text, strings = self.grams.share(), self.words.share()
        estimate = text + max(0.0, strings - text) / KEPT_WORDS
        return min(1.0, max(estimate, lines / max(self.index.total_lines, 1)))

    def verdict(self) -> Match:
        score = self.score()
        if score < LIMIT and not self.telling & self.exact.keys():
            # Empty and tiny files are everywhere: alone they are no evidence.
            self.exact.clear()
        pairs = sorted(self._pairs(related=score >= LIMIT), key=_best_first)
        lines = sum(pair.lines for pair in pairs)
        return Match(
            klass=self._class(pairs) if score >= LIMIT else Class.UNRELATED,
            score=score,
            share_files=len(pairs) / max(self.index.total_files, 1),
            share_lines=lines / max(self.index.total_lines, 1),
            files=len(pairs),
            lines=lines,
            pairs=pairs,
            share=self.share(lines) if score >= LIMIT else 0.0,
        )

    def _class(self, pairs: list[Pair]) -> Class:
        files = self.index.files
        whole = sum(files[number].lines for number in self.telling & self.exact.keys())
        if whole >= COPY_SHARE * sum(files[number].lines for number in self.telling):
            return Class.COPY
        if not self.telling & self.exact.keys() and (loose := self._loose()):
            return loose
        altered = sum(pair.lines for pair in pairs if pair.kind in (Kind.TOKENS, Kind.WORDS))
        return Class.PARTIAL if whole > altered else Class.DERIVED

    def _loose(self) -> Class | None:
        """The class of a place with none of our files as it was, when it is not simply derived."""
        text, strings = self.grams.share(), self.words.share()
        if text < _REWRITE_TEXT * strings and self.grams.run < _REWRITE_RUN:
            return Class.REWRITE
        by_share = text / UNIT_TEXT + (strings / UNIT_WORDS) ** 2
        return Class.SNIPPET if by_share < _EVIDENCE_NEEDED else None

    def _pairs(self, *, related: bool) -> Iterator[Pair]:
        for number, file in enumerate(self.index.files):
            if number in self.exact:
                kind, theirs = self.exact[number]
                yield Pair(theirs, file.path, kind, 1.0, file.lines)
            elif layer := self._altered(number, related=related):
                share = max(self.grams.file_share(number), self.words.file_share(number))
                kind = Kind.TOKENS if layer is self.grams else Kind.WORDS
                theirs = self.places[layer.place[number]]
                yield Pair(theirs, file.path, kind, share, int(share * file.lines))

    def _altered(self, number: int, *, related: bool) -> _Layer | None:
        """The layer that finds this file. Words find none alone: they need a place that is related."""
        if self.grams.holds(number, share=_FILE_GRAMS, least=_FILE_GRAMS_LEAST):
            return self.grams
        found = related and self.words.holds(number, share=_FILE_WORDS, least=_FILE_WORDS_LEAST)
        return self.words if found else None

    def _found(self, numbers: Sequence[int], kind: Kind, places: Sequence[str]) -> None:
        for number in numbers:
            if number not in self.exact:
                ours = self.index.files[number].path
                self.exact[number] = kind, max(places, key=lambda place: _alike(place, ours))


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _alike(theirs: str, ours: str) -> int:
    """How many letters the ends of two paths share: the likelier place among equal ones."""
    pairs = zip(reversed(theirs), reversed(ours), strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(theirs), len(ours)))


def _best_first(pair: Pair) -> tuple[int, int, str]:
    return _RANKS[pair.kind], -pair.lines, pair.ours


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}
