"""Asking by GraphQL for many repositories at once, in pages that shrink when GitHub has trouble with them.

GitHub ends a query after 10 seconds with 502, 504 or an answer with holes, and charges for it. Half as many
are asked for then, down to 25; after each page that went well, 10 more.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec

from monitors.sources.base import Candidate
from monitors.sources.github.api import Api, Reply
from monitors.sources.github.queries import PLACES
from monitors.sources.github.shapes import Node, from_node
from monitors.sources.statuses import Answered, TooLarge

LARGEST, SMALLEST, STEP = 100, 25, 10
T = TypeVar("T")


class Page(msgspec.Struct):
    """How many to ask for, and whether with what lies in their top folders."""

    size: int = LARGEST
    entries: bool = True

    def shrink(self) -> bool:
        """Ask for less; False when that is not possible."""
        if self.size > SMALLEST:
            self.size = max(SMALLEST, self.size // 2)
        elif self.entries:
            self.entries = False
        else:
            return False
        return True

    def grow(self) -> None:
        self.size = min(LARGEST, self.size + STEP)
        self.entries = self.entries or self.size > SMALLEST + STEP


class Nodes(msgspec.Struct):
    nodes: list[Node | None]


def ask(
    api: Api,
    page: Page,
    query: str,
    shape: type[T],
    has_holes: Callable[[Reply[T]], bool],
    variables: Callable[[], dict[str, Any]],
) -> tuple[Reply[T], bool]:
    """The answer, and whether it is whole; asked again in smaller pages while it is not. Raises SourceError.

    `variables` is called anew for each try, as they may depend on the page.
    """
    while True:
        try:
            reply = api.ask(query, shape, entries=page.entries, **variables())
        except (Answered, TooLarge) as trouble:
            is_theirs = isinstance(trouble, TooLarge) or trouble.status >= 500
            if not (is_theirs and page.shrink()):
                raise
            continue
        if not has_holes(reply):
            page.grow()
            return reply, True
        if page.size <= SMALLEST:
            return reply, False
        page.shrink()


def places(api: Api, page: Page, ids: Sequence[str]) -> tuple[list[Candidate], int, int]:
    """Candidates of the first so many of these, by node id; how many those are; how many were left out.

    Of what is gone or empty there is no candidate.
    """
    asked: list[str] = []

    def variables() -> dict[str, Any]:
        asked[:] = ids[: page.size]
        return {"ids": asked}

    reply, _ = ask(api, page, PLACES, Nodes, _has_holes, variables)
    nodes = [node for node in (reply.data.nodes if reply.data else []) if node and node.id]
    found = [place for node in nodes if (place := from_node(api.site, node))]
    return found, len(asked), _holes(reply)


def _has_holes(reply: Reply[Nodes]) -> bool:
    return _holes(reply) > 0


def _holes(reply: Reply[Nodes]) -> int:
    """Nodes that are missing for another reason than that they are not there."""
    nodes = reply.data.nodes if reply.data else []
    missing = [number for number, node in enumerate(nodes) if node is None]
    return sum(not reply.says_gone("nodes", number) for number in missing)
