"""The members of a zip, by its directory: https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT

Python's zipfile reads the whole directory before anything can be bounded, and follows overlapping members.
"""

from __future__ import annotations

import io
import stat
import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, NamedTuple

from monitors.unpack.bounds import Meter, UnpackError, exceeded
from monitors.unpack.decompressors import FRESH, inflate, inflate64, lzma_header, unlzma
from monitors.unpack.files import Member, nothing
from monitors.unpack.streams import CHUNK, ENDS_EARLY, Inflated, Stored, size_of

_END = struct.Struct("<4s4H2LH")
_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LZMA_HEADER = struct.Struct("<HH5s")
_STORED, _LZMA = 0, 14
_FRESH = {
    8: inflate,
    9: inflate64,
    12: FRESH["bz2"],
    _LZMA: unlzma,
    20: FRESH["zst"],  # its first number
    93: FRESH["zst"],
    95: FRESH["xz"],
}
_ODD = {
    stat.S_IFLNK: "a symbolic link",
    stat.S_IFCHR: "a character device",
    stat.S_IFBLK: "a block device",
    stat.S_IFIFO: "a named pipe",
    stat.S_IFSOCK: "a socket",
}


class _Directory(NamedTuple):
    size: int
    offset: int
    before: int  # bytes of something else before the zip begins


class _Entry(NamedTuple):
    name: str
    method: int
    crc: int
    packed: int
    size: int
    start: int  # of its local header in the file
    mode: int
    flags: int

    @property
    def is_encrypted(self) -> bool:
        return bool(self.flags & 1)

    @property
    def has_end_mark(self) -> bool:
        """Of LZMA only: whether a mark tells where it ends, rather than the size."""
        return bool(self.flags & 2)


def members(file: BinaryIO, meter: Meter, *, name: str) -> Iterator[Member]:
    """Each entry but directories, in the order of their bytes.

    Raises UnpackError when the zip is damaged, ends early, is all encrypted, or when members share bytes.
    """
    return _Reader(file, meter, name=name).members()


class _Reader:
    def __init__(self, file: BinaryIO, meter: Meter, *, name: str) -> None:
        self._file = file
        self._meter = meter
        self._name = name

    def members(self) -> Iterator[Member]:
        directory = self._find_directory()
        entries = sorted(self._entries(directory), key=lambda entry: entry.start)
        self._refuse_all_encrypted([entry for entry in entries if not entry.name.endswith("/")])
        self._refuse_overlaps(entries, end=directory.before + directory.offset)
        for entry in entries:
            if not entry.name.endswith("/"):
                yield self._member(entry)

    def _member(self, entry: _Entry) -> Member:
        odd = _ODD.get(stat.S_IFMT(entry.mode), "")
        if not odd and entry.is_encrypted:
            odd = "encrypted, and needs a password"
        elif not odd and entry.method not in (_STORED, *_FRESH):
            odd = f"compressed by method {_called(entry.method)}, which is not read here"
        return Member(entry.name, odd, nothing if odd else lambda: self._content(entry))

    def _content(self, entry: _Entry) -> bytes:
        """Raises UnpackError unless the content is as long as told and its checksum fits."""
        self._meter.check_file(entry.size)
        self._file.seek(entry.start)
        *_, name_size, extra_size = self._unpack(_LOCAL, self._file.read(_LOCAL.size), b"PK\3\4")
        self._file.seek(name_size + extra_size, io.SEEK_CUR)
        content = self._inflated(entry).read(entry.size + 1)
        if len(content) != entry.size or zlib.crc32(content) != entry.crc:
            raise self._damaged("a file in it is not what its directory says")
        return content

    def _inflated(self, entry: _Entry) -> io.BufferedReader:
        if entry.method == _STORED:
            return io.BufferedReader(Stored(self._file, self._meter, size=entry.packed), CHUNK)
        packed = Stored(self._file, self._meter, size=entry.packed, counted=False)
        reader = io.BufferedReader(packed, CHUNK)
        before = self._lzma_header(entry, reader) if entry.method == _LZMA else b""
        fresh = _FRESH[entry.method]
        inflated = Inflated(reader, self._meter, fresh, name=self._name, before=before)
        return io.BufferedReader(inflated, CHUNK)

    def _lzma_header(self, entry: _Entry, reader: BinaryIO) -> bytes:
        """APPNOTE 5.8.8: the version of what wrote it, the length of its properties, and these."""
        told = reader.read(_LZMA_HEADER.size)
        if len(told) < _LZMA_HEADER.size or _LZMA_HEADER.unpack(told)[1] != 5:
            raise self._damaged("a file in it does not begin as LZMA does")
        return lzma_header(told[-5:], None if entry.has_end_mark else entry.size)

    def _find_directory(self) -> _Directory:
        size = size_of(self._file)
        tail_start = max(0, size - _END.size - 65_535)
        self._file.seek(tail_start)
        tail = self._file.read()
        at = tail.rfind(b"PK\5\6")
        if at < 0 or len(tail) - at < _END.size:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        _, disk, _, _, count, length, offset, _ = _END.unpack_from(tail, at)
        end = tail_start + at
        if 0xFFFF in (disk, count) or 0xFFFFFFFF in (length, offset):
            length, offset, end = self._find_64(end)
        elif disk:
            raise UnpackError(
                f"{self._name} is one part of a zip in several. Join the parts and upload the whole."
            )
        before = end - length - offset
        if before < 0:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        return _Directory(length, offset, before)

    def _find_64(self, end: int) -> tuple[int, int, int]:
        self._file.seek(max(0, end - _LOCATOR_64.size))
        _, _, at, _ = self._unpack(_LOCATOR_64, self._file.read(_LOCATOR_64.size), b"PK\6\7")
        at = min(at, end)
        self._file.seek(at)
        *_, length, offset = self._unpack(_END_64, self._file.read(_END_64.size), b"PK\6\6")
        return length, offset, at

    def _entries(self, directory: _Directory) -> Iterator[_Entry]:
        if directory.size > self._meter.limits.directory_bytes:
            raise exceeded("directory_bytes", self._meter.limits, name=self._name)
        self._file.seek(directory.before + directory.offset)
        table = self._file.read(directory.size)
        at = count = 0
        while at < directory.size:
            count += 1
            self._meter.check_entries(count)
            fields = self._unpack(_ENTRY, table[at : at + _ENTRY.size], b"PK\1\2")
            name_size, extra_size, comment_size = fields[10:13]
            at += _ENTRY.size
            variable = table[at : at + name_size + extra_size]
            at += name_size + extra_size + comment_size
            yield self._entry(fields, variable[:name_size], variable[name_size:], directory.before)

    def _entry(self, fields: tuple[int, ...], raw_name: bytes, extra: bytes, before: int) -> _Entry:
        system, flags = fields[1] >> 8, fields[3]
        packed, size, offset = _real_sizes(fields[8], fields[9], fields[16], extra)
        return _Entry(
            name=_name(raw_name, flags),
            method=fields[4],
            crc=fields[7],
            packed=packed,
            size=size,
            start=before + offset,
            mode=fields[15] >> 16 if system in (3, 19) else 0,
            flags=flags,
        )

    def _refuse_all_encrypted(self, entries: list[_Entry]) -> None:
        if entries and all(entry.is_encrypted for entry in entries):
            raise UnpackError(
                f"{self._name} is encrypted (all of its {len(entries):,} files need a password). "
                "Decrypt it yourself and upload the result."
            )

    def _refuse_overlaps(self, entries: list[_Entry], *, end: int) -> None:
        """Entries that share bytes are how a small zip becomes petabytes."""
        starts = [entry.start for entry in entries[1:]] + [end]
        for entry, following in zip(entries, starts, strict=False):
            if entry.start + _LOCAL.size + entry.packed > following:
                raise self._damaged("its files overlap each other, as in a zip bomb")

    def _unpack(self, form: struct.Struct, raw: bytes, magic: bytes) -> tuple[int, ...]:
        if len(raw) < form.size:
            raise UnpackError(ENDS_EARLY.format(name=self._name))
        fields = form.unpack(raw)
        if fields[0] != magic:
            raise self._damaged("its directory points to something that is not there")
        return fields

    def _damaged(self, how: str) -> UnpackError:
        return UnpackError(
            f"{self._name} is damaged: {how}. Fetch it again, or unpack it by hand and upload that."
        )


def _real_sizes(packed: int, size: int, offset: int, extra: bytes) -> tuple[int, int, int]:
    """Sizes and offset, from the zip64 field where the short ones say so."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            told = extra[at + 4 : at + 4 + length]
            wide = iter(struct.iter_unpack("<Q", told[: len(told) // 8 * 8]))
            size = _widened(size, wide)
            packed = _widened(packed, wide)
            offset = _widened(offset, wide)
        at += 4 + length
    return packed, size, offset


def _widened(short: int, wide: Iterator[tuple[int, ...]]) -> int:
    return next(wide, (short,))[0] if short == 0xFFFFFFFF else short


def _name(raw: bytes, flags: int) -> str:
    """UTF-8 where the flag says so, and where it reads as UTF-8 without the flag, as from macOS."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("utf-8", "replace") if flags & 0x800 else raw.decode("cp437")


def _called(method: int) -> str:
    return f"{method} ({_UNREAD[method]})" if method in _UNREAD else str(method)


_UNREAD = {
    1: "Shrink",
    2: "Reduce",
    3: "Reduce",
    4: "Reduce",
    5: "Reduce",
    6: "Implode",
    94: "MP3",
    96: "JPEG",
    97: "WavPack",
    98: "PPMd",
    99: "AES",
}
