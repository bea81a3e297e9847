"""What matching needs to know of a leak, without the leak."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sized
from dataclasses import dataclass
from functools import cached_property

from . import binary
from .background import NOTHING, Background
from .binary import FilePrint
from .ids import folders_of, git_blob_id, git_tree_ids, sha256
from .postings import Postings, post
from .text import LEAST, is_boilerplate, letters, line_count, text_hash, without_legal_opening
from .winnow import grams
from .words import words

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, eq=False)
class Index:
    """Prints of each file, the ids of its telling folders, and who holds which gram and word.

    A folder is telling when its files together have 200 letters that a stranger
    would not write by chance; a file's `weight` counts those letters.
    """

    files: list[FilePrint]
    trees: dict[str, str]
    grams: Postings
    words: Postings

    @property
    def total_files(self) -> int:
        return len(self.files)

    @cached_property
    def total_lines(self) -> int:
        return sum(file.lines for file in self.files)

    @cached_property
    def by_blob(self) -> dict[str, list[int]]:
        """Numbers of the files with each git blob id."""
        return _numbers(file.blob for file in self.files)

    @cached_property
    def by_sha256(self) -> dict[str, list[int]]:
        """Numbers of the files with each SHA-256."""
        return _numbers(file.sha256 for file in self.files)

    @cached_property
    def by_text(self) -> dict[str, list[int]]:
        """Numbers of the files with each text hash, those too short for one left out."""
        numbers = _numbers(file.text for file in self.files)
        numbers.pop("", None)
        return numbers

    def to_bytes(self) -> bytes:
        """The index as a file: the same bytes on every machine."""
        layers = (self.grams, self.words)
        return binary.pack(self.files, self.trees, [table for layer in layers for table in layer.tables])

    @classmethod
    def from_bytes(cls, data: bytes) -> Index:
        """The index that `to_bytes` wrote. Raises BadIndex, with what to do, on anything else."""
        files, trees, tables = binary.unpack(data)
        return cls(files, trees, Postings(*tables[:3]), Postings(*tables[3:]))


def fingerprint(
    files: Iterable[tuple[str, bytes]],
    *,
    background: Background = NOTHING,
    progress: Progress | None = None,
) -> Index:
    """An index of these files (clean relative path, content), which are read once, one by one.

    `progress("fingerprinting", done, total)` is called at most ten times a second;
    the total is 0 while unknown. What the background knows is no sign of ours: such
    files have no weight, and such pieces of text, strings and names are left out.
    """
    prints, gram_sets, word_sets = [], [], []
    for path, content in _reported(files, progress):
        print_, body = _print(path, content, background)
        prints.append(print_)
        gram_sets.append(background.without_grams(grams(letters(body))))
        word_sets.append(background.without_words(words(body)))
    # What every second file repeats tells nothing of any; small leaks are left whole.
    most = max(8, len(prints) // 50)
    return Index(prints, _telling_trees(prints), post(gram_sets, most=most), post(word_sets, most=most))


def _print(path: str, content: bytes, background: Background) -> tuple[FilePrint, bytes]:
    text = text_hash(content)
    everybodys = is_boilerplate(path) or background.holds(text)
    body = b"" if everybodys else without_legal_opening(content)
    kept = letters(body)
    print_ = FilePrint(
        path=path,
        size=len(content),
        lines=line_count(content),
        weight=len(kept),
        blob=git_blob_id(content),
        sha256=sha256(content),
        text=text,
    )
    return print_, body if len(kept) >= LEAST else b""


def _telling_trees(prints: list[FilePrint]) -> dict[str, str]:
    weights: dict[str, int] = {}
    for file in prints:
        for folder in folders_of(file.path):
            weights[folder] = weights.get(folder, 0) + (file.weight if file.is_telling else 0)
    ids = git_tree_ids({file.path: file.blob for file in prints})
    return {ids[folder]: folder for folder in sorted(weights, reverse=True) if weights[folder]}


def _numbers(prints: Iterable[str]) -> dict[str, list[int]]:
    numbers: dict[str, list[int]] = {}
    for number, key in enumerate(prints):
        numbers.setdefault(key, []).append(number)
    return numbers


def _reported(files: Iterable[tuple[str, bytes]], progress: Progress | None) -> Iterable[tuple[str, bytes]]:
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
