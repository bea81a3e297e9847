"""What a version control keeps for itself among the files that it keeps.

Of git's, that is a repository, which somebody else can read: monitors/sources/repositories.py does.
https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import BinaryIO, NamedTuple, Protocol, cast

from monitors.unpack.bounds import MIB, Meter
from monitors.unpack.files import Member, Notes

STORES = frozenset({".git", ".hg", ".svn", ".bzr", "CVS"})
LEFT_OUT = "left out: what a version control keeps for itself"
MEMORY = 8 * MIB  # of what is kept of one archive; more than that is on disk
# What lies in a repository, by its path there. Few other files are called so, and these only come later.
_PART = re.compile(
    r"(?P<root>(?:.*?/)?)(?P<part>HEAD|packed-refs|refs/.+|shallow|description|config|index|COMMIT_EDITMSG"
    r"|(?:ORIG|FETCH|MERGE)_HEAD|logs/(?:HEAD|refs/.+)|hooks/[^/]+\.sample"
    r"|info/(?:exclude|refs)|objects/(?:[0-9a-f]{2}/[0-9a-f]{38}(?:[0-9a-f]{24})?|pack/pack-[^/]+|info/[^/]+))"
)


class Part(NamedTuple):
    """What may be a file of a repository: where that lies, "" for the top, and the file's path in it.

    Of a folder that git keeps things in there are other files, too, whose path is "".
    """

    root: str
    path: str


class Kept:
    """The files of what may be a repository, by their paths in it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._spans: dict[str, tuple[int, int]] = {}
        self.size = 0

    def add(self, path: str, content: bytes) -> None:
        self._spans[path] = self._file.seek(0, io.SEEK_END), len(content)
        self._file.write(content)
        self.size += len(content)

    def __iter__(self) -> Iterator[str]:
        return iter(self._spans)

    def read(self, path: str) -> bytes:
        """The content; empty where there is none."""
        start, size = self._spans.get(path, (0, 0))
        self._file.seek(start)
        return self._file.read(size)

    @property
    def is_repository(self) -> bool:
        tops = {path.partition("/")[0] for path in self._spans}
        return {"HEAD", "objects"} <= tops and not tops.isdisjoint({"refs", "packed-refs"})


class Spool:
    """What may be repositories, by folder, in a temporary file without a name. Close it when done."""

    def __init__(self) -> None:
        # Lives until all members of the archive are known.
        self._file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=MEMORY))  # noqa: SIM115
        self.folders: dict[str, Kept] = {}

    def folder(self, root: str) -> Kept:
        return self.folders.setdefault(root, Kept(self._file))

    def close(self) -> None:
        self._file.close()


Members = AbstractContextManager[Callable[[], Iterator[Member]]]


class Repositories(Protocol):
    """Who reads what git keeps: the files come as the members of an archive would, anew at every call.

    Both raise UnpackError when there is nothing to read.
    """

    def repository(self, kept: Kept, meter: Meter, notes: Notes, *, name: str) -> Members: ...

    def bundle(self, content: bytes, meter: Meter, notes: Notes, *, name: str) -> Members: ...


def store_of(path: str) -> str:
    """The store that the file lies in, as far as the name of a folder tells; "" for all else."""
    folders = path.split("/")[:-1]
    depth = next((depth for depth, folder in enumerate(folders, start=1) if folder in STORES), 0)
    return "/".join(folders[:depth])


def part_of(path: str) -> Part | None:
    """What the file at this path may be of a repository; whether there is one, all its parts tell."""
    if not (store := store_of(path)):
        found = _PART.fullmatch(path)
        return Part(found["root"].removesuffix("/"), found["part"]) if found else None
    if store.rpartition("/")[2] != ".git":
        return None
    inner = path.removeprefix(f"{store}/")
    found = _PART.fullmatch(inner)
    return Part(store, inner if found and not found["root"] else "")
