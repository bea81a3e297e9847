"""The objects of a stranger's git repository, in a temporary repository of our own.

Only packs and loose objects are taken over, as bytes. git never sees the stranger's configuration, hooks,
attributes, references, alternates or indexes of packs: these are made anew. Nothing is checked out or asked
for elsewhere, and git dies at the deadline or when it takes too much room.
https://git-scm.com/docs/gitrepository-layout
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from enum import StrEnum
from pathlib import Path
from typing import IO, BinaryIO, NamedTuple, Self

from monitors.sources import commands
from monitors.sources.base import clean
from monitors.sources.commits import ID
from monitors.unpack import Limits, UnpackError
from monitors.unpack.bounds import exceeded

CHUNK = 1024 * 1024
TICK = 1.0  # seconds between two signs of life
_RULES = {
    "core.bigFileThreshold": "8m",
    "core.hooksPath": os.devnull,
    "gc.auto": "0",
    "maintenance.auto": "false",
    "protocol.allow": "never",
}
_PINNED = {
    "LC_ALL": "C",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_TERMINAL_PROMPT": "0",
}


class Kind(StrEnum):
    FILE = "file"
    FOLDER = "folder"
    LINK = "link"
    MODULE = "module"


class Row(NamedTuple):
    """One entry of a tree, by its path from the top."""

    kind: Kind
    oid: str
    path: bytes


_KINDS = {b"40000": Kind.FOLDER, b"120000": Kind.LINK, b"160000": Kind.MODULE}


class Store:
    """An empty store to be filled with the objects of what is called `name`. Close it when done.

    `tick` is called about every second while git works. All methods raise UnpackError, and BoundExceeded.
    """

    def __init__(
        self, *, name: str, limits: Limits, is_sha256: bool, tick: Callable[[], None] = lambda: None
    ) -> None:
        self.size = 0  # bytes taken over
        self._name, self._limits, self._tick = name, limits, tick
        self._count = 0
        self._listed, self._told = [0, 0], 0  # files and folders in trees; bytes of their paths
        self._until = time.monotonic() + limits.seconds
        self._folder = tempfile.TemporaryDirectory(prefix="leakline-objects-", ignore_cleanup_errors=True)
        self._root = Path(self._folder.name)
        try:
            form = "sha256" if is_sha256 else "sha1"
            self._run("init", "--quiet", "--bare", "--template=", f"--object-format={form}").close()
        except BaseException:
            self.close()
            raise

    def add_object(self, file: BinaryIO, oid: str) -> None:
        """One loose object, under the id that the stranger's store gave it."""
        folder = self._root / "objects" / oid[:2]
        folder.mkdir(exist_ok=True)
        self._copy(file, folder / oid[2:])

    def add_pack(self, file: BinaryIO) -> None:
        """A pack, from where the file stands; git looks at all of it and writes an index of its own."""
        path = self._root / "objects" / "pack" / f"pack-{self._count:040x}.pack"
        path.parent.mkdir(exist_ok=True)
        self._copy(file, path)
        self._run("index-pack", str(path), bound="bytes").close()

    def add_shallow(self, told: bytes) -> None:
        """The commits at which a shallow clone's history ends, as its own file lists them."""
        ids = [line for line in told.decode("ascii", "replace").splitlines() if ID.fullmatch(line)]
        if ids:
            (self._root / "shallow").write_text("".join(f"{oid}\n" for oid in ids))

    def tree(self, commit: str) -> str:
        """The id of the top folder of a commit, or of a tag of one."""
        told = self._text("cat-file", "--batch-check", stdin=f"{commit}^{{tree}}\n").split()
        if len(told) != 3 or told[1] != "tree":
            raise UnpackError(f"{self._name} does not hold the commit {commit[:12]} that it names.")
        return told[0]

    def rows(self, tree: str) -> list[Row]:
        """Everything below a tree, by path; of the folders only those that are not here.

        Found by ourselves, level by level: for git, one folder that is missing hides all the others.
        """
        kept, level = [], [Row(Kind.FOLDER, tree, b"")]
        while level:
            known = self._trees([folder.oid for folder in level])
            kept += [folder for folder in level if folder.oid not in known]
            here = (folder for folder in level if folder.oid in known)
            inner = [row for folder in here for row in self._counted(_entries(folder, known[folder.oid]))]
            kept += [row for row in inner if row.kind != Kind.FOLDER]
            level = [row for row in inner if row.kind == Kind.FOLDER]
        return sorted(kept, key=lambda row: row.path)

    def reachable(self, commits: Sequence[str]) -> list[Row]:
        """Everything below these commits and all before them, newest first, each by the path it first has.

        What is a file and what a folder is not told.
        """
        asked = "".join(f"{commit}\n" for commit in commits)
        command = ("rev-list", "--objects", "--missing=allow-any", "--ignore-missing", "--stdin")
        with self._run(*command, stdin=asked) as output:
            rows = (line.rstrip(b"\n").partition(b" ") for line in output)
            return [Row(Kind.FILE, oid.decode("ascii"), path) for oid, _, path in rows if path]

    def sizes(self, oids: Sequence[str], *, kind: str = "blob") -> dict[str, int]:
        """The size of each of these contents that is here."""
        asked = "".join(f"{oid}\n" for oid in oids)
        rows = (line.split() for line in self._text("cat-file", "--batch-check", stdin=asked).splitlines())
        return {row[0]: int(row[2]) for row in rows if len(row) == 3 and row[1] == kind}

    def contents(self, sizes: dict[str, int]) -> dict[str, bytes]:
        """These contents, all at once."""
        asked, found = "".join(f"{oid}\n" for oid in sizes), {}
        room = sum(sizes.values()) + 200 * len(sizes) + CHUNK
        with self._run("cat-file", "--batch", "--buffer", stdin=asked, room=room) as output:
            while header := output.readline():
                oid, _, size = header.decode("ascii").split()
                found[oid] = output.read(int(size))
                output.read(1)
        return found

    def close(self) -> None:
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _trees(self, oids: Sequence[str]) -> dict[str, bytes]:
        sizes = self.sizes(list(dict.fromkeys(oids)), kind="tree")
        if sum(sizes.values()) > self._limits.directory_bytes:
            raise exceeded("directory_bytes", self._limits, name=self._name)
        return self.contents(sizes)

    def _counted(self, rows: Iterator[Row]) -> Iterator[Row]:
        """The same rows, while there are no more of them, and no longer ones, than there may be."""
        for row in rows:
            self._listed[row.kind == Kind.FOLDER] += 1
            self._told += len(row.path)
            if max(self._listed) > self._limits.files:
                raise exceeded("files", self._limits, name=self._name)
            if self._told > self._limits.directory_bytes:
                raise exceeded("directory_bytes", self._limits, name=self._name)
            yield row

    def _copy(self, file: BinaryIO, path: Path) -> None:
        self._count += 1
        if self._count > self._limits.files:
            raise exceeded("files", self._limits, name=self._name)
        with path.open("wb") as kept:
            while chunk := file.read(CHUNK):
                self.size += len(chunk)
                if self.size > self._limits.bytes:
                    raise exceeded("bytes", self._limits, name=self._name)
                kept.write(chunk)
                self._tick()

    def _text(self, *arguments: str, stdin: str) -> str:
        with self._run(*arguments, stdin=stdin) as output:
            return output.read().decode("utf-8", "replace")

    def _run(
        self, *arguments: str, stdin: str = "", room: int = 0, bound: str = "directory_bytes"
    ) -> IO[bytes]:
        """What git says, at most `room` bytes; `bound` is to blame when it takes more room than it may."""
        left = commands.Room(
            self._root,
            seconds=max(0.0, self._until - time.monotonic()),
            folder_bytes=2 * self._limits.bytes + CHUNK,  # indexes may take as much as the packs
            output_bytes=room or self._limits.directory_bytes,
        )
        rules = [part for key, value in _RULES.items() for part in ("-c", f"{key}={value}")]
        try:
            return self._awaited(("git", *rules, *arguments), left, stdin.encode())
        except FileNotFoundError:
            raise UnpackError("git is not installed here. Install it to read git repositories.") from None
        except commands.Overtime:
            raise exceeded("seconds", self._limits, name=self._name) from None
        except commands.Overgrown:
            raise exceeded(bound, self._limits, name=self._name) from None
        except commands.Failed as failure:
            raise self._damaged(failure.complaint) from None

    def _awaited(self, command: Sequence[str], room: commands.Room, stdin: bytes) -> IO[bytes]:
        kept = {name: os.environ[name] for name in ("PATH", "TMPDIR") if name in os.environ}
        environment = kept | _PINNED | {"HOME": self._folder.name, "GIT_DIR": self._folder.name}
        with ThreadPoolExecutor(1) as pool:
            running = pool.submit(commands.run, command, environment=environment, room=room, stdin=stdin)
            while True:
                try:
                    return running.result(timeout=TICK)
                except TimeoutError:
                    self._tick()

    def _damaged(self, complaint: bytes) -> UnpackError:
        lines = complaint.decode("utf-8", "replace").replace(str(self._root), "").splitlines()
        said = " ".join(line for line in lines if line.startswith(("fatal:", "error:")))
        return UnpackError(
            f"{self._name} is damaged, or no git repository: {clean(said, 200) or 'git failed'}"
        )


def _entries(folder: Row, content: bytes) -> Iterator[Row]:
    """What a tree holds, as far as it is well-formed: each entry "mode name", NUL, and the bytes of an id."""
    width, at = len(folder.oid) // 2, 0
    while 0 <= (end := content.find(b"\0", at)) <= len(content) - width - 1:
        mode, _, name = content[at:end].partition(b" ")
        at = end + 1 + width
        path = folder.path + b"/" + name if folder.path else name
        yield Row(_KINDS.get(mode.lstrip(b"0"), Kind.FILE), content[end + 1 : at].hex(), path)
