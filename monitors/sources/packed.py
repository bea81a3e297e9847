"""Archives and source maps among the files of a place, each opened as if it were a folder of its name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from monitors.sources.archives import ArchiveHolding, hold
from monitors.sources.base import clean
from monitors.unpack import Limits


class Packed:
    """Those that were opened. Close it when done: each keeps a temporary file until then."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._opened: dict[str, ArchiveHolding] = {}

    def open(self, name: str, content: BinaryIO) -> ArchiveHolding:
        """What this one holds. Raises SourceError when nothing of it could be unpacked."""
        holding = self._opened[name] = hold(content, name=name, limits=self._limits)
        return holding

    def read(self, path: str) -> Iterator[tuple[str, bytes]] | None:
        """The path with its content; None when it lies in none of them."""
        for name, holding in self._opened.items():
            within = path.removeprefix(f"{name}/")
            if within != path and within in holding.entries:
                return ((path, content) for _, content in holding.read([within]))
        return None

    def close(self) -> None:
        for holding in self._opened.values():
            holding.close()


def below(name: str, ids: dict[str, str]) -> dict[str, str]:
    """What one of this name holds, by paths from the place's top."""
    return {f"{name}/{path}".rstrip("/"): id for path, id in ids.items()}


def left_out(count: int, why: str) -> list[str]:
    """How many files were not looked at, for `skipped`; nothing for none."""
    return [clean(f"{count:,} {'file' if count == 1 else 'files'}: {why}")] if count > 0 else []
