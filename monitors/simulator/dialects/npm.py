"""An npm registry, its search and its changes feed.

https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
https://github.com/npm/registry/blob/main/docs/REPLICATE-API.md
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import base
from monitors.simulator.dialects.validators import conditional
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Package, Version

if TYPE_CHECKING:
    from monitors.simulator.world import World

SECURITY_HOLDING = "0.0.1-security"
MOST_FOUND = 1000
LONGEST_PAGE = 250
LONGEST_FEED = 10_000


class Dialect(base.Dialect):
    kind = "npm"
    tables = frozenset({"package", "feed"})
    mine = {("-", "whoami"): {"username": "watcher"}}

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if told := self.own(request):
            return told
        parts = request.parts
        if parts[:3] == ("-", "v1", "search"):
            return self._search(request, world, at)
        if parts[:1] == ("registry",) and len(parts) <= 2:
            return self._feed(request, world, at)
        name, rest = _name(parts)
        package = world.host(self.kind).packages.get(name)
        if package is None:
            return self.error(404, "Not found")
        if rest[:1] == ("-",):
            return self._tarball(package, rest[-1], at)
        return self._packument(request, package, at)

    def error(self, status: int, message: str) -> Response:
        return Response.json({"error": message}, status)

    def _packument(self, request: Request, package: Package, at: datetime) -> Response:
        live = package.live(at)
        if not live:
            return self._withdrawn(package, at)
        versions = {version.number: _version(request, version) for version in live}
        body = {
            "name": package.name,
            "modified": _written(_modified(package, at)),
            "dist-tags": {"latest": live[-1].number},
            "versions": versions,
        }
        return conditional(request, Response.json(body))

    def _withdrawn(self, package: Package, at: datetime) -> Response:
        """Nothing is left of it: what malware was is held by the registry, the rest is not there."""
        absences = [version.absence(at) for version in package.versions]
        if not any(absence and absence.reason == "quarantined" for absence in absences):
            return self.error(404, "Not found")
        held = {
            "name": package.name,
            "version": SECURITY_HOLDING,
            "dist": {"tarball": "", "shasum": "0" * 40},
        }
        return Response.json({"name": package.name, "dist-tags": {}, "versions": {SECURITY_HOLDING: held}})

    def _tarball(self, package: Package, filename: str, at: datetime) -> Response:
        for version in package.live(at):
            if filename == _filename(version):
                return Response.content(version.archive)
        return self.error(404, "Not found")

    def _search(self, request: Request, world: World, at: datetime) -> Response:
        """https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md#get-v1search"""
        words = request.one("text").lower().split()
        found = [
            package
            for package in world.host(self.kind).packages.values()
            if package.live(at) and all(word in _told(package) for word in words)
        ]
        start, size = request.number("from", 0), request.number("size", 20, most=LONGEST_PAGE)
        shown = found[:MOST_FOUND][start : start + size]
        objects = [_hit(request, one, at) for one in shown]
        return Response.json({"objects": objects, "total": len(found), "time": _written(at)})

    def _feed(self, request: Request, world: World, at: datetime) -> Response:
        host = world.host(self.kind)
        if request.parts == ("registry",):
            seq = sum(1 for _ in host.changes(at, limit=10**9))
            return Response.json({"db_name": host.feed_id(at), "engine": "simulated", "update_seq": seq})
        if request.parts[1] != "_changes" or not request.one("since", "0").isdigit():
            return self.error(400, "Invalid feed query")
        since, limit = request.number("since", 0), request.number("limit", LONGEST_FEED, most=LONGEST_FEED)
        rows = [
            {"seq": one.seq, "id": one.name, "changes": [{"rev": f"{one.seq}-0"}]}
            | ({"deleted": True} if one.is_deleted else {})
            for one in host.changes(at, since=since, limit=limit)
        ]
        return Response.json({"results": rows, "last_seq": rows[-1]["seq"] if rows else since})


def _name(parts: tuple[str, ...]) -> tuple[str, tuple[str, ...]]:
    """The package's name, sent in one segment or in two, and what follows it."""
    if parts and parts[0].startswith("@") and "/" not in parts[0] and len(parts) > 1:
        return f"{parts[0]}/{parts[1]}", parts[2:]
    return (parts[0] if parts else ""), parts[1:]


def _version(request: Request, version: Version) -> dict[str, Any]:
    return {
        "name": version.package.name,
        "version": version.number,
        "dist": _dist(version) | {"tarball": f"{request.base}/{version.package.name}/-/{_filename(version)}"},
    }


@lru_cache(maxsize=1000)
def _hashes(archive: bytes) -> dict[str, str]:
    sha512 = base64.b64encode(hashlib.sha512(archive).digest()).decode()
    shasum = hashlib.sha1(archive, usedforsecurity=False).hexdigest()
    return {"shasum": shasum, "integrity": f"sha512-{sha512}"}


def _dist(version: Version) -> dict[str, Any]:
    sizes = {"fileCount": len(version.files), "unpackedSize": version.unpacked_size}
    return _hashes(version.archive) | sizes


def _filename(version: Version) -> str:
    return f"{version.package.name.rpartition('/')[2]}-{version.number}.tgz"


def _told(package: Package) -> str:
    return f"{package.name} {package.description} {package.author} {' '.join(package.keywords)}".lower()


def _hit(request: Request, package: Package, at: datetime) -> dict[str, Any]:
    latest = package.live(at)[-1]
    who = {"username": package.author, "email": f"{package.author}@example.org"}
    told: dict[str, Any] = {"name": package.name, "version": latest.number}
    told |= {"description": package.description}
    told |= {"keywords": list(package.keywords), "date": _written(latest.created_at)}
    told |= {
        "links": {"npm": f"{request.base}/package/{package.name}"},
        "publisher": who,
        "maintainers": [who],
    }
    detail = {"quality": 1.0, "popularity": 1.0, "maintenance": 1.0}
    return {"package": told, "score": {"final": 1.0, "detail": detail}, "searchScore": 1.0}


def _written(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%S.000Z}"


def _modified(package: Package, at: datetime) -> datetime:
    return max((version.created_at for version in package.versions if version.exists(at)), default=at)
