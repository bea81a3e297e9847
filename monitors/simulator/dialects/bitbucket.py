"""Bitbucket's cloud: https://developer.atlassian.com/cloud/bitbucket/rest/intro/"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from monitors.simulator.dialects import forge
from monitors.simulator.limits import Limit
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

_WORDS = re.compile(r'name ~ "([^"]*)"')


class Dialect(forge.Dialect):
    kind = "bitbucket"
    mine = {("2.0", "user"): {"type": "user", "nickname": "watcher", "display_name": "Watcher"}}
    limits = {"api": Limit(1_000, 3600)}
    anonymous = {"api": Limit(60, 3600)}
    per_page = "pagelen"

    def error(self, status: int, message: str) -> Response:
        return Response.json({"type": "error", "error": {"message": message}}, status)

    def route(self, request: Request, world: World, at: datetime) -> Response:
        match request.parts:
            case ("2.0", "repositories"):
                return self.found(request, [], world, at)
            case ("2.0", "repositories", workspace):
                return self._searched(request, workspace, world, at)
            case ("2.0", "repositories", workspace, name, *rest):
                return self._below(request, self._named(workspace, name, world, at), rest, at)
        return self.error(404, "Resource not found")

    def row(self, one: Repository, at: datetime) -> dict[str, Any]:
        return {
            "type": "repository",
            "uuid": f"{{{UUID(int=one.id)}}}",
            "full_name": one.full_name(at),
            "description": one.description,
            "is_private": False,
            "scm": "git",
            "mainbranch": {"type": "branch", "name": one.default_branch} if one.head(at) else None,
            "created_on": one.created_at.isoformat(),
            "updated_on": one.pushed_at(at).isoformat(),
        }

    def page(self, request: Request, found: Sequence[Repository], at: datetime) -> Response:
        size, number = self.sizes(request)
        rows = [self.row(one, at) for one in found[(number - 1) * size : number * size]]
        told = {"values": rows, "page": number, "pagelen": size, "size": len(found)}
        onward = f"{request.base}{request.path}?page={number + 1}&pagelen={size}"
        return Response.json(told | ({"next": onward} if len(found) > number * size else {}))

    def _searched(self, request: Request, workspace: str, world: World, at: datetime) -> Response:
        asked = _WORDS.search(request.one("q"))
        found = world.host(self.kind).search(asked[1].split() if asked else [], at, forks=True)
        return self.page(request, [one for one in found if one.owner(at).lower() == workspace.lower()], at)

    def _named(self, workspace: str, name: str, world: World, at: datetime) -> Repository | None:
        host = world.host(self.kind)
        if workspace != "{}":
            return host.repository(f"{workspace}/{name}", at)
        try:
            return host.repository_by_id(UUID(name).int, at)
        except ValueError:
            return None

    def _below(self, request: Request, one: Repository | None, rest: list[str], at: datetime) -> Response:
        match rest:
            case []:
                return self.shown(one, at)
            case ["forks"]:
                return self.forks(request, one, at)
            case ["commits", branch] if one and one.is_live(at) and branch == one.default_branch:
                head = one.head(at)
                return Response.json({"values": [{"type": "commit", "hash": head.id}] if head else []})
        return self.error(404, "Resource not found")
