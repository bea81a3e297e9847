"""The index as a file: little endian, one version number, lengths checked before anything is believed.

magic 8 | version u32 | counts 7 x u32 | blake2b-16 of all before and behind it
per file: size u64, lines u32, weight u32, blob 20, sha256 32, text 20 (zeros: none), end of its path u32
per tree: id 20, end of its path u32
grams: keys u64, starts u32, numbers u32; words: the same; then all paths in UTF-8
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .text import LEAST

MAGIC = b"\x89LLI\r\n\x1a\n"
VERSION = 1
_HEADER = struct.Struct("<8s8I")
_START = _HEADER.size + 16
_FILE = np.dtype(
    {
        "names": ["size", "lines", "weight", "blob", "sha256", "text", "path_end"],
        "formats": ["<u8", "<u4", "<u4", "V20", "V32", "V20", "<u4"],
    }
)
_TREE = np.dtype([("id", "V20"), ("path_end", "<u4")])
_NO_TEXT = bytes(20)

Tables = list[NDArray[Any]]


class BadIndex(ValueError):
    """These bytes are not an index we can read. The message says what to do."""


@dataclass(frozen=True, slots=True)
class FilePrint:
    """One file of ours: `size` in bytes, `weight` in letters that a stranger would not write by chance."""

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


def is_index(data: bytes) -> bool:
    """Whether a file that begins like this says that it is an index."""
    return data.startswith(MAGIC)


def pack(files: Sequence[FilePrint], trees: dict[str, str], tables: Sequence[NDArray[Any]]) -> bytes:
    """The file's bytes. `tables`: keys, starts and numbers of the grams, then of the words."""
    paths = [
        path.encode("utf-8", "surrogatepass") for path in [*(file.path for file in files), *trees.values()]
    ]
    ends = np.cumsum([len(path) for path in paths], dtype=np.int64)
    rows = np.array([_row(file, end) for file, end in zip(files, ends, strict=False)], _FILE)
    folders = [(bytes.fromhex(id_), end) for id_, end in zip(trees, ends[len(files) :], strict=True)]
    counts = [len(files), len(trees), sum(map(len, paths))]
    for keys, _, numbers in (tables[:3], tables[3:]):
        counts += [len(keys), len(numbers)]
    bodies = [rows.tobytes(), np.array(folders, _TREE).tobytes()]
    bodies += [_little(table).tobytes() for table in tables]
    body = b"".join([*bodies, *paths])
    head = _HEADER.pack(MAGIC, VERSION, *counts)
    return head + _seal(head, body) + body


def unpack(data: bytes) -> tuple[list[FilePrint], dict[str, str], Tables]:
    """What `pack` was given. Raises BadIndex on anything that `pack` did not write."""
    counts = _counts(data)
    layout = _layout(counts)
    head, seal, body = data[: _HEADER.size], data[_HEADER.size : _START], memoryview(data)[_START:]
    expected = sum(dtype.itemsize * count for dtype, count in layout) + counts[2]
    _require(len(body) == expected, "it is cut short or has something behind it")
    _require(_seal(head, body) == seal, "its checksum does not fit")
    parts, at = [], 0
    for dtype, count in layout:
        parts.append(np.frombuffer(body, dtype, count, at))
        at += dtype.itemsize * count
    paths = _paths([*parts[0]["path_end"].tolist(), *parts[1]["path_end"].tolist()], bytes(body[at:]))
    # Aligned, or numpy would copy a table for every look-up.
    tables = [np.require(part, part.dtype.newbyteorder("="), ["A"]) for part in parts[2:]]
    for keys, starts, numbers in (tables[:3], tables[3:]):
        _require_postings(keys, starts, numbers, files=counts[0])
    return _files(parts[0], paths), _trees(parts[1], paths[counts[0] :]), tables


def _row(file: FilePrint, end: int) -> tuple[Any, ...]:
    ids = [bytes.fromhex(id_) for id_ in (file.blob, file.sha256)]
    return (file.size, file.lines, file.weight, *ids, bytes.fromhex(file.text) or _NO_TEXT, end)


def _little(table: NDArray[Any]) -> NDArray[Any]:
    return table.astype(table.dtype.newbyteorder("<"), copy=False)


def _seal(head: bytes, body: bytes | memoryview) -> bytes:
    seal = hashlib.blake2b(head, digest_size=16)
    seal.update(body)
    return seal.digest()


def _counts(data: bytes) -> tuple[int, ...]:
    _require(len(data) >= _START, "it is too short")
    magic, version, *counts = _HEADER.unpack_from(data)
    _require(magic == MAGIC, "it does not begin like one")
    _require(version == VERSION, f"it is of version {version}, and this program reads version {VERSION}")
    return tuple(counts)


def _layout(counts: Sequence[int]) -> list[tuple[np.dtype[Any], int]]:
    files, trees, _, *postings = counts
    layout: list[tuple[np.dtype[Any], int]] = [(_FILE, files), (_TREE, trees)]
    for keys, numbers in (postings[:2], postings[2:]):
        layout += [(np.dtype("<u8"), keys), (np.dtype("<u4"), keys + 1), (np.dtype("<u4"), numbers)]
    return layout


def _require_postings(keys: NDArray[Any], starts: NDArray[Any], numbers: NDArray[Any], *, files: int) -> None:
    _require(bool((keys[1:] > keys[:-1]).all()), "its hashes are out of order")
    spans = starts[0] == 0 and starts[-1] == len(numbers) and (starts[1:] > starts[:-1]).all()
    _require(bool(spans), "its hashes point outside")
    _require(bool((numbers < files).all()), "it names files that it does not hold")


def _paths(ends: list[int], letters: bytes) -> list[str]:
    begins = [0, *ends[:-1]]
    ordered = all(begin <= end for begin, end in zip(begins, ends, strict=False))
    _require(ordered and (ends[-1] if ends else 0) == len(letters), "its paths are out of bounds")
    try:
        return [
            letters[begin:end].decode("utf-8", "surrogatepass")
            for begin, end in zip(begins, ends, strict=False)
        ]
    except UnicodeDecodeError:
        raise BadIndex(_sentence("its paths are not text")) from None


def _files(rows: NDArray[Any], paths: list[str]) -> list[FilePrint]:
    columns = [rows[name].tolist() for name in ("size", "lines", "weight")]
    columns += [[one.tobytes().hex() for one in rows[name]] for name in ("blob", "sha256", "text")]
    none = _NO_TEXT.hex()
    return [
        FilePrint(path, size, lines, weight, blob, sha, "" if text == none else text)
        for path, size, lines, weight, blob, sha, text in zip(paths, *columns, strict=False)
    ]


def _trees(rows: NDArray[Any], paths: list[str]) -> dict[str, str]:
    return {row.tobytes().hex(): path for row, path in zip(rows["id"], paths, strict=True)}


def _require(fits: bool, reason: str) -> None:
    if not fits:
        raise BadIndex(_sentence(reason))


def _sentence(reason: str) -> str:
    return f"This is not an index of fingerprints that can be read: {reason}. Fingerprint the leak again."
