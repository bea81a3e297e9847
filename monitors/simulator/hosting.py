"""Which hosts a world file may name, and for what: those that have a dialect, as it says."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from monitors.simulator.dialects import DIALECTS

if TYPE_CHECKING:
    from monitors.simulator.worldfile import Plan

THINGS = frozenset({"repository", "package", "gist", "page", "capture", "image"})  # what a notice can be of
PLACED = (*sorted(THINGS), "account", "hook", "forks", "feed", "posts")


def check(plan: Plan) -> None:
    """Raises ValueError when a table names a host that does not exist or has nothing of its kind."""
    removing = _with(THINGS)
    each = [(f"[[{table}]] host", getattr(plan, table), _with(frozenset({table}))) for table in PLACED]
    each += [("[[notice]] host", plan.notice, removing), ("[[outage]] host", plan.outage, list(DIALECTS))]
    for where, table, known in each:
        for one in table:
            _known(where, one.host, known)
    drawing = [kind for kind, dialect in DIALECTS.items() if dialect.late]
    named = {"takedowns": removing, "faults": [*DIALECTS, "*"], "indexing": drawing}
    for table, known in named.items():
        for kind in getattr(plan, table):
            _known(f"[{table}]", kind, known)
    _check_limits(plan)


def _check_limits(plan: Plan) -> None:
    for kind, buckets in plan.limits.items():
        _known("[limits]", kind, [kind for kind, dialect in DIALECTS.items() if dialect.limits])
        for bucket in buckets:
            _known(f"[limits.{kind}]", bucket, DIALECTS[kind].buckets())


def _with(tables: frozenset[str]) -> list[str]:
    """The hosts that have something of these."""
    return [kind for kind, dialect in DIALECTS.items() if dialect.tables & tables]


def _known(where: str, word: str, known: Iterable[str]) -> None:
    if word not in known:
        raise ValueError(f'{where}: "{word}" cannot stand here; write one of: {", ".join(known)}.')
