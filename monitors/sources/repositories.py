"""A git repository on this machine, bare or the `.git` of a checkout, or a bundle: the files of one commit.

https://git-scm.com/docs/gitrepository-layout and https://git-scm.com/docs/gitformat-bundle

Whoever packed it chose every byte: no link of theirs is followed, no file that is not regular is opened, and
git gets to see only what monitors/sources/stores.py takes over.
"""

from __future__ import annotations

import io
import os
import re
import stat
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from monitors.sources.commits import Commit, References, bundled, packed
from monitors.sources.stores import Kind, Row, Store
from monitors.unpack import BoundExceeded, File, Limits, Notes, UnpackError, unpack
from monitors.unpack.bounds import SMALL, Meter, Progress, exceeded
from monitors.unpack.files import Member, nothing
from monitors.unpack.histories import Kept, Members
from monitors.unpack.paths import clean, visible
from monitors.unpack.streams import opened
from monitors.unpack.walk import walked

BUNDLE = re.compile(rb"# v([23]) git bundle\n")
LONGEST_REFERENCE = 4096  # bytes of a file that holds one
EARLIER_BYTES = 256 * 1024 * 1024  # of what other commits hold
SHARED = "what it shares with another repository is left out"
BATCH_FILES, BATCH_BYTES = 2_000, 64 * 1024 * 1024  # contents held at a time
_FAN = re.compile(r"[0-9a-f]{2}")
_LOOSE = re.compile(r"[0-9a-f]{38}(?:[0-9a-f]{24})?")
_PACK = re.compile(r"pack-[0-9a-f]{40,64}\.pack")
_ODD = {
    Kind.FOLDER: "a folder that is not here",
    Kind.LINK: "a symbolic link",
    Kind.MODULE: "a submodule, another repository that is not here",
}


class _Vanished(UnpackError):
    """It was there a moment ago."""


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
    earlier: bool = False,
) -> Iterator[File]:
    """Each file of an archive or a source map, as `unpack` gives them, or of a git bundle.

    Repositories and bundles within an archive are read, too; with `earlier` also what their other commits
    hold. Raises UnpackError, and BoundExceeded.
    """
    if _is_bundle(source):
        return read_bundle(source, name=name, limits=limits, notes=notes, progress=progress, earlier=earlier)
    inner = Inner(earlier=earlier)
    return unpack(source, name=name, limits=limits, notes=notes, progress=progress, repositories=inner)


def read_repository(
    path: Path,
    *,
    revision: str = "",
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    progress: Progress | None = None,
    earlier: bool = False,
) -> Iterator[File]:
    """Each file of the repository's HEAD, or of a branch, a tag or a whole commit id, as `unpack` gives them.

    With `earlier`, and no revision, what other commits hold follows: the newest first, up to EARLIER_BYTES.
    Links and submodules are told to `notes` and left out, as is what another repository would have to give.
    Raises UnpackError, and BoundExceeded where it would cost more than `limits`.
    """
    notes = notes if notes is not None else Notes()
    name = clean(path.resolve().name).path or "the repository"
    references = _references(path, name, limits)
    commit = references.find(revision, else_first=earlier)
    reading = _Reading(name, limits, notes, progress, earlier=earlier and not revision)
    with reading.store(commit) as store:
        store.add_shallow(_if_there(path / "shallow", limits, name))
        for oid, pack in _objects(path / "objects"):
            with pack as file:
                store.add_object(file, oid) if oid else store.add_pack(file)
        if os.path.lexists(path / "objects/info/alternates"):
            notes.add(name, SHARED)
        yield from reading.files(store, commit, references)


def read_bundle(
    source: BinaryIO | Path,
    *,
    name: str,
    revision: str = "",
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    progress: Progress | None = None,
    earlier: bool = False,
) -> Iterator[File]:
    """The same of what `git bundle` wrote; where it has no HEAD, of its main branch or the first it names."""
    notes = notes if notes is not None else Notes()
    name = clean(name).path or "the bundle"
    with opened(source, limits=limits, name=name) as (file, _):
        references = References(bundled(file, name, limits), name)
        commit = references.find(revision, else_first=True)
        reading = _Reading(name, limits, notes, progress, earlier=earlier and not revision)
        with reading.store(commit) as store:
            store.add_pack(file)
            yield from reading.files(store, commit, references)


class Inner:
    """What reads repositories and bundles within archives; with `earlier` what other commits hold, too."""

    def __init__(self, *, earlier: bool = False) -> None:
        self._earlier = earlier

    def repository(self, kept: Kept, meter: Meter, notes: Notes, *, name: str) -> Members:
        if "objects/info/alternates" in kept:
            notes.add(name, SHARED)
        return self._members(lambda: References(_named(kept), name), partial(_fill, kept), meter, notes, name)

    def bundle(self, content: bytes, meter: Meter, notes: Notes, *, name: str) -> Members:
        file = io.BytesIO(content)
        return self._members(
            lambda: References(bundled(file, name, meter.limits), name),
            lambda store: store.add_pack(file),
            meter,
            notes,
            name,
        )

    @contextmanager
    def _members(
        self,
        named: Callable[[], References],
        fill: Callable[[Store], None],
        meter: Meter,
        notes: Notes,
        name: str,
    ) -> Iterator[Callable[[], Iterator[Member]]]:
        with ExitStack() as until_read:
            try:
                references = named()
                commit = references.find(else_first=True)
                reading = _Reading(name, meter.limits, notes, None, earlier=self._earlier)
                store = until_read.enter_context(reading.store(commit))
                fill(store)
                reading.prepare(store, commit, references)
            except BoundExceeded as error:  # its own, of which the rest of the archive knows nothing
                raise UnpackError(str(error)) from error
            yield partial(reading.members, meter)


def _named(kept: Kept) -> dict[str, str]:
    loose = [path for path in kept if path == "HEAD" or path.startswith("refs/")]
    told = {path: kept.read(path)[:LONGEST_REFERENCE].decode("utf-8", "replace").strip() for path in loose}
    return packed(kept.read("packed-refs")) | told


def _fill(kept: Kept, store: Store) -> None:
    store.add_shallow(kept.read("shallow"))
    for path in sorted(kept):
        folder, file = path.split("/")[-2:] if path.startswith("objects/") else ("", "")
        if _FAN.fullmatch(folder) and _LOOSE.fullmatch(file):
            store.add_object(io.BytesIO(kept.read(path)), folder + file)
        elif folder == "pack" and _PACK.fullmatch(file):
            store.add_pack(io.BytesIO(kept.read(path)))


class _Reading:
    """What reading one repository needs to know all along."""

    def __init__(
        self, name: str, limits: Limits, notes: Notes, progress: Progress | None, *, earlier: bool
    ) -> None:
        self._name, self._limits, self._notes, self._progress = name, limits, notes, progress
        self._earlier = earlier
        self._done = self._total = self._size = 0
        self._rows: list[Row] = []
        self._sizes: dict[str, int] = {}

    def store(self, commit: Commit) -> Store:
        return Store(
            name=self._name, limits=self._limits, is_sha256=len(commit.oid) == 64, tick=self._sign_of_life
        )

    def files(self, store: Store, commit: Commit, references: References) -> Iterator[File]:
        self.prepare(store, commit, references)
        meter = Meter(
            self._limits,
            name=self._name,
            size=store.size,
            position=self._position,
            progress=self._progress,
        )
        inner = Inner(earlier=self._earlier)
        yield from walked(
            partial(self.members, meter), meter, self._notes, name=self._name, repositories=inner
        )
        meter.tell("unpacking", store.size, store.size)

    def prepare(self, store: Store, commit: Commit, references: References) -> None:
        """Find out what there is to read. The store has to stay open until it is read."""
        self._store, self._size = store, store.size
        self._rows = store.rows(store.tree(commit.oid))
        self._sizes = store.sizes(list(dict.fromkeys(row.oid for row in self._rows if row.kind == Kind.FILE)))
        taken = f"taken as of {visible(commit.reference)}, commit {commit.oid[:12]}"
        if self._earlier:
            self._notes.add(self._name, f"{taken}, and with what other commits hold")
            self._add_earlier([commit.oid, *references.ids()])
        else:
            self._notes.add(self._name, f"{taken}: other branches and what was changed before are left out")
        self._total = sum(self._sizes.get(row.oid, 0) for row in self._rows)

    def _add_earlier(self, commits: Sequence[str]) -> None:
        """What those commits hold and this one does not, the newest first, as far as the limits allow."""
        try:
            found = self._store.reachable(commits)
            sizes = self._store.sizes([row.oid for row in found])
        except UnpackError as error:
            self._notes.add(self._name, f"what was changed before is left out: {error}")
            return
        fresh = [row for row in found if row.oid in sizes and row.oid not in self._sizes]
        most = max(SMALL, self._limits.ratio * self._size) // 2
        room = min(EARLIER_BYTES, self._limits.bytes // 4, most - sum(self._sizes.values()))
        fitting = 0
        for row in fresh[: max(0, self._limits.files // 2 - len(self._rows))]:
            room -= sizes[row.oid]
            if room < 0:
                break
            self._sizes[row.oid] = sizes[row.oid]
            fitting += 1
        self._rows += fresh[:fitting]
        if left_out := len(fresh) - fitting:
            self._notes.add(
                self._name, f"{left_out:,} of the oldest contents are left out: they are too many"
            )

    def members(self, meter: Meter) -> Iterator[Member]:
        self._done, sizes, most = 0, self._sizes, self._limits.file_bytes
        for batch in self._batches():
            read = {row.oid: size for row in batch if 0 <= (size := sizes.get(row.oid, -1)) <= most}
            here = self._store.contents(read)
            for row in batch:
                yield self._member(row, here, meter)
                self._done += sizes.get(row.oid, 0)

    def _member(self, row: Row, contents: dict[str, bytes], meter: Meter) -> Member:
        path = row.path.decode("utf-8", "replace")
        if oddity := _ODD.get(row.kind) or self._absence(row, contents):
            return Member(path, oddity, nothing)
        return Member(path, "", lambda: _counted(contents[row.oid], meter))

    def _absence(self, row: Row, contents: dict[str, bytes]) -> str:
        if row.oid in contents:
            return ""
        if self._sizes.get(row.oid, 0) > self._limits.file_bytes:
            return str(exceeded("file_bytes", self._limits, name=self._name))
        return "its content is not here"

    def _batches(self) -> Iterator[list[Row]]:
        batch: list[Row] = []
        size = 0
        for row in self._rows:
            more = min(self._sizes.get(row.oid, 0), BATCH_BYTES)
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


def _counted(content: bytes, meter: Meter) -> bytes:
    meter.produced(len(content))
    return content


def _references(path: Path, name: str, limits: Limits) -> References:
    told = packed(_if_there(path / "packed-refs", limits, name))
    for reference in chain(["HEAD"], _below(path, "refs", Meter(limits, name=name, size=0))):
        told[reference] = _read(path / reference, LONGEST_REFERENCE).decode("utf-8", "replace").strip()
    return References(told, name)


def _if_there(path: Path, limits: Limits, name: str) -> bytes:
    content = _read(path, limits.directory_bytes + 1) if os.path.lexists(path) else b""
    if len(content) > limits.directory_bytes:
        raise exceeded("directory_bytes", limits, name=name)
    return content


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
