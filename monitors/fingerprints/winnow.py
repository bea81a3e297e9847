"""A sparse, stable sample of a text's 32-letter pieces: copies of 79 letters or more always share one.

Winnowing: https://theory.stanford.edu/~aiken/publications/papers/sigmod03.pdf
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Places = NDArray[np.intp]
Codes = NDArray[np.uint8]
Chosen = tuple[Hashes, Places]

GRAM = 32
WINDOW = 48
_REACH = GRAM + WINDOW - 2
# Pieces that stay in the processor's cache; millions of letters at once take three times as long.
_PIECE = 1 << 15

_BASE = 0x9E3779B97F4A7C15
_POWERS = [np.uint64(pow(_BASE, 1 << step, 1 << 64)) for step in range(5)]
_MIXERS = (np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB))
_SHIFTS = (np.uint64(30), np.uint64(27), np.uint64(31))


def grams(kept: bytes) -> Hashes:
    """Sorted, distinct hashes of the 32-letter pieces chosen from `kept`, about one for 24 letters.

    Fewer than 32 letters give none. The same on every machine and in every release.
    """
    return distinct(sequence([kept]).hashes)


@dataclass(frozen=True, eq=False)
class Sequence:
    """The hashes chosen from some texts, one text behind the other, each as often as it was chosen.

    Of each: the number of its text, and at which of its letters the window begins in which it is the lowest.
    """

    hashes: Hashes
    owners: Places
    offsets: Places


def sequence(texts: Collection[bytes]) -> Sequence:
    """What is chosen from each of these texts, as if it were alone."""
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    begins = np.cumsum(lengths) - lengths
    codes = np.frombuffer(b"".join(texts), np.uint8)
    chosen = [_of_short(codes, begins, lengths), *_of_long(codes, begins, lengths)]
    hashes, places = (np.concatenate(parts) for parts in zip(*chosen, strict=True))
    if len(chosen[0][0]):
        order = np.argsort(places, kind="stable")
        hashes, places = hashes[order], places[order]
    owners = np.searchsorted(begins + lengths, places, side="right")
    return Sequence(hashes, owners, places - begins[owners])


def together(contents: Iterable[bytes], *, least: int = 1 << 20) -> Iterator[list[bytes]]:
    """The contents in lots of `least` bytes or a little more: taken apart together, many cost little."""
    lot: list[bytes] = []
    waiting = 0
    for content in contents:
        lot.append(content)
        waiting += len(content) + 64
        if waiting >= least:
            yield lot
            lot, waiting = [], 0
    if lot:
        yield lot


def distinct(hashes: Hashes) -> Hashes:
    """The same, sorted, each once. (numpy's own way, by a hash table, takes ten times as long.)"""
    ordered: Hashes = np.sort(hashes)
    fresh = np.ones(len(ordered), np.bool_)
    np.not_equal(ordered[1:], ordered[:-1], out=fresh[1:])
    return ordered[fresh]


def mixed(hashes: Hashes) -> Hashes:
    """Every bit of the result depends on every bit of the hash, which is overwritten (as splitmix64 ends)."""
    for shift, mixer in zip(_SHIFTS, _MIXERS, strict=False):
        hashes ^= hashes >> shift
        hashes *= mixer
    hashes ^= hashes >> _SHIFTS[2]
    return hashes


def _of_short(codes: Codes, begins: Places, lengths: Places) -> Chosen:
    """The lowest hash of each text that fills no more than one window, and where the text begins."""
    short = (lengths >= GRAM) & (lengths <= _REACH)
    begins, lengths = begins[short], lengths[short]
    if not len(begins):
        return np.empty(0, np.uint64), begins
    ends = np.cumsum(lengths)
    starts = ends - lengths
    letters = codes[np.repeat(begins - starts, lengths) + np.arange(ends[-1])]
    # One hash more than there is, for the end of the last text.
    hashes = np.append(mixed(_rolled(letters)), np.uint64(0))
    edges = np.stack([starts, ends - GRAM + 1], axis=1).ravel()
    return np.minimum.reduceat(hashes, edges)[::2], begins


def _of_long(codes: Codes, begins: Places, lengths: Places) -> Iterator[Chosen]:
    """The lowest hash of each window where it differs from the one before, and where the window begins."""
    long = lengths > _REACH
    begins, lasts = begins[long], (begins + lengths)[long] - _REACH - 1  # where windows may begin
    for start in range(0, max(0, len(codes) - _REACH), _PIECE):
        lowest = mixed(_rolled(codes[start : start + _PIECE + _REACH]))
        for width in (1, 2, 4, 8, 16, 16):
            lowest = np.minimum(lowest[:-width], lowest[width:])
        differs = np.diff(lowest, prepend=~lowest[:1]) != 0
        first, last = np.searchsorted(begins, [start, start + len(lowest)])
        differs[begins[first:last] - start] = True
        at = np.flatnonzero(differs)
        # A window that reaches into another text tells of neither.
        owners = np.searchsorted(begins, at + start, side="right") - 1
        at = at[(owners >= 0) & (at + start <= lasts[owners])] if len(begins) else at[:0]
        yield lowest[at], at + start


def _rolled(codes: Codes) -> Hashes:
    rolled = codes.astype(np.uint64)
    for step, power in enumerate(_POWERS):
        width = 1 << step
        rolled = rolled[:-width] * power + rolled[width:]
    return rolled
