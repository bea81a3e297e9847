"""The stored files of an artifact: a zip whose entries are named by number, never by a stranger's name."""

import zipfile
from collections.abc import Iterable, Iterator

from django.db.models import Q
from packageurl import PackageURL

from incidents.models import Artifact, ExposedFile
from monitors.fingerprints.descriptions import JSON, TOML, manifest, root_most

MANIFESTS = 1000  # looked at for the one nearest to the root


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


def package_of(artifact: Artifact) -> PackageURL | None:
    """The package that its own manifest, the one nearest to the root, says it is; None when none does."""
    if not artifact.tree:
        return None
    named = Q(path__in=(JSON, TOML)) | Q(path__endswith=f"/{JSON}") | Q(path__endswith=f"/{TOML}")
    files = {file.path: file for file in artifact.files.filter(named).order_by("path")[:MANIFESTS]}
    nearest = root_most(files)
    for kind, type in ((JSON, "npm"), (TOML, "pypi")):
        if kind in nearest and (name := manifest(nearest[kind], content_of(files[nearest[kind]])).name):
            namespace, _, last = name.rpartition("/")
            return PackageURL(type, namespace or None, last)
    return None
