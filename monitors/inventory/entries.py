"""The files of an artifact, each with whose it is, and their sums."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Ownership(StrEnum):
    FIRST = "first"  # ours, and not meant to be out
    THIRD = "third"  # somebody else's
    SHIPPED = "shipped"  # published on purpose, or made by a machine from what is


@dataclass(frozen=True, slots=True)
class Entry:
    """One file. `why` is the reason for its ownership, for the person who doubts it."""

    path: str
    size: int  # bytes
    lines: int  # as `wc -l` counts, and one for a last line without end; 0 for a binary file
    language: str  # "Text" when it cannot be told, "Binary" for what is no text
    ownership: Ownership
    why: str
    origin: str  # path of the file whose source map gave it away, or ""
    binary: bool
    content: bytes = field(repr=False)


@dataclass(frozen=True)
class Inventory:
    """All files, in the order they came."""

    entries: list[Entry]
    merged: int = 0  # files left out because the same path with the same content had come before

    def totals(self) -> dict[str, Any]:
        """Sums as plain JSON: files, lines and bytes of all, and for each ownership, also by language.

        {"files", "lines", "bytes", "merged", "ownership": {"first": {"files", "lines", "bytes",
        "languages": {"TypeScript": {"files", "lines", "bytes"}}}, "third": ..., "shipped": ...}},
        the language with the most lines first.
        """
        return {
            **_sums(self.entries),
            "merged": self.merged,
            "ownership": {ownership.value: self._of(ownership) for ownership in Ownership},
        }

    def _of(self, ownership: Ownership) -> dict[str, Any]:
        entries = [entry for entry in self.entries if entry.ownership is ownership]
        return {**_sums(entries), "languages": _by_language(entries)}


def _by_language(entries: list[Entry]) -> dict[str, dict[str, int]]:
    by_language: dict[str, list[Entry]] = {}
    for entry in entries:
        by_language.setdefault(entry.language, []).append(entry)
    sums = [(language, _sums(those)) for language, those in by_language.items()]
    return dict(sorted(sums, key=lambda pair: (-pair[1]["lines"], -pair[1]["bytes"], pair[0])))


def _sums(entries: Iterable[Entry]) -> dict[str, int]:
    files = lines = size = 0
    for entry in entries:
        files += 1
        lines += entry.lines
        size += entry.size
    return {"files": files, "lines": lines, "bytes": size}
