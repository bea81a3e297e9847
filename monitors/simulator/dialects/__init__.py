"""The dialects by kind. A new one is a module here with a `Dialect`, and a line in this registry."""

from __future__ import annotations

from monitors.simulator.dialects import github
from monitors.simulator.dialects.base import Dialect

DIALECTS: dict[str, type[Dialect]] = {
    "github": github.Dialect,
}


def all_dialects() -> dict[str, Dialect]:
    """One of each, by kind."""
    return {kind: dialect() for kind, dialect in DIALECTS.items()}
