"""What was found so far of one leak in one place, and what that amounts to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from math import log2

import numpy as np
from numpy.typing import NDArray

from .evidence import Class, Kind, Match, Pair, Region
from .fingerprints import Index, Places, Postings, folders_of

UNIT_LETTERS = 300
UNIT_TEXT = 0.008
UNIT_WORDS = 0.08
# In another language, where generated clients and ports share descriptions, strings have to be more.
UNIT_WORDS_ABROAD = 0.165
UNIT_RUN = 25  # about 600 letters, 25 lines
# One passage is one passage: tables of characters and of names, copied from standards, can be long. Beyond
# this evidence it has to be twice as long, to the fourth power, for another half.
_RUN_BENDS, _RUN_STEP = 4, 0.5
KEPT_WORDS = 0.85
# Relatives have a little of each file in common: ports of one program, clients generated alike. Copies hold
# files whole. What is scattered is evidence of no more than this, however much it comes to; and what one file
# alone holds, as that is often a table.
_SCATTERED_TEXT, _SCATTERED_WORDS = 0.02, 4
# Chosen by sight of two corpora of 20 real leaks; docs/calibration.md counts who lies above which score.
_EVIDENCE_NEEDED = 2
LIMIT = _EVIDENCE_NEEDED / (1 + _EVIDENCE_NEEDED)
# Without a file as it was: what two packages of one author have in common, or took from a third, comes to 3.
_EVIDENCE_TO_CONFIRM = 4
COPY_SHARE = 0.95
# A few files that a generator wrote, or that both took from a third, are little of a large leak. Files found
# whole accuse by themselves when they are so large a share of its letters, or so many; fewer are evidence of
# no more than a passage. Of docs/calibration.md's partial copies of more than one file, the least have 0.028.
_ACCUSED_SHARE = 0.03
_ACCUSED_FILES, _ACCUSED_FILES_SHARE = 3, 0.01
_ACCUSED_MANY = 10
_FEW_WHOLE = 4

# In a leak of a few files, one gram or one common word would be a large share.
_LEAST_GRAMS = 1500
_LEAST_WORDS = 1500
# A file is found by pieces when this share of it, and this many pieces, lie in one file of theirs.
_FILE_GRAMS, _FILE_GRAMS_LEAST = 0.2, 4
_FILE_WORDS, _FILE_WORDS_LEAST = 0.5, 6
# And so much of a file, of so many pieces at least, shows that it was copied, whatever became of it since.
_WHOLE_GRAMS, _WHOLE_GRAMS_LEAST = 0.3, 8
_WHOLE_WORDS, _WHOLE_WORDS_LEAST = 0.8, 6
# Of what was found of our files, so much has to lie in such ones for a place to be accused.
_ACCUSED_GRAMS, _ACCUSED_WORDS = 0.3, 0.1
_FEW_FILES = 5  # of a leak, one alone tells
# A rewrite keeps strings, but of the text only crumbs: so much for all of the strings.
_REWRITE_TEXT, _REWRITE_RUN = 0.025, 8
# Of a leak of one file or two, a larger share than this is more than a passage.
_SNIPPET_MOST = 0.3
# So many lines may lie between two pieces of one passage, in theirs and in ours.
_GAP_THEIRS, _GAP_OURS = 12, 24
_MOST_REGIONS = 8


@dataclass
class Layer:
    """Grams, or words: which were found at all, and for each of our files its best place, by its number."""

    postings: Postings
    weights: NDArray[np.intp] | None  # None: all weigh the same
    files: int
    found: NDArray[np.bool_] = field(init=False)
    best: NDArray[np.intp] = field(init=False)
    place: NDArray[np.intp] = field(init=False)

    def __post_init__(self) -> None:
        self.found = np.zeros(len(self.postings.keys), np.bool_)
        self.best = np.zeros(self.files, np.intp)
        self.place = np.zeros(self.files, np.intp)

    def look(self, keys: Places, theirs: Places) -> None:
        """Take these keys for found, each in this place."""
        self.found[keys] = True
        theirs, keys = np.divmod(np.unique(theirs * len(self.found) + keys), len(self.found))
        of, at = self.postings.spread(keys)
        pairs, counts = np.unique(theirs[of] * self.files + self.postings.numbers[at], return_counts=True)
        theirs, ours = np.divmod(pairs, self.files)
        better = counts > self.best[ours]
        theirs, ours, counts = theirs[better], ours[better], counts[better]
        # The best comes last, and of equals the one that was read first: the last assignment holds.
        order = np.lexsort((-theirs, counts))
        self.best[ours[order]] = counts[order]
        self.place[ours[order]] = theirs[order]

    def add(self, exact: NDArray[np.bool_]) -> None:
        """Take what files found whole hold for found."""
        self.found |= self.postings.held_by(exact)
        self.best[exact] = self._sizes[exact]

    def whole(self, *, share: float, least: int, but_largest: bool = False) -> float:
        """How much of what was found lies in files of which this share was, in one place: from 0 to 1."""
        sizes = self._sizes
        held = self.best[(sizes >= least) & (self.best >= share * sizes)]
        largest = int(held.max(initial=0)) if but_largest else 0
        return (int(held.sum()) - largest) / max(int(self.best.sum()), 1)

    @cached_property
    def _sizes(self) -> NDArray[np.intp]:
        """How many keys each of our files holds."""
        sizes = self.postings.sizes
        return np.concatenate([sizes, np.zeros(self.files - len(sizes), np.intp)])

    def share(self, found: NDArray[np.bool_] | None = None, *, least: int = 1) -> float:
        """The share of all keys that was found; of a leak with fewer than `least`, a share of these."""
        found = self.found if found is None else found
        if self.weights is None:
            return int(found.sum()) / max(len(found), least)
        return int(self.weights[found].sum()) / max(int(self.weights.sum()), least)

    def holds(self, number: int, *, share: float, least: int) -> bool:
        return bool(self.best[number] >= least) and self.file_share(number) >= share

    def file_share(self, number: int) -> float:
        size = self._sizes[number]
        return float(self.best[number] / size) if size else 0.0


@dataclass(frozen=True, eq=False)
class Found:
    """Grams of ours in some files of theirs, in order: `asked`, their places in the sequence of all grams."""

    keys: Places
    theirs: Places
    asked: Places
    offsets: Places


LinesAt = Callable[[int, Places], Places]


class Search:
    """One leak in one place. `places` are paths of theirs that were read, by the numbers they have here."""

    def __init__(self, index: Index, places: Sequence[str]) -> None:
        self.index = index
        self.exact: dict[int, tuple[Kind, str]] = {}
        self.run = 0  # how many distinct grams the longest unbroken passage has
        self._regions: dict[int, tuple[Region, ...]] = {}
        self._places = places
        self._grams = Layer(index.grams, None, index.total_files)
        self._words = Layer(index.words, index.word_weights, index.total_files)
        self._at_home = np.zeros_like(self._words.found)  # words found in a language of ours

    def see(self, number: int, kind: Kind, theirs: str) -> None:
        """A file of ours is there whole. Of equal places the one most alike is shown."""
        before = self.exact.get(number)
        ours = self.index.files[number].path
        if before is None or (before[0] is kind and _alike(theirs, ours) > _alike(before[1], ours)):
            self.exact[number] = kind, theirs

    def see_trees(self, trees: Mapping[str, str]) -> None:
        """Whole folders of ours are there, under these ids by their paths."""
        ours = self.index.trees
        theirs = {ours[id_]: folder for folder, id_ in trees.items() if id_ in ours}
        for number, file in enumerate(self.index.files if theirs else []):
            folder = next((one for one in folders_of(file.path) if one in theirs), None)
            if folder is not None and number not in self.exact:
                inside = file.path[len(folder) :].lstrip("/")
                self.exact[number] = Kind.TREE, f"{theirs[folder]}/{inside}".lstrip("/")

    def look_at_grams(self, found: Found, lines_at: LinesAt) -> None:
        """Take these for found. `lines_at(theirs, offsets)` tells on which lines of theirs letters stand."""
        self._grams.look(found.keys, found.theirs)
        self.run = _longest_run(found, longer_than=self.run)
        self._keep_regions(found, lines_at)

    def look_at_words(self, keys: Places, theirs: Places, at_home: NDArray[np.bool_]) -> None:
        """Take these for found; `at_home` says which stand in a language of ours, or in none."""
        self._words.look(keys, theirs)
        self._at_home[keys[at_home]] = True

    def is_complete(self) -> bool:
        """Whether every file of ours that is evidence by itself was found word for word."""
        telling = self.index.telling
        return bool(telling) and telling <= self.exact.keys()

    def is_copy(self) -> bool:
        """Whether nearly all lines of ours were found word for word."""
        lines = self._lines(self.index.accusing)
        return bool(lines) and self._lines(self.index.accusing & self.exact.keys()) >= COPY_SHARE * lines

    def verdict(self) -> Match:
        score = self._score()
        if score < LIMIT and not self.index.telling & self.exact.keys():
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
            share=self._share(lines) if score >= LIMIT else 0.0,
        )

    def _score(self) -> float:
        if self.exact:
            whole = np.zeros(self.index.total_files, np.bool_)
            whole[list(self.exact)] = True
            self._grams.add(whole)
            self._words.add(whole)
            self._at_home |= self.index.words.held_by(whole)
        evidence = self._files_evidence()
        evidence += max(self._text(), self._passage())
        evidence += self._strings(least=_LEAST_WORDS)
        return evidence / (1 + evidence)

    def _files_evidence(self) -> float:
        """The evidence of files found whole."""
        accusing = self.index.accusing
        evidence = self._letters(accusing & self.exact.keys()) / UNIT_LETTERS
        others = self._letters((self.index.telling - accusing) & self.exact.keys()) / UNIT_LETTERS
        evidence += min(others, _EVIDENCE_NEEDED)
        return evidence if self._are_enough else min(evidence, _FEW_WHOLE)

    @cached_property
    def _are_enough(self) -> bool:
        """Whether the files found whole accuse by themselves; asked once all were seen."""
        found = self.index.accusing & self.exact.keys()
        share = self._letters(found) / max(self._letters(self.index.accusing), 1)
        files = len({self.index.files[number].text for number in found})
        is_several = files >= _ACCUSED_FILES and share >= _ACCUSED_FILES_SHARE
        return is_several or share >= _ACCUSED_SHARE or files >= _ACCUSED_MANY

    def _letters(self, numbers: frozenset[int]) -> int:
        """Those of these files of ours, equal ones counted once."""
        return sum({self.index.files[n].blob: self.index.files[n].weight for n in numbers}.values())

    def _passage(self) -> float:
        """The evidence of the longest passage."""
        evidence = _EVIDENCE_NEEDED * (self.run / UNIT_RUN) ** 4
        if evidence <= _RUN_BENDS:
            return evidence
        return _RUN_BENDS + _RUN_STEP * log2(evidence / _RUN_BENDS)

    def _text(self) -> float:
        """The evidence of pieces of text."""
        share = self._grams.share(least=_LEAST_GRAMS)
        whole = self._grams.whole(share=_WHOLE_GRAMS, least=_WHOLE_GRAMS_LEAST)
        return min(share, _SCATTERED_TEXT + share * whole) / UNIT_TEXT

    def _strings(self, *, least: int = 1) -> float:
        """The evidence of strings and names: of all of them, or of those in a language of ours."""
        everywhere = self._words.share(least=least) / UNIT_WORDS_ABROAD
        at_home = self._words.share(self._at_home, least=least) / UNIT_WORDS
        # In another language, names are lost and strings stay: files are never whole.
        share = _WHOLE_WORDS if at_home > everywhere else 0.0
        whole = self._words.whole(share=share, least=_WHOLE_WORDS_LEAST, but_largest=True)
        evidence = max(everywhere, at_home)
        return min(evidence**2, _SCATTERED_WORDS + (evidence * whole) ** 2)

    def _share(self, lines: int) -> float:
        """How much of the leak is there, in whatever form; never less than the lines found."""
        text, strings = self._grams.share(), self._words.share()
        estimate = text + max(0.0, strings - text) / KEPT_WORDS
        if not self.index.total_lines:
            estimate = len(self.exact) / max(self.index.total_files, 1)
        return min(1.0, max(estimate, lines / max(self.index.total_lines, 1)))

    def _class(self, pairs: list[Pair]) -> Class:
        if self.is_copy():
            return Class.COPY
        if not self._are_enough and (loose := self._loose(pairs)):
            return loose
        altered = sum(pair.lines for pair in pairs if pair.kind in (Kind.TOKENS, Kind.WORDS))
        whole = self._lines(self.index.accusing & self.exact.keys())
        return Class.PARTIAL if whole > altered else Class.DERIVED

    def _lines(self, numbers: frozenset[int]) -> int:
        """Those of these files of ours; one for a file without lines: it counts only where all are such."""
        return sum(self.index.files[number].lines or 1 for number in numbers)

    def _loose(self, pairs: list[Pair]) -> Class | None:
        """The class of a place with no file or hardly any as it was, when it is not simply derived."""
        text, strings = self._grams.share(), self._words.share()
        if text < _REWRITE_TEXT * strings and self.run < _REWRITE_RUN:
            return Class.REWRITE
        by_text, by_strings = self._text(), self._strings()
        # A table that others copied from where we did fills one file: nobody is accused for that.
        files = int((self._grams.best >= _FILE_GRAMS_LEAST).sum())
        is_one_passage = by_text >= by_strings and files < 2 and text < _SNIPPET_MOST
        if not pairs or is_one_passage:
            return Class.SNIPPET
        if by_text + by_strings < _EVIDENCE_TO_CONFIRM or not self._holds_files():
            return Class.REWRITE if by_strings > by_text else Class.SNIPPET
        return None

    def _holds_files(self) -> bool:
        """Whether some of our files were taken as they are, rather than a little of each."""
        grams, words = self._grams, self._words
        texts = grams.whole(share=_WHOLE_GRAMS, least=_WHOLE_GRAMS_LEAST)
        is_large = self.index.total_files >= _FEW_FILES
        strings = words.whole(share=_WHOLE_WORDS, least=_WHOLE_WORDS_LEAST, but_largest=is_large)
        return texts >= _ACCUSED_GRAMS or strings >= _ACCUSED_WORDS

    def _pairs(self, *, related: bool) -> Iterator[Pair]:
        best = self._grams.best + self._words.best
        for number in sorted({*self.exact, *np.flatnonzero(best).tolist()}):
            file = self.index.files[number]
            if number in self.exact:
                kind, theirs = self.exact[number]
                yield Pair(theirs, file.path, kind, 1.0, file.lines)
            elif layer := self._altered(number, related=related):
                share = max(self._grams.file_share(number), self._words.file_share(number))
                kind = Kind.TOKENS if layer is self._grams else Kind.WORDS
                theirs = self._places[layer.place[number]]
                regions = self._regions.get(number, ()) if kind is Kind.TOKENS else ()
                yield Pair(theirs, file.path, kind, share, int(share * file.lines), regions)

    def _altered(self, number: int, *, related: bool) -> Layer | None:
        """The layer that finds this file. Words find none alone: they need a place that is related."""
        if self._grams.holds(number, share=_FILE_GRAMS, least=_FILE_GRAMS_LEAST):
            return self._grams
        found = related and self._words.holds(number, share=_FILE_WORDS, least=_FILE_WORDS_LEAST)
        return self._words if found else None

    def _keep_regions(self, found: Found, lines_at: LinesAt) -> None:
        """The passages of our files that have their best place among these."""
        postings, files = self.index.grams, self.index.total_files
        of, at = postings.spread(found.keys)
        ours, theirs = postings.numbers[at].astype(np.intp), found.theirs[of]
        best = (self._grams.place[ours] == theirs) & (self._grams.best[ours] >= _FILE_GRAMS_LEAST)
        if not best.any() or not len(postings.lines):
            return
        of, at, pairs = of[best], at[best], theirs[best] * files + ours[best]
        order = np.argsort(pairs, kind="stable")
        of, at, pairs = of[order], at[order], pairs[order]
        lines = np.concatenate(
            [
                lines_at(int(found.theirs[part[0]]), found.offsets[part])
                for part in _alike_in(found.theirs[of], of)
            ]
        )
        for part in _alike_in(pairs, np.arange(len(pairs))):
            number = int(pairs[part[0]]) % files
            self._regions[number] = _regions(lines[part], postings.lines[at[part]].astype(np.intp))


def _alike_in(values: Places, of: Places) -> list[Places]:
    """`of` in stretches over which the values, which are sorted, stay the same."""
    return np.split(of, np.flatnonzero(np.diff(values)) + 1)


def _longest_run(found: Found, *, longer_than: int) -> int:
    """How many distinct grams the best passage has, with none between them that is not ours; no fewer than
    `longer_than`.
    """
    breaks = (np.diff(found.asked) > 1) | (np.diff(found.theirs) != 0)
    edges = np.concatenate([[0], np.flatnonzero(breaks) + 1, [len(found.asked)]])
    longest = longer_than
    lengths = np.diff(edges)
    for at in np.argsort(-lengths, kind="stable"):
        if lengths[at] <= longest:
            break
        longest = max(longest, len(np.unique(found.keys[edges[at] : edges[at + 1]])))
    return longest


def _regions(theirs: Places, ours: Places) -> tuple[Region, ...]:
    steps, ours_steps = np.diff(theirs), np.diff(ours)
    breaks = (steps > _GAP_THEIRS) | (ours_steps < 0) | (ours_steps > _GAP_OURS)
    edges = [0, *(np.flatnonzero(breaks) + 1).tolist(), len(theirs)]
    regions = [
        Region(int(theirs[a]), int(theirs[b - 1]), int(ours[a]), int(ours[b - 1]))
        for a, b in pairwise(edges)
        if b - a > 1
    ]
    longest = sorted(regions, key=lambda one: one.ours_from - one.ours_to)
    return tuple(sorted(longest[:_MOST_REGIONS]))


def _alike(theirs: str, ours: str) -> int:
    """How many letters the ends of two paths share: the likelier place among equal ones."""
    pairs = zip(reversed(theirs), reversed(ours), strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), min(len(theirs), len(ours)))


def _best_first(pair: Pair) -> tuple[int, int, str]:
    return _RANKS[pair.kind], -pair.lines, pair.ours


_RANKS = {kind: rank for rank, kind in enumerate(Kind)}
