"""Bytes from whatever holds them, decompressed as they are read, and counted."""

from __future__ import annotations

import io
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from monitors.unpack.bounds import MIB, Limits, Meter, UnpackError, exceeded
from monitors.unpack.decompressors import ERRORS, FRESH, MAGIC, Decompressor, lacks_memory

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

CHUNK = 256 * 1024
IN_MEMORY = 8 * MIB  # of an archive that is no file yet; a larger one goes to a temporary file without a name

ENDS_EARLY = (
    "{name} ends early: it was cut short, perhaps while it was copied. Fetch it again and compare sizes."
)


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
    without beginning like one is ignored, as gzip(1) does. `before` is read ahead of the file.
    """

    def __init__(
        self,
        file: BinaryIO,
        meter: Meter,
        fresh: Callable[[int], Decompressor],
        *,
        name: str,
        magic: tuple[bytes, ...] = (),
        before: bytes = b"",
    ) -> None:
        self._file = file
        self._meter = meter
        self._fresh = partial(fresh, meter.limits.memory)
        self._name = name
        self._magic = magic
        self._decompressor = self._fresh()
        self._held = before
        self._failure: UnpackError | None = None

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer).cast("B")
        filled = 0
        while filled < len(view) and (data := self._more_unless_failed(len(view) - filled, filled)):
            view[filled : filled + len(data)] = data
            filled += len(data)
        return filled

    def _more_unless_failed(self, most: int, given: int) -> bytes:
        """The same as `_more`; what stops it is raised only when all that came before is given."""
        try:
            if not self._failure:
                return self._more(most)
        except UnpackError as error:
            self._failure = error
        if self._failure and not given:
            raise self._failure
        return b""

    def _more(self, most: int) -> bytes:
        """Between 1 and `most` bytes; none at the end."""
        while not self._is_at_end():
            data = b""
            if self._decompressor.needs_input:
                data = self._held or self._file.read(CHUNK)
                self._held = b""
                if not data:
                    raise UnpackError(ENDS_EARLY.format(name=self._name))
            if out := self._decompress(data, min(most, CHUNK)):  # so that a bomb is counted in small steps
                return out
        return b""

    def _decompress(self, data: bytes, most: int) -> bytes:
        try:
            out = self._decompressor.decompress(data, most)
        except ERRORS as error:
            if lacks_memory(error):
                raise exceeded("memory", self._meter.limits, name=self._name) from error
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
def opened(source: bytes | BinaryIO | Path, *, limits: Limits, name: str) -> Iterator[tuple[BinaryIO, int]]:
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
            with _spooled(source, limits, name) as file:
                yield file, size_of(file)
    except OSError as error:
        raise UnpackError(f"{name} cannot be read: {error.strerror or error}.") from error


def size_of(file: BinaryIO) -> int:
    """The size of the file, which then stands at its start."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    return size


@contextmanager
def _spooled(source: BinaryIO, limits: Limits, name: str) -> Iterator[BinaryIO]:
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as spool:
        while chunk := source.read(CHUNK):
            spool.write(chunk)
            if spool.tell() > limits.bytes:
                raise exceeded("bytes", limits, name=name)
        yield spool  # type: ignore[misc]
