"""Anybody's web server: what lies at each address, with validators and redirects."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from monitors.simulator.dialects import base
from monitors.simulator.dialects.validators import conditional
from monitors.simulator.messages import Request, Response

if TYPE_CHECKING:
    from monitors.simulator.world import World

GONE = {"dmca": 451, "tos": 403, "private": 403}


class Dialect(base.Dialect):
    kind = "url"
    tables = frozenset({"page"})

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        return served(self, request, world, at)

    def error(self, status: int, message: str) -> Response:
        page = f"<!DOCTYPE html><title>{status}</title><p>{message}"
        return Response.text(page, status, type="text/html; charset=utf-8")


def served(dialect: base.Dialect, request: Request, world: World, at: datetime) -> Response:
    """The page at the request's path."""
    path = "/" + "/".join(request.parts)
    page = world.host(dialect.kind).pages.get(path)
    if page is None or not page.exists(at):
        return dialect.error(404, "Not found")
    if absence := page.absence(at):
        return dialect.error(GONE.get(absence.reason, 404), absence.reason)
    if page.redirect:
        inside = page.redirect.startswith("/")
        return Response.redirect(f"{request.base}{page.redirect}" if inside else page.redirect)
    return conditional(request, Response.content(page.content, type=page.type), modified=page.created_at)
