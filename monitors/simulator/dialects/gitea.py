"""Gitea and Forgejo: https://docs.gitea.com/api/"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import forge
from monitors.simulator.limits import Limit
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

TREE_ROWS = 1000


class Dialect(forge.Dialect):
    kind = "gitea"
    mine = {("api", "v1", "user"): {"id": 7, "login": "watcher"}}
    limits = {"api": Limit(3_000, 60)}
    per_page = "limit"
    most = 50
    total = "X-Total-Count"

    def error(self, status: int, message: str) -> Response:
        return Response.json({"message": message, "url": "/api/swagger"}, status)

    def route(self, request: Request, world: World, at: datetime) -> Response:
        host = world.host(self.kind)
        match request.parts:
            case ("api", "v1", "version"):
                return Response.json({"version": "1.24.0"})
            case ("api", "v1", "repos", "search"):
                return self._searched(request, world, at)
            case ("api", "v1", "repositories", id) if id.isdigit():
                return self.shown(host.repository_by_id(int(id), at), at)
            case ("api", "v1", "repos", owner, name, *rest):
                return self._below(request, host.repository(f"{owner}/{name}", at), rest, at)
        return self.error(404, "Not Found")

    def row(self, one: Repository, at: datetime) -> dict[str, Any]:
        return {
            "id": one.id,
            "full_name": one.full_name(at),
            "description": one.description,
            "empty": one.head(at) is None,
            "private": False,
            "fork": one.parent is not None,
            "default_branch": one.default_branch,
            "forks_count": forge.counted(one, at),
            "stars_count": one.stars,
            "created_at": f"{one.created_at:%Y-%m-%dT%H:%M:%SZ}",
            "updated_at": f"{one.pushed_at(at):%Y-%m-%dT%H:%M:%SZ}",
        }

    def onward(self, request: Request, number: int | None) -> Mapping[str, str]:
        if number is None:
            return {}
        return {"Link": f'<{request.base}{request.path}?page={number}>; rel="next"'}

    def _searched(self, request: Request, world: World, at: datetime) -> Response:
        """Each of a list of texts, letter by letter."""
        texts = [text.strip() for text in request.one("q").split(",")]
        each = [one for text in texts for one in world.host(self.kind).search([text], at, forks=True)]
        response = self.page(request, list({one.id: one for one in each}.values()), at)
        return Response(200, b'{"ok":true,"data":' + response.body + b"}", response.headers)

    def _below(self, request: Request, one: Repository | None, rest: list[str], at: datetime) -> Response:
        if one and one.full_name(at).lower() != "/".join(request.parts[3:5]).lower():
            onward = "/".join(["/api/v1/repos", one.full_name(at), *rest])
            return Response.redirect(f"{request.base}{onward}", 307)
        match rest:
            case []:
                return self.shown(one, at)
            case ["forks"]:
                return self.forks(request, one, at)
            case ["git", "trees", ref]:
                return self._tree(request, one, ref, at)
            case ["raw", *path]:
                return self.file(one, "/".join(path), at)
        return self.error(404, "Not Found")

    def _tree(self, request: Request, one: Repository | None, ref: str, at: datetime) -> Response:
        head = one.head(at) if one and one.is_live(at) else None
        if one is None or head is None or ref not in (one.default_branch, head.id, head.tree.id):
            return self.error(404, "Not Found")
        rows = [
            {"path": path, "mode": forge.mode(entry), "type": entry.node.type, "sha": entry.node.id}
            for path, entry in forge.listing(head.tree, is_deep=request.one("recursive") in ("true", "1"))
        ]
        size = request.number("per_page", TREE_ROWS, least=1, most=TREE_ROWS)
        number = request.number("page", 1, least=1)
        told = {"sha": head.id, "truncated": len(rows) > number * size, "total_count": len(rows)}
        return Response.json({**told, "page": number, "tree": rows[(number - 1) * size : number * size]})
