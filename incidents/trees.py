"""The stored files of an artifact: a zip whose entries are named by number, never by a stranger's name."""

import zipfile
from collections.abc import Iterable, Iterator

from incidents.models import Artifact, ExposedFile


def content_of(exposed: ExposedFile) -> bytes:
    """The bytes of one file."""
    with exposed.artifact.tree.open("rb") as stored, zipfile.ZipFile(stored) as archive:
        return archive.read(str(exposed.number))


def contents(artifact: Artifact, numbers: Iterable[int], *, most_bytes: int) -> Iterator[bytes]:
    """The bytes of these files, as many as `most_bytes` in all allow; none where no tree is kept."""
    if not artifact.tree:
        return
    with artifact.tree.open("rb") as stored, zipfile.ZipFile(stored) as archive:
        held = set(archive.namelist())
        for number in (number for number in numbers if str(number) in held):
            if (most_bytes := most_bytes - archive.getinfo(str(number)).file_size) < 0:
                return
            yield archive.read(str(number))
