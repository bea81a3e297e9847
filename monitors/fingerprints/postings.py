"""Which of our files holds which hash: sorted, so that a thousand look-ups take a moment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from .winnow import Hashes

Numbers = NDArray[np.uint32]
Places = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class Postings:
    """Hash `keys[i]` is in the files `numbers[starts[i]:starts[i + 1]]`. Keys ascend strictly."""

    keys: Hashes
    starts: Numbers
    numbers: Numbers

    @property
    def tables(self) -> tuple[Hashes, Numbers, Numbers]:
        return self.keys, self.starts, self.numbers

    def find(self, hashes: Hashes) -> Places:
        """The places in `keys` of those `hashes` that are there."""
        if not len(self.keys):
            return np.empty(0, np.intp)
        places = np.minimum(np.searchsorted(self.keys, hashes), len(self.keys) - 1)
        found: Places = places[self.keys[places] == hashes]
        return found

    def numbers_at(self, places: Places) -> Numbers:
        """The files that hold the keys at these places, once for each key they hold."""
        begins = self.starts[places].astype(np.intp)
        counts = self.starts[places + 1].astype(np.intp) - begins
        ends = np.cumsum(counts)
        steps = np.arange(ends[-1] if len(ends) else 0) - np.repeat(ends - counts, counts)
        held: Numbers = self.numbers[np.repeat(begins, counts) + steps]
        return held

    def places_in(self, chosen: NDArray[np.bool_]) -> Places:
        """The places of the keys held by any of the files marked in `chosen`."""
        starts = self.starts.astype(np.intp)
        owners = np.repeat(np.arange(len(self.keys)), starts[1:] - starts[:-1])
        held: Places = np.unique(owners[chosen[self.numbers]])
        return held

    @cached_property
    def sizes(self) -> NDArray[np.intp]:
        """How many keys each file holds, by its number; files behind the last with any are missing."""
        return np.bincount(self.numbers).astype(np.intp)


def post(prints: Sequence[Hashes], *, most: int) -> Postings:
    """Postings of each file's distinct hashes. Those in more than `most` files are left out."""
    lengths = [len(one) for one in prints]
    hashes = np.concatenate([np.empty(0, np.uint64), *prints])
    numbers = np.repeat(np.arange(len(prints), dtype=np.uint32), lengths)
    order = np.argsort(hashes, kind="stable")
    keys, counts = np.unique(hashes, return_counts=True)
    rare = counts <= most
    starts = np.concatenate([[0], np.cumsum(counts[rare])]).astype(np.uint32)
    return Postings(keys[rare], starts, numbers[order][np.repeat(rare, counts)])


def longest_run(hashes: Hashes, known: NDArray[np.bool_], *, longer_than: int) -> int:
    """How many distinct hashes the best unbroken stretch of known ones has; 0 when none is so long."""
    edges = np.flatnonzero(np.diff(known, prepend=False, append=False)).reshape(-1, 2)
    long = edges[edges[:, 1] - edges[:, 0] > longer_than]
    return max((len(np.unique(hashes[start:end])) for start, end in long), default=0)
