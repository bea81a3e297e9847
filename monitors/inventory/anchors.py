"""Where any of many words stands in a text, found in one scan whose cost does not grow with their number.

Every four bytes of the text are taken as one number, hashed, and looked up in a table of the words' first
four bytes: numpy does that for all places at once, and Python sees only the places where a word begins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt

WIDTH = 4  # bytes of a word that are looked up; no word may be shorter
BLOCK = 256 * 1024  # bytes scanned at once, so that they stay in the cache
_BITS = 18
_SPREAD = np.uint32(0x9E3779B1)
_SHIFT = np.uint32(32 - _BITS)

Codes = npt.NDArray[np.uint32]


class Anchors:
    """Words of at least WIDTH bytes, in lower case."""

    def __init__(self, words: Iterable[bytes]) -> None:
        self._by_code: dict[int, list[bytes]] = {}
        for word in sorted(set(words)):
            if len(word) < WIDTH or word != word.lower():
                raise ValueError(f"{word!r} is shorter than {WIDTH} bytes or not in lower case")
            self._by_code.setdefault(int.from_bytes(word[:WIDTH], "little"), []).append(word)
        self._codes: Codes = np.array(sorted(self._by_code), dtype=np.uint32)
        self._table = np.zeros(1 << _BITS, dtype=bool)
        self._table[_hashed(self._codes)] = True

    def scan(self, lowered: bytes) -> list[tuple[int, bytes]]:
        """Each place where a word begins, with the word, in the order of the text."""
        return sorted(
            (at, word)
            for start in range(0, len(lowered), BLOCK)
            for at, code in self._places(lowered, start)
            for word in self._by_code[code]
            if lowered.startswith(word, at)
        )

    def _places(self, lowered: bytes, start: int) -> Iterator[tuple[int, int]]:
        stop = min(len(lowered), start + BLOCK + WIDTH - 1)
        for offset in range(start, start + WIDTH):
            count = (stop - offset) // WIDTH
            if count <= 0:
                return
            codes: Codes = np.frombuffer(lowered, "<u4", count, offset)
            places = np.flatnonzero(self._table[_hashed(codes)])
            if not len(places):
                continue
            found = codes[places]
            exact = self._codes[np.searchsorted(self._codes, found) % len(self._codes)] == found
            yield from zip(
                (places[exact] * WIDTH + offset).tolist(),
                found[exact].tolist(),
                strict=True,
            )


def _hashed(codes: Codes) -> npt.NDArray[np.intp]:
    """Where each is looked up; as whole indices, which numpy would otherwise make of them in small pieces."""
    return ((codes * _SPREAD) >> _SHIFT).astype(np.intp)
