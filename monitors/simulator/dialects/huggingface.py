"""Hugging Face: https://huggingface.co/docs/hub/api"""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlencode

from monitors.simulator.dialects import base
from monitors.simulator.limits import Limit, structured
from monitors.simulator.messages import Request, Response
from monitors.simulator.objects import Blob, Tree
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

SORTS = {"models": "model", "datasets": "dataset", "spaces": "space"}
LARGE = 10 * 1024 * 1024  # bytes; such files are kept apart (LFS), known by their SHA-256


class Dialect(base.Dialect):
    kind = "huggingface"
    tables = frozenset({"repository"})
    mine = {
        ("api", "whoami-v2"): {"type": "user", "name": "watcher", "auth": {"accessToken": {"role": "read"}}}
    }
    limits = {"api": Limit(1000, 300)}
    anonymous = {"api": Limit(500, 300)}
    style = staticmethod(structured)
    tells = True

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if told := self.own(request):
            return told
        match request.parts:
            case ("api", sort) if sort in SORTS:
                return self._search(request, world, at, SORTS[sort])
            case ("api", sort, owner, name) if sort in SORTS:
                return self._about(request, sort, f"{owner}/{name}", world, at)
            case ("api", sort, owner, name, "tree", revision) if sort in SORTS:
                return self._tree(request, self._found(sort, f"{owner}/{name}", world, at), revision, at)
            case (("datasets" | "spaces") as sort, owner, name, "resolve", revision, *path):
                found = self._found(sort, f"{owner}/{name}", world, at)
                return self._file(found, revision, "/".join(path), at)
            case (owner, name, "resolve", revision, *path):
                found = self._found("models", f"{owner}/{name}", world, at)
                return self._file(found, revision, "/".join(path), at)
        return self.error(404, "Not Found")

    def error(self, status: int, message: str) -> Response:
        return Response.json({"error": message}, status)

    def _missing(self) -> Response:
        """What is deleted or private is not told apart."""
        return self.error(401, "Repository not found")

    def _found(self, sort: str, name: str, world: World, at: datetime) -> Repository | None:
        found = world.host(self.kind).repository(name, at)
        return found if found and found.sort == SORTS[sort] and found.is_live(at) else None

    def _search(self, request: Request, world: World, at: datetime, sort: str) -> Response:
        words = request.one("search").split()
        found = [one for one in world.host(self.kind).search(words, at, forks=True) if one.sort == sort]
        if request.one("sort") == "lastModified":
            found.sort(key=lambda one: (one.pushed_at(at), one.id), reverse=True)
        limit, start = request.number("limit", 1000, least=1, most=1000), request.number("cursor", 0)
        told = [_told(one, at) for one in found[start : start + limit]]
        onward = {"cursor": str(start + limit)} if len(found) > start + limit else None
        return Response.json(told, headers=_link(request, onward))

    def _about(self, request: Request, sort: str, name: str, world: World, at: datetime) -> Response:
        known = world.host(self.kind).repository(name, at)
        absence = known.absence(at) if known else None
        if known and absence and absence.reason in ("dmca", "tos"):
            return Response.json(_told(known, at) | {"disabled": True})
        found = self._found(sort, name, world, at)
        if found is None:
            return self._missing()
        if found.full_name(at).lower() != name.lower():
            return Response.redirect(f"{request.base}/api/{sort}/{found.full_name(at)}", 307)
        return Response.json(_told(found, at))

    def _tree(self, request: Request, found: Repository | None, revision: str, at: datetime) -> Response:
        head = found.head(at) if found else None
        if found is None or head is None:
            return self._missing()
        if revision not in (head.id, found.default_branch):
            return self.error(404, "Invalid rev id")
        limit, start = request.number("limit", 1000, least=1, most=1000), request.number("cursor", 0)
        rows = [_row(path, entry.node) for path, entry in head.tree.walk()]
        onward = {"cursor": str(start + limit)} if len(rows) > start + limit else None
        return Response.json(list(islice(rows, start, start + limit)), headers=_link(request, onward))

    def _file(self, found: Repository | None, revision: str, path: str, at: datetime) -> Response:
        head = found.head(at) if found else None
        if found is None or head is None:
            return self._missing()
        node = head.tree.at(path) if revision in (head.id, found.default_branch) else None
        return (
            Response.content(node.content) if isinstance(node, Blob) else self.error(404, "Entry not found")
        )


def _told(one: Repository, at: datetime) -> dict[str, Any]:
    head = one.head(at)
    return {
        "_id": f"{one.id:024x}",
        "id": one.full_name(at),
        "author": one.owner(at),
        "sha": head.id if head else None,
        "lastModified": f"{one.pushed_at(at):%Y-%m-%dT%H:%M:%S.000Z}",
        "createdAt": f"{one.created_at:%Y-%m-%dT%H:%M:%S.000Z}",
        "private": False,
        "gated": False,
        "disabled": False,
    }


def _row(path: str, node: Blob | Tree) -> dict[str, Any]:
    if isinstance(node, Tree):
        return {"type": "directory", "oid": node.id, "size": 0, "path": path}
    size = len(node.content)
    row = {"type": "file", "oid": node.id, "size": size, "path": path}
    large = {"lfs": {"oid": sha256(node.content).hexdigest(), "size": size, "pointerSize": 134}}
    return row | (large if size > LARGE else {})


def _link(request: Request, onward: dict[str, str] | None) -> dict[str, str]:
    if onward is None:
        return {}
    asked = {name: values[0] for name, values in request.query.items()} | onward
    return {"Link": f'<{request.base}{quote(request.path, safe="/%")}?{urlencode(asked)}>; rel="next"'}
