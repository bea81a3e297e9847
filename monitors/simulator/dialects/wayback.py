"""A web archive's index and its captures.

https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server
"""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import lru_cache
from hashlib import sha1
from typing import TYPE_CHECKING

from monitors.simulator.dialects import base
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Absence, Capture, Holds

if TYPE_CHECKING:
    from monitors.simulator.world import World

FIELDS = ("urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length")
MOST_ROWS = 150_000
# Everybody has captured this one.
EXAMPLE = Capture(
    "http://example.com/",
    datetime(2002, 1, 20, 14, 25, 10, tzinfo=UTC),
    lambda: b"Example",
    holds=Holds.NOTHING,
)


class Dialect(base.Dialect):
    kind = "wayback"
    tables = frozenset({"capture"})

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if request.parts == ("cdx", "search", "cdx"):
            return self._index(request, world, at)
        if request.parts[:1] == ("web",):
            return self._capture(request, world, at)
        return self.error(404, "Not Found")

    def error(self, status: int, message: str) -> Response:
        return Response.text(f"<html><h1>{message}</h1></html>", status, type="text/html")

    def _index(self, request: Request, world: World, at: datetime) -> Response:
        wanted = request.one("url")
        found = [one for one in self._captures(world) if _fits(one.url, wanted) and one.created_at <= at]
        if found and all(_is_excluded(one.absence(at)) for one in found):
            return Response.text("AdministrativeAccessControlException: Blocked Site Error\n", 403)
        rows = sorted((one for one in found if one.is_live(at)), key=_order)
        rows = _collapsed(rows) if request.one("collapse") == "digest" else rows
        rows = [one for one in rows if _is_within(request, one) and _passes(request, one)]
        rows = [one for one in rows if _key(one) > request.one("resumeKey")]
        limit = request.number("limit", MOST_ROWS, least=1, most=MOST_ROWS)
        names = tuple(request.one("fl", ",".join(FIELDS)).split(","))
        table = [[_row(one)[name] for name in names] for one in rows[:limit]]
        if table:
            table.insert(0, list(names))
        if len(rows) > limit and request.one("showResumeKey") == "true":
            table += [[], [_key(rows[limit - 1])]]
        return Response.json(table)

    def _capture(self, request: Request, world: World, at: datetime) -> Response:
        """/web/20260331081000id_/https://host/path: the content as it was sent."""
        _, stamp, wanted = (
            request.path.removeprefix("/").split("/", 2) if request.path.count("/") > 2 else "   "
        )
        wanted += f"?{request.raw_query}" if request.raw_query else ""
        for one in self._captures(world):
            if _stamp(one) == stamp.removesuffix("id_") and one.url == wanted and one.created_at <= at:
                if absence := one.absence(at):
                    return self.error(403 if _is_excluded(absence) else 404, "This URL has been excluded.")
                return Response.content(one.content, type=one.type)
        return self.error(404, "Not Found")

    def _captures(self, world: World) -> list[Capture]:
        return [*world.host(self.kind).captures, EXAMPLE]


def _fits(url: str, wanted: str) -> bool:
    """Addresses are compared without scheme, "www." and a last slash, as the index does."""
    if wanted.endswith("*"):
        return _bare(url).startswith(_bare(wanted.rstrip("*")))
    return _bare(url) == _bare(wanted)


def _bare(url: str) -> str:
    return url.partition("://")[2 if "://" in url else 0].removeprefix("www.").rstrip("/").lower()


def _is_excluded(absence: Absence | None) -> bool:
    return absence is not None and absence.reason in ("tos", "dmca", "private")


def _is_within(request: Request, capture: Capture) -> bool:
    stamp, since, until = _stamp(capture), request.one("from"), request.one("to")
    return (not since or stamp >= since.ljust(14, "0")) and (not until or stamp <= until.ljust(14, "9"))


def _passes(request: Request, capture: Capture) -> bool:
    """The one filter that is asked for here: no errors and no redirects."""
    return request.one("filter") != "!statuscode:[345].." or capture.status < 300


def _collapsed(rows: list[Capture]) -> list[Capture]:
    """One of each run of equal captures."""
    return [
        one
        for n, one in enumerate(rows)
        if not n
        or _order(one)[0] != _order(rows[n - 1])[0]
        or _digest(one.content) != _digest(rows[n - 1].content)
    ]


def _order(capture: Capture) -> tuple[str, str]:
    return _bare(capture.url), _stamp(capture)


def _key(capture: Capture) -> str:
    return f"{_bare(capture.url)} {_stamp(capture)}!"


def _row(capture: Capture) -> dict[str, str]:
    return {
        "urlkey": _bare(capture.url),
        "timestamp": _stamp(capture),
        "original": capture.url,
        "mimetype": capture.type,
        "statuscode": str(capture.status),
        "digest": _digest(capture.content),
        "length": str(len(capture.content)),
    }


def _stamp(capture: Capture) -> str:
    return f"{capture.created_at:%Y%m%d%H%M%S}"


@lru_cache(maxsize=1000)
def _digest(content: bytes) -> str:
    return base64.b32encode(sha1(content, usedforsecurity=False).digest()).decode()
