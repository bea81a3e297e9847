"""Gitee: https://gitee.com/api/v5/swagger"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import forge
from monitors.simulator.limits import Limit
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World


class Dialect(forge.Dialect):
    kind = "gitee"
    mine = {("api", "v5", "user"): {"id": 7, "login": "watcher"}}
    limits = {"api": Limit(5_000, 3600)}
    anonymous = {"api": Limit(60, 60)}

    def limited(self, request: Request, standing: object) -> Response:
        return self.error(403 if request.token else 429, "Rate Limit Exceeded")

    def route(self, request: Request, world: World, at: datetime) -> Response:
        match request.parts:
            case ("api", "v5", "search", "repositories"):
                return self.found(request, request.one("q").split(), world, at)
            case ("api", "v5", "repos", owner, name, *rest):
                return self._below(request, world.host(self.kind).repository(f"{owner}/{name}", at), rest, at)
            case (owner, name, "raw", _, *path):
                return self.file(world.host(self.kind).repository(f"{owner}/{name}", at), "/".join(path), at)
        return self.error(404, "404 Not Found")

    def row(self, one: Repository, at: datetime) -> dict[str, Any]:
        return {
            "id": one.id,
            "full_name": one.full_name(at),
            "description": one.description,
            "private": False,
            "internal": False,
            "fork": one.parent is not None,
            "parent": {"full_name": one.parent.full_name(at)} if one.parent else None,
            "default_branch": one.default_branch,
            "forks_count": forge.counted(one, at),
            "stargazers_count": one.stars,
            "created_at": one.created_at.isoformat(),
            "pushed_at": one.pushed_at(at).isoformat(),
        }

    def page(self, request: Request, found: Sequence[Repository], at: datetime) -> Response:
        size, _ = self.sizes(request)
        response = super().page(request, found, at)
        response.headers |= {
            "total_count": str(len(found)),
            "total_page": str(max(-(-len(found) // size), 1)),
        }
        return response

    def _below(self, request: Request, one: Repository | None, rest: list[str], at: datetime) -> Response:
        match rest:
            case []:
                return self.shown(one, at)
            case ["forks"]:
                return self.forks(request, one, at)
            case ["git", "trees", ref]:
                return self._tree(request, one, ref, at)
        return self.error(404, "404 Not Found")

    def _tree(self, request: Request, one: Repository | None, ref: str, at: datetime) -> Response:
        head = one.head(at) if one and one.is_live(at) else None
        if one is None or head is None or ref not in (one.default_branch, head.id, head.tree.id):
            return self.error(404, "404 Tree Not Found")
        rows = [
            {"path": path, "mode": forge.mode(entry), "type": entry.node.type, "sha": entry.node.id}
            for path, entry in forge.listing(head.tree, is_deep=request.one("recursive") == "1")
        ]
        return Response.json({"sha": head.tree.id, "tree": rows, "truncated": False})
