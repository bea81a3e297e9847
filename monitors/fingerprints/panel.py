"""Several indexes side by side, so that one look-up asks all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from .binary import BadIndex, FilePrint
from .index import Index
from .locks import Lock
from .postings import KEY_BITS, Postings, keys_of, stretched
from .text import TEXTUAL, ending_of
from .winnow import Hashes, Places
from .words import LENGTH_BITS

Holders = list[tuple[int, int]]  # which index, and the number of the file in it


@dataclass(frozen=True, eq=False)
class Hits:
    """Keys that were found: each one's place among those asked for, whose it is, and which of its keys."""

    asked: Places
    index: Places
    key: Places

    def among(self, chosen: np.ndarray) -> Hits:
        return Hits(self.asked[chosen], self.index[chosen], self.key[chosen])


class Table:
    """The keys of several postings, merged. Most keys of a stranger are turned away by a few bits."""

    def __init__(self, postings: Sequence[Postings]) -> None:
        sizes = [len(one.keys) for one in postings]
        keys = np.concatenate([np.empty(0, np.uint64), *(one.keys for one in postings)])
        order = np.argsort(keys, kind="stable")
        self._index = np.repeat(np.arange(len(postings)), sizes)[order]
        self._key = np.concatenate([np.empty(0, np.intp), *(np.arange(size) for size in sizes)])[order]
        self._keys, starts = np.unique(keys[order], return_index=True)
        self._starts = np.append(starts, len(keys))
        bits = min(max(12, (16 * len(self._keys)).bit_length()), 24)
        self._shift = np.uint64(KEY_BITS - bits)
        self._begins_so = np.zeros(1 << bits, np.bool_)
        self._begins_so[self._keys >> self._shift] = True

    def find(self, keys: Hashes) -> Hits:
        """Those of the keys that are in any of the postings, once for each that has them."""
        asked = np.flatnonzero(self._begins_so[keys >> self._shift])
        if not len(asked):
            return Hits(asked, asked, asked)
        wanted = keys[asked]
        places = np.minimum(np.searchsorted(self._keys, wanted), len(self._keys) - 1)
        found = self._keys[places] == wanted
        of, at = stretched(self._starts, places[found])
        return Hits(asked[found][of], self._index[at], self._key[at])


class Panel:
    """Indexes with the same lock, or with none; `numbers` are theirs among all that were given."""

    def __init__(self, indexes: Sequence[Index], numbers: Sequence[int], lock: Lock | None) -> None:
        self.indexes, self.numbers, self._lock = indexes, numbers, lock
        self.grams = Table([index.grams for index in indexes])
        self.words = Table([index.words for index in indexes])

    @cached_property
    def by_id(self) -> dict[str, Holders]:
        """Files by their git blob id, of 40 digits, and by their SHA-256, of 64."""
        return self._holders(lambda file: file.blob) | self._holders(lambda file: file.sha256)

    @cached_property
    def by_text(self) -> dict[str, Holders]:
        """Files by their text hash, those too short for one left out."""
        return self._holders(lambda file: file.text)

    @cached_property
    def endings(self) -> frozenset[str]:
        """Endings of names that files with text of ours are likeliest to have."""
        return TEXTUAL | {
            ending_of(file.path) for index in self.indexes for file in index.files if file.lines
        }

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of our files, without their folders."""
        return frozenset(file.path.rpartition("/")[2] for index in self.indexes for file in index.files)

    def code(self, id_: str) -> str:
        """The id as these indexes know it."""
        return self._lock.id(id_) if self._lock else id_

    def coded(self, ids: Mapping[str, str]) -> Iterable[tuple[str, str]]:
        """The same of ids by their paths."""
        return ((path, self.code(id_)) for path, id_ in ids.items()) if self._lock else ids.items()

    def find_grams(self, hashes: Hashes) -> Hits:
        keys = keys_of(hashes)
        return self.grams.find(self._lock.keys(keys) if self._lock else keys)

    def find_words(self, hashes: Hashes) -> Hits:
        keys = keys_of(hashes)
        return self.words.find(self._lock.keys(keys, kept=LENGTH_BITS) if self._lock else keys)

    def _holders(self, key: Callable[[FilePrint], str]) -> dict[str, Holders]:
        holders: dict[str, Holders] = {}
        for which, index in enumerate(self.indexes):
            for number, file in enumerate(index.files):
                if id_ := key(file):
                    holders.setdefault(id_, []).append((which, number))
        return holders


def panels(indexes: Iterable[Index]) -> list[Panel]:
    """The fewest panels that hold these indexes. Raises BadIndex for one whose key is missing."""
    groups: dict[bytes, list[int]] = {}
    given = list(indexes)
    for number, index in enumerate(given):
        if index.is_locked:
            raise BadIndex("This index is locked: it is of use only with the key that it was made with.")
        groups.setdefault(index.parts.lock, []).append(number)
    return [
        Panel([given[number] for number in numbers], numbers, given[numbers[0]].key)
        for numbers in groups.values()
    ]
