"""A folder on this machine, read like an archive: nothing it links to is followed."""

from __future__ import annotations

import io
import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from monitors.unpack.bounds import BoundExceeded, Limits, Meter, Progress, UnpackError
from monitors.unpack.files import File, Member, Notes, nothing
from monitors.unpack.histories import LEFT_OUT, STORES, Repositories
from monitors.unpack.paths import clean
from monitors.unpack.streams import read_all, stored
from monitors.unpack.walk import walked


def read_folder(
    path: Path,
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    *,
    progress: Progress | None = None,
    repositories: Repositories | None = None,
) -> Iterator[File]:
    """Each file below the folder, in the order of their names, as `unpack` gives those of an archive.

    Archives in it are opened and its source maps recovered. Links, devices, what may not be read and the
    stores of version control are told to `notes` and left out.

    Raises BoundExceeded where the folder would cost more than `limits`, and UnpackError where there is none.
    """
    notes = notes if notes is not None else Notes()
    name = clean(path.resolve().name).path or "the folder"
    listed = list(_list(path, Meter(limits, name=name, size=0), notes))
    size = sum(entry.status.st_size for entry in listed)
    read = _Reading(path, listed)
    read.meter = Meter(limits, name=name, size=size, position=lambda: read.done, progress=progress)
    yield from walked(read.members, read.meter, notes, name=name, repositories=repositories)
    read.meter.tell("unpacking", size, size)


class _Listed(NamedTuple):
    path: str  # relative to the folder
    status: os.stat_result


def _list(root: Path, meter: Meter, notes: Notes) -> Iterator[_Listed]:
    """Every entry below that is no directory, links among them unfollowed."""
    waiting = [""]
    while waiting:
        directory = waiting.pop()
        below = []
        for entry in _entries(root, directory, notes):
            meter.entry()
            relative = f"{directory}{entry.name}"
            if not entry.is_dir(follow_symlinks=False):
                yield from _listed(relative, entry, notes)
            elif entry.name in STORES:
                notes.add(clean(relative).path, LEFT_OUT)
            else:
                below.append(f"{relative}/")
        waiting.extend(reversed(below))


def _listed(path: str, entry: os.DirEntry[str], notes: Notes) -> Iterator[_Listed]:
    try:
        yield _Listed(path, entry.stat(follow_symlinks=False))
    except OSError as error:
        notes.add(clean(path).path, f"left out: it cannot be read ({error.strerror})")


def _entries(root: Path, directory: str, notes: Notes) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(root / directory) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError as error:
        if not directory:
            raise UnpackError(f"{root} cannot be read as a folder: {error.strerror}.") from error
        notes.add(clean(directory).path, f"left out: it cannot be read ({error.strerror})")
        return []


class _Reading:
    """The listed files, opened one at a time; `done` counts the bytes that are behind."""

    meter: Meter

    def __init__(self, root: Path, listed: list[_Listed]) -> None:
        self._root = root
        self._listed = listed
        self.done = 0

    def members(self) -> Iterator[Member]:
        self.done = 0
        for entry in self._listed:
            if oddity := _oddity(entry.status.st_mode):
                yield Member(entry.path, oddity, nothing)
            else:
                yield self._member(entry)
            self.done += entry.status.st_size

    def _member(self, entry: _Listed) -> Member:
        try:
            content = self._content(entry)
        except OSError as error:
            return Member(entry.path, f"it cannot be read ({error.strerror})", nothing)
        except BoundExceeded as error:
            if error.bound != "file_bytes":
                raise
            return Member(entry.path, str(error), nothing)
        if content is None:
            return Member(entry.path, "it was replaced while the folder was read", nothing)
        return Member(entry.path, "", lambda: content)

    def _content(self, entry: _Listed) -> bytes | None:
        # NOFOLLOW and the comparison: it may have become a link, or been moved, since it was listed.
        opened = os.open(f"{self._root}/{entry.path}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        with os.fdopen(opened, "rb", buffering=0) as file:
            if not os.path.samestat(os.fstat(opened), entry.status):
                return None
            return self._all_of(file, entry.status.st_size)

    def _all_of(self, file: io.FileIO, size: int) -> bytes:
        """What it holds, in one step, unless it grew since it was listed."""
        self.meter.check_file(size)
        content = file.read(size + 1) or b""
        self.meter.produced(len(content))
        if len(content) <= size:
            return content
        rest = read_all(stored(file, self.meter, size=self.meter.limits.file_bytes + 1), self.meter)
        self.meter.check_file(len(content) + len(rest))
        return content + rest


_ODDITIES: dict[str, Callable[[int], bool]] = {
    "a symbolic link": stat.S_ISLNK,
    "a named pipe": stat.S_ISFIFO,
    "a socket": stat.S_ISSOCK,
    "a device": lambda mode: stat.S_ISCHR(mode) or stat.S_ISBLK(mode),
}


def _oddity(mode: int) -> str:
    return next((what for what, is_one in _ODDITIES.items() if is_one(mode)), "")
