"""The members of a tar, read front to back: https://pubs.opengroup.org/onlinepubs/9699919799/utilities/pax.html

Python's tarfile trusts what it reads more than we may: it takes header fields of any size into memory.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from monitors.unpack.bounds import Meter, UnpackError, exceeded
from monitors.unpack.files import Member, Notes, nothing
from monitors.unpack.paths import visible
from monitors.unpack.streams import CHUNK, ENDS_EARLY

BLOCK = 512
_REGULAR = (b"0", b"\0", b"7")
_WITHOUT_CONTENT = (b"1", b"2", b"3", b"4", b"5", b"6")
_ODD = {
    b"3": "a character device",
    b"4": "a block device",
    b"6": "a named pipe",
    b"S": "a sparse file",
    b"M": "the rest of a file from another volume",
}


class Header(NamedTuple):
    name: str
    kind: bytes
    size: int
    target: str
    is_extended: bool  # more blocks of a sparse file's map follow


def members(stream: io.BufferedReader, meter: Meter, *, name: str, notes: Notes) -> Iterator[Member]:
    """Each entry but directories, in order. Raises UnpackError where the tar is damaged or ends early."""
    return _Reader(stream, meter, name=name, notes=notes).members()


def is_header(block: bytes) -> bool:
    """Whether the 512 bytes are a header: its checksum says so."""
    if len(block) < BLOCK or not block[0]:
        return False
    try:
        told = _number(block[148:156])
    except ValueError:
        return False
    counted = sum(block[:148]) + 8 * 0x20 + sum(block[156:])
    signed = counted - 256 * sum(byte > 127 for byte in block[:148] + block[156:])
    return told in (counted, signed)


class _Reader:
    def __init__(self, stream: io.BufferedReader, meter: Meter, *, name: str, notes: Notes) -> None:
        self._stream = stream
        self._meter = meter
        self._name = name
        self._notes = notes
        self._position = 0
        self._left = 0  # of the current member, with its padding

    def members(self) -> Iterator[Member]:
        while header := self._next_header():
            extended = self._with_extensions(header)
            if extended is None:
                break
            header, is_sparse = extended
            self._left = 0 if header.kind in _WITHOUT_CONTENT else -(-header.size // BLOCK) * BLOCK
            if header.kind not in (b"5", b"D", b"V") and not header.name.endswith("/"):
                yield self._member(header, is_sparse)
            self._skip()
        self._drain()

    def _member(self, header: Header, is_sparse: bool) -> Member:
        if header.kind in _REGULAR and not is_sparse:
            return Member(header.name, "", lambda: self._content(header.size))
        if header.kind in (b"1", b"2"):
            what = "a hard link" if header.kind == b"1" else "a symbolic link"
            return Member(header.name, f"{what} to {visible(header.target)}", nothing)
        odd = (
            "a sparse file"
            if is_sparse
            else _ODD.get(header.kind, f"an entry of unknown type {header.kind!r}")
        )
        return Member(header.name, odd, nothing)

    def _content(self, size: int) -> bytes:
        self._meter.check_file(size)
        content = self._stream.read(size)
        self._left -= len(content)
        self._position += len(content)
        if len(content) < size:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        return content

    def _skip(self) -> None:
        while self._left:
            self._left -= len(self._exactly(min(CHUNK, self._left)))

    def _drain(self) -> None:
        """Read what follows the end, so that a compressed tar without its own end is not taken for whole."""
        while self._stream.read(CHUNK):
            self._meter.produced(0)

    def _exactly(self, size: int) -> bytes:
        data = self._stream.read(size)
        self._position += len(data)
        if len(data) < size:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        return data

    def _next_header(self) -> Header | None:
        block = self._stream.read(BLOCK)
        if not block:
            self._notes.add(self._name, "has no end marker: it may have been cut short between two files")
            return None
        if len(block) < BLOCK:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        self._position += BLOCK
        if not block.strip(b"\0"):
            return None
        if not is_header(block):
            raise UnpackError(
                f"{self._name} is damaged {self._position:,} bytes into the tar. Fetch it again."
            )
        return self._parse(block)

    def _parse(self, block: bytes) -> Header:
        try:
            size = _number(block[124:136])
        except ValueError as error:
            raise UnpackError(f"{self._name} is damaged: an entry has no readable size.") from error
        name = _text(block[:100])
        prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
        return Header(
            name=f"{prefix}/{name}" if prefix else name,
            kind=block[156:157],
            size=size,
            target=_text(block[157:257]),
            is_extended=block[156:157] == b"S" and bool(block[482]),
        )

    def _with_extensions(self, header: Header) -> tuple[Header, bool] | None:
        """The header with what its extension headers say; and whether the content is sparse."""
        name = target = ""
        pax: dict[str, str] = {}
        while header.kind in (b"x", b"X", b"g", b"L", b"K"):
            told = self._extension(header.size)
            if header.kind == b"L":
                name = _text(told)
            elif header.kind == b"K":
                target = _text(told)
            elif header.kind != b"g":
                pax = _pax_fields(told)
            following = self._next_header()
            if following is None:
                return None
            header = following
        return self._extended(header, name, target, pax)

    def _extended(self, header: Header, name: str, target: str, pax: dict[str, str]) -> tuple[Header, bool]:
        if header.is_extended:
            while self._exactly(BLOCK)[504]:
                pass
        size = int(pax["size"]) if pax.get("size", "").isdecimal() and len(pax["size"]) < 20 else header.size
        full = header._replace(
            name=pax.get("GNU.sparse.name") or pax.get("path") or name or header.name,
            target=pax.get("linkpath") or target or header.target,
            size=size,
        )
        return full, any(key.startswith("GNU.sparse") for key in pax)

    def _extension(self, size: int) -> bytes:
        if size > self._meter.limits.header_bytes:
            raise exceeded("header_bytes", self._meter.limits, name=self._name)
        return self._exactly(-(-size // BLOCK) * BLOCK)[:size]


def _pax_fields(told: bytes) -> dict[str, str]:
    """Records "length key=value\\n", as far as they can be read."""
    fields = {}
    at = 0
    while space := told.find(b" ", at, at + 8) + 1:
        length = told[at : space - 1]
        if not length.isdigit() or int(length) <= space - at:
            break
        key, equals, value = told[space : at + int(length) - 1].partition(b"=")
        if equals:
            fields[_decode(key)] = _decode(value)
        at += int(length)
    return fields


def _number(field: bytes) -> int:
    """A field's octal digits, or GNU's base 256. Raises ValueError, also for what is negative."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.split(b"\0")[0].strip(b" ")
    if digits.strip(b"01234567"):
        raise ValueError(f"not octal: {field!r}")
    return int(digits or b"0", 8)


def _text(field: bytes) -> str:
    return _decode(field.split(b"\0")[0])


def _decode(raw: bytes) -> str:
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")
