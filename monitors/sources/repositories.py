"""A git repository on this machine, bare or the `.git` of a checkout, or a bundle: the files of one commit.

https://git-scm.com/docs/gitrepository-layout and https://git-scm.com/docs/gitformat-bundle

Whoever packed it chose every byte: no link of theirs is followed, no file that is not regular is opened, and
git gets to see only what monitors/sources/stores.py takes over.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import BinaryIO, NamedTuple

from monitors.sources.stores import Kind, Row, Store
from monitors.unpack import File, Limits, Notes, UnpackError, unpack
from monitors.unpack.bounds import Meter, Progress, exceeded
from monitors.unpack.files import Member, nothing
from monitors.unpack.paths import clean, visible
from monitors.unpack.streams import opened
from monitors.unpack.walk import walked

BUNDLE = re.compile(rb"# v([23]) git bundle\n")
LONGEST_REFERENCE = 4096  # bytes of a file that holds one
LONGEST_LINE = 65_536  # of a bundle's header
LINKS = 5  # references that name another
BATCH_FILES, BATCH_BYTES = 2_000, 64 * 1024 * 1024  # contents held at a time
_ID = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_FAN = re.compile(r"[0-9a-f]{2}")
_LOOSE = re.compile(r"[0-9a-f]{38}(?:[0-9a-f]{24})?")
_PACK = re.compile(r"pack-[0-9a-f]{40,64}\.pack")
_ODD = {
    Kind.FOLDER: "a folder that is not here",
    Kind.LINK: "a symbolic link",
    Kind.MODULE: "a submodule, another repository that is not here",
}
_MAIN = ("HEAD", "refs/heads/main", "refs/heads/master")


class _Vanished(UnpackError):
    """It was there a moment ago."""


class _Commit(NamedTuple):
    reference: str  # that it was found by
    oid: str


def is_repository(path: Path) -> bool:
    """Whether the folder is itself what git keeps a history in; a checkout, with one inside, is not."""
    kept = path / "refs", path / "packed-refs"
    return _is_file(path / "HEAD") and _is_folder(path / "objects") and any(map(os.path.lexists, kept))


def read_artifact(
    source: BinaryIO | Path,
    *,
    name: str,
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    progress: Progress | None = None,
) -> Iterator[File]:
    """Each file of an archive or a source map, as `unpack` gives them, or of a git bundle.

    Raises UnpackError, and BoundExceeded.
    """
    if _is_bundle(source):
        return read_bundle(source, name=name, limits=limits, notes=notes, progress=progress)
    return unpack(source, name=name, limits=limits, notes=notes, progress=progress)


def read_repository(
    path: Path,
    *,
    revision: str = "",
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    progress: Progress | None = None,
) -> Iterator[File]:
    """Each file of the repository's HEAD, or of a branch, a tag or a whole commit id, as `unpack` gives them.

    Links and submodules are told to `notes` and left out, as is what another repository would have to give.
    Raises UnpackError, and BoundExceeded where it would cost more than `limits`.
    """
    notes = notes if notes is not None else Notes()
    name = clean(path.resolve().name).path or "the repository"
    commit = _references(path, name, limits).find(revision)
    reading = _Reading(name, limits, notes, progress)
    with reading.store(commit) as store:
        for oid, pack in _objects(path / "objects"):
            with pack as file:
                store.add_object(file, oid) if oid else store.add_pack(file)
        if os.path.lexists(path / "objects/info/alternates"):
            notes.add(name, "what it shares with another repository is left out")
        yield from reading.files(store, commit)


def read_bundle(
    source: BinaryIO | Path,
    *,
    name: str,
    revision: str = "",
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    progress: Progress | None = None,
) -> Iterator[File]:
    """The same of what `git bundle` wrote; where it has no HEAD, of its main branch or the first it names."""
    notes = notes if notes is not None else Notes()
    name = clean(name).path or "the bundle"
    with opened(source, limits=limits, name=name) as (file, _):
        commit = _References(_bundled(file, name, limits), name).find(revision, else_first=True)
        reading = _Reading(name, limits, notes, progress)
        with reading.store(commit) as store:
            store.add_pack(file)
            yield from reading.files(store, commit)


class _Reading:
    """What reading one repository needs to know all along."""

    def __init__(self, name: str, limits: Limits, notes: Notes, progress: Progress | None) -> None:
        self._name, self._limits, self._notes, self._progress = name, limits, notes, progress
        self._done = self._total = self._size = 0
        self._meter = Meter(limits, name=name, size=0)

    def store(self, commit: _Commit) -> Store:
        return Store(
            name=self._name, limits=self._limits, is_sha256=len(commit.oid) == 64, tick=self._sign_of_life
        )

    def files(self, store: Store, commit: _Commit) -> Iterator[File]:
        rows = store.rows(store.tree(commit.oid))
        sizes = store.sizes(list(dict.fromkeys(row.oid for row in rows if row.kind == Kind.FILE)))
        self._size, self._total = store.size, sum(sizes.get(row.oid, 0) for row in rows)
        self._meter = Meter(
            self._limits,
            name=self._name,
            size=store.size,
            position=self._position,
            progress=self._progress,
        )
        self._notes.add(
            self._name,
            f"taken as of {visible(commit.reference)}, commit {commit.oid[:12]}: "
            "other branches and what was changed before are left out",
        )
        yield from walked(
            lambda: self._members(store, rows, sizes), self._meter, self._notes, name=self._name
        )
        self._meter.tell("unpacking", store.size, store.size)

    def _members(self, store: Store, rows: Sequence[Row], sizes: dict[str, int]) -> Iterator[Member]:
        self._done, most = 0, self._limits.file_bytes
        for batch in self._batches(rows, sizes):
            read = {row.oid: size for row in batch if 0 <= (size := sizes.get(row.oid, -1)) <= most}
            here = store.contents(read)
            for row in batch:
                yield self._member(row, sizes.get(row.oid, 0), here)
                self._done += sizes.get(row.oid, 0)

    def _member(self, row: Row, size: int, contents: dict[str, bytes]) -> Member:
        path = row.path.decode("utf-8", "replace")
        oddity = _ODD.get(row.kind) or ("" if row.oid in contents else self._absence(size))
        return Member(path, oddity, nothing if oddity else lambda: self._counted(contents[row.oid]))

    def _absence(self, size: int) -> str:
        if size > self._limits.file_bytes:
            return str(exceeded("file_bytes", self._limits, name=self._name))
        return "its content is not here"

    def _counted(self, content: bytes) -> bytes:
        self._meter.produced(len(content))
        return content

    def _batches(self, rows: Sequence[Row], sizes: dict[str, int]) -> Iterator[list[Row]]:
        batch: list[Row] = []
        size = 0
        for row in rows:
            more = min(sizes.get(row.oid, 0), BATCH_BYTES)
            if batch and (len(batch) >= BATCH_FILES or size + more > BATCH_BYTES):
                yield batch
                batch, size = [], 0
            batch.append(row)
            size += more
        if batch:
            yield batch

    def _position(self) -> int:
        return self._size * self._done // (self._total or 1)

    def _sign_of_life(self) -> None:
        if self._progress:
            self._progress("unpacking", self._position(), self._size)


class _References:
    """What names commits: (id, or "ref: " and another name) by full name, in the order they came."""

    def __init__(self, told: dict[str, str], name: str) -> None:
        self._told, self._name = told, name

    def find(self, revision: str = "", *, else_first: bool = False) -> _Commit:
        """The commit of a branch, a tag, a full name or an id; without a revision the main one's."""
        if _ID.fullmatch(revision):
            return _Commit(revision, revision)
        tried = [f"{part}{revision}" for part in ("", "refs/", "refs/tags/", "refs/heads/", "refs/remotes/")]
        wanted = tried if revision else [*_MAIN, *self._told] if else_first else ["HEAD"]
        found = next((reference for reference in wanted if reference in self._told), "")
        if not found:
            raise UnpackError(f"{self._name} names no commit by {visible(revision) or 'HEAD'}.")
        return self._commit(found)

    def _commit(self, reference: str) -> _Commit:
        told, last = self._told[reference], reference
        for _ in range(LINKS):
            if not told.startswith("ref: "):
                break
            last = told.removeprefix("ref: ").strip()
            told = self._told.get(last, "")
        if not _ID.fullmatch(told):
            raise UnpackError(f"{self._name} has no commit at {visible(last)} that can be read.")
        return _Commit(last, told)


def _references(path: Path, name: str, limits: Limits) -> _References:
    told = _packed(path / "packed-refs", limits, name)
    for reference in chain(["HEAD"], _below(path, "refs", Meter(limits, name=name, size=0))):
        told[reference] = _read(path / reference, LONGEST_REFERENCE).decode("utf-8", "replace").strip()
    return _References(told, name)


def _packed(path: Path, limits: Limits, name: str) -> dict[str, str]:
    content = _read(path, limits.directory_bytes + 1) if os.path.lexists(path) else b""
    if len(content) > limits.directory_bytes:
        raise exceeded("directory_bytes", limits, name=name)
    lines = (line.split(" ") for line in content.decode("utf-8", "replace").splitlines())
    return {row[1]: row[0] for row in lines if len(row) == 2 and _ID.fullmatch(row[0])}


def _below(root: Path, folder: str, meter: Meter) -> Iterator[str]:
    """Every regular file below the folder, by its path from the root; no link is followed."""
    waiting = [folder]
    while waiting:
        here = waiting.pop()
        for entry in _entries(root / here):
            meter.entry()
            below = f"{here}/{entry.name}"
            if entry.is_dir(follow_symlinks=False):
                waiting.append(below)
            elif entry.is_file(follow_symlinks=False):
                yield below


def _objects(root: Path) -> Iterator[tuple[str, BinaryIO]]:
    """Each loose object, by its id, and each pack, by ""; open."""
    for folder in _entries(root):
        for entry in _entries(root / folder.name):
            is_loose = bool(_FAN.fullmatch(folder.name) and _LOOSE.fullmatch(entry.name))
            if is_loose or (folder.name == "pack" and _PACK.fullmatch(entry.name)):
                with suppress(_Vanished):  # packed by git meanwhile; packs come after loose objects
                    yield (folder.name + entry.name if is_loose else ""), _open(Path(entry.path))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """In the order of their names; none of what is no folder, or may not be read."""
    try:
        if not _is_folder(folder):
            return []
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _bundled(file: BinaryIO, name: str, limits: Limits) -> dict[str, str]:
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
        if _ID.fullmatch(oid):
            told.setdefault(reference, oid)
    raise UnpackError(f"{name} ends early: it was cut short, perhaps while it was copied.")


def _is_bundle(source: BinaryIO | Path) -> bool:
    if isinstance(source, Path):
        return _is_file(source) and bool(BUNDLE.match(_read(source, 64)))
    if not source.seekable():
        return False
    head = source.read(64)
    source.seek(0)
    return bool(BUNDLE.match(head))


def _read(path: Path, most: int) -> bytes:
    with _open(path) as file:
        return file.read(most)


def _open(path: Path) -> BinaryIO:
    """A regular file, and nothing that waits, or leads elsewhere. Raises UnpackError."""
    try:
        file = os.fdopen(os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK), "rb")
    except FileNotFoundError as error:
        raise _Vanished(f"{visible(path.name)} is not there any more.") from error
    except OSError as error:
        raise UnpackError(f"{visible(path.name)} cannot be read: {error.strerror}.") from error
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise UnpackError(f"{visible(path.name)} cannot be read: it is no regular file.")
    return file


def _is_file(path: Path) -> bool:
    return _mode(path, stat.S_ISREG)


def _is_folder(path: Path) -> bool:
    return _mode(path, stat.S_ISDIR)


def _mode(path: Path, test: Callable[[int], bool]) -> bool:
    """Whether it is of this kind itself, whatever a link there leads to."""
    try:
        return test(path.lstat().st_mode)
    except OSError:
        return False
