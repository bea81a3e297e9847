"""An index that can be handed to another team, and tells nothing to who does not hold its key.

Without the key it shows that it is a locked index, about how long it is (to an eighth of the next power of
two), and whether another one that is seen beside it has the same key or is the same. All else is enciphered:
how many files there are, their sizes and their lines are enough for who has a copy of a file to tell that
it is in the index, whatever is done to the hashes. SHAKE256, begun by the key and a digest of all that is
enciphered, makes the stream of bytes that it is mixed with; the digest also seals it.
https://nvlpubs.nist.gov/nistpubs/FIPS/NIST.FIPS.202.pdf

Who holds the key sees how many files and folders there are, how they lie in each other, their sizes, lines
and endings, and how many pieces they share; not a file, a string or a name, as everything that could be
compared is passed through a function of the key (https://www.blake2.net for ids and names,
https://www.aumasson.jp/siphash/siphash.pdf for hashes). But the key is what guesses are tested with.

What it costs: evidence names our files by codes that only who has the leak can read; places that claim the
leak's name without holding it are not told, as the names are left out; the file is up to an eighth longer,
and is held in the memory of each process instead of being mapped; and a place takes about a quarter longer
to compare, as its hashes go through the same function. What is found and how much of it are the same.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import replace
from hmac import compare_digest
from os.path import splitext

import numpy as np

from .binary import MAGIC, NO_LOCK, BadIndex, Buffer, FilePrint
from .postings import Postings, keys_of, post
from .winnow import Hashes

SHORTEST_KEY = 16
SHUT_VERSION = 4  # 3 with a lock left numbers of files, their sizes and lines in the open

_HEADER = struct.Struct("<8sII16s16s")  # magic, version, 0, lock, digest of what is enciphered
_LENGTH = struct.Struct("<Q")
_AT_ONCE = 1 << 20  # bytes that are enciphered together


class Lock:
    """What is done to everything in a locked index. Raises ValueError for a key of fewer than 16 bytes."""

    def __init__(self, key: bytes) -> None:
        if len(key) < SHORTEST_KEY:
            raise ValueError(f"A key has {SHORTEST_KEY} bytes or more.")
        self._key = hashlib.blake2b(key, person=b"leakline lock").digest()
        self.mark = self._digest(b"mark", b"", 16)
        halves = np.frombuffer(self._digest(b"siphash", b"", 16), "<u8")
        self._halves = int(halves[0]), int(halves[1])

    def id(self, id_: str) -> str:
        """The code of a hexadecimal id, as long as the id; "" has none."""
        return self._digest(b"id", bytes.fromhex(id_), len(id_) // 2).hex() if id_ else ""

    def path(self, path: str) -> str:
        """A code for each part of the path; its ending stays."""
        parts = [part.encode("utf-8", "surrogatepass") for part in path.split("/")] if path else []
        coded = [self._digest(b"path", part, 8).hex() for part in parts]
        return "/".join(coded) + splitext(path)[1][:12]

    def file(self, file: FilePrint) -> FilePrint:
        blob, sha256, text = map(self.id, (file.blob, file.sha256, file.text))
        return replace(file, path=self.path(file.path), blob=blob, sha256=sha256, text=text)

    def keys(self, keys: Hashes, *, kept: int = 0) -> Hashes:
        """The code of each key, from SipHash-2-4 of its eight bytes; so many of its lowest bits stay."""
        mask = np.uint64((1 << kept) - 1)
        return keys_of(siphash(keys, *self._halves)) & ~mask | keys & mask

    def postings(self, postings: Postings, *, kept: int = 0) -> Postings:
        """The same postings by the codes of their keys."""
        keys = np.repeat(self.keys(postings.keys, kept=kept), np.diff(postings.starts))
        order = np.argsort(postings.numbers, kind="stable")
        lines = postings.lines[order] if len(postings.lines) else postings.lines
        return post(keys[order], postings.numbers[order], lines, most=len(keys))

    def shut(self, index: bytes) -> bytes:
        """The index's file, enciphered: the same bytes for the same index and key."""
        size = _rounded(_LENGTH.size + len(index))
        plain = (_LENGTH.pack(len(index)) + index).ljust(size, b"\0")
        digest = self._digest(b"seal", plain, 16)
        return _HEADER.pack(MAGIC, SHUT_VERSION, 0, self.mark, digest) + self._mixed(plain, digest)

    def opened(self, shut: Buffer) -> bytes:
        """What `shut` was given. Raises BadIndex for bytes that it did not write with this key."""
        *_, digest = _HEADER.unpack_from(shut)
        plain = self._mixed(bytes(shut[_HEADER.size :]), digest)
        if len(plain) < _LENGTH.size or not compare_digest(self._digest(b"seal", plain, 16), digest):
            raise BadIndex(
                "This is not a locked index that can be read: its seal does not fit. Make it again."
            )
        return plain[_LENGTH.size :][: _LENGTH.unpack_from(plain)[0]]

    def _mixed(self, content: bytes, digest: bytes) -> bytes:
        """The content, turned where a stream that only the key gives has a one; done twice, as it was."""
        begun = hashlib.shake_256(self._digest(b"stream", b"", 32) + digest)
        mixed = bytearray()
        for at in range(0, len(content), _AT_ONCE):
            part = np.frombuffer(content, np.uint8, min(_AT_ONCE, len(content) - at), at)
            stream = begun.copy()
            stream.update(_LENGTH.pack(at))
            mixed += (part ^ np.frombuffer(stream.digest(len(part)), np.uint8)).tobytes()
        return bytes(mixed)

    def _digest(self, purpose: bytes, content: bytes, size: int) -> bytes:
        return hashlib.blake2b(content, key=self._key, person=purpose, digest_size=size).digest()


def lock_of(data: Buffer) -> bytes:
    """The mark of the key that these bytes were shut with; NO_LOCK for bytes that are not shut."""
    if len(data) < _HEADER.size or data[: len(MAGIC)] != MAGIC:
        return NO_LOCK
    _, version, _, mark, _ = _HEADER.unpack_from(data)
    return bytes(mark) if version == SHUT_VERSION else NO_LOCK


def _rounded(size: int) -> int:
    """Up to a multiple of an eighth of the power of two below: a length that many indexes have."""
    step = 1 << max(0, size.bit_length() - 4)
    return -(-size // step) * step


def siphash(words: Hashes, low: int, high: int) -> Hashes:
    """SipHash-2-4 of each word's eight bytes, little endian, under the key of these two halves."""
    v0, v1, v2, v3 = (
        np.full(len(words), half ^ constant, np.uint64)
        for half, constant in (
            (low, 0x736F6D6570736575),
            (high, 0x646F72616E646F6D),
            (low, 0x6C7967656E657261),
            (high, 0x7465646279746573),
        )
    )
    state = [v0, v1, v2, v3]
    for block in (words, np.uint64(8 << 56)):
        state[3] = state[3] ^ block
        for _ in range(2):
            _round(state)
        state[0] = state[0] ^ block
    state[2] = state[2] ^ np.uint64(0xFF)
    for _ in range(4):
        _round(state)
    hashes: Hashes = state[0] ^ state[1] ^ state[2] ^ state[3]
    return hashes


def _round(state: list[Hashes]) -> None:
    v0, v1, v2, v3 = state
    v0 = v0 + v1
    v2 = v2 + v3
    v1 = _rotated(v1, 13) ^ v0
    v3 = _rotated(v3, 16) ^ v2
    v0 = _rotated(v0, 32)
    v2 = v2 + v1
    v0 = v0 + v3
    v1 = _rotated(v1, 17) ^ v2
    v3 = _rotated(v3, 21) ^ v0
    v2 = _rotated(v2, 32)
    state[:] = v0, v1, v2, v3


def _rotated(values: Hashes, by: int) -> Hashes:
    rotated: Hashes = values << np.uint64(by) | values >> np.uint64(64 - by)
    return rotated
