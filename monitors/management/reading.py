"""The files of whatever path somebody typed."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

from django.conf import settings

from monitors.sources.repositories import is_repository, read_artifact, read_bundle, read_repository
from monitors.unpack import File, Limits, Notes, read_folder


def read_path(
    path: Path,
    *,
    limits: Limits | None = None,
    notes: Notes | None = None,
    progress: Callable[[str, int, int], None] | None = None,
) -> Iterator[File]:
    """Each file of an archive, a source map, a folder, or one commit of a git repository or bundle.

    The commit is its HEAD's, or that of "PATH@REVISION": a branch, a tag, a whole id. A checkout is a folder.
    Raises UnpackError, and BoundExceeded where it would cost more than `limits`, or else the settings, allow.
    """
    asked = {"limits": limits or settings.UNPACK_LIMITS, "notes": notes, "progress": progress}
    path, revision = _revision(path)
    if is_repository(path):
        return read_repository(path, revision=revision, **asked)
    if path.is_dir():
        return read_folder(path, **asked)
    if revision:
        return read_bundle(path, name=path.name, revision=revision, **asked)
    return read_artifact(path, name=path.name, **asked)


def _revision(path: Path) -> tuple[Path, str]:
    """The path, and what stands behind its last "@" where only what stands before is there."""
    before, at, revision = str(path).rpartition("@")
    if at and not os.path.lexists(path) and os.path.lexists(before):
        return Path(before), revision
    return path, ""
