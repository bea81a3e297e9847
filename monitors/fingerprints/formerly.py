"""Indexes that an earlier release wrote, so that no leak has to be fingerprinted again for a new one.

Version 2 differed in what it says of grams and of words: whole hashes u64, sorted; where the files of each
begin u32; numbers of files u32; lines u32. Its counts are those of files, trees, these three, twice, and
the bytes of the identity.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .packing import Senseless
from .postings import Numbers, Postings, keys_of, post

VERSION = 2
HEADER = struct.Struct("<8sII9Q16s")

_SHORT, _LONG = np.dtype("<u4"), np.dtype("<u8")
Tables = Sequence[NDArray[Any]]


def tables(counts: Sequence[int]) -> list[tuple[np.dtype[Any], int]]:
    """Of each table of a layer with so many hashes, numbers and lines: what its rows are, and how many."""
    hashes, numbers, lines = counts
    return [(_LONG, hashes), (_SHORT, hashes + 1), (_SHORT, numbers), (_SHORT, lines)]


def layers(held: Tables, lines_of: Numbers) -> tuple[Postings, Postings]:
    """Grams and words as they would be posted today. Raises Senseless for what no release wrote."""
    return _postings(held[:4], lines_of), _postings(held[4:], lines_of)


def _postings(held: Tables, lines_of: Numbers) -> Postings:
    hashes, starts, numbers, lines = held
    spans = starts[0] == 0 and starts[-1] == len(numbers) and (starts[1:] > starts[:-1]).all()
    if not spans or len(lines) not in (0, len(numbers)):
        raise Senseless("its hashes point outside")
    if not (numbers < len(lines_of)).all() or (lines - 1 >= lines_of[numbers[: len(lines)]]).any():
        raise Senseless("it names files or lines that it does not hold")
    order = np.argsort(numbers, kind="stable")
    keys = np.repeat(keys_of(hashes.astype(np.uint64)), np.diff(starts))[order]
    lines = lines[order] if len(lines) else lines
    return post(keys, numbers[order].astype(np.uint32), lines.astype(np.uint32), most=len(numbers))
