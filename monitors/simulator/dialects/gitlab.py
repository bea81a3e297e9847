"""GitLab: https://docs.gitlab.com/api/rest/"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import forge
from monitors.simulator.limits import Limit, gitlab
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World


class Dialect(forge.Dialect):
    kind = "gitlab"
    mine = {
        ("api", "v4", "user"): {"id": 7, "username": "watcher"},
        ("api", "v4", "personal_access_tokens", "self"): {"id": 9, "scopes": ["read_api"]},
    }
    limits = {"api": Limit(2_000, 60), "search": Limit(100, 60)}
    anonymous = {"api": Limit(500, 60), "search": Limit(100, 60)}
    style = staticmethod(gitlab)
    tells = True
    total = "X-Total"
    has_code_search = True

    def bucket(self, request: Request) -> str | None:
        is_search = request.parts[2:3] == ("search",)
        return "search" if is_search else super().bucket(request)

    def error(self, status: int, message: str) -> Response:
        return Response.json({"message": f"{status} {message}"}, status)

    def missing(self, one: Repository | None, at: datetime) -> Response:
        return self.error(404, "Project Not Found")

    def route(self, request: Request, world: World, at: datetime) -> Response:
        match request.parts:
            case ("api", "v4", "projects"):
                return self.found(request, request.one("search").split(), world, at)
            case ("api", "v4", "search"):
                return self._code(request, world, at)
            case ("api", "v4", "projects", name):
                return self.shown(self._named(name, world, at), at)
            case ("api", "v4", "projects", name, "forks"):
                return self.forks(request, self._named(name, world, at), at)
            case ("api", "v4", "projects", name, "repository", "tree"):
                return self._tree(request, self._named(name, world, at), at)
            case ("api", "v4", "projects", name, "repository", "blobs", id, "raw"):
                one = self._named(name, world, at)
                head = one.head(at) if one and one.is_live(at) else None
                files = head.tree.files().items() if head else ()
                path = next((path for path, blob in files if blob.id == id), "")
                return self.file(one, path, at)
        return self.error(404, "Not Found")

    def row(self, one: Repository, at: datetime) -> dict[str, Any]:
        return {
            "id": one.id,
            "path_with_namespace": one.full_name(at),
            "description": one.description,
            "default_branch": one.default_branch if one.head(at) else None,
            "created_at": _moment(one.created_at),
            "last_activity_at": _moment(one.pushed_at(at)),
            "forks_count": forge.counted(one, at),
            "star_count": one.stars,
            "visibility": "public",
        }

    def onward(self, request: Request, number: int | None) -> Mapping[str, str]:
        return {"X-Next-Page": "" if number is None else str(number)}

    def _named(self, name: str, world: World, at: datetime) -> Repository | None:
        host = world.host(self.kind)
        return host.repository_by_id(int(name), at) if name.isdigit() else host.repository(name, at)

    def _tree(self, request: Request, one: Repository | None, at: datetime) -> Response:
        head = one.head(at) if one and one.is_live(at) else None
        if one is None or head is None or request.one("ref", one.default_branch) != one.default_branch:
            return self.error(404, "Tree Not Found")
        rows = [
            {
                "id": entry.node.id,
                "name": entry.name,
                "type": entry.node.type,
                "path": path,
                "mode": forge.mode(entry),
            }
            for path, entry in forge.listing(head.tree, is_deep=request.one("recursive") == "true")
        ]
        size, number = self.sizes(request)
        onward = number + 1 if len(rows) > number * size else None
        return Response.json(rows[(number - 1) * size : number * size], headers=self.onward(request, onward))

    def _code(self, request: Request, world: World, at: datetime) -> Response:
        if not self.has_code_search or request.one("scope") != "blobs":
            return self.error(403, "Forbidden - Global Search is disabled for this scope")
        size, number = self.sizes(request)
        hits = forge.holding(world, self.kind, request.one("search"), at)
        rows = [
            {"project_id": one.id, "path": path, "filename": path, "ref": head.id, "startline": 1, "data": ""}
            for one, path, _ in hits[(number - 1) * size : number * size]
            if (head := one.head(at))
        ]
        onward = number + 1 if len(hits) > number * size else None
        return Response.json(rows, headers=self.onward(request, onward))


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"
