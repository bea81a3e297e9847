"""A sparse, stable sample of a text's 32-letter pieces: copies of 79 letters or more always share one.

Winnowing: https://theory.stanford.edu/~aiken/publications/papers/sigmod03.pdf
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]

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
    hashes: Hashes = np.unique(sequence(kept))
    return hashes


def sequence(kept: bytes) -> Hashes:
    """The same hashes as `grams`, in the order of the text, each as often as it was chosen."""
    codes = np.frombuffer(kept, np.uint8)
    starts = range(0, max(1, len(codes) - _REACH), _PIECE)
    return np.concatenate([_chosen(codes[start : start + _PIECE + _REACH]) for start in starts])


def _chosen(codes: NDArray[np.uint8]) -> Hashes:
    if len(codes) < GRAM:
        return np.empty(0, np.uint64)
    lowest = _mixed(_rolled(codes))
    if len(lowest) < WINDOW:
        least: Hashes = np.min(lowest, keepdims=True)
        return least
    for width in (1, 2, 4, 8, 16, 16):
        lowest = np.minimum(lowest[:-width], lowest[width:])
    return lowest[np.flatnonzero(np.diff(lowest, prepend=~lowest[:1]))]


def _rolled(codes: NDArray[np.uint8]) -> Hashes:
    rolled = codes.astype(np.uint64)
    for step, power in enumerate(_POWERS):
        width = 1 << step
        rolled = rolled[:-width] * power + rolled[width:]
    return rolled


def _mixed(hashes: Hashes) -> Hashes:
    """Without this, the lowest hash would prefer some letters (the finish of splitmix64)."""
    for shift, mixer in zip(_SHIFTS, _MIXERS, strict=False):
        hashes ^= hashes >> shift
        hashes *= mixer
    hashes ^= hashes >> _SHIFTS[2]
    return hashes
