"""The index as a file: little endian, one version number, lengths checked before anything is believed.

magic 8 | version u32 | letters of paths u32 | counts 5 x u64 | widths 4 x u8, 0 u32 | lock 16 (zeros: none)
blake2b-16 of all else
per file: size u64, lines u32, weight u32, blob 20, sha256 32, text 20 (zeros: none), end of path u32, 0 u32
per tree: id 20, end of its path u32
grams: gaps, then lines; words: gaps, then numbers of files (see `packing`), each so many bytes wide
all paths in UTF-8; the identity

Counts are those of files, trees, holders of grams, holders of words, and the bytes of the identity. Each part
begins at a multiple of eight, so that files and trees are used as they lie in a file that is mapped.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import formerly
from .packing import Packed, Senseless, packed, unpacked
from .postings import Postings
from .text import LEAST

MAGIC = b"\x89LLI\r\n\x1a\n"
VERSION = 3
NO_LOCK = bytes(16)
_HEADER = struct.Struct("<8sII5Q4BI16s")
_SEAL = 16
_FILE = np.dtype(
    {
        "names": ["size", "lines", "weight", "blob", "sha256", "text", "path_end", "unused"],
        "formats": ["<u8", "<u4", "<u4", "V20", "V32", "V20", "<u4", "<u4"],
    }
)
_TREE = np.dtype([("id", "V20"), ("path_end", "<u4")])
_NO_TEXT = bytes(20)
_MOST = 2**32 - 1  # of anything an index counts
_WIDEST = 8

Buffer = bytes | bytearray | memoryview
Rows = NDArray[np.void]


class BadIndex(ValueError):
    """These bytes are not an index we can read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class FilePrint:
    """One file of ours: `size` in bytes, `weight` in letters that a stranger would not write by chance.

    What is no text has no lines.
    """

    path: str
    size: int
    lines: int
    weight: int
    blob: str
    sha256: str
    text: str

    @property
    def is_telling(self) -> bool:
        """Whether finding the same file elsewhere is evidence by itself."""
        return self.weight >= LEAST


class Parts(NamedTuple):
    """What an index consists of; `lock` is `NO_LOCK` for one that everybody can use."""

    files: Rows
    trees: Rows
    letters: bytes  # of all paths, those of the files first
    grams: Postings
    words: Postings
    identity: bytes
    lock: bytes


_NO_NUMBERS = np.empty(0, np.uint32)
_NO_POSTINGS = Postings(np.empty(0, np.uint64), np.zeros(1, np.uint32), _NO_NUMBERS, _NO_NUMBERS)
EMPTY = Parts(np.empty(0, _FILE), np.empty(0, _TREE), b"", _NO_POSTINGS, _NO_POSTINGS, b"", NO_LOCK)


def is_index(data: bytes) -> bool:
    """Whether a file that begins like this says that it is an index."""
    return data.startswith(MAGIC)


def tabled(files: Sequence[FilePrint], trees: dict[str, str]) -> tuple[Rows, Rows, bytes]:
    """Files and trees (id: path) as the rows and letters of an index."""
    paths = [
        path.encode("utf-8", "surrogatepass") for path in [*(file.path for file in files), *trees.values()]
    ]
    ends = np.cumsum([len(path) for path in paths], dtype=np.int64)
    rows = np.array([_row(file, end) for file, end in zip(files, ends, strict=False)], _FILE)
    folders = [(bytes.fromhex(id_), end) for id_, end in zip(trees, ends[len(files) :], strict=True)]
    return rows, np.array(folders, _TREE), b"".join(paths)


def prints(parts: Parts) -> list[FilePrint]:
    """The files that these rows and letters tell of."""
    rows = parts.files
    columns = [rows[name].tolist() for name in ("size", "lines", "weight")]
    columns += [_hexes(rows[name]) for name in ("blob", "sha256")]
    none = _NO_TEXT.hex()
    texts = ["" if text == none else text for text in _hexes(rows["text"])]
    return [FilePrint(*row) for row in zip(_paths(parts)[: len(rows)], *columns, texts, strict=True)]


def folders(parts: Parts) -> dict[str, str]:
    """The trees that these rows and letters tell of, paths by their ids."""
    return dict(zip(_hexes(parts.trees["id"]), _paths(parts)[len(parts.files) :], strict=True))


def pack(parts: Parts) -> bytes:
    """The file's bytes."""
    lines_of = parts.files["lines"]
    tables = [*packed(parts.grams, lines_of), *packed(parts.words, lines_of)]
    sections: list[Buffer] = [parts.files.tobytes(), parts.trees.tobytes(), *(table.data for table in tables)]
    body = [*chain.from_iterable(map(_padded, [*sections, parts.letters])), parts.identity]
    counts = [len(parts.files), len(parts.trees), len(tables[0]), len(tables[2]), len(parts.identity)]
    widths = [table.shape[1] for table in tables]
    head = _HEADER.pack(MAGIC, VERSION, len(parts.letters), *counts, *widths, 0, parts.lock)
    return b"".join([head, _seal(head, *body), *body])


def unpack(data: Buffer) -> Parts:
    """What `pack` was given, now or by an earlier release; files and trees are views of `data`.

    Raises BadIndex on anything else.
    """
    view = memoryview(data)
    try:
        return _unpacked(view, _layout(view))
    except Senseless as reason:
        raise BadIndex(
            f"This is not an index of fingerprints that can be read: {reason}. Fingerprint the leak again."
        ) from None


class _Layout(NamedTuple):
    """What a header tells: the rows and the length of each table, and what lies behind these."""

    size: int  # of the header
    tables: list[tuple[np.dtype[Any], int]]  # files, trees, those of grams and of words
    letters: int
    identity: int
    lock: bytes
    layers: Callable[[Sequence[NDArray[Any]], NDArray[np.uint32]], tuple[Postings, Postings]]


def _layout(view: memoryview) -> _Layout:
    _require(len(view) >= _HEADER.size, "it is too short")
    _require(view[: len(MAGIC)] == MAGIC, "it does not begin like one")
    version = int.from_bytes(view[len(MAGIC) : len(MAGIC) + 4], "little")
    if version == formerly.VERSION:
        return _formerly(view)
    _require(version == VERSION, f"it is of version {version}, and this program reads version {VERSION}")
    _, _, letters, files, trees, grams, words, identity, *widths, _, lock = _HEADER.unpack_from(view)
    _require(all(1 <= width <= _WIDEST for width in widths), "its numbers are too wide")
    held = zip(map(_bytes, widths), (grams, grams, words, words), strict=True)
    return _Layout(_HEADER.size, [(_FILE, files), (_TREE, trees), *held], letters, identity, lock, _layers)


def _formerly(view: memoryview) -> _Layout:
    _require(len(view) >= formerly.HEADER.size, "it is too short")
    _, _, letters, files, trees, *counts, identity, lock = formerly.HEADER.unpack_from(view)
    _require(lock == NO_LOCK, "it was locked by an earlier release, in another way")
    held = [*formerly.tables(counts[:3]), *formerly.tables(counts[3:])]
    tables = [(_FILE, files), (_TREE, trees), *held]
    return _Layout(formerly.HEADER.size, tables, letters, identity, lock, formerly.layers)


def _unpacked(view: memoryview, layout: _Layout) -> Parts:
    counts = [layout.identity, *(count for _, count in layout.tables)]
    _require(max(counts) <= _MOST + 1, "it counts more than an index can hold")
    sizes = [kind.itemsize * count for kind, count in layout.tables]
    starts = np.cumsum([0, *(_rounded(size) for size in [*sizes, layout.letters])]).tolist()
    start = layout.size + _SEAL
    head, seal, body = view[: layout.size], view[layout.size : start], view[start:]
    _require(len(body) == starts[-1] + layout.identity, "it is cut short or has something behind it")
    _require(_seal(head, body) == seal, "its checksum does not fit")
    files, trees, *held = (
        np.frombuffer(body, kind, count, at) for (kind, count), at in zip(layout.tables, starts, strict=False)
    )
    letters = bytes(body[starts[-2] : starts[-2] + layout.letters])
    _require_paths((files, trees), letters)
    identity = bytes(body[starts[-1] :])
    return Parts(files, trees, letters, *layout.layers(held, files["lines"]), identity, layout.lock)


def _bytes(width: int) -> np.dtype[Any]:
    return np.dtype((np.uint8, (width,)))


def _row(file: FilePrint, end: int) -> tuple[Any, ...]:
    ids = [bytes.fromhex(id_) for id_ in (file.blob, file.sha256)]
    return (file.size, file.lines, file.weight, *ids, bytes.fromhex(file.text) or _NO_TEXT, end, 0)


def _rounded(size: int) -> int:
    return -(-size // 8) * 8


def _padded(part: Buffer) -> tuple[Buffer, bytes]:
    size = part.nbytes if isinstance(part, memoryview) else len(part)
    return part, bytes(_rounded(size) - size)


def _seal(head: Buffer, *body: Buffer) -> bytes:
    seal = hashlib.blake2b(head, digest_size=_SEAL)
    for part in body:
        seal.update(part)
    return seal.digest()


def _layers(held: Sequence[NDArray[Any]], lines_of: NDArray[np.uint32]) -> tuple[Postings, Postings]:
    """What a checksum does not tell is looked at, as whoever wrote a false index could seal it too."""
    grams, words = Packed(*held[:2]), Packed(*held[2:])
    return unpacked(grams, lines_of, by_line=True), unpacked(words, lines_of, by_line=False)


def _require_paths(rows: Sequence[Rows], letters: bytes) -> None:
    ends = np.concatenate([table["path_end"] for table in rows]).astype(np.int64)
    ordered = bool((np.diff(ends, prepend=0) >= 0).all())
    _require(ordered and (ends[-1] if len(ends) else 0) == len(letters), "its paths are out of bounds")
    try:
        for path in _split(letters, ends.tolist()):
            path.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError:
        raise Senseless("its paths are not text") from None


def _split(letters: bytes, ends: Sequence[int]) -> Iterator[bytes]:
    return (letters[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=False))


def _paths(parts: Parts) -> list[str]:
    ends = [*parts.files["path_end"].tolist(), *parts.trees["path_end"].tolist()]
    return [path.decode("utf-8", "surrogatepass") for path in _split(parts.letters, ends)]


def _hexes(column: NDArray[Any]) -> list[str]:
    digits, width = column.tobytes().hex(), 2 * column.dtype.itemsize
    return [digits[at : at + width] for at in range(0, len(digits), width)]


def _require(fits: bool, reason: str) -> None:
    if not fits:
        raise Senseless(reason)
