"""Ordinary public code, as it is given to commands: folders, archives, or backgrounds that were kept."""

from __future__ import annotations

from argparse import ArgumentParser
from collections.abc import Iterable
from pathlib import Path

from monitors.backgrounds import published
from monitors.fingerprints import NOTHING, Background, is_background, learn
from monitors.management.progress import ProgressBar
from monitors.management.reading import read_path


def add_arguments(parser: ArgumentParser) -> None:
    """--background and --background-list."""
    parser.add_argument(
        "--background",
        type=Path,
        nargs="+",
        action="extend",
        default=[],
        metavar="DIR",
        help="ordinary public code, or a background that was kept",
    )
    parser.add_argument("--background-list", type=Path, metavar="FILE", help="a file of such, one a line")


def learned(paths: Iterable[Path], listing: Path | None, progress: ProgressBar) -> Background:
    """What these and those of the list know together. Raises BadIndex, UnpackError and OSError."""
    known = NOTHING
    for path in [*paths, *_listed(listing)]:
        if path.is_file() and is_background(path.read_bytes()):
            known |= Background.from_bytes(path.read_bytes())
        else:
            known |= learn(published(read_path(path, progress=progress)))
    return known


def _listed(listing: Path | None) -> list[Path]:
    lines = listing.read_text(errors="surrogateescape").splitlines() if listing else []
    return [Path(line.strip()) for line in lines if line.strip() and not line.startswith("#")]
