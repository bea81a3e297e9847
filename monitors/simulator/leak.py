"""What got out in a world, written to disk so that it can be taken in as an incident's artifact."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from monitors.simulator import packing
from monitors.simulator.places import Holds, Version
from monitors.simulator.world import World


class Written(NamedTuple):
    """Where it lies: the folder of sources, how many there are, and the published archive."""

    sources: Path
    files: int
    archive: Path


def write(world: World, folder: Path) -> Written:
    """Write the sources below `folder`/source, and the npm package with its map beside it. Raises OSError."""
    sources = folder / "source"
    for path, content in world.material.sources.items():
        file = sources / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    archive = folder / f"{world.material.name}.tgz"
    archive.write_bytes(published(world))
    return Written(sources, len(world.material.sources), archive)


def published(world: World) -> bytes:
    """The archive that a registry of this world served, or would have."""
    version = accident(world)
    return version.archive if version else packing.tgz("package", world.material.package())


def accident(world: World) -> Version | None:
    """The first version of any npm package that holds all of the leak; None when no package of it was."""
    held = (
        version
        for package in world.host("npm").packages.values()
        for version in package.versions
        if version.holds is Holds.LEAK
    )
    return min(held, key=lambda version: version.created_at, default=None)
