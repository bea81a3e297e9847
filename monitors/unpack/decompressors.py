"""Every compression that is read here, spoken to in the same words; each in steps of bounded size."""

from __future__ import annotations

import bz2
import lzma
import sys
import zlib
from collections.abc import Callable
from typing import Protocol

from inflate64 import Inflater

if sys.version_info >= (3, 14):
    from compression import zstd
else:
    from backports import zstd

ERRORS = (zlib.error, lzma.LZMAError, zstd.ZstdError, OSError, EOFError, ValueError)


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


class Inflate64:
    """Deflate64, as WinZip calls "enhanced deflate": https://codeberg.org/miurahr/inflate64

    The library gives all that comes of what it is fed, so it gets a mouthful at a time: at most 2 MB come of
    one, since a piece of up to 65,538 bytes takes at least 18 bits.
    """

    MOUTHFUL = 64  # bytes
    unused_data = b""

    def __init__(self) -> None:
        self._inflater = Inflater()
        self._waiting = memoryview(b"")
        self._out = memoryview(b"")

    @property
    def eof(self) -> bool:
        return self._inflater.eof and not self._out

    @property
    def needs_input(self) -> bool:
        return not self._out and not self._waiting

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        if data:
            self._waiting = memoryview(bytes(self._waiting) + data)
        while not self._out and self._waiting and not self._inflater.eof:
            mouthful, self._waiting = self._waiting[: self.MOUTHFUL], self._waiting[self.MOUTHFUL :]
            self._out = memoryview(self._inflater.inflate(bytes(mouthful)))
        given, self._out = bytes(self._out[:max_length]), self._out[max_length:]
        return given


def inflate(_memory: int) -> Decompressor:
    return Inflate(-15)


def inflate64(_memory: int) -> Decompressor:
    return Inflate64()


def unlzma(memory: int) -> Decompressor:
    """For LZMA behind the header that `lzma_header` makes."""
    return lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=memory)


def lzma_header(properties: bytes, size: int | None) -> bytes:
    """What a .lzma file begins with, from the five bytes of its properties; without a size, a mark ends it.

    https://www.7-zip.org/sdk.html, in lzma-specification.txt
    """
    return properties + (b"\xff" * 8 if size is None else size.to_bytes(8, "little"))


def is_lzma(head: bytes) -> bool:
    """Whether a .lzma file begins like this, with the properties and sizes that its own tools write."""
    if len(head) < 13 or head[0] != 0x5D:
        return False
    window, size = int.from_bytes(head[1:5], "little"), int.from_bytes(head[5:13], "little")
    top = 1 << max(0, window.bit_length() - 1)
    return window >= 4096 and window in (top, top + top // 2) and (size == 2**64 - 1 or size < 2**38)


def lacks_memory(error: Exception) -> bool:
    """Whether a decompressor stopped because it would take more memory than it was given."""
    return isinstance(error, lzma.LZMAError | zstd.ZstdError) and "memory" in str(error).lower()


def _gunzip(_memory: int) -> Decompressor:
    return Inflate(31)


def _bunzip(_memory: int) -> Decompressor:
    return bz2.BZ2Decompressor()


def _unxz(memory: int) -> Decompressor:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=memory)


def _unzstd(memory: int) -> Decompressor:
    """A window is a power of two; 128 MiB are what zstd(1) reads without being told to."""
    option = zstd.DecompressionParameter.window_log_max
    least, most = option.bounds()
    return zstd.ZstdDecompressor(options={option: min(max(memory.bit_length() - 1, least), most)})


MAGIC = {
    "gz": (b"\x1f\x8b",),
    "bz2": (b"BZh",),
    "xz": (b"\xfd7zXZ\0",),
    "lzma": (),  # one part, whose header is_lzma tells
    "zst": (b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"),  # a part, or one to skip, as pzstd writes
}
FRESH: dict[str, Callable[[int], Decompressor]] = {
    "gz": _gunzip,
    "bz2": _bunzip,
    "xz": _unxz,
    "zst": _unzstd,
    "lzma": unlzma,
}
