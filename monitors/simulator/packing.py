"""Archives as registries serve them, the same bytes each time."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import Mapping
from typing import TYPE_CHECKING

from monitors.simulator.places import Holds, Version

if TYPE_CHECKING:
    from monitors.simulator.world import World

_EARLY = 499162500  # 1985-10-26, the time npm gives every file


def tgz(name: str, files: Mapping[str, bytes]) -> bytes:
    """As `npm pack` makes it: everything in "package/". (`name` is not in it.)"""
    return _packed("package", files)


def sdist(name: str, files: Mapping[str, bytes]) -> bytes:
    """A source distribution of Python's: everything in "name-version/"."""
    return _packed(name, files)


def package_files(
    world: World, kind: str, name: str, number: str, holds: Holds, share: float
) -> dict[str, bytes]:
    """What is in a published version that holds this."""
    if holds is Holds.LEAK and kind == "npm":
        return world.material.package() | {"package.json": _manifest(name, number)}
    files = world.files(holds, share=share, seed=f"{name}@{number}")
    if kind == "npm":
        return {"package.json": _manifest(name, number)} | {
            path: content
            for path, content in files.items()
            if path != "package.json" or holds is Holds.IMPOSTOR
        }
    return {"PKG-INFO": _stated(name, number), **files}


def named_anew(version: Version, again: Version) -> dict[str, bytes]:
    """The files of a version as another that says only another name."""
    stated = {"npm": ("package.json", _manifest), "pypi": ("PKG-INFO", _stated)}
    path, write = stated[version.package.kind]
    return {**version.files, path: write(again.package.name, again.number)}


def _packed(folder: str, files: Mapping[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with (
        gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1, mtime=0) as zipped,
        tarfile.open(fileobj=zipped, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path, content in sorted(files.items()):
            row = tarfile.TarInfo(f"{folder}/{path}")
            row.size, row.mtime, row.mode = len(content), _EARLY, 0o644
            tar.addfile(row, io.BytesIO(content))
    return packed.getvalue()


def _manifest(name: str, number: str) -> bytes:
    return f'{{"name": "{name}", "version": "{number}", "license": "UNLICENSED"}}'.encode()


def _stated(name: str, number: str) -> bytes:
    return f"Metadata-Version: 2.1\nName: {name}\nVersion: {number}\n".encode()
