"""Which of our files holds which hash: sorted, so that a thousand look-ups take a moment."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .winnow import Hashes, Places

Numbers = NDArray[np.uint32]
Tables = tuple[Hashes, Numbers, Numbers, Numbers]

KEY_BITS = 38  # of a hash: a million of a stranger's meet four millionths of a leak by chance
_KEPT = np.uint64((1 << KEY_BITS) - 1)


def keys_of(hashes: Hashes) -> Hashes:
    """As much of each hash as an index keeps: its lowest 38 bits. (The highest of the lowest of some hashes
    are mostly zeros.)
    """
    return hashes & _KEPT


@dataclass(frozen=True, eq=False)
class Postings:
    """Key `keys[i]` is in the files `numbers[starts[i]:starts[i + 1]]`. Keys ascend strictly, and so do the
    files of a key.

    `lines` says on which line of each of these files it begins, from 1; it is empty where nobody asked.
    """

    keys: Hashes
    starts: Numbers
    numbers: Numbers
    lines: Numbers

    @property
    def tables(self) -> Tables:
        return self.keys, self.starts, self.numbers, self.lines

    def spread(self, places: Places) -> tuple[Places, Places]:
        """The files that hold the keys at these places: for each holder, which of `places` it is of, and
        where in `numbers` and `lines` it stands.
        """
        return stretched(self.starts, places)

    def held_by(self, chosen: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Which of the keys are held by any of the files marked in `chosen`."""
        held: NDArray[np.bool_] = np.zeros(len(self.keys), np.bool_)
        held[self._owners[chosen[self.numbers]]] = True
        return held

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """How many keys each file holds, by its number; files behind the last with any are missing."""
        return np.bincount(self.numbers).astype(np.intp)

    @cached_property
    def _owners(self) -> Places:
        return np.repeat(np.arange(len(self.keys)), self.starts[1:] - self.starts[:-1])


def stretched(starts: Numbers | Places, places: Places) -> tuple[Places, Places]:
    """All from `starts[i]` to `starts[i + 1]` of each place i: which of `places` it is of, and where."""
    begins = starts[places].astype(np.intp)
    counts = starts[places + 1].astype(np.intp) - begins
    of = np.repeat(np.arange(len(places)), counts)
    return of, np.arange(len(of)) + np.repeat(begins - (np.cumsum(counts) - counts), counts)


def post(keys: Hashes, numbers: Numbers, lines: Numbers, *, most: int) -> Postings:
    """Postings of these keys, each in the file of this number, on this line (or `lines` is empty).

    They come by the numbers of their files. One may come twice of a file: its first line counts. Those in
    more than `most` files are left out.
    """
    order = np.argsort(keys, kind="stable").astype(np.uint32)
    keys, numbers = keys[order], numbers[order]
    fresh = np.ones(len(keys), np.bool_)
    fresh[1:] = (keys[1:] != keys[:-1]) | (numbers[1:] != numbers[:-1])
    if not fresh.all():
        keys, numbers, order = keys[fresh], numbers[fresh], order[fresh]
    begins = np.flatnonzero(np.append(True, keys[1:] != keys[:-1])) if len(keys) else order
    keys, counts = keys[begins], np.diff(np.append(begins, len(keys)))
    rare = counts <= most
    kept = np.repeat(rare, counts)
    starts = np.concatenate([[0], np.cumsum(counts[rare])]).astype(np.uint32)
    return Postings(keys[rare], starts, numbers[kept], lines[order][kept] if len(lines) else lines)
