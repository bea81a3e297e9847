"""GitHub's routes that are about no repository: gists, everybody's events, limits, who asks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects.github import paging
from monitors.simulator.dialects.github.repositories import blocked, missing
from monitors.simulator.dialects.github.shapes import Shapes
from monitors.simulator.limits import Key
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Gist

if TYPE_CHECKING:
    from monitors.simulator.dialects.base import Dialect
    from monitors.simulator.world import World

MOST_GISTS = 3_000


def gists(request: Request, world: World, at: datetime, shapes: Shapes) -> Response:
    """/gists/public, and one gist. https://docs.github.com/en/rest/gists"""
    host = shapes.host
    if request.parts[1:2] == ("public",):
        return _listed(request, host.gists.values(), shapes)
    gist = host.gists.get(request.parts[1]) if len(request.parts) > 1 else None
    if gist is None or not gist.exists(at):
        return missing()
    absence = gist.absence(at)
    if absence:
        return blocked(absence)
    return Response.json([] if request.parts[2:] else shapes.gist(gist, whole=True))


def users(request: Request, at: datetime, shapes: Shapes) -> Response:
    """/users/LOGIN, and that one's gists. https://docs.github.com/en/rest/users"""
    login = request.parts[1]
    if not shapes.host.has_account(login, at):
        return missing()
    if request.parts[2:] == ("gists",):
        return _listed(
            request, (one for one in shapes.host.gists.values() if one.owner.lower() == login.lower()), shapes
        )
    return Response.json(shapes.account(login))


def _listed(request: Request, gists: Iterable[Gist], shapes: Shapes) -> Response:
    """Newest first, at most 3,000."""
    since = _moment(request.one("since"))
    live = [one for one in gists if one.is_live(shapes.at) and one.updated_at >= since]
    newest = sorted(live, key=lambda one: (one.updated_at, one.id), reverse=True)[:MOST_GISTS]
    rows = [shapes.gist(one) for one in paging.page(request, newest)]
    return Response.json(rows, headers=paging.links(request, len(newest), request.path))


def raw_gist(request: Request, at: datetime, shapes: Shapes) -> Response:
    """A file's bytes: "/gist/OWNER/ID/raw/NAME"."""
    gist = shapes.host.gists.get(request.parts[2]) if len(request.parts) > 4 else None
    if gist is None or not gist.is_live(at) or request.parts[4] not in gist.files:
        return missing()
    return Response.content(gist.files[request.parts[4]], type="text/plain; charset=utf-8")


def rate_limit(request: Request, world: World, at: datetime, dialect: Dialect) -> Response:
    """How the asker stands with each bucket; asking costs nothing."""
    token = dialect.token(request)
    resources = {bucket: _standing(bucket, token, world, at, dialect) for bucket in dialect.limits}
    nothing = {"limit": 0, "used": 0, "remaining": 0, "reset": int(at.timestamp())}
    told = {bucket: one or nothing for bucket, one in resources.items()}
    return Response.json({"resources": told, "rate": told["core"]})


def user(request: Request, world: World, shapes: Shapes) -> Response:
    """Whose token this is, and what it may do."""
    if not request.token:
        return Response.json({"message": "Requires authentication", "status": "401"}, 401)
    known = world.tokens.get(request.token)
    written = shapes.user(known.login if known else "watcher")
    return Response.json(written, headers={"X-OAuth-Scopes": ", ".join(known.scopes) if known else ""})


def everybody(request: Request, at: datetime, shapes: Shapes) -> Response:
    """Public events: the newest repositories. https://docs.github.com/en/rest/activity/events"""
    told = at - timedelta(seconds=30)
    newest = sorted(
        (one for one in shapes.host.repositories if one.is_live(told)),
        key=lambda one: one.created_at,
        reverse=True,
    )
    rows = [_created(shapes, one) for one in islice(newest, 300)]
    page = paging.page(request, rows)
    headers = paging.links(request, len(rows), "/events") | {"X-Poll-Interval": "60"}
    return Response.json(list(page), headers=headers)


def _created(shapes: Shapes, one: Any) -> dict[str, Any]:
    login, name = one.owner(shapes.at), one.full_name(shapes.at)
    account = shapes.host.account(login)
    actor = {"id": account.id, "login": login, "gravatar_id": "", "url": f"{shapes.base}/users/{login}"}
    payload = {
        "ref": None,
        "ref_type": "repository",
        "full_ref": one.default_branch,
        "master_branch": one.default_branch,
        "description": one.description or None,
        "pusher_type": "user",
    }
    return {
        "id": str(one.id),
        "type": "CreateEvent",
        "actor": actor | {"avatar_url": f"{shapes.base}/avatars/{account.id}"},
        "repo": {"id": one.id, "name": name, "url": f"{shapes.base}/repos/{name}"},
        "payload": payload,
        "public": True,
        "created_at": one.created_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
    }


def _standing(bucket: str, token: str, world: World, at: datetime, dialect: Dialect) -> dict[str, int] | None:
    limit = dialect.limit(bucket, token, world)
    if limit is None:
        return None
    standing = world.meter.look(Key(dialect.kind, token, bucket), limit, at=at)
    reset = int(world.clock.told(standing.resets_at).timestamp())
    return {"limit": standing.limit, "used": standing.used, "remaining": standing.remaining, "reset": reset}


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return datetime(2008, 1, 1, tzinfo=UTC)
    return at if at.tzinfo else at.replace(tzinfo=UTC)
