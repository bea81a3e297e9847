"""How much of a leak lies in another place, and on what evidence: the cheapest first.

Ids need no content: files and whole folders of git trees. Only what they leave open
is read, and compared without its layout (`text`), by pieces of text (`tokens`: changed
files, bundles) and by strings and member names (`words`: minified, transpiled, renamed).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from os.path import splitext
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from .fingerprints import (
    Hashes,
    Index,
    Postings,
    folders_of,
    grams,
    letters,
    letters_hash,
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

    The score is e / (1 + e) of the evidence e: one each for `UNIT_LETTERS` letters in
    files found word for word, for `UNIT_TEXT` of our text, and for `UNIT_WORDS` of
    our strings and member names (squared: a few are everybody's). Below a score of
    `LIMIT`, evidence of two, the class is unrelated: it may be chance or habit.
    """

    klass: Class
    score: float
    share_files: float
    share_lines: float
    files: int
    lines: int
    pairs: list[Pair]


class Holding(Protocol):
    """What a place holds. Ids may be known without content; `read` may give fewer files than asked for."""

    @property
    def entries(self) -> Mapping[str, str]: ...  # every file's path: its git blob id

    @property
    def trees(self) -> Mapping[str, str]: ...  # folders' paths: git tree ids; may be empty

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]: ...


UNIT_LETTERS = 300
UNIT_TEXT = 0.006
UNIT_WORDS = 0.12
# Chosen by sight of bench/reposts: of its 360 unrelated pairs of packages one lies above (the two share
# a file); of its 160 disguised copies, all but the 60-line snippets and one build cut short.
LIMIT = 2 / 3
COPY_SHARE = 0.95

# In a leak of a few files, one gram or one common word would be a large share.
_LEAST_GRAMS = 1500
_LEAST_WORDS = 1000
# A file is found by pieces when this share of it, and this many pieces, lie in one file of theirs.
_FILE_GRAMS, _FILE_GRAMS_LEAST = 0.2, 4
_FILE_WORDS, _FILE_WORDS_LEAST = 0.5, 6
# Among many places of one content, as for empty files, a few are enough to show.
_SHOWN_PLACES = 16

_CODE = (
    ".js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte .astro .py .pyi .ipynb .rb .php .pl .go .rs .java .kt"
    " .kts .scala .groovy .c .h .cc .cpp .cxx .hpp .cs .fs .vb .m .mm .swift .dart .lua .r .jl .ex .exs .erl"
    " .hs .clj .sql .graphql .gql .proto .sh .bash .zsh .ps1 .bat .tf"
)
_TEXT = (
    ".html .htm .css .scss .less .json .jsonc .json5 .yaml .yml .toml .ini .cfg .conf .env .xml .md .mdx .rst"
    " .txt .patch .diff"
)
_TEXTUAL = frozenset(f"{_CODE} {_TEXT}".split())


def match(index: Index, holding: Holding) -> Match:
    """How much of the indexed files `holding` holds. Reads nothing when ids alone find all of them."""
    search = _Search(index)
    search.by_blobs(holding.entries)
    search.by_trees(holding.trees)
    if not search.is_complete():
        _by_contents(search, holding)
    return search.verdict()


def _by_contents(search: _Search, holding: Holding) -> None:
    for path, content in holding.read(_worth_reading(search, holding.entries)):
        # Where ids are of another kind (git with SHA-256), equal files are still open here.
        if len(holding.entries.get(path, "")) != 40:
            search.by_sha256(path, content)
        search.by_content(path, content)
        if search.is_complete():
            return


def _worth_reading(search: _Search, entries: Mapping[str, str]) -> list[str]:
    """Their files that may hold text of ours, those named like ours first: reading may end early."""
    paths = [file.path for file in search.index.files]
    endings = _TEXTUAL | {splitext(path)[1].lower() for path in paths}
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
    least: int
    found: NDArray[np.bool_] = field(init=False)
    best: NDArray[np.intp] = field(init=False)
    place: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        self.found = np.zeros(len(self.postings.keys), np.bool_)
        self.best = np.zeros(self.files, np.intp)
        self.place = np.zeros(self.files, np.intp)

    def look(self, hashes: Hashes, place: int) -> None:
        places = self.postings.find(hashes)
        self.found[places] = True
        numbers, counts = np.unique(self.postings.numbers_at(places), return_counts=True)
        better = counts > self.best[numbers]
        self.best[numbers[better]] = counts[better]
        self.place[numbers[better]] = place

    def share(self, exact: NDArray[np.bool_]) -> float:
        """The share of all keys that was found, those of files found whole included."""
        self.found[self.postings.places_in(exact)] = True
        return int(self.weights[self.found].sum()) / max(int(self.weights.sum()), self.least)

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
        self.grams = _Layer(index.grams, alike, len(index.files), _LEAST_GRAMS)
        self.words = _Layer(index.words, weights(index.words.keys), len(index.files), _LEAST_WORDS)
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

    def by_sha256(self, path: str, content: bytes) -> None:
        self._found(self.index.by_sha256.get(sha256(content), []), Kind.SHA256, [path])

    def by_content(self, path: str, content: bytes) -> None:
        kept = letters(content)
        same = self.index.by_text.get(letters_hash(kept), [])
        self._found(same, Kind.TEXT, [path])
        if not same:
            self.places.append(path)
            self.grams.look(grams(kept), len(self.places) - 1)
            self.words.look(words(content), len(self.places) - 1)

    def is_complete(self) -> bool:
        """Whether every file of ours that is evidence by itself was found word for word."""
        return bool(self.telling) and self.telling <= self.exact.keys()

    def score(self) -> float:
        whole = np.zeros(len(self.index.files), np.bool_)
        whole[list(self.exact)] = True
        letters_alike = {
            self.index.files[n].blob: self.index.files[n].weight for n in self.telling & self.exact.keys()
        }
        evidence = sum(letters_alike.values()) / UNIT_LETTERS
        evidence += self.grams.share(whole) / UNIT_TEXT
        evidence += (self.words.share(whole) / UNIT_WORDS) ** 2
        return evidence / (1 + evidence)

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
        )

    def _class(self, pairs: list[Pair]) -> Class:
        files = self.index.files
        whole = sum(files[number].lines for number in self.telling & self.exact.keys())
        if whole >= COPY_SHARE * sum(files[number].lines for number in self.telling):
            return Class.COPY
        altered = sum(pair.lines for pair in pairs if pair.kind in (Kind.TOKENS, Kind.WORDS))
        return Class.PARTIAL if whole > altered else Class.DERIVED

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
