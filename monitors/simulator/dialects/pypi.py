"""A Python package index: simple API in both forms, JSON, and the feeds of what is new.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
https://warehouse.pypa.io/api-reference/
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime
from email.utils import format_datetime
from functools import lru_cache
from hashlib import sha256
from html import escape
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import base
from monitors.simulator.dialects.validators import conditional
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Package, Version

if TYPE_CHECKING:
    from monitors.simulator.world import World

JSON = "application/vnd.pypi.simple.v1+json"
NEWEST = {"packages": 40, "updates": 100}


class Dialect(base.Dialect):
    kind = "pypi"
    tables = frozenset({"package"})

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        match request.parts:
            case ("simple", name):
                return self._simple(request, self._package(name, world, at), at)
            case ("pypi", name, "json"):
                return self._json(request, self._package(name, world, at), "", at)
            case ("pypi", name, number, "json"):
                return self._json(request, self._package(name, world, at), number, at)
            case ("rss", feed) if feed.removesuffix(".xml") in NEWEST:
                return self._feed(request, world, at, feed.removesuffix(".xml"))
            case ("packages", name, filename):
                return self._file(self._package(name, world, at), filename, at)
        return self.error(404, "Not Found")

    def _package(self, name: str, world: World, at: datetime) -> Package | None:
        for package in world.host(self.kind).packages.values():
            if _normalized(package.name) == _normalized(name):
                there = package.live(at) or _is_quarantined(package, at)
                return package if there else None
        return None

    def _simple(self, request: Request, package: Package | None, at: datetime) -> Response:
        if package is None:
            return self.error(404, "Not Found")
        serial = _serial(package, at)
        status = "quarantined" if _is_quarantined(package, at) else "active"
        shown = [] if status == "quarantined" else package.live(at)
        if JSON in request.headers.get("accept", ""):
            body: dict[str, Any] = {"meta": {"api-version": "1.4", "_last-serial": serial}}
            body |= {"name": _normalized(package.name), "project-status": {"status": status}}
            body |= {"versions": [one.number for one in shown]}
            body["files"] = [_listed(request, one, at) for one in shown]
            response = Response.json(body, headers={"Content-Type": JSON})
        else:
            response = _page([_listed(request, one, at) for one in shown], status)
        response = conditional(request, response)
        response.headers["X-PyPI-Last-Serial"] = str(serial)
        return response

    def _json(self, request: Request, package: Package | None, number: str, at: datetime) -> Response:
        if package is None or _is_quarantined(package, at):
            return self.error(404, "Not Found")
        found = [one for one in package.live(at) if number in ("", one.number)]
        if not found:
            return self.error(404, "Not Found")
        info: dict[str, object] = {"name": package.name, "version": found[-1].number}
        info |= {"summary": package.description, "author": package.author}
        info["yanked"] = _yanked(found[-1], at)
        urls = [_uploaded(request, found[-1], at)]
        return Response.json({"info": info, "last_serial": _serial(package, at), "urls": urls})

    def _file(self, package: Package | None, filename: str, at: datetime) -> Response:
        if package is None or _is_quarantined(package, at):
            return self.error(404, "Not Found")
        found = next((one for one in package.live(at) if _filename(one) == filename), None)
        return Response.content(found.archive) if found else self.error(404, "Not Found")

    def _feed(self, request: Request, world: World, at: datetime, feed: str) -> Response:
        packages = [one for one in world.host(self.kind).packages.values() if one.live(at)]
        if feed == "packages":
            told = [(one.created_at, one.name, "", one.description) for one in packages]
        else:
            told = [
                (v.created_at, one.name, v.number, one.description) for one in packages for v in one.live(at)
            ]
        newest = sorted(told, reverse=True)[: NEWEST[feed]]
        return conditional(request, _rss(request, feed, newest))


def _listed(request: Request, version: Version, at: datetime) -> dict[str, Any]:
    """A file as the simple index lists it."""
    return {
        "filename": _filename(version),
        "url": _url(request, version),
        "hashes": {"sha256": _sha256(version.archive)},
        "size": len(version.archive),
        "upload-time": f"{version.created_at:%Y-%m-%dT%H:%M:%S.%fZ}",
        "yanked": "withdrawn" if _yanked(version, at) else False,
    }


def _uploaded(request: Request, version: Version, at: datetime) -> dict[str, Any]:
    """The same as the JSON of a release has it."""
    listed = _listed(request, version, at)
    return {
        "filename": listed["filename"],
        "url": listed["url"],
        "digests": listed["hashes"],
        "size": listed["size"],
        "packagetype": "sdist",
        "upload_time_iso_8601": listed["upload-time"],
        "yanked": bool(listed["yanked"]),
        "yanked_reason": listed["yanked"] or None,
    }


def _page(files: Iterable[dict[str, Any]], status: str) -> Response:
    links = "".join(
        f'<a href="{escape(one["url"])}#sha256={one["hashes"]["sha256"]}"'
        + (f' data-yanked="{escape(one["yanked"])}"' if one["yanked"] else "")
        + f">{escape(one['filename'])}</a><br>\n"
        for one in files
    )
    metas = {"pypi:repository-version": "1.4", "pypi:project-status": status}
    told = "".join(f'<meta name="{name}" content="{content}">' for name, content in metas.items())
    return Response.text(
        f"<!DOCTYPE html><html><head>{told}</head><body>{links}</body></html>", type="text/html"
    )


def _rss(request: Request, feed: str, newest: list[tuple[datetime, str, str, str]]) -> Response:
    """Each of `newest` is a moment, a name, a number ("": the package itself is new), and a summary."""
    items = "".join(
        f"<item><title>{escape(name)} {escape(number) or 'added'}</title>"
        f"<link>{request.base}/project/{escape(name)}/{f'{escape(number)}/' if number else ''}</link>"
        f"<description>{escape(summary)}</description>"
        f"<pubDate>{format_datetime(moment, usegmt=True)}</pubDate></item>"
        for moment, name, number, summary in newest
    )
    told = f"<title>Newest {feed}</title><link>{request.base}</link>"
    told += f"<description>The newest {feed} of the index</description><language>en</language>"
    body = f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel>{told}{items}</channel></rss>'
    return Response.text(body, type="text/xml; charset=UTF-8")


def _is_quarantined(package: Package, at: datetime) -> bool:
    absences = [version.absence(at) for version in package.versions]
    return any(absence is not None and absence.reason == "quarantined" for absence in absences)


def _yanked(version: Version, at: datetime) -> bool:
    absence = version.absence(at)
    return absence is not None and absence.reason == "yanked"


def _serial(package: Package, at: datetime) -> int:
    """Grows with each thing that happens to the package."""
    moments = [version.created_at for version in package.versions]
    for version in package.versions:
        for absence in version.absences:
            moments += [absence.since, *([absence.until] if absence.until else [])]
    return sum(moment <= at for moment in moments)


def _url(request: Request, version: Version) -> str:
    return f"{request.base}/packages/{_normalized(version.package.name)}/{_filename(version)}"


def _filename(version: Version) -> str:
    return f"{_normalized(version.package.name).replace('-', '_')}-{version.number}.tar.gz"


def _normalized(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@lru_cache(maxsize=1000)
def _sha256(archive: bytes) -> str:
    return sha256(archive).hexdigest()
