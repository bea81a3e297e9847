"""What a downloaded archive holds, checked against the digest it was announced with."""

from __future__ import annotations

import base64
import binascii
import hashlib
import tempfile
from collections.abc import Iterator, Sequence
from typing import BinaryIO, NamedTuple, Self, cast

from monitors.fingerprints import git_blob_id, git_tree_ids
from monitors.sources.base import SourceError, clean
from monitors.sources.repositories import read_artifact
from monitors.unpack import Limits, Notes, UnpackError

ALGORITHMS = ("sha512", "sha384", "sha256", "sha1")  # strongest first
MEMORY = 16 * 1024 * 1024
CHUNK = 1024 * 1024
SKIPPED_KEPT = 200


class Mismatch(SourceError):
    """What was downloaded is not what the registry announced."""


class _Span(NamedTuple):
    start: int
    size: int


class ArchiveHolding:
    """The files of one unpacked archive, their contents in a temporary file (in memory below 16 MiB)."""

    def __init__(self) -> None:
        self.entries: dict[str, str] = {}
        self.trees: dict[str, str] = {}
        self.skipped: list[str] = []
        # Lives as long as the holding; close() ends it.
        self._file = cast(BinaryIO, tempfile.SpooledTemporaryFile(max_size=MEMORY))  # noqa: SIM115
        self._spans: dict[str, _Span] = {}
        self._end = 0

    @property
    def size(self) -> int:
        """Bytes of all contents."""
        return self._end

    def add(self, path: str, content: bytes) -> None:
        self._file.seek(self._end)
        self._file.write(content)
        self.entries[path] = git_blob_id(content)
        self._spans[path] = _Span(self._end, len(content))
        self._end += len(content)

    def lift(self, members: Sequence[str]) -> None:
        """Take away the one folder that all members lie in ("package/"), as the registry's clients do."""
        tops = {path.partition("/")[0] if "/" in path else "" for path in members}
        top = tops.pop() if len(tops) == 1 else ""
        for path in [path for path in self.entries if top and path.startswith(f"{top}/")]:
            lifted = path.removeprefix(f"{top}/")
            if lifted not in self.entries:  # else a source map put another file there
                self.entries[lifted] = self.entries.pop(path)
                self._spans[lifted] = self._spans.pop(path)

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        """The contents of those of `paths` that the archive has, in the order asked for."""
        for path in paths:
            if span := self._spans.get(path):
                self._file.seek(span.start)
                yield path, self._file.read(span.size)

    def close(self) -> None:
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()


def hold(archive: BinaryIO, *, name: str, limits: Limits | None = None) -> ArchiveHolding:
    """The archive's files, sources recovered from its source maps among them.

    An archive that breaks off or passes a bound gives what came before that, and `skipped` says so.
    Raises SourceError when nothing at all could be unpacked.
    """
    holding, notes = ArchiveHolding(), Notes()
    try:
        _fill(holding, archive, name, limits or Limits(), notes)
    except BaseException:
        holding.close()
        raise
    left_out = [clean(f"{note.path}: {note.reason}") for note in notes.skipped[:SKIPPED_KEPT]]
    holding.skipped.extend(left_out)
    return holding


def _fill(holding: ArchiveHolding, archive: BinaryIO, name: str, limits: Limits, notes: Notes) -> None:
    members = []
    try:
        for file in read_artifact(archive, name=name, limits=limits, notes=notes, earlier=True):
            holding.add(file.path, file.content)
            if not file.origin:
                members.append(file.path)
    except UnpackError as error:
        if not holding.entries:
            raise SourceError(f"{clean(name)} could not be unpacked: {error}") from None
        holding.skipped.append(f"The rest of {clean(name)}: {error}")
    holding.lift(members)
    holding.trees = git_tree_ids(holding.entries)


def verify(content: BinaryIO, digest: str, *, name: str = "The download") -> None:
    """Raises Mismatch unless the content has this digest; "" is taken for no promise. Rewinds the content.

    The digest is in Subresource Integrity form, of which the strongest known algorithm counts:
    https://www.w3.org/TR/sri-2/#the-integrity-attribute
    """
    promised = _promised(digest)
    if digest and not promised:
        raise Mismatch(f"{clean(name)} is announced with a digest of a kind we cannot check.")
    if promised and _hashed(content, promised[0][0]) not in [value for _, value in promised]:
        raise Mismatch(
            f"{clean(name)} is not what was announced: its {promised[0][0]} differs. "
            "It may have been tampered with, or cut short on the way."
        )
    content.seek(0)


def integrity(algorithm: str, hexadecimal: str) -> str:
    """A hexadecimal digest in Subresource Integrity form, "" when it is not one."""
    try:
        value = bytes.fromhex(hexadecimal)
    except ValueError:
        return ""
    return f"{algorithm}-{base64.b64encode(value).decode()}" if value else ""


def _promised(digest: str) -> list[tuple[str, bytes]]:
    """(algorithm, value) of the strongest algorithm that the digest names, more than once if it does."""
    parts = [part.partition("?")[0].partition("-") for part in digest.split()]
    for algorithm in ALGORITHMS:
        values = [_decoded(value) for name, _, value in parts if name == algorithm]
        if values:
            return [(algorithm, value) for value in values]
    return []


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _hashed(content: BinaryIO, algorithm: str) -> bytes:
    content.seek(0)
    digest = hashlib.new(algorithm, usedforsecurity=False)
    while chunk := content.read(CHUNK):
        digest.update(chunk)
    return digest.digest()
