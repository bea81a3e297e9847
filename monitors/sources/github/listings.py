"""Lists of forks as GraphQL gives them, whole or with holes."""

from __future__ import annotations

import msgspec

from monitors.sources.github.api import Reply
from monitors.sources.github.queries import ROUNDS
from monitors.sources.github.shapes import Node


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


class Family(msgspec.Struct, rename="camel"):
    """A repository with a page of its forks."""

    id: str = ""
    database_id: int | None = None
    name_with_owner: str = ""
    fork_count: int = 0
    is_disabled: bool = False
    forks: Listed | None = None
    pushed: Listed | None = None
    round0: Counted | None = None
    round1: Counted | None = None
    round2: Counted | None = None
    round3: Counted | None = None
    round4: Counted | None = None
    round5: Counted | None = None
    round6: Counted | None = None
    round7: Counted | None = None

    def rounds(self) -> list[Counted | None]:
        return [getattr(self, f"round{number}") for number in range(ROUNDS)]


class Large(msgspec.Struct):
    forks: Counted | None = None


class Direct(msgspec.Struct):
    repository: Family | None = None
    parents: list[Count | None] | None = None
    large: list[Large | None] | None = None


class Families(msgspec.Struct):
    nodes: list[Family | None]


def direct_has_holes(reply: Reply[Direct]) -> bool:
    family = reply.data.repository if reply.data else None
    if family is None:
        return bool(reply.errors) and not any(fault.type == "NOT_FOUND" for fault in reply.errors or ())
    return _is_holey(family)


def nested_has_holes(reply: Reply[Families]) -> bool:
    nodes = reply.data.nodes if reply.data else []
    lost = any(
        fault.type != "NOT_FOUND" and fault.path and len(fault.path) == 2 for fault in reply.errors or ()
    )
    return lost or any(_is_holey(family) for family in nodes if family)


def _is_holey(family: Family) -> bool:
    pages = [page for page in (family.forks, family.pushed) if page]
    lists = [page.nodes for page in pages]
    return family.forks is None or any(nodes is None or None in nodes for nodes in lists)
