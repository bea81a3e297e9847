"""Lists of forks as GraphQL gives them, whole or with holes."""

from __future__ import annotations

from typing import Any, TypeAlias

import msgspec

from monitors.sources.github.api import Reply
from monitors.sources.github.queries import ROUNDS
from monitors.sources.github.shapes import Node

LONGEST_PLACE = 200  # characters of where a page begins


class Link(msgspec.Struct, rename="camel"):
    has_next_page: bool = False
    end_cursor: str | None = None


class Listed(msgspec.Struct, rename="camel"):
    total_count: int = 0
    page_info: Link = msgspec.field(default_factory=Link)
    nodes: list[Node | None] | None = None


class Count(msgspec.Struct, rename="camel"):
    """How often a fork was forked."""

    id: str = ""
    fork_count: int = 0


class Counted(msgspec.Struct, rename="camel"):
    """A page of a slow round."""

    page_info: Link = msgspec.field(default_factory=Link)
    nodes: list[Count | None] | None = None


class Circled(msgspec.Struct):
    """A repository of which one slow round sees a page."""

    forks: Counted | None = None


class Family(msgspec.Struct, rename="camel"):
    """A repository with a page of its forks."""

    id: str = ""
    database_id: int | None = None
    name_with_owner: str = ""
    fork_count: int = 0
    is_disabled: bool = False
    forks: Listed | None = None
    pushed: Listed | None = None


Circle: TypeAlias = list[Circled | None] | None


class Beside(msgspec.Struct):
    """What every answer counts beside what it lists."""

    parents: list[Count | None] | None = None
    round0: Circle = None
    round1: Circle = None
    round2: Circle = None
    round3: Circle = None
    round4: Circle = None
    round5: Circle = None
    round6: Circle = None
    round7: Circle = None
    round8: Circle = None
    round9: Circle = None
    round10: Circle = None
    round11: Circle = None
    round12: Circle = None
    round13: Circle = None
    round14: Circle = None
    round15: Circle = None
    round16: Circle = None
    round17: Circle = None
    round18: Circle = None
    round19: Circle = None
    round20: Circle = None
    round21: Circle = None
    round22: Circle = None
    round23: Circle = None

    def rounds(self) -> list[Counted | None]:
        """A page for each round; None where there is no such repository, or none was asked for."""
        each = [getattr(self, f"round{number}") for number in range(ROUNDS)]
        return [one[0].forks if one and one[0] else None for one in each]


class Direct(Beside):
    repository: Family | None = None
    busiest: list[Family | None] | None = None


class Families(Beside, kw_only=True):
    nodes: list[Family | None]


def direct_has_holes(reply: Reply[Direct]) -> bool:
    family = reply.data.repository if reply.data else None
    if family is None:
        return bool(reply.errors) and not any(fault.type == "NOT_FOUND" for fault in reply.errors or ())
    along = (reply.data.busiest or []) if reply.data else []
    return _is_holey(family) or _have_holes(reply, along, "busiest")


def nested_has_holes(reply: Reply[Families]) -> bool:
    nodes = reply.data.nodes if reply.data else []
    return _have_holes(reply, nodes, "nodes")


def _have_holes(reply: Reply[Any], families: list[Family | None], at: str) -> bool:
    return any(
        _is_holey(family) if family else not reply.says_gone(at, number)
        for number, family in enumerate(families)
    )


def onward(page: Listed | Counted) -> str:
    """Where the next page begins; "" when this is the last."""
    place = page.page_info.end_cursor or ""
    return place if page.page_info.has_next_page and len(place) <= LONGEST_PLACE else ""


def _is_holey(family: Family) -> bool:
    pages = [page for page in (family.forks, family.pushed) if page]
    lists = [page.nodes for page in pages]
    return family.forks is None or any(nodes is None or None in nodes for nodes in lists)
