"""The files of whatever path somebody typed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from monitors.sources.repositories import Inner, is_repository, read_artifact, read_bundle, read_repository
from monitors.unpack import File, Limits, Notes, UnpackError, read_folder

TOLD = 200  # notes of one place that a program is given
SHOWN = 3  # of them that a person is shown


def read_path(
    path: Path,
    *,
    limits: Limits | None = None,
    notes: Notes | None = None,
    progress: Callable[[str, int, int], None] | None = None,
    earlier: bool = False,
) -> Iterator[File]:
    """Each file of an archive, a source map, a folder, or one commit of a git repository or bundle.

    The commit is its HEAD's, or that of "PATH@REVISION": a branch, a tag, a whole id. A checkout is a folder.
    With `earlier` what other commits hold comes too, where no revision is asked for.
    Raises UnpackError, and BoundExceeded where it would cost more than `limits`, or else the settings, allow.
    """
    asked = {"limits": limits or settings.UNPACK_LIMITS, "notes": notes, "progress": progress}
    path, revision = _revision(path)
    if is_repository(path):
        return read_repository(path, revision=revision, earlier=earlier, **asked)
    if path.is_dir():
        return read_folder(path, repositories=Inner(earlier=earlier), **asked)
    if revision:
        return read_bundle(path, name=path.name, revision=revision, **asked)
    return read_artifact(path, name=path.name, earlier=earlier, **asked)


class Reading:
    """The files that `read_path` gives, up to where it cannot go on; `error` then says why, or is empty.

    Of a repository they are those of all commits. `count` is how many came; what was left out is told to
    `notes`.
    """

    def __init__(
        self,
        path: Path,
        *,
        limits: Limits | None = None,
        progress: Callable[[str, int, int], None] | None = None,
    ) -> None:
        self.notes, self.count, self.error = Notes(), 0, ""
        self._path, self._limits, self._progress = path, limits, progress

    def __iter__(self) -> Iterator[File]:
        asked = {"limits": self._limits, "notes": self.notes, "progress": self._progress, "earlier": True}
        try:
            for file in read_path(self._path, **asked):
                self.count += 1
                yield file
        except (UnpackError, OSError) as reason:
            self.error = str(reason)


def skipped(notes: Notes, *, most: int | None = None) -> list[dict[str, str]]:
    """The notes as plain JSON: all, or at most so many and a last one that counts the others."""
    told = [note._asdict() for note in notes.skipped[:most]]
    more = len(notes.skipped) - len(told)
    return [*told, {"path": "", "reason": f"and {more:,} more"}] if more else told


def lines_of(notes: list[dict[str, str]]) -> Iterator[str]:
    """The same for people: how many there are, and the first of them."""
    if notes:
        yield f"{len(notes):>7,} left out, or not taken as it was:"
    for note in notes[:SHOWN]:
        yield f"        {note['path']}: {note['reason']}"
    if len(notes) > SHOWN:
        yield f"        and {len(notes) - SHOWN:,} more"


def _revision(path: Path) -> tuple[Path, str]:
    """The path, and what stands behind its last "@" where only what stands before is there."""
    before, at, revision = str(path).rpartition("@")
    if at and not os.path.lexists(path) and os.path.lexists(before):
        return Path(before), revision
    return path, ""
