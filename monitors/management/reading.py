"""The files of whatever path somebody typed."""

from collections.abc import Callable, Iterator
from pathlib import Path

from monitors.unpack import File, Notes, read_folder, unpack


def read_path(
    path: Path, *, notes: Notes | None = None, progress: Callable[[str, int, int], None] | None = None
) -> Iterator[File]:
    """Each file of an archive, a source map or a folder, within the usual bounds. Raises UnpackError."""
    if path.is_dir():
        return read_folder(path, notes=notes, progress=progress)
    return unpack(path, name=path.name, notes=notes, progress=progress)
