"""Ordinary public code: what a leak shares with it is no sign of the leak."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from monitors.unpack.encodings import readable

from .binary import BadIndex
from .text import is_text, letters, letters_hash, text_hash
from .winnow import Hashes, distinct, sequence, together
from .words import words_of

_MAGIC = b"\x89LLB\r\n\x1a\n"
_VERSION = 2
_HEADER = struct.Struct("<8s4I")
_START = _HEADER.size + 16


@dataclass(frozen=True, eq=False)
class Background:
    """The pieces of text, the strings and names, and the whole files (`texts`) that strangers have too.

    Each is sorted and distinct. Backgrounds add up: `one | other`.
    """

    grams: Hashes
    words: Hashes
    texts: Hashes

    def __or__(self, other: Background) -> Background:
        pairs = zip(self._layers, other._layers, strict=True)
        return Background(*(distinct(np.concatenate(pair)) for pair in pairs))

    @property
    def _layers(self) -> tuple[Hashes, Hashes, Hashes]:
        return self.grams, self.words, self.texts

    def has_grams(self, hashes: Hashes) -> NDArray[np.bool_]:
        """Of each of these, whether strangers have it too."""
        return _are_in(self.grams, hashes)

    def has_words(self, hashes: Hashes) -> NDArray[np.bool_]:
        return _are_in(self.words, hashes)

    def holds(self, text: str) -> bool:
        """Whether a file with this text hash was among the ordinary code. "" never was."""
        return bool(text) and bool(_are_in(self.texts, np.array([_short(text)], np.uint64)).all())

    def to_bytes(self) -> bytes:
        """The background as a file, to keep for the next leak: the same bytes on every machine."""
        body = b"".join(layer.astype("<u8").tobytes() for layer in self._layers)
        head = _HEADER.pack(_MAGIC, _VERSION, *map(len, self._layers))
        return head + _seal(head, body) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Background:
        """The background that `to_bytes` wrote. Raises BadIndex, with what to do, on anything else."""
        _require(len(data) >= _START)
        magic, version, *counts = _HEADER.unpack_from(data)
        head, seal, body = data[: _HEADER.size], data[_HEADER.size : _START], data[_START:]
        _require((magic, version, len(body)) == (_MAGIC, _VERSION, 8 * sum(counts)))
        _require(_seal(head, body) == seal)
        hashes = np.frombuffer(body, "<u8").astype(np.uint64)
        layers = np.split(hashes, np.cumsum(counts)[:-1])
        _require(all(bool((layer[1:] > layer[:-1]).all()) for layer in layers))
        return cls(*layers)


def is_background(data: bytes) -> bool:
    """Whether a file that begins like this says that it is a background."""
    return data.startswith(_MAGIC)


_NONE: Hashes = np.empty(0, np.uint64)
NOTHING = Background(_NONE, _NONE, _NONE)


def learn(files: Iterable[tuple[str, bytes]]) -> Background:
    """The background of these files (path, content), which are read once, one by one.

    A picture, a font or another file without text is known again as a whole, and by nothing in it.
    """
    grams, words = _Pile(), _Pile()
    texts: set[str] = set()

    def told() -> Iterator[bytes]:
        for path, content in files:
            if is_text(path, content):
                yield readable(content)
            else:
                texts.add(text_hash(content))

    for contents in together(told()):
        kept = [letters(content) for content in contents]
        grams.add(sequence(kept).hashes)
        words.add(words_of(contents)[0])
        texts.update(map(letters_hash, kept))
    shorts = np.array([_short(text) for text in texts if text], np.uint64)
    return Background(grams.all(), words.all(), np.unique(shorts))


class _Pile:
    """Distinct hashes, of which those that came last wait until they are worth sorting."""

    def __init__(self) -> None:
        self._sorted, self._fresh, self._waiting = _NONE, [_NONE], 0

    def add(self, hashes: Hashes) -> None:
        self._fresh.append(hashes)
        self._waiting += len(hashes)
        if self._waiting > max(len(self._sorted), 1 << 16):
            self.all()

    def all(self) -> Hashes:
        self._sorted = distinct(np.concatenate([self._sorted, *self._fresh]))
        self._fresh, self._waiting = [_NONE], 0
        return self._sorted


def _are_in(known: Hashes, hashes: Hashes) -> NDArray[np.bool_]:
    if not len(known):
        return np.zeros(len(hashes), np.bool_)
    # In their order, as each look-up then finds most of its way in the processor's cache.
    order = np.argsort(hashes)
    places = np.minimum(np.searchsorted(known, hashes[order]), len(known) - 1)
    found = np.empty(len(hashes), np.bool_)
    found[order] = known[places] == hashes[order]
    return found


def _short(text: str) -> int:
    """Eight bytes of a hash are enough to know it again."""
    return int(text[:16], 16)


def _seal(head: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(head + body, digest_size=16).digest()


def _require(fits: bool) -> None:
    if not fits:
        raise BadIndex("This is not a background that can be read. Make it again from the folders.")
