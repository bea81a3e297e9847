"""What names commits in a git repository or a bundle, as its files tell.

https://git-scm.com/docs/gitrepository-layout and https://git-scm.com/docs/gitformat-bundle
"""

from __future__ import annotations

import re
from contextlib import suppress
from typing import BinaryIO, NamedTuple

from monitors.unpack import Limits, UnpackError
from monitors.unpack.bounds import exceeded
from monitors.unpack.paths import visible

LONGEST_LINE = 65_536  # bytes, of a bundle's header
LINKS = 5  # references that name another
ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_MAIN = ("HEAD", "refs/heads/main", "refs/heads/master")


class Commit(NamedTuple):
    reference: str  # that it was found by
    oid: str


class References:
    """What names commits: (id, or "ref: " and another name) by full name, in the order they came."""

    def __init__(self, told: dict[str, str], name: str) -> None:
        self._told, self._name = told, name

    def find(self, revision: str = "", *, else_first: bool = False) -> Commit:
        """The commit of a branch, a tag, a full name or an id; without a revision the main one's.

        Where that leads nowhere, as after its branch was renamed, `else_first` takes the first that does not.
        """
        if ID.fullmatch(revision):
            return Commit(revision, revision)
        tried = [f"{part}{revision}" for part in ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")]
        wanted = tried if revision else [*_MAIN, *self._told] if else_first else ["HEAD"]
        named = [reference for reference in wanted if reference in self._told]
        if not named:
            raise UnpackError(f"{self._name} names no commit by {visible(revision) or 'HEAD'}.")
        leading = (reference for reference in named if self._leads(reference))
        return self._commit(next(leading, named[0]) if else_first else named[0])

    def _leads(self, reference: str) -> bool:
        with suppress(UnpackError):
            return bool(self._commit(reference))
        return False

    def ids(self) -> list[str]:
        """Everything that is named."""
        return list(dict.fromkeys(told for told in self._told.values() if ID.fullmatch(told)))

    def _commit(self, reference: str) -> Commit:
        told, last = self._told[reference], reference
        for _ in range(LINKS):
            if not told.startswith("ref: "):
                break
            last = told.removeprefix("ref: ").strip()
            told = self._told.get(last, "")
        if not ID.fullmatch(told):
            raise UnpackError(f"{self._name} has no commit at {visible(last)} that can be read.")
        return Commit(last, told)


def packed(content: bytes) -> dict[str, str]:
    """The references that git put together into one file."""
    lines = (line.split(" ") for line in content.decode("utf-8", "replace").splitlines())
    return {row[1]: row[0] for row in lines if len(row) == 2 and ID.fullmatch(row[0])}


def bundled(file: BinaryIO, name: str, limits: Limits) -> dict[str, str]:
    """The references in a bundle's header, behind which the file then stands: before its pack."""
    told: dict[str, str] = {}
    size = 0
    while line := file.readline(LONGEST_LINE):
        size += len(line)
        if size > limits.directory_bytes:
            raise exceeded("directory_bytes", limits, name=name)
        oid, _, reference = line.decode("utf-8", "replace").rstrip("\n").partition(" ")
        if not oid:
            return told
        if oid.startswith("-"):
            raise UnpackError(
                f"{name} builds on commits that it does not hold. Make it again with the whole history, as "
                "by: git bundle create all.bundle --all"
            )
        if ID.fullmatch(oid):
            told.setdefault(reference, oid)
    raise UnpackError(f"{name} ends early: it was cut short, perhaps while it was copied.")
