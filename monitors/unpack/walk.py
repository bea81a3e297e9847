"""From an artifact to its files, through archives within archives and the source maps among them."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from monitors.unpack import asar, sourcemaps, tar, zip
from monitors.unpack.bounds import BoundExceeded, Limits, Meter, Progress, UnpackError
from monitors.unpack.files import File, Member, Notes
from monitors.unpack.histories import LEFT_OUT, Kept, Members, Repositories, Spool, part_of, store_of
from monitors.unpack.inlinemaps import inline_maps
from monitors.unpack.paths import Paths, clean, shorten, visible
from monitors.unpack.sniffing import ARCHIVE_NAME, BUNDLE, Kind, is_tar, sniff, unread
from monitors.unpack.sourcemaps import SourceMap
from monitors.unpack.streams import decompressed, held, opened, read_all, size_of, stored

_BY_DIRECTORY = {Kind.ZIP: zip.members, Kind.ASAR: asar.members}
_COMPRESSED = {
    ".gz": "",
    ".bz2": "",
    ".xz": "",
    ".zst": "",
    ".tgz": ".tar",
    ".tbz": ".tar",
    ".tbz2": ".tar",
    ".txz": ".tar",
    ".tzst": ".tar",
    ".lzma": "",
    ".tlz": ".tar",
}


def unpack(
    source: bytes | BinaryIO | Path,
    *,
    name: str,
    limits: Limits = Limits(),  # noqa: B008
    notes: Notes | None = None,
    progress: Progress | None = None,
    repositories: Repositories | None = None,
) -> Iterator[File]:
    """Each file in the artifact, read as it is asked for, with a path that is relative, clean and unique.

    Archives (tar, gzip, bzip2, xz, zstd, zip, asar and what is made of them) are known by their content.
    One within another stands as a directory of its name. What source maps give away follows each map. What
    is left out or renamed is told to `notes`; `progress(stage, done, total)` hears of "unpacking" in bytes of
    the artifact and "recovering" in sources, each at most ten times a second. What git keeps within an
    archive is read by `repositories`.

    Raises BoundExceeded where the artifact would cost more than `limits`, and UnpackError where it
    is damaged, cut short, encrypted, of a kind not read here, or a source map without sources.
    """
    shown = clean(name.replace("\\", "/").rpartition("/")[2]).path or "artifact"
    with opened(source, limits=limits, name=shown) as (file, size):
        meter = Meter(limits, name=shown, size=size, position=file.tell, progress=progress)
        walk = _Walk(meter, notes if notes is not None else Notes(), repositories)
        for found in walk.artifact(file, size, shown):
            meter.pause()
            yield found
            meter.resume()
        meter.tell("unpacking", size, size)


def walked(
    members: Callable[[], Iterator[Member]],
    meter: Meter,
    notes: Notes,
    *,
    name: str,
    repositories: Repositories | None = None,
) -> Iterator[File]:
    """Each file among these members, as if an archive held them. `members` begins anew at every call."""
    walk = _Walk(meter, notes, repositories)
    for found in walk.members(_Container(io.BytesIO(), Kind.TAR, name, prefix="", depth=0, again=members)):
        meter.pause()
        yield found
        meter.resume()


@dataclass
class _Container:
    """One archive while it is walked, and what has to wait until all its members are known."""

    file: BinaryIO
    kind: Kind
    name: str
    prefix: str
    depth: int
    notes: Notes = field(default_factory=Notes)
    again: Callable[[], Iterator[Member]] | None = None  # its members, where no archive holds them
    is_history: bool = False  # of files that may stand beside it, too
    linking: list[SourceMap] = field(default_factory=list)
    missing: dict[str, list[str]] = field(default_factory=dict)  # by map: sources it names only


class _Walk:
    def __init__(self, meter: Meter, notes: Notes, repositories: Repositories | None) -> None:
        self._meter = meter
        self._notes = notes
        self._repositories = repositories
        self._paths = Paths(meter.directory)
        self._recovered = 0  # sources that maps gave away, merged ones too
        self._stores: set[str] = set()  # of version control, that were told

    def artifact(self, file: BinaryIO, size: int, name: str) -> Iterator[File]:
        if not size:
            raise UnpackError(f"{name} is empty. Check where it came from and upload it again.")
        kind = sniff(file, name)
        if kind is not Kind.PLAIN:
            yield from self._archive(_Container(file, kind, name, prefix="", depth=1))
            return
        self._refuse_unreadable(file, name)
        content = read_all(stored(file, self._meter, size=size), self._meter)
        yield from self._alone(name, content)

    def members(self, container: _Container) -> Iterator[File]:
        container.notes = self._notes
        yield from self._all(container, self._members(container))

    def _refuse_unreadable(self, file: BinaryIO, name: str) -> None:
        head = file.read(64)
        file.seek(0)
        if format_name := unread(head):
            raise UnpackError(
                f"{name} is a {format_name} archive, which is not read here. Pack it as .zip or .tar.gz."
            )
        if ARCHIVE_NAME.search(name):
            raise UnpackError(
                f"{name} is named like an archive but does not begin like one: it may be an error page, or "
                "have lost its beginning. Fetch it again, or upload it under its real name."
            )

    def _alone(self, path: str, content: bytes) -> Iterator[File]:
        """A file that is the whole artifact: when it is a source map, it has to give something away."""
        whole = _Container(io.BytesIO(content), Kind.PLAIN, path, prefix="", depth=1)
        if sourcemaps.is_map(content, path):
            found = sourcemaps.read(content, path=path, limits=self._meter.limits)
            self._paths.settle(path, content)
            yield File(path, content)
            before = self._recovered
            yield from self._sources(whole, found, {}, depth=2)
            if self._recovered == before:
                raise UnpackError(sourcemaps.includes_nothing(path, found.count))
        else:
            yield from self._file(whole, path, content, depth=1)
        yield from self._finish(whole)

    def _archive(self, container: _Container) -> Iterator[File]:
        self._meter.check_depth(container.depth)
        container.notes = self._notes
        if container.kind in _BY_DIRECTORY:
            yield from self._all(container, self._members(container))
            return
        stream = self._stream(container)
        if is_tar(stream.peek(tar.BLOCK)[: tar.BLOCK], container.name):
            yield from self._all(container, self._tar_members(container, stream))
            return
        path, content = _stem(container.name), read_all(stream, self._meter)
        is_plain = sniff(io.BytesIO(content), path) is Kind.PLAIN and not unread(content[:64])
        if container.depth == 1 and is_plain:
            yield from self._alone(path, content)
        else:
            found = self._member(container, path, content)
            del content
            yield from found
            yield from self._finish(container)

    def _stream(self, container: _Container) -> io.BufferedReader:
        if container.kind is Kind.TAR:
            return stored(container.file, self._meter, size=sys.maxsize)
        return decompressed(container.file, self._meter, container.kind, name=container.name)

    def _members(self, container: _Container) -> Iterator[Member]:
        if container.again:
            return container.again()
        container.file.seek(0)
        if by_directory := _BY_DIRECTORY.get(container.kind):
            return by_directory(container.file, self._meter, name=container.name)
        return self._tar_members(container, self._stream(container))

    def _tar_members(self, container: _Container, stream: io.BufferedReader) -> Iterator[Member]:
        return tar.members(stream, self._meter, name=container.name, notes=container.notes)

    def _all(self, container: _Container, members: Iterator[Member]) -> Iterator[File]:
        with closing(Spool()) as spool:
            for member in members:
                self._meter.entry()
                if self._is_kept(spool, container.prefix, member):
                    continue
                if path := self._safe_path(member, container.prefix):
                    with self._leaving_out_too_large(path):
                        yield from self._member(container, path, member.read())
            for folder, kept in spool.folders.items():
                yield from self._kept(container, folder, kept)
        container.notes = Notes()  # what reading it a second time has to say was said
        yield from self._finish(container)

    def _safe_path(self, member: Member, prefix: str) -> str:
        """The member's path in the tree; "" for what is no file, or has no name. Oddities are noted."""
        path, changes = clean(member.name)
        if store := store_of(path):
            self._leave_out(prefix + store)
            return ""
        path = shorten(prefix + path) if path else ""
        if member.oddity or not path:
            self._notes.add(path or "(unnamed)", f"left out: {member.oddity or 'it has no usable name'}")
            return ""
        if changes:
            self._notes.add(
                path, f"taken under this name; the archive's was {changes}: {visible(member.name)}"
            )
        return path

    @contextmanager
    def _leaving_out_too_large(self, path: str) -> Iterator[None]:
        try:
            yield
        except BoundExceeded as error:
            if error.bound != "file_bytes":
                raise
            self._notes.add(path, f"left out: {error}")

    def _is_kept(self, spool: Spool, prefix: str, member: Member) -> bool:
        """Whether it may be part of a repository, and waits until all of that is known."""
        path = clean(member.name).path
        part = part_of(path) if self._repositories else None
        if part is None or (member.oddity and part.path):
            return False
        kept = spool.folder(part.root)
        if part.path:
            with self._leaving_out_too_large(shorten(prefix + path)):
                kept.add(part.path, member.read())
        return True

    def _kept(self, container: _Container, folder: str, kept: Kept) -> Iterator[File]:
        """The files that a repository holds; where it gives none, those that were kept."""
        root = f"{container.prefix}{folder}/" if folder else container.prefix
        path = shorten(root.removesuffix("/")) or container.name
        is_read, is_store = False, bool(store_of(f"{folder}/"))
        if self._repositories and kept.is_repository:
            reading = self._repositories.repository(kept, self._meter, self._notes, name=path)
            is_read = yield from self._history(container, path, root, kept.size, reading)
        elif is_store:
            self._leave_out(container.prefix + folder)
        if not is_read and not is_store:
            for part in kept:
                yield from self._member(container, shorten(root + part), kept.read(part))

    def _history(
        self, container: _Container, path: str, prefix: str, size: int, reading: Members
    ) -> Generator[File, None, bool]:
        """What git keeps, without what came already: a checkout holds most of it. Whether it can be read."""
        self._meter.entry()
        is_read = False
        try:
            with self._meter.within(path, size), reading as members:
                depth = container.depth + 1
                inner = _Container(
                    io.BytesIO(), Kind.TAR, path, prefix, depth, again=members, is_history=True
                )
                self._meter.check_depth(depth)
                is_read = True
                yield from self._all(inner, members())
        except UnpackError as error:
            if isinstance(error, BoundExceeded) and error.ends_all:
                raise
            self._notes.add(path, f"not read to its end: {error}")
        return is_read

    def _bundle(self, container: _Container, path: str, content: bytes) -> Iterator[File]:
        is_read = False
        if self._repositories:
            reading = self._repositories.bundle(content, self._meter, self._notes, name=path)
            is_read = yield from self._history(container, path, f"{path}/", len(content), reading)
        if not is_read:
            yield from self._file(container, path, content, depth=container.depth)

    def _leave_out(self, store: str) -> None:
        if store not in self._stores:
            self._stores.add(store)
            self._notes.add(shorten(store), LEFT_OUT)

    def _member(self, container: _Container, path: str, content: bytes) -> Iterator[File]:
        if container.is_history and self._paths.hold(content):
            self._notes.merged += 1
            return
        kind = sniff(io.BytesIO(content), path)
        if kind is not Kind.PLAIN:
            inner = _Container(held(content), kind, path, f"{path}/", container.depth + 1)
            inner.is_history = container.is_history
            del content
            yield from self._nested(container, inner)
            return
        format_name = unread(content[:64])
        if format_name == BUNDLE and self._repositories:
            yield from self._bundle(container, path, content)
            return
        if format_name:
            self._notes.add(path, f"taken as one file: {format_name} archives are not read here")
        yield from self._file(container, path, content, depth=container.depth)

    def _nested(self, container: _Container, inner: _Container) -> Iterator[File]:
        """What the archive holds; or itself, where it is one in name only."""
        came = False
        with inner.file:
            try:
                with self._meter.within(inner.name, size_of(inner.file)):
                    for found in self._archive(inner):
                        came = True
                        yield found
            except UnpackError as error:
                if isinstance(error, BoundExceeded) and error.ends_all:
                    raise
                self._notes.add(inner.name, f"not read to its end: {error}")
                if not came:
                    inner.file.seek(0)
                    yield from self._file(container, inner.name, inner.file.read(), depth=container.depth)

    def _file(
        self, container: _Container, path: str, content: bytes, *, depth: int, origin: str = ""
    ) -> Iterator[File]:
        settled = self._paths.settle(path, content)
        if settled is None:
            self._notes.merged += 1
            return
        yield File(settled, content, origin)
        if sourcemaps.is_map(content, settled):
            yield from self._recover(container, settled, content, depth + 1)
            return  # its texts carry what they carry when they come
        for carried in inline_maps(content):
            self._meter.entry()
            yield from self._recover(container, settled, carried, depth + 1)

    def _recover(self, container: _Container, origin: str, content: bytes, depth: int) -> Iterator[File]:
        try:
            self._meter.check_depth(depth)
            found = sourcemaps.read(content, path=origin, limits=self._meter.limits)
        except UnpackError as error:
            self._notes.add(origin, str(error))
            return
        if found.links:
            container.linking.append(found)
        else:
            yield from self._sources(container, found, {}, depth)

    def _sources(
        self, container: _Container, found: SourceMap, beside: Mapping[str, bytes], depth: int
    ) -> Iterator[File]:
        sources = sourcemaps.linked_sources(found, beside.get, self._notes, self._meter.limits)
        for done, (path, text) in enumerate(sources, start=1):
            self._meter.tell("recovering", min(done, found.count), found.count)
            if text is None:
                self._meter.entry()
                container.missing.setdefault(found.path, []).append(path)
                continue
            content = sourcemaps.encoded(text)
            self._recovered += 1
            self._meter.recovered(len(content))
            yield from self._file(container, path, content, depth=depth, origin=found.path)

    def _finish(self, container: _Container) -> Iterator[File]:
        """What had to wait for the last member: maps made of several files, and what nothing included."""
        linking, container.linking = container.linking, []
        beside = self._beside(container, {link for found in linking for link in found.links})
        for found in linking:
            yield from self._sources(container, found, beside, container.depth + 1)
        for path, named in container.missing.items():
            if absent := [source for source in named if source not in self._paths]:
                self._notes.add(path, sourcemaps.names_only(absent))

    def _beside(self, container: _Container, wanted: set[str]) -> dict[str, bytes]:
        """Members of these paths, by reading the archive once more, which counts again."""
        if not wanted or container.kind is Kind.PLAIN:
            return {}
        found = {}
        for member in self._members(container):
            path = container.prefix + clean(member.name).path
            if path in wanted and not member.oddity:
                with self._leaving_out_too_large(path):
                    found[path] = member.read()
        return found


def _stem(path: str) -> str:
    """The name of what a compressed file holds."""
    directory, slash, name = path.rpartition("/")
    stem, dot, extension = name.rpartition(".")
    if not stem or f"{dot}{extension}".lower() not in _COMPRESSED:
        return path
    return f"{directory}{slash}{stem}{_COMPRESSED[f'.{extension}'.lower()]}"
