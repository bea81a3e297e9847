"""Postings in few bytes: of each holder, how far its key is from the one before, and where it is.

Sorted keys lie near each other, so the gaps are small numbers; a gap of 0 is another file with the same key.
A file and a line of it are one number: the line, counted through all files. As a rule this takes 6 bytes a
piece instead of 20.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from .postings import KEY_BITS, Numbers, Postings
from .winnow import Hashes

Bytes = NDArray[np.uint8]


class Packed(NamedTuple):
    """One row of bytes for each holder of a key: little endian, as wide as the largest number needs."""

    gaps: Bytes
    holders: Bytes


class Senseless(ValueError):
    """These bytes are no postings. The message says why, as the end of a sentence."""


def packed(postings: Postings, lines_of: Numbers) -> Packed:
    """The postings of files that have so many lines each."""
    counts = np.diff(postings.starts)
    keys = np.repeat(postings.keys, counts)
    gaps = np.diff(keys, prepend=np.uint64(0))
    if not len(postings.lines):
        return Packed(_narrowed(gaps), _narrowed(postings.numbers))
    above = np.cumsum(lines_of, dtype=np.uint64) - lines_of
    return Packed(_narrowed(gaps), _narrowed(above[postings.numbers] + postings.lines - np.uint64(1)))


def unpacked(packed: Packed, lines_of: Numbers, *, by_line: bool) -> Postings:
    """What was packed. Raises Senseless for what does not fit these files."""
    gaps, holders = map(_widened, packed)
    fresh = gaps > 0
    fresh[:1] = True
    keys = np.cumsum(gaps, dtype=np.uint64)[fresh]
    if len(keys) and (keys[-1] >> np.uint64(KEY_BITS) or not (keys[1:] > keys[:-1]).all()):
        raise Senseless("its keys are out of order")
    starts = np.append(np.flatnonzero(fresh), len(gaps)).astype(np.uint32)
    ends = (
        np.cumsum(lines_of, dtype=np.uint64) if by_line else np.arange(1, len(lines_of) + 1, dtype=np.uint64)
    )
    if len(holders) and not (len(ends) and int(holders.max()) < ends[-1]):
        raise Senseless("it names files that it does not hold")
    if not by_line:
        return Postings(keys, starts, holders.astype(np.uint32), _NONE)
    numbers = _files_at(holders, ends, lines_of)
    lines = holders - (ends - lines_of)[numbers] + np.uint64(1)
    return Postings(keys, starts, numbers, lines.astype(np.uint32))


_NONE: Numbers = np.empty(0, np.uint32)
_FEW_LINES = 1 << 24


def _files_at(lines: Hashes, ends: Hashes, lines_of: Numbers) -> Numbers:
    """The number of the file that each of these lines is of."""
    if len(ends) and ends[-1] <= _FEW_LINES:
        return np.repeat(np.arange(len(ends), dtype=np.uint32), lines_of)[lines]
    return np.searchsorted(ends, lines, side="right").astype(np.uint32)


def _narrowed(values: NDArray[np.unsignedinteger]) -> Bytes:
    width = max(1, -(-int(values.max(initial=0)).bit_length() // 8))
    return np.ascontiguousarray(values.astype("<u8").view(np.uint8).reshape(-1, 8)[:, :width])


def _widened(rows: Bytes) -> Hashes:
    wide = np.zeros((len(rows), 8), np.uint8)
    wide[:, : rows.shape[1]] = rows
    return wide.view("<u8").ravel().astype(np.uint64, copy=False)
