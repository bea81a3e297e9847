"""What a repository holds, with archives and source maps opened: a leak is often passed on packed."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Sequence
from typing import Self

from monitors.sources.base import Holding, SourceError, clean
from monitors.sources.packed import Packed, below, left_out
from monitors.unpack import Limits

MAPS = 300  # that are fetched, all in one request
ARCHIVES = 8
BYTES = 1024 * 1024 * 1024  # unpacked, in all

_MAP = re.compile(r"\.map$", re.IGNORECASE)
_ARCHIVE = re.compile(
    r"\.(tgz|tbz2?|txz|tzst|tar|gz|bz2|xz|zst|zip|asar|whl|jar|crx|vsix|gem)$", re.IGNORECASE
)


def opened(listed: Holding, *, limits: Limits) -> Holding:
    """The same holding when nothing in it is packed. Raises SourceError; the given one is closed then."""
    if not any(_MAP.search(path) or _ARCHIVE.search(path) for path in listed.entries):
        return listed
    return Opened(listed, limits=limits)


class Opened:
    """The same files, and those of each archive and source map as if it were a folder of its name.

    They are fetched when it is made. What passes the bounds is left out, and `skipped` says so; so it does of
    what cannot be unpacked. Close it when done. Raises SourceError, as reading does.
    """

    def __init__(self, listed: Holding, *, limits: Limits) -> None:
        self._listed, self._packed = listed, Packed(limits)
        self._room = BYTES
        self.entries, self.trees, self.skipped = dict(listed.entries), dict(listed.trees), listed.skipped
        try:
            self._open()
        except BaseException:
            self.close()
            raise

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        """The contents of these; may give fewer, and then `skipped` says so."""
        others = []
        for path in dict.fromkeys(paths):
            if (inner := self._packed.read(path)) is not None:
                yield from inner
            else:
                others.append(path)
        yield from self._listed.read(others)

    def close(self) -> None:
        self._packed.close()
        self._listed.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _open(self) -> None:
        maps = [path for path in self.entries if _MAP.search(path)]
        archives = [path for path in self.entries if _ARCHIVE.search(path)]
        self._skip(len(maps) - MAPS, "source maps beyond those we open of one place")
        self._skip(len(archives) - ARCHIVES, "archives beyond those we unpack of one place")
        left_out = 0
        for path, content in self._listed.read(maps[:MAPS] + archives[:ARCHIVES]):
            if self._room > 0:
                self._add(path, content)
            else:
                left_out += 1
        self._skip(left_out, f"packed, beyond the {BYTES:,} bytes we unpack of one place")

    def _add(self, name: str, content: bytes) -> None:
        try:
            holding = self._packed.open(name, io.BytesIO(content))
        except SourceError as error:
            self.skipped.append(clean(error))  # it must not hide the files beside it
            return
        self._room -= holding.size
        itself = self.entries[name]  # a map is listed among the files it gives
        inner = {path: id for path, id in holding.entries.items() if id != itself}
        self.entries |= below(name, inner)
        self.trees |= below(name, holding.trees)
        self.skipped.extend(clean(f"{name}: {why}") for why in holding.skipped)

    def _skip(self, count: int, why: str) -> None:
        self.skipped += left_out(count, why)
