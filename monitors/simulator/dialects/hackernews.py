"""Hacker News' search: https://hn.algolia.com/api"""

from __future__ import annotations

import re
from datetime import datetime
from typing import TYPE_CHECKING, Any

from monitors.simulator.dialects import base
from monitors.simulator.limits import Limit
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Post

if TYPE_CHECKING:
    from monitors.simulator.world import World

SHOWN = 1_000
_FILTER = re.compile(r"created_at_i(>=|<=|>|<)(\d{1,12})")


class Dialect(base.Dialect):
    kind = "hackernews"
    tables = frozenset({"posts"})
    limits = {"search": Limit(10_000, 3600)}

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if request.parts != ("api", "v1", "search_by_date"):
            return self.error(404, "Not Found")
        words = re.findall(r"\w+", request.one("query").lower())
        bounds = _FILTER.findall(request.one("numericFilters"))
        posts = [post for post in world.host(self.kind).posts if post.is_live(at) and _tells(post, words)]
        fitting = [post for post in posts if all(_fits(post, *bound) for bound in bounds)]
        found = sorted(fitting, key=lambda post: (post.created_at, post.id), reverse=True)
        size = request.number("hitsPerPage", 20, least=1, most=SHOWN)
        number = request.number("page", 0)
        shown = found[:SHOWN][number * size : (number + 1) * size]
        told = {"nbHits": len(found), "nbPages": -(-min(len(found), SHOWN) // size), "page": number}
        return Response.json({**told, "hitsPerPage": size, "hits": [_hit(post) for post in shown]})


def _tells(post: Post, words: list[str]) -> bool:
    told = f"{post.title} {post.url} {post.text} {post.author}".lower()
    return all(word in told for word in words)


def _fits(post: Post, sign: str, bound: str) -> bool:
    at, limit = int(post.created_at.timestamp()), int(bound)
    return {">=": at >= limit, "<=": at <= limit, ">": at > limit, "<": at < limit}[sign]


def _hit(post: Post) -> dict[str, Any]:
    """A post with a text and no address of its own is a comment on a story of its title."""
    is_comment = bool(post.text) and not post.url
    return {
        "objectID": str(post.id),
        "title": None if is_comment else post.title,
        "url": post.url or None,
        "author": post.author,
        "points": None if is_comment else post.points,
        "story_text": None if is_comment else post.text or None,
        "story_title": post.title if is_comment else None,
        "comment_text": post.text if is_comment else None,
        "created_at": f"{post.created_at:%Y-%m-%dT%H:%M:%SZ}",
        "created_at_i": int(post.created_at.timestamp()),
    }
