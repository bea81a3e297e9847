"""GitHub: REST, GraphQL, pages' addresses and git, below one prefix.

Limits as https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api says them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, ClassVar

from monitors.simulator import git
from monitors.simulator.dialects import base
from monitors.simulator.dialects.github import activity, graphql, repositories, search
from monitors.simulator.dialects.github.shapes import Shapes
from monitors.simulator.limits import Limit, Standing, github
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

HOUR = 3600
VERSIONS = ("", "2022-11-28", "2026-03-10")
DOCS = "https://docs.github.com/rest/overview/rate-limits-for-the-rest-api"


class Dialect(base.Dialect):
    """https://docs.github.com/en/rest"""

    kind = "github"
    tables = frozenset({"account", "hook", "repository", "forks", "gist"})
    limits: ClassVar[Mapping[str, Limit]] = {
        "core": Limit(5_000, HOUR),
        "search": Limit(30, 60),
        "code_search": Limit(9, 60),
        "graphql": Limit(5_000, HOUR),
    }
    anonymous: ClassVar[Mapping[str, Limit]] = {"core": Limit(60, HOUR), "search": Limit(10, 60)}
    style = staticmethod(github)
    tells = True
    pace = Limit(900, 60)

    @classmethod
    def buckets(cls) -> tuple[str, ...]:
        """Also how large a page of GraphQL may be."""
        return (*super().buckets(), graphql.PAGE)

    def bucket(self, request: Request) -> str | None:
        first, second = (*request.parts, "", "")[:2]
        if first == "graphql":
            return "graphql"
        if first == "search":
            return "code_search" if second == "code" else "search"
        is_free = first in ("rate_limit", "raw", "gist") or git.split(request.path) or first not in _API
        return None if is_free else "core"

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        """What GitHub says. Without a User-Agent, or with a version it does not know: nothing."""
        if not request.headers.get("user-agent"):
            return Response.text("Request forbidden by administrative rules.", 403)
        if request.headers.get("x-github-api-version", "") not in VERSIONS:
            return Response.json({"message": "Unsupported API version.", "status": "400"}, 400)
        if request.path.endswith("/") and request.path != "/":
            return repositories.missing()
        response = self._routed(request, world, at)
        return self._fresh(request, response)

    def cost(self, request: Request, response: Response) -> int:
        """A 304 is free, with a token."""
        if response.status == 304 and self.token(request):
            return 0
        return super().cost(request, response)

    def limited(self, request: Request, standing: Standing) -> Response:
        if request.parts[:1] == ("graphql",):
            return graphql.limited(standing)
        said = "API rate limit exceeded for this token. Check the X-RateLimit headers."
        return self.error(_refusing(standing), said)

    def secondary(self, request: Request, standing: Standing) -> Response:
        said = "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
        return self.error(_refusing(standing), said)

    def error(self, status: int, message: str) -> Response:
        told = {"message": message, "documentation_url": DOCS, "status": str(status)}
        return Response.json(told, status)

    def _routed(self, request: Request, world: World, at: datetime) -> Response:
        shapes = Shapes(world.host(self.kind), request.base, at)
        first = request.parts[0] if request.parts else ""
        if named := git.split(request.path):
            return git.answer(request, world.host(self.kind).repository(named[0], at), world, at)
        if first == "graphql":
            return graphql.answer(request, world, at)
        if first in ("repos", "repositories", "networks"):
            return self._repository(request, world, at, shapes)
        if first == "search":
            return self._searched(request, at, shapes)
        if first == "gists":
            return activity.gists(request, world, at, shapes)
        if first == "rate_limit":
            return activity.rate_limit(request, world, at, self)
        return self._other(request, world, at, shapes)

    def _other(self, request: Request, world: World, at: datetime, shapes: Shapes) -> Response:
        parts = request.parts
        if parts == ("user",):
            return activity.user(request, world, shapes)
        if parts == ("events",):
            return activity.everybody(request, at, shapes)
        if parts[:1] == ("users",) and parts[2:] in ((), ("gists",)) and len(parts) > 1:
            return activity.users(request, at, shapes)
        if parts[:1] == ("gist",):
            return activity.raw_gist(request, at, shapes)
        return self._page(request, world, at)

    def _searched(self, request: Request, at: datetime, shapes: Shapes) -> Response:
        if request.parts[1:] == ("code",) and not request.token:
            return self.error(401, "Requires authentication")
        return search.answer(request, shapes.host, at, shapes)

    def _repository(self, request: Request, world: World, at: datetime, shapes: Shapes) -> Response:
        """By name, or by id below /repositories; an old name leads on to the id."""
        parts, host = request.parts, world.host(self.kind)
        if parts[0] == "repositories":
            number = parts[1] if len(parts) > 1 and parts[1].isdigit() else "0"
            found, rest = host.repository_by_id(int(number), at), parts[2:]
        else:
            name = "/".join(parts[1:3])
            found, rest = host.repository(name, at), parts[3:]
            if found and found.full_name(at).lower() != name.lower():
                return self._moved(request, found, rest)
        if found is None or found.is_hidden:
            return repositories.missing()
        return repositories.Repositories(request, world, at, shapes, found).answer(rest)

    def _moved(self, request: Request, found: Repository, rest: tuple[str, ...]) -> Response:
        url = "/".join((f"{request.base}/repositories/{found.id}", *rest))
        url += f"?{request.raw_query}" if request.raw_query else ""
        told = {"message": "Moved Permanently", "url": url, "documentation_url": DOCS}
        return Response.json(told, 301, {"Location": url})

    def _page(self, request: Request, world: World, at: datetime) -> Response:
        """Addresses below the site, not the API: raw files, downloads, a repository's page."""
        parts, host = request.parts, world.host(self.kind)
        names = parts[1:3] if parts[:1] == ("raw",) else parts[:2]
        found = host.repository("/".join(names), at)
        if found is None or not found.is_live(at):
            return Response.text("Not Found", 404)
        if found.full_name(at).lower() != "/".join(names).lower():
            return Response.redirect(f"{request.base}/{found.full_name(at)}", 301)
        if parts[0] == "raw":
            return repositories.raw(world, found, at, parts[3:])
        if parts[2:4] == ("releases", "download") and len(parts) == 6:
            return repositories.download(request, found.releases, at)
        page = f"<!doctype html><title>{found.full_name(at)}</title><p>A simulated repository."
        return Response.text(page, type="text/html; charset=utf-8")

    def _fresh(self, request: Request, response: Response) -> Response:
        """ETags differ per token. Searches, events of the moment and GraphQL have none."""
        is_kept = request.method == "GET" and response.status == 200 and request.parts[:1] not in _VOLATILE
        if not is_kept:
            return response
        tag = f'W/"{sha256(response.body + self.token(request).encode()).hexdigest()}"'
        if request.headers.get("if-none-match") == tag:
            return Response(304, b"", {"ETag": tag})
        response.headers["ETag"] = tag
        return response


def _refusing(standing: Standing) -> int:
    """It refuses in two ways, and its document promises neither."""
    return 429 if standing.used % 2 else 403


_API = frozenset({"repos", "repositories", "networks", "gists", "events", "user", "users"})
_VOLATILE = (("search",), ("graphql",), ("rate_limit",), ("raw",), ("gist",))
