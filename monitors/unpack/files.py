"""What comes out of an unpacking, and what is said about the rest."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple


class File(NamedTuple):
    """One file. `origin` is empty, or the path of the file whose source map gave this source away."""

    path: str
    content: bytes
    origin: str = ""


class Note(NamedTuple):
    """Something that was left out, or taken under another name, and why."""

    path: str
    reason: str


@dataclass
class Notes:
    """What an unpacking has to report beside its files; filled while they are read."""

    skipped: list[Note] = field(default_factory=list)
    merged: int = 0  # files left out because the same path with the same content had come before

    def add(self, path: str, reason: str) -> None:
        self.skipped.append(Note(path, reason))


class Member(NamedTuple):
    """An entry of an archive, under the name the archive chose. `read` works until the next is asked for.

    `oddity` is empty for a regular file; else it says what the entry is instead, and it has nothing to read.
    """

    name: str
    oddity: str
    read: Callable[[], bytes]


def nothing() -> bytes:
    return b""
