"""Mirrors and CDNs of the npm registry: pages at their paths, and jsDelivr's and unpkg's APIs.

What these two serve once they keep when the registry withdraws it. A page of the world at
"/jsdelivr/name@version" (or "/unpkg/...") says when they lose it.

https://www.jsdelivr.com/docs/data.jsdelivr.com
https://unpkg.com/
"""

from __future__ import annotations

import base64
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import base
from monitors.simulator.dialects.url import served
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Version

if TYPE_CHECKING:
    from monitors.simulator.world import World


class Dialect(base.Dialect):
    kind = "mirror"
    tables = frozenset({"page"})

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        match request.parts:
            case ("jsdelivr", "v1", "lookup", "hash", hexadecimal):
                return self._lookup(hexadecimal, world, at)
            case ("jsdelivr", "v1", "packages", "npm", *package):
                found = self._version("jsdelivr", "/".join(package), world, at)
                return Response.json(_listing(found)) if found else self._missing()
            case ("jsdelivr", "npm", *rest) | ("unpkg", *rest):
                return self._file(request, request.parts[0], "/".join(rest), world, at)
        return served(self, request, world, at)

    def error(self, status: int, message: str) -> Response:
        return Response.json({"status": status, "message": message}, status)

    def _missing(self) -> Response:
        return self.error(404, "Couldn't find the requested release version.")

    def _file(self, request: Request, cdn: str, address: str, world: World, at: datetime) -> Response:
        """One file of a version, or unpkg's list of all."""
        scope, _, rest = address.partition("/") if address.startswith("@") else ("", "", address)
        named, _, path = rest.partition("/")
        found = self._version(cdn, f"{scope}/{named}".lstrip("/"), world, at)
        if found is None:
            return self._missing()
        if cdn == "unpkg" and not path and "meta" in request.raw_query:
            return Response.json(_meta(found))
        content = found.files.get(path)
        return Response.content(content) if content is not None else self._missing()

    def _version(self, cdn: str, address: str, world: World, at: datetime) -> Version | None:
        """What "@acme/cli@2.1.88" names, unless the CDN has lost it."""
        name, _, number = address.rpartition("@")
        package = world.host("npm").packages.get(name)
        found = next((one for one in package.versions if one.number == number), None) if package else None
        lost = world.host(self.kind).pages.get(f"/{cdn}/{address}")
        there = found is not None and found.exists(at) and (lost is None or lost.is_live(at))
        return found if there else None

    def _lookup(self, hexadecimal: str, world: World, at: datetime) -> Response:
        """The first file ever served with this hash."""
        for package in world.host("npm").packages.values():
            for version in package.versions:
                told = f"{package.name}@{version.number}"
                if self._version("jsdelivr", told, world, at) is None:
                    continue
                for path, content in version.files.items():
                    if _sha256(content).hex() == hexadecimal.lower():
                        place = {"type": "npm", "name": package.name, "version": version.number}
                        return Response.json(place | {"file": f"/{path}"})
        return self.error(404, "Couldn't find a file with the given hash.")


def _listing(version: Version) -> dict[str, Any]:
    files = [
        {"name": f"/{path}", "hash": base64.b64encode(_sha256(content)).decode(), "size": len(content)}
        for path, content in sorted(version.files.items())
    ]
    return {"type": "npm", "name": version.package.name, "version": version.number, "files": files}


def _meta(version: Version) -> dict[str, Any]:
    files = [
        {
            "path": f"/{path}",
            "size": len(content),
            "type": "text/plain",
            "integrity": f"sha256-{base64.b64encode(_sha256(content)).decode()}",
        }
        for path, content in sorted(version.files.items())
    ]
    return {"package": version.package.name, "version": version.number, "prefix": "/", "files": files}


@lru_cache(maxsize=2000)
def _sha256(content: bytes) -> bytes:
    return sha256(content).digest()
