"""Feeds: "/press.xml" is RSS, "/press.atom" is Atom, each of the newest 100 entries."""

from __future__ import annotations

from datetime import datetime
from email.utils import format_datetime
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from monitors.simulator.dialects import base
from monitors.simulator.dialects.validators import conditional
from monitors.simulator.limits import Limit
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Post

if TYPE_CHECKING:
    from monitors.simulator.world import World

SHOWN = 100
HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


class Dialect(base.Dialect):
    kind = "feed"
    tables = frozenset({"posts"})
    limits = {"feed": Limit(600, 60)}

    def front(self, world: World) -> str | None:
        """The first feed by its name: there is none that holds them all."""
        names = sorted({post.feed for post in world.host(self.kind).posts})
        return f"/{names[0]}.xml" if names else None

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        name, _, form = request.path.strip("/").rpartition(".")
        known = [post for post in world.host(self.kind).posts if post.feed == name]
        if not known or form not in ("xml", "atom"):
            return self.error(404, "Not Found")
        live = [post for post in known if post.is_live(at)]
        shown = sorted(live, key=lambda post: (post.created_at, post.id), reverse=True)[:SHOWN]
        write, type = (_atom, "application/atom+xml") if form == "atom" else (_rss, "application/rss+xml")
        response = Response.text(write(name, shown, at), type=f"{type}; charset=utf-8")
        return conditional(request, response, modified=shown[0].created_at if shown else world.start)


def _rss(name: str, posts: list[Post], at: datetime) -> str:
    items = "".join(
        f"<item><title>{escape(post.title)}</title><link>{escape(post.url)}</link>"
        f'<guid isPermaLink="false">{post.id}</guid><description>{escape(post.text)}</description>'
        f"<pubDate>{format_datetime(post.created_at)}</pubDate></item>"
        for post in posts
    )
    return f'{HEAD}<rss version="2.0"><channel><title>{escape(name)}</title>{items}</channel></rss>'


def _atom(name: str, posts: list[Post], at: datetime) -> str:
    entries = "".join(
        f'<entry><title>{escape(post.title)}</title><link href="{escape(post.url)}"/><id>{post.id}</id>'
        f"<summary>{escape(post.text)}</summary><updated>{post.created_at.isoformat()}</updated></entry>"
        for post in posts
    )
    return f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom"><title>{escape(name)}</title>{entries}</feed>'
