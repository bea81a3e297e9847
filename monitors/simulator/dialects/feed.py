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
        updated = shown[0].created_at if shown else world.start
        text = write(name, f"{request.base}{request.path}", shown, updated)
        return conditional(request, Response.text(text, type=f"{type}; charset=utf-8"), modified=updated)


def _rss(name: str, address: str, posts: list[Post], updated: datetime) -> str:
    """https://www.rssboard.org/rss-specification"""
    items = "".join(
        f"<item><title>{escape(post.title)}</title><link>{escape(post.url)}</link>"
        f'<guid isPermaLink="false">{post.id}</guid><description>{escape(post.text)}</description>'
        f"<pubDate>{format_datetime(post.created_at)}</pubDate></item>"
        for post in posts
    )
    told = f"<title>{escape(name)}</title><link>{escape(address)}</link>"
    told += f"<description>What {escape(name)} writes</description>"
    return f'{HEAD}<rss version="2.0"><channel>{told}{items}</channel></rss>'


def _atom(name: str, address: str, posts: list[Post], updated: datetime) -> str:
    """https://www.rfc-editor.org/rfc/rfc4287"""
    entries = "".join(
        f'<entry><title>{escape(post.title)}</title><link href="{escape(post.url)}"/>'
        f"<id>tag:{escape(name)},2026:{post.id}</id><author><name>{escape(post.author)}</name></author>"
        f"<summary>{escape(post.text)}</summary><updated>{post.created_at.isoformat()}</updated></entry>"
        for post in posts
    )
    told = f"<id>tag:{escape(name)},2026:feed</id><title>{escape(name)}</title>"
    told += f'<updated>{updated.isoformat()}</updated><link rel="self" href="{escape(address)}"/>'
    told += f"<author><name>{escape(name)}</name></author>"
    return f'{HEAD}<feed xmlns="http://www.w3.org/2005/Atom">{told}{entries}</feed>'
