"""Software Heritage's question "do you know these?": https://archive.softwareheritage.org/api/1/known/doc/

It has archived what its own repositories in the world ("swh") hold, and ever held. Of those on forges it has
each newest commit that was public still when it came by, some hours after the push, and keeps it. Forks of
crowds it does not visit.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

from monitors.simulator.dialects import base
from monitors.simulator.limits import Limit, github
from monitors.simulator.messages import Request, Response
from monitors.simulator.objects import Tree

if TYPE_CHECKING:
    from monitors.simulator.world import World

MOST = 1000
FORGES = ("github", "gitlab", "gitea", "bitbucket")
EMPTY = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
_SWHID = re.compile(r"swh:1:(cnt|dir|rev|rel|snp):([0-9a-f]{40})")


class Dialect(base.Dialect):
    kind = "swh"
    tables = frozenset({"repository", "forks"})
    late = timedelta(hours=12)
    limits = {"api": Limit(1200, 3600)}
    anonymous = {"api": Limit(120, 3600)}
    style = staticmethod(github)
    tells = True

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if request.parts != ("api", "1", "known") or request.method != "POST":
            return self.error(404, "Resource not found")
        asked = request.json()
        if not isinstance(asked, list) or not all(isinstance(one, str) for one in asked):
            return self.error(400, "The body is not a list of SWHIDs")
        if len(asked) > MOST:
            return self.error(413, f"The maximum number of SWHIDs this endpoint can receive is {MOST}")
        if not all(_SWHID.fullmatch(one) for one in asked):
            return self.error(400, "Error parsing SWHID")
        known = self._known(world, at)
        return Response.json({one: {"known": one.rpartition(":")[2] in known} for one in asked})

    def error(self, status: int, message: str) -> Response:
        return Response.json({"exception": "Error", "reason": message}, status)

    def _known(self, world: World, at: datetime) -> set[str]:
        found = {EMPTY}
        for repository in world.host(self.kind).repositories:
            if repository.is_live(at):
                heads = (head for since, head in repository.heads if head and since <= at)
                found.update(*(_ids(head.tree) for head in heads))
        late = world.indexing.get(self.kind, self.late)
        for repository in (one for kind in FORGES for one in world.host(kind).repositories):
            for since, head in repository.heads:
                if head and since + late <= at and repository.is_live(since + late):
                    found |= {head.id, *_ids(head.tree)}
        return found


@lru_cache(maxsize=200)
def _ids(tree: Tree) -> frozenset[str]:
    return frozenset(_walked(tree))


def _walked(tree: Tree) -> Iterator[str]:
    yield tree.id
    yield from (entry.node.id for _, entry in tree.walk())
