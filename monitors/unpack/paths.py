"""Names that archives and source maps choose, made harmless."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Container
from itertools import dropwhile
from typing import NamedTuple

LONGEST = 900  # characters of a path

# Controls, lone surrogates, and what reorders or hides text: bidirectional controls, zero-width
# and invisible characters, line and paragraph separators, tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\ud800-\udfff\U000e0000-\U000e0fff]"
)
_DRIVE = re.compile(r"[A-Za-z]:$")


class Cleaned(NamedTuple):
    """A path relative to the root, with "/" between its parts; empty when nothing is left of the name.

    `changes` says what was done to the name, for the person who reads; empty when nothing worth a word was.
    """

    path: str
    changes: str


def clean(name: str) -> Cleaned:
    """The name as a relative path without "..", control or bidirectional characters, of at most LONGEST."""
    slashed = name.replace("\\", "/")
    parts = slashed.split("/")
    climbed = climb([], parts)
    rooted = list(dropwhile(_DRIVE.match, climbed))
    path = "/".join(rooted)
    safe = _UNSAFE.sub("_", path)
    short = shorten(safe)
    changes = [
        "absolute" if slashed.startswith("/") or rooted != climbed else "",
        "climbing by .." if ".." in parts else "",
        "with control or right-to-left characters" if safe != path else "",
        f"longer than {LONGEST} characters" if short != safe else "",
    ]
    return Cleaned(short, ", ".join(change for change in changes if change))


def climb(base: list[str], parts: list[str]) -> list[str]:
    """Where `parts` lead from `base`, by "." and ".."; climbing beyond the root stays at the root."""
    here = list(base)
    for part in parts:
        if part == "..":
            del here[-1:]
        elif part not in ("", "."):
            here.append(part)
    return here


def visible(name: str) -> str:
    """The name as ASCII with escapes, at most 200 characters, to be shown in a sentence."""
    escaped = name.encode("unicode_escape", "backslashreplace").decode("ascii")
    return escaped if len(escaped) <= 200 else f"{escaped[:200]}..."


def shorten(path: str) -> str:
    if len(path) <= LONGEST:
        return path
    digest = hashlib.sha256(path.encode("utf-8", "replace")).hexdigest()[:12]
    return f"{path[:400].rstrip('/')}~{digest}~{path[-400:].lstrip('/')}"


class Paths:
    """The paths given away so far, so that each means one content, and none is both file and directory.

    `new_directory` is called for each directory a path implies, and may stop it all by raising.
    """

    def __init__(self, new_directory: Callable[[], None] = lambda: None) -> None:
        self._new_directory = new_directory
        self._given: dict[str, set[bytes]] = {}  # the path asked for: digests of its contents
        self._digests: set[bytes] = set()
        self._files: set[str] = set()
        self._directories: dict[str, str] = {"": ""}  # as asked for: as used
        self._used = {""}
        self._next: dict[str, int] = {}

    def __contains__(self, path: str) -> bool:
        return path in self._files

    def hold(self, content: bytes) -> bool:
        """Whether any path was given to this content."""
        return hashlib.sha256(content).digest() in self._digests

    def settle(self, path: str, content: bytes) -> str | None:
        """The path to use: this one, or with a suffix ("a~2.ts") when it means something else already.

        None when the same path came with the same content before.
        """
        digest = hashlib.sha256(content).digest()
        given = self._given.setdefault(path, set())
        if digest in given:
            return None
        given.add(digest)
        self._digests.add(digest)
        directory, _, name = path.rpartition("/")
        free = self._free(_join(self._open(directory), name), besides=self._used)
        self._files.add(free)
        return free

    def _open(self, directory: str) -> str:
        """The directory, under another name where one of its parts is a file already."""
        if directory in self._directories:
            return self._directories[directory]
        asked = used = ""
        for part in directory.split("/"):
            asked = _join(asked, part)
            if asked not in self._directories:
                self._new_directory()
                self._directories[asked] = self._free(_join(used, part))
                self._used.add(self._directories[asked])
            used = self._directories[asked]
        return used

    def _free(self, path: str, *, besides: Container[str] = ()) -> str:
        directory, _, name = path.rpartition("/")
        stem, dot, extension = name.rpartition(".") if "." in name[1:] else (name, "", "")
        candidate = path
        while candidate in self._files or candidate in besides:
            number = self._next[path] = self._next.get(path, 1) + 1
            candidate = _join(directory, f"{stem}~{number}{dot}{extension}")
        return candidate


def _join(directory: str, name: str) -> str:
    return f"{directory}/{name}" if directory else name
