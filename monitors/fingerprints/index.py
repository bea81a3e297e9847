"""What matching needs to know of a leak, without the leak."""

from __future__ import annotations

import mmap
import time
from collections.abc import Callable, Iterable, Iterator, Sequence, Sized
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from monitors.unpack.encodings import readable

from . import binary
from .background import NOTHING, Background
from .binary import NO_LOCK, BadIndex, FilePrint, Parts
from .ids import folders_of, git_blob_id, git_tree_ids, sha256
from .locks import Lock, lock_of
from .postings import Postings, keys_of, post
from .tables import Span, are_tables, letters_in, lists, without
from .text import (
    LEAST,
    family_of,
    is_boilerplate,
    is_taken,
    is_text,
    letters,
    letters_hash,
    line_count,
    lines_at,
    without_legal_opening,
)
from .winnow import Hashes, sequence
from .words import LENGTH_BITS, weights, words_of

Progress = Callable[[str, int, int], None]
_AT_ONCE = 1 << 20  # bytes that are taken apart together


@dataclass(frozen=True, eq=False)
class Index:
    """Prints of each file, the ids of its telling folders, and who holds which gram and word.

    A folder is telling when its files together have 200 letters that a stranger
    would not write by chance; a file's `weight` counts those letters. A file that is no
    text has no lines, and is known as a whole only. A locked index is of use with its
    `key` only: see `locks`.
    """

    parts: Parts
    key: Lock | None = field(default=None)
    shut: bytes = field(default=b"", repr=False)  # the file of a locked index whose key was not given

    @property
    def grams(self) -> Postings:
        return self.parts.grams

    @property
    def words(self) -> Postings:
        return self.parts.words

    @property
    def is_locked(self) -> bool:
        """Whether its key is needed and was not given."""
        return self.parts.lock != NO_LOCK and self.key is None

    @cached_property
    def files(self) -> list[FilePrint]:
        return binary.prints(self.parts)

    @cached_property
    def trees(self) -> dict[str, str]:
        """Paths of the telling folders by their git tree ids."""
        return binary.folders(self.parts)

    @property
    def total_files(self) -> int:
        return len(self.parts.files)

    @cached_property
    def total_lines(self) -> int:
        return int(self.parts.files["lines"].sum(dtype=np.int64))

    @cached_property
    def telling(self) -> frozenset[int]:
        """Numbers of the files that are evidence by themselves."""
        return frozenset(np.flatnonzero(self.parts.files["weight"] >= LEAST).tolist())

    @cached_property
    def accusing(self) -> frozenset[int]:
        """Those of them for which a place may be accused: texts. Pictures, fonts and programs go from hand to
        hand, and accuse nobody, unless the leak consists of nothing else.
        """
        texts = frozenset(np.flatnonzero(self.parts.files["lines"]).tolist())
        return self.telling & texts or self.telling

    @cached_property
    def families(self) -> frozenset[str]:
        """Families of the programming languages that our files are in."""
        return frozenset(family for file in self.files if (family := family_of(file.path)))

    @cached_property
    def word_weights(self) -> NDArray[np.intp]:
        return weights(self.words.keys)

    def to_bytes(self) -> bytes:
        """The index as a file: the same bytes on every machine."""
        if self.shut:
            return self.shut
        return self.key.shut(binary.pack(self.parts)) if self.key else binary.pack(self.parts)

    @classmethod
    def from_bytes(cls, data: bytes | mmap.mmap) -> Index:
        """The index that `to_bytes` wrote. Raises BadIndex, with what to do, on anything else."""
        if (lock := lock_of(view := memoryview(data))) != NO_LOCK:
            return cls(binary.EMPTY._replace(lock=lock), shut=bytes(view))
        return cls(binary.unpack(view))

    @classmethod
    def open(cls, path: Path) -> Index:
        """The same of a file, whose pages all processes share. Raises BadIndex and OSError."""
        with path.open("rb") as file:
            if not file.seek(0, 2):
                raise BadIndex(f"{path} is empty. Fingerprint the leak again.")
            return cls.from_bytes(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ))

    def locked(self, key: bytes) -> Index:
        """A copy that tells nothing to who does not hold the key. What that costs: see `locks`."""
        lock = Lock(key)
        files = [lock.file(file) for file in self.files]
        trees = {lock.id(id_): lock.path(path) for id_, path in self.trees.items()}
        rows = binary.tabled(files, trees)
        grams, words = lock.postings(self.grams), lock.postings(self.words, kept=LENGTH_BITS)
        return Index(Parts(*rows, grams, words, identity=b"", lock=lock.mark), lock)

    def unlocked(self, key: bytes) -> Index:
        """The index for who holds its key. Raises BadIndex for another key, or an index without lock."""
        lock = Lock(key)
        if self.parts.lock != lock.mark:
            raise BadIndex("This is not the key of this index.")
        parts = binary.unpack(lock.opened(self.shut)) if self.shut else self.parts
        return Index(parts._replace(lock=lock.mark), lock)


def fingerprint(
    files: Iterable[tuple[str, bytes]],
    *,
    background: Background = NOTHING,
    identity: bytes = b"",
    progress: Progress | None = None,
) -> Index:
    """An index of these files (clean relative path, content), which are read once, one by one.

    `progress("fingerprinting", done, total)` is called at most ten times a second;
    the total is 0 while unknown. What the background knows is no sign of ours: such
    files have no weight, and such pieces of text, strings and names are left out.
    """
    made = _Making(background)
    for path, content in _reported(files, progress):
        made.add(path, content)
    made.flush()
    # What every second file repeats tells nothing of any; small leaks are left whole.
    most = max(8, len(made.prints) // 50)
    rows = binary.tabled(made.prints, _telling_trees(made.prints))
    return Index(Parts(*rows, made.grams.posted(most), made.words.posted(most), identity, NO_LOCK))


class _Making:
    """The files of an index that is being made; what is to be taken apart waits until it is worth it."""

    def __init__(self, background: Background) -> None:
        self.prints: list[FilePrint] = []
        self.grams, self.words = _Found(), _Found()
        self._background = background
        self._bodies: list[bytes] = []
        self._numbers: list[int] = []
        self._above: list[int] = []  # lines above each body in its file
        self._waiting = 0

    def add(self, path: str, content: bytes) -> None:
        told = readable(content)
        text = letters_hash(letters(told))
        everybodys = is_boilerplate(path) or is_taken(told) or self._background.holds(text)
        body = b"" if everybodys else without_legal_opening(told)
        weight, holds_text = len(letters(body)), is_text(path, content)
        if holds_text and weight >= LEAST:
            self._bodies.append(body)
            self._numbers.append(len(self.prints))
            self._above.append(told.count(b"\n", 0, len(told) - len(body)))
        lines, size = line_count(told) if holds_text else 0, len(content)
        ids = git_blob_id(content), sha256(content), text
        self.prints.append(FilePrint(path, size, lines, weight, *ids))
        self._waiting += len(body)
        if self._waiting >= _AT_ONCE:
            self.flush()

    def flush(self) -> None:
        numbers, bodies = np.array(self._numbers, np.uint32), self._bodies
        kept = [letters(body) for body in bodies]
        chosen = sequence(kept)
        cuts = np.searchsorted(chosen.owners, np.arange(1, len(bodies)))
        offsets = np.split(chosen.offsets, cuts) if bodies else []
        below = zip(bodies, offsets, self._above, strict=True)
        lines = [lines_at(body, each) + above for body, each, above in below]
        listed = [lists(body) for body in bodies]
        tables = are_tables(kept, chosen, _marked(bodies, kept, listed))
        held = ~(self._background.has_grams(chosen.hashes) | tables)
        on = np.concatenate([_NONE, *lines])[held]
        self.grams.add(chosen.hashes[held], numbers[chosen.owners[held]], on)
        hashes, owners = words_of([without(*each) for each in zip(bodies, listed, strict=True)])
        held = ~self._background.has_words(hashes)
        self.words.add(hashes[held], numbers[owners[held]], _NONE)
        self._bodies, self._numbers, self._above, self._waiting = [], [], [], 0


_NONE: NDArray[np.intp] = np.empty(0, np.intp)


def _marked(
    bodies: Sequence[bytes], kept: Sequence[bytes], listed: Sequence[list[Span]]
) -> NDArray[np.bool_]:
    """Of each letter of all bodies, one behind the other, whether it stands in a list of names."""
    marked = np.zeros(sum(map(len, kept)), np.bool_)
    begins = accumulate(map(len, kept), initial=0)
    for begin, body, spans in zip(begins, bodies, listed, strict=False):
        for first, last in letters_in(body, spans):
            marked[begin + first : begin + last] = True
    return marked


class _Found:
    def __init__(self) -> None:
        self._keys, self._numbers, self._lines = ([np.empty(0, kind)] for kind in ("u8", "u4", "u4"))

    def add(self, hashes: Hashes, numbers: NDArray[np.uint32], lines: NDArray[np.intp]) -> None:
        self._keys.append(keys_of(hashes))
        self._numbers.append(numbers)
        self._lines.append(lines.astype(np.uint32))

    def posted(self, most: int) -> Postings:
        keys, numbers, lines = map(np.concatenate, (self._keys, self._numbers, self._lines))
        self._keys, self._numbers, self._lines = [], [], []  # millions of them: not twice in memory
        return post(keys, numbers, lines, most=most)


def _telling_trees(prints: list[FilePrint]) -> dict[str, str]:
    weights: dict[str, int] = {}
    for file in prints:
        for folder in folders_of(file.path):
            weights[folder] = weights.get(folder, 0) + (file.weight if file.is_telling else 0)
    ids = git_tree_ids({file.path: file.blob for file in prints})
    return {ids[folder]: folder for folder in sorted(weights, reverse=True) if weights[folder]}


def _reported(files: Iterable[tuple[str, bytes]], progress: Progress | None) -> Iterator[tuple[str, bytes]]:
    if progress is None:
        yield from files
        return
    total, told_at = len(files) if isinstance(files, Sized) else 0, float("-inf")
    done = 0
    for done, file in enumerate(files, start=1):
        yield file
        if time.monotonic() - told_at >= 0.1:
            progress("fingerprinting", done, total)
            told_at = time.monotonic()
    progress("fingerprinting", done, done)
