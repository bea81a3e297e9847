"""What a place holds, where a listing names its files and their ids: each is fetched only when it is read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import BinaryIO, NamedTuple, Self

from monitors.sources.base import Gone, SourceError, clean
from monitors.sources.http import Client
from monitors.sources.packed import Packed, below, left_out
from monitors.unpack import Limits

_PACKED = re.compile(
    r"\.(tgz|tbz2?|txz|tzst|tar|gz|bz2|xz|zst|zip|asar|whl|jar|crx|vsix|map)$", re.IGNORECASE
)


class RemoteFile(NamedTuple):
    """One file of a listing; `id` is its git blob id or its SHA-256 in hexadecimal, "" when none is told."""

    path: str
    url: str
    id: str
    size: int = 0  # bytes, 0 when it is not told


@dataclass(frozen=True)
class Bounds:
    """What examining one place may cost. Sizes are in bytes."""

    files: int = 20_000  # of the listing
    reads: int = 300
    read_bytes: int = 64 * 1024 * 1024  # in all
    file_bytes: int = 8 * 1024 * 1024  # one file
    archives: int = 4  # that are fetched and unpacked
    archive_bytes: int = 256 * 1024 * 1024  # one of them


class RemoteHolding:
    """The files of a listing, and of the archives and source maps among them, which are fetched at once.

    What passes the bounds is left out, and `skipped` says so. Close it when done. Raises SourceError.
    """

    def __init__(
        self,
        client: Client,
        files: Sequence[RemoteFile],
        trees: Mapping[str, str] | None = None,
        *,
        limits: Limits,
        bounds: Bounds | None = None,
    ) -> None:
        self._client, self._bounds = client, bounds or Bounds()
        self._files = {file.path: file for file in files[: self._bounds.files]}
        self._reads = self._bytes = 0
        self._packed = Packed(limits)
        self.entries = {path: file.id for path, file in self._files.items()}
        self.trees = dict(trees or {})
        self.skipped: list[str] = []
        self._skip(len(files) - len(self._files), "more files than we list")
        try:
            self._unpack()
        except BaseException:
            self.close()
            raise

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        """The contents of those of `paths` that are there and within the bounds."""
        left_out = 0
        for path in paths:
            if (inner := self._packed.read(path)) is not None:
                yield from inner
            elif path in self._files and not self._fits(self._files[path]):
                left_out += 1
            elif path in self._files and (content := self._fetched(self._files[path])) is not None:
                yield path, content
        self._skip(left_out, "more than we read of one place")

    def close(self) -> None:
        self._packed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _unpack(self) -> None:
        """The files of archives and source maps, as if each were a folder of its name."""
        found = [file for file in self._files.values() if _PACKED.search(file.path)]
        fitting = [file for file in found if file.size <= self._bounds.archive_bytes]
        chosen = fitting[: self._bounds.archives]
        self._skip(len(found) - len(chosen), "archives beyond what we unpack of one place")
        for file in chosen:
            try:
                content = self._client.download(file.url, max_bytes=self._bounds.archive_bytes)
            except Gone:
                self._skip(1, "gone while we looked")
                continue
            with content:
                self._add(file.path, content)

    def _add(self, name: str, content: BinaryIO) -> None:
        try:
            holding = self._packed.open(name, content)
        except SourceError as error:
            # A broken archive must not hide the files beside it.
            self.skipped.append(clean(error))
            return
        del self.entries[name], self._files[name]
        self.entries |= below(name, holding.entries)
        self.trees |= below(name, holding.trees)
        self.skipped.extend(holding.skipped)

    def _fits(self, file: RemoteFile) -> bool:
        room = min(self._bounds.file_bytes, self._bounds.read_bytes - self._bytes)
        return self._reads < self._bounds.reads and file.size <= room and room > 0

    def _fetched(self, file: RemoteFile) -> bytes | None:
        """None when it is gone, or turns out larger than was told."""
        room = min(self._bounds.file_bytes, self._bounds.read_bytes - self._bytes)
        self._reads += 1
        try:
            with self._client.download(file.url, max_bytes=room) as content:
                found = content.read()
        except Gone:
            self._skip(1, "gone while we looked")
            return None
        self._bytes += len(found)
        return found

    def _skip(self, count: int, why: str) -> None:
        self.skipped += left_out(count, why)
