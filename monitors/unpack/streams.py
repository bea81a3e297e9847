"""Bytes from whatever holds them, decompressed as they are read, and counted."""

from __future__ import annotations

import bz2
import io
import lzma
import sys
import tempfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol

from monitors.unpack.bounds import MIB, Meter, UnpackError

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 256 * 1024
LZMA_MEMORY = 128 * MIB  # xz -9 needs 65 MiB
ZSTD_WINDOW = 27  # 2 to this power bytes, 128 MiB: what zstd(1) itself reads without being told to
IN_MEMORY = 8 * MIB  # of an archive that is no file yet; a larger one goes to a temporary file without a name

ENDS_EARLY = (
    "{name} ends early: it was cut short, perhaps while it was copied. Fetch it again and compare sizes."
)


class Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    @property
    def needs_input(self) -> bool: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class Inflate:
    """zlib, spoken to in the same words as bz2 and lzma."""

    def __init__(self, wbits: int) -> None:
        self._zlib = zlib.decompressobj(wbits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._zlib.eof

    @property
    def unused_data(self) -> bytes:
        return self._zlib.unused_data

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out = self._zlib.decompress(self._zlib.unconsumed_tail + data, max_length)
        self.needs_input = not self._zlib.unconsumed_tail and len(out) < max_length
        return out


class Stored(io.RawIOBase):
    """So many bytes of a file from where it stands, counted as they are read."""

    def __init__(self, file: BinaryIO, meter: Meter, *, size: int, counted: bool = True) -> None:
        self._file = file
        self._meter = meter
        self._left = size
        self._counted = counted

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        data = self._file.read(min(len(view), self._left))
        view[: len(data)] = data
        self._left -= len(data)
        if self._counted:
            self._meter.produced(len(data))
        return len(data)


class Inflated(io.RawIOBase):
    """What a compressed file holds. Raises UnpackError when it ends early or is damaged.

    With `magic`, compressed parts one after another are read as one, and what follows the last part
    without beginning like one is ignored, as gzip(1) does.
    """

    def __init__(
        self,
        file: BinaryIO,
        meter: Meter,
        fresh: Callable[[], Decompressor],
        *,
        name: str,
        magic: tuple[bytes, ...] = (),
    ) -> None:
        self._file = file
        self._meter = meter
        self._fresh = fresh
        self._name = name
        self._magic = magic
        self._decompressor = fresh()
        self._held = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (data := self._more(len(view) - filled)):
            view[filled : filled + len(data)] = data
            filled += len(data)
        return filled

    def _more(self, most: int) -> bytes:
        """Between 1 and `most` bytes; none at the end."""
        while not self._is_at_end():
            data = b""
            if self._decompressor.needs_input:
                data = self._held or self._file.read(CHUNK)
                self._held = b""
                if not data:
                    raise UnpackError(ENDS_EARLY.format(name=self._name))
            if out := self._decompress(data, most):
                return out
        return b""

    def _decompress(self, data: bytes, most: int) -> bytes:
        try:
            out = self._decompressor.decompress(data, most)
        except (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError) as error:
            raise UnpackError(f"{self._name} is damaged and cannot be decompressed: {error}.") from error
        self._meter.produced(len(out))
        return out

    def _is_at_end(self) -> bool:
        """Whether all is read; goes on to the next compressed part where there is one."""
        if not self._decompressor.eof:
            return False
        if not self._magic:
            return True
        self._held = self._after_padding(self._decompressor.unused_data)
        if not self._held or not any(magic.startswith(self._held[: len(magic)]) for magic in self._magic):
            self._magic = ()
            return True
        self._decompressor = self._fresh()
        return False

    def _after_padding(self, held: bytes) -> bytes:
        while not (held := held.lstrip(b"\0")) and (more := self._file.read(CHUNK)):
            self._meter.produced(0)
            held = more
        return held


def _gunzip() -> Decompressor:
    return Inflate(31)


def _unxz() -> Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=LZMA_MEMORY)


def _bunzip() -> Decompressor:
    return bz2.BZ2Decompressor()


def _unzstd() -> Decompressor:
    return zstd.ZstdDecompressor(options={zstd.DecompressionParameter.window_log_max: ZSTD_WINDOW})


MAGIC = {
    "gz": (b"\x1f\x8b",),
    "bz2": (b"BZh",),
    "xz": (b"\xfd7zXZ\0",),
    "zst": (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"),  # a part, or one to skip, as pzstd writes
}
FRESH: dict[str, Callable[[], Decompressor]] = {"gz": _gunzip, "bz2": _bunzip, "xz": _unxz, "zst": _unzstd}


def decompressed(file: BinaryIO, meter: Meter, kind: str, *, name: str) -> io.BufferedReader:
    return io.BufferedReader(Inflated(file, meter, FRESH[kind], name=name, magic=MAGIC[kind]), CHUNK)


def stored(file: BinaryIO, meter: Meter, *, size: int) -> io.BufferedReader:
    return io.BufferedReader(Stored(file, meter, size=size), CHUNK)


def read_all(stream: io.BufferedReader, meter: Meter) -> bytes:
    """The rest of the stream. Raises BoundExceeded when it is larger than a file may be."""
    content = io.BytesIO()
    while chunk := stream.read(4 * CHUNK):
        content.write(chunk)
        meter.check_file(content.tell())
    return content.getvalue()


def held(content: bytes) -> BinaryIO:
    """The content as a file, on disk when it is large: archives within archives are open all at once."""
    if len(content) <= IN_MEMORY:
        return io.BytesIO(content)
    file: BinaryIO = tempfile.TemporaryFile()  # noqa: SIM115 - closed when it is read
    file.write(content)
    file.seek(0)
    return file


@contextmanager
def opened(source: bytes | BinaryIO | Path, *, most: int, name: str) -> Iterator[tuple[BinaryIO, int]]:
    """The source as a file that can seek, at its start, and its size. What was handed in open stays open.

    Raises UnpackError when it cannot be read.
    """
    try:
        if isinstance(source, bytes | bytearray | memoryview):
            yield io.BytesIO(source), len(source)
        elif isinstance(source, Path):
            with source.open("rb") as file:
                yield file, size_of(file)
        elif source.seekable():
            yield source, size_of(source)
        else:
            with _spooled(source, most, name) as file:
                yield file, size_of(file)
    except OSError as error:
        raise UnpackError(f"{name} cannot be read: {error.strerror or error}.") from error


def size_of(file: BinaryIO) -> int:
    """The size of the file, which then stands at its start."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


@contextmanager
def _spooled(source: BinaryIO, most: int, name: str) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        while chunk := source.read(CHUNK):
            spool.write(chunk)
            if spool.tell() > most:
                raise UnpackError(f"{name} is larger than {most:,} bytes. Upload only the part that got out.")
        yield spool  # type: ignore[misc]
