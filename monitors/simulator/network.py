"""Repositories that share their objects: one network of forks."""

from __future__ import annotations

from collections.abc import Iterable

from monitors.simulator.objects import Blob, Commit, Tree


class Network:
    """Which objects resolve in every repository of the network, whoever of them pushed."""

    def __init__(self) -> None:
        self._ids: set[str] = set()

    def reach(self, commit: Commit) -> None:
        """Take in a commit, what came before it, and all it holds."""
        pending: list[Commit | Tree | Blob] = [commit]
        while pending:
            node = pending.pop()
            if node.id not in self._ids:
                self._ids.add(node.id)
                pending.extend(_below(node))

    def resolves(self, id: str) -> bool:
        return id in self._ids


def _below(node: Commit | Tree | Blob) -> Iterable[Commit | Tree | Blob]:
    if isinstance(node, Commit):
        return (node.tree, *node.parents)
    return (entry.node for entry in node.entries) if isinstance(node, Tree) else ()
