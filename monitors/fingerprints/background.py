"""Ordinary public code: what a leak shares with it is no sign of the leak."""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .binary import BadIndex
from .text import letters, letters_hash
from .winnow import Hashes, grams
from .words import words

_MAGIC = b"\x89LLB\r\n\x1a\n"
_VERSION = 1
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
        return Background(*(np.union1d(one, two) for one, two in pairs))

    @property
    def _layers(self) -> tuple[Hashes, Hashes, Hashes]:
        return self.grams, self.words, self.texts

    def without_grams(self, hashes: Hashes) -> Hashes:
        return _without(self.grams, hashes)

    def without_words(self, hashes: Hashes) -> Hashes:
        return _without(self.words, hashes)

    def holds(self, text: str) -> bool:
        """Whether a file with this text hash was among the ordinary code. "" never was."""
        return bool(text) and not len(_without(self.texts, np.array([_short(text)], np.uint64)))

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
    """The background of these files (path, content), which are read once, one by one."""
    gram_sets, word_sets, texts = [_NONE], [_NONE], set()
    for _path, content in files:
        kept = letters(content)
        gram_sets.append(grams(kept))
        word_sets.append(words(content))
        texts.add(letters_hash(kept))
    shorts = np.array([_short(text) for text in texts if text], np.uint64)
    return Background(
        np.unique(np.concatenate(gram_sets)), np.unique(np.concatenate(word_sets)), np.unique(shorts)
    )


def _without(known: Hashes, hashes: Hashes) -> Hashes:
    if not len(known):
        return hashes
    places = np.minimum(np.searchsorted(known, hashes), len(known) - 1)
    rest: Hashes = hashes[known[places] != hashes]
    return rest


def _short(text: str) -> int:
    """Eight bytes of a hash are enough to know it again."""
    return int(text[:16], 16)


def _seal(head: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(head + body, digest_size=16).digest()


def _require(fits: bool) -> None:
    if not fits:
        raise BadIndex("This is not a background that can be read. Make it again from the folders.")
