"""Docker Hub, its registry and its tokens, all at one address.

https://docs.docker.com/reference/api/hub/latest/
https://distribution.github.io/distribution/spec/api/
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from monitors.simulator import packing
from monitors.simulator.dialects import base
from monitors.simulator.limits import Limit, github
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Image

if TYPE_CHECKING:
    from monitors.simulator.world import World

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
INDEX = "application/vnd.oci.image.index.v1+json"


class Dialect(base.Dialect):
    kind = "dockerhub"
    tables = frozenset({"image"})
    mine = {("v2", "access-tokens"): {"count": 0, "results": []}}
    limits = {"hub": Limit(600, 60)}
    anonymous = {"hub": Limit(180, 60)}
    style = staticmethod(github)
    # Its headers tell what is left, and every refusal says when to come back.
    tells = False

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if told := self.own(request):
            return told
        match request.parts:
            case ("token",):
                return self._token(request)
            case ("v2", "search", "repositories"):
                return self._search(request, world, at)
            case ("v2", "repositories", owner, name, "tags"):
                return self._tags(request, self._images(f"{owner}/{name}", world, at))
            case ("v2", "repositories", owner, name, "tags", tag):
                found = [one for one in self._images(f"{owner}/{name}", world, at) if one.tag == tag]
                return Response.json(_tag(found[0])) if found else self._missing()
            case ("v2", owner, name, ("manifests" | "blobs") as sort, reference):
                return self._pull(request, self._images(f"{owner}/{name}", world, at), sort, reference)
        return self._missing()

    def bucket(self, request: Request) -> str | None:
        """The registry's own limits are not simulated."""
        return "hub" if request.parts[:2] in (("v2", "search"), ("v2", "repositories")) else None

    def token(self, request: Request) -> str:
        """Those that the registry gives to pull with are nobody's."""
        return "" if request.token.startswith("pull:") else request.token

    def retry_after(self, seconds: int, until: datetime) -> Mapping[str, str]:
        return {"X-Retry-After": str(int(until.timestamp()))}

    def _missing(self) -> Response:
        return self.error(404, "object not found")

    def _images(self, name: str, world: World, at: datetime) -> list[Image]:
        """The live tags of an image, newest first."""
        found = [one for one in world.host(self.kind).images if _name(one) == name and one.is_live(at)]
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    def _token(self, request: Request) -> Response:
        scope = request.one("scope")
        is_pull = scope.startswith("repository:") and scope.endswith(":pull")
        return (
            Response.json({"token": f"pull:{scope.split(':')[1]}"})
            if is_pull
            else self.error(400, "Bad scope")
        )

    def _search(self, request: Request, world: World, at: datetime) -> Response:
        words = request.one("query").lower().split()
        live = [one for one in world.host(self.kind).images if one.is_live(at)]
        told = {
            _name(one): one
            for one in live
            if all(word in f"{_name(one)} {one.description}".lower() for word in words)
        }
        size = request.number("page_size", 25, least=1, most=100)
        start = (request.number("page", 1, least=1) - 1) * size
        rows = [
            {
                "repo_name": name.removeprefix("library/"),
                "short_description": one.description,
                "star_count": 0,
            }
            for name, one in list(told.items())[start : start + size]
        ]
        return Response.json({"count": len(told), "next": None, "previous": None, "results": rows})

    def _tags(self, request: Request, found: list[Image]) -> Response:
        if not found:
            return self._missing()
        size = request.number("page_size", 10, least=1, most=100)
        return Response.json(
            {"count": len(found), "next": None, "results": [_tag(one) for one in found[:size]]}
        )

    def _pull(self, request: Request, found: list[Image], sort: str, reference: str) -> Response:
        if not found:
            return self._missing()
        if request.token != f"pull:{_name(found[0])}":
            challenge = f'Bearer realm="{request.base}/token",service="registry.docker.io"'
            return Response.json({"errors": [{"code": "UNAUTHORIZED"}]}, 401, {"WWW-Authenticate": challenge})
        for image in found:
            if sort == "manifests" and reference in (image.tag, _digest(_index(image))):
                return Response(200, _index(image), {"Content-Type": INDEX})
            if sort == "manifests" and reference == _digest(_manifest(image)):
                return Response(200, _manifest(image), {"Content-Type": MANIFEST})
            for layer in _layers(image):
                if sort == "blobs" and reference == _digest(layer):
                    return Response.content(layer)
        return self._missing()


def _name(image: Image) -> str:
    return f"{image.owner or 'library'}/{image.name}"


def _tag(image: Image) -> dict[str, Any]:
    digest = _digest(_index(image))
    return {
        "name": image.tag,
        "full_size": sum(len(layer) for layer in _layers(image)),
        "last_updated": image.created_at.isoformat(),
        "digest": digest,
        "images": [{"architecture": "amd64", "os": "linux", "digest": _digest(_manifest(image))}],
    }


def _index(image: Image) -> bytes:
    """The list of one image for the usual machine, and an attestation, which is none."""
    manifest = _manifest(image)
    usual = {"mediaType": MANIFEST, "digest": _digest(manifest), "size": len(manifest)}
    usual["platform"] = {"architecture": "amd64", "os": "linux"}
    attestation = {"mediaType": MANIFEST, "digest": f"sha256:{'0' * 64}", "size": 2}
    attestation["platform"] = {"architecture": "unknown", "os": "unknown"}
    return json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [attestation, usual]}).encode()


def _manifest(image: Image) -> bytes:
    layers = [{"digest": _digest(layer), "size": len(layer)} for layer in _layers(image)]
    return json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": layers}).encode()


def _layers(image: Image) -> tuple[bytes, ...]:
    """Packed once; the image is kept beside, so that its number is nobody else's."""
    known = _packed.get(id(image))
    if known is None or known[0] is not image:
        if len(_packed) > 50:
            _packed.clear()
        known = _packed[id(image)] = image, tuple(packing.sdist(".", files) for files in image.layers)
    return known[1]


_packed: dict[int, tuple[Image, tuple[bytes, ...]]] = {}


@lru_cache(maxsize=100)
def _digest(content: bytes) -> str:
    return f"sha256:{sha256(content).hexdigest()}"
