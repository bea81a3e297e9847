"""The members of Electron's archive: https://github.com/electron/asar#format

A tree of names as JSON, then the files' bytes one after another.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import Annotated, BinaryIO

import msgspec

from monitors.unpack.bounds import Meter, UnpackError, exceeded
from monitors.unpack.files import Member, nothing
from monitors.unpack.paths import visible
from monitors.unpack.streams import ENDS_EARLY, size_of, stored

_FRONT = struct.Struct("<4L")  # sizes: of a number, of the header, of its JSON when padded, of the JSON
_BRACES = 3  # a file has two of its own, with the one of its checksums


class _Node(msgspec.Struct):
    files: dict[str, _Node] | None = None
    link: str | None = None
    size: Annotated[int, msgspec.Meta(ge=0)] = 0
    offset: str = ""
    unpacked: bool = False


def is_header(head: bytes) -> bool:
    """Whether an archive begins like this: its four sizes agree, and JSON follows."""
    if len(head) <= _FRONT.size or head[_FRONT.size : _FRONT.size + 1] != b"{":
        return False
    number, header, payload, told = _FRONT.unpack_from(head)
    return bool(number == 4 and payload == header - 4 and told <= payload - 4 <= told + 3)


def members(file: BinaryIO, meter: Meter, *, name: str) -> Iterator[Member]:
    """Each entry but directories, in the header's order. What the header says to lie beside the archive
    is told as left out.

    Raises UnpackError when the header is damaged or the archive ends early.
    """
    return _Reader(file, meter, name=name).members()


class _Reader:
    def __init__(self, file: BinaryIO, meter: Meter, *, name: str) -> None:
        self._file = file
        self._meter = meter
        self._name = name
        self._size = size_of(file)
        self._start = 0  # of the files' bytes

    def members(self) -> Iterator[Member]:
        waiting = [iter((self._root().files or {}).items())]
        directories = [""]
        while waiting:
            name, node = next(waiting[-1], ("", None))
            if node is None:
                waiting.pop()
                directories.pop()
            elif node.files is None:
                yield self._member(f"{directories[-1]}{name}", node)
            else:
                self._meter.directory()
                waiting.append(iter(node.files.items()))
                directories.append(f"{directories[-1]}{name}/")

    def _root(self) -> _Node:
        front = self._file.read(_FRONT.size)
        if not is_header(front + b"{"):
            raise self._damaged("its header's sizes contradict each other")
        _, header, _, told = _FRONT.unpack(front)
        if told > self._meter.limits.directory_bytes:
            raise exceeded("directory_bytes", self._meter.limits, name=self._name)
        self._start = 8 + header
        raw = self._file.read(told)
        if len(raw) < told:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        self._meter.check_entries(raw.count(b"{") // _BRACES)
        return self._decoded(raw)

    def _decoded(self, raw: bytes) -> _Node:
        try:
            return msgspec.json.decode(raw, type=_Node)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise self._damaged(f"its header cannot be read: {error}") from error

    def _member(self, name: str, node: _Node) -> Member:
        if node.link is not None:
            return Member(name, f"a symbolic link to {visible(node.link)}", nothing)
        if node.unpacked:
            return Member(name, f"it lies beside the archive, in {self._name}.unpacked", nothing)
        return Member(name, "", lambda: self._content(node))

    def _content(self, node: _Node) -> bytes:
        self._meter.check_file(node.size)
        offset = node.offset
        if not (offset.isascii() and offset.isdecimal() and len(offset) < 20):
            raise self._damaged("a file in it has no place")
        start = self._start + int(offset)
        if start + node.size > self._size:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        self._file.seek(start)
        return stored(self._file, self._meter, size=node.size).read(node.size)

    def _damaged(self, how: str) -> UnpackError:
        return UnpackError(
            f"{self._name} is damaged: {how}. Fetch it again, or unpack it by hand and upload that."
        )
