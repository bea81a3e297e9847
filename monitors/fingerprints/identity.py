"""What a leak calls itself, hashed: by that an impostor is known, who says to have it and does not.

magic 8 | version u32 | names u32 | grams u32 | blake2b-16 of all before and behind it
names u64 each, ascending; then the grams of its README u64 each, ascending; little endian
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from .binary import BadIndex
from .descriptions import JSON, README, README_BYTES, TOML, kind_of, manifest, root_most, titles
from .names import GENERIC, Key, Name, hashed, keys, parse, plain
from .text import letters
from .winnow import Hashes, grams

# A leak has a name or two, an owner and a title; more given by hand are cut off here.
MOST_NAMES = 64
# A title of more words is a sentence, or a tool's ("Getting started with ..."), and names nothing; unless it
# has a word of the package's name, when it may have more.
_TITLE_WORDS, _TITLE_WORDS_ALIKE = 3, 6
# A README of half a megabyte has fewer grams.
_MOST_GRAMS = 65_536

_MAGIC = b"\x89LLN\r\n\x1a\n"
_VERSION = 1
_HEADER = struct.Struct("<8s3I")
_START = _HEADER.size + 16


@dataclass(frozen=True, eq=False)
class Identity:
    """`names`: hashed names and owners (see `names.keys`). `readme`: sorted grams of the README's letters."""

    names: frozenset[int]
    readme: Hashes

    NOTHING: ClassVar[Identity]

    def knows(self, key: Key, name: str) -> bool:
        """Whether that is one of the leak's own: a plain name, or for WRITTEN and OWNER, one as written."""
        return hashed(key, name) in self.names

    def readme_share(self, theirs: Hashes) -> float:
        """The share (0 to 1) of the leak's README that one with these grams repeats; 0 where it has none."""
        if not len(self.readme):
            return 0.0
        return len(np.intersect1d(self.readme, theirs, assume_unique=True)) / len(self.readme)

    def to_bytes(self) -> bytes:
        """The identity as a file: the same bytes on every machine."""
        body = np.array(sorted(self.names), "<u8").tobytes() + self.readme.astype("<u8").tobytes()
        head = _HEADER.pack(_MAGIC, _VERSION, len(self.names), len(self.readme))
        return head + _seal(head, body) + body

    @classmethod
    def from_bytes(cls, data: bytes) -> Identity:
        """The identity that `to_bytes` wrote. Raises BadIndex, with what to do, on anything else."""
        _require(len(data) >= _START)
        magic, version, names, pieces = _HEADER.unpack_from(data)
        head, seal, body = data[: _HEADER.size], data[_HEADER.size : _START], data[_START:]
        _require((magic, version, len(body)) == (_MAGIC, _VERSION, 8 * (names + pieces)))
        _require(_seal(head, body) == seal)
        hashes = np.frombuffer(body, "<u8").astype(np.uint64)
        known, readme = hashes[:names], hashes[names:]
        _require(all(bool((layer[1:] > layer[:-1]).all()) for layer in (known, readme)))
        return cls(frozenset(known.tolist()), readme)


Identity.NOTHING = Identity(frozenset(), np.empty(0, np.uint64))


def identify(files: Iterable[tuple[str, bytes]], names: Iterable[str] = ()) -> Identity:
    """What the leak made of these files (path, content) calls itself. They are read once, one by one.

    Give it all files but somebody else's: what was published on purpose tells the name, too. Only the
    package.json, pyproject.toml and README nearest to the root count, and no more than a megabyte of
    each. `names` are others that its owner gave it: package URLs, "@scope/name", "owner/repository". Never
    the address where the leak was found: whoever put it there would be taken for the owner.
    """
    told = dict(_nearest(files))
    listed = [*_names(told), *(parse(name) for name in list(names)[:MOST_NAMES])][:MOST_NAMES]
    listed += _title(told.get(README, b""), listed)
    known = frozenset(key for name in listed for key in keys(name))
    readme = grams(letters(told.get(README, b"")[:README_BYTES]))
    return Identity(known, readme[:_MOST_GRAMS])


def _nearest(files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    """By kind of description, the content of the one nearest to the root."""
    kept: dict[str, bytes] = {}
    for path, content in files:
        if kind_of(path):
            kept[path] = content
            nearest = set(root_most(kept).values())
            kept = {one: kept[one] for one in kept if one in nearest}
    for path, content in kept.items():
        yield kind_of(path), content


def _names(told: dict[str, bytes]) -> Iterator[Name]:
    for kind in (JSON, TOML):
        said = manifest(kind, told.get(kind, b""))
        yield parse(said.name)
        if "/" in said.repository:
            yield parse(said.repository)


def _title(readme: bytes, listed: list[Name]) -> Iterator[Name]:
    """What the README is headed with, where that is a name."""
    parts = {part for name in listed for part in plain(name.name).split("-")} - GENERIC
    for title in titles(readme)[:1]:
        words = plain(title).split("-")
        if len(words) <= (_TITLE_WORDS if parts.isdisjoint(words) else _TITLE_WORDS_ALIKE):
            # "TypeScript/JavaScript client" has no owner; "@acme/cli" has.
            yield parse(title) if title.startswith("@") else Name("", title.replace("/", " ").lower())


def _seal(head: bytes, body: bytes) -> bytes:
    return hashlib.blake2b(head + body, digest_size=16).digest()


def _require(fits: bool) -> None:
    if not fits:
        raise BadIndex("This is not an identity that can be read. Fingerprint the leak again.")
