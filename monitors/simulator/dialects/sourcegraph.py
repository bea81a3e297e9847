"""Sourcegraph's search, as a stream of events, and its raw files.

https://sourcegraph.com/docs/api/stream-api. It has its own repositories in the world ("sourcegraph"), as
mirrors of such on github.com; and the world's on GitHub, but the crowd's forks, as they were some hours ago.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

from monitors.simulator.dialects import base
from monitors.simulator.messages import Request, Response
from monitors.simulator.objects import Blob
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

MIRRORED = "github.com/"
LARGEST = 1024 * 1024  # bytes of a file that is searched
COUNT = 500

_TERM = re.compile(r'(?:(\w+):)?("(?:[^"\\]|\\.)*"|\S+)')


class _Query(NamedTuple):
    """What is asked for; `fields` by name, what has none under ""."""

    fields: dict[str, str]

    def is_wanted(self, repository: Repository, at: datetime) -> bool:
        name = f"{MIRRORED}{repository.full_name(at)}"
        is_fork = repository.parent is not None and self.fields.get("fork") != "yes"
        return not is_fork and bool(re.search(self.fields.get("repo", ""), name))

    def is_in(self, path: str, blob: Blob) -> bool:
        if len(blob.content) > LARGEST or not re.search(self.fields.get("file", ""), path):
            return False
        return self.fields.get("content", self.fields.get("", "")).lower().encode() in _lowered(blob)


class Dialect(base.Dialect):
    kind = "sourcegraph"
    tables = frozenset({"repository", "forks"})
    late = timedelta(hours=6)
    mine = {(".api", "graphql"): {"data": {"currentUser": {"username": "watcher"}}}}

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if told := self.own(request):
            return told
        if request.parts == (".api", "search", "stream"):
            return self._stream(request, world, at)
        if "/-/raw/" in request.path:
            return self._raw(request, world, at)
        return self.error(404, "Not Found")

    def error(self, status: int, message: str) -> Response:
        return Response.text(f"{message}\n", status)

    def _stream(self, request: Request, world: World, at: datetime) -> Response:
        query = _parsed(request.one("q"))
        if not query.fields:
            alert = {"title": "Unable To Process Query", "description": "The query is empty."}
            return _streamed(("alert", alert), ("done", {}))
        count = int(query.fields.get("count", COUNT))
        found = list(self._matches(query, world, at))
        shown = found[: min(count, len(found) // 2 if request.is_partial else count)]
        skipped = _skipped(len(found) > count, request.is_partial)
        progress = {"done": True, "matchCount": len(shown), "durationMs": 12, "skipped": skipped}
        parts = [("matches", shown[at : at + 10]) for at in range(0, len(shown), 10)]
        return _streamed(("progress", {"done": False, "matchCount": 0, "durationMs": 1, "skipped": []}),
                         *parts, ("filters", []), ("progress", progress), ("done", {}))  # fmt: skip

    def _matches(self, query: _Query, world: World, at: datetime) -> Iterator[dict[str, Any]]:
        for repository, shown in self._mirrored(world, at):
            head = repository.head(shown)
            if not (head and query.is_wanted(repository, shown)):
                continue
            told = {"repositoryID": repository.id, "repository": f"{MIRRORED}{repository.full_name(shown)}"}
            if query.fields.get("type") == "repo":
                yield {"type": "repo", **told}
                continue
            for path, blob in head.tree.files().items():
                if query.is_in(path, blob):
                    is_path = query.fields.get("type") == "path"
                    lines: dict[str, Any] = (
                        {"pathMatches": []} if is_path else {"chunkMatches": [], "hunks": None}
                    )
                    yield {
                        "type": "path" if is_path else "content",
                        "path": path,
                        **told,
                        "commit": head.id,
                    } | lines

    def _mirrored(self, world: World, at: datetime) -> Iterator[tuple[Repository, datetime]]:
        """What it has, each with the moment that its mirror shows."""
        late = at - world.indexing.get(self.kind, self.late)
        for kind, shown in ((self.kind, at), ("github", late)):
            yield from ((one, shown) for one in world.host(kind).repositories if one.is_live(shown))

    def _raw(self, request: Request, world: World, at: datetime) -> Response:
        """/github.com/owner/name@commit/-/raw/path"""
        where, _, path = "/".join(request.parts).partition("/-/raw/")
        name, _, commit = where.partition("@")
        name = name.removeprefix(MIRRORED).lower()
        mirrors = [
            (one, shown) for one, shown in self._mirrored(world, at) if one.full_name(shown).lower() == name
        ]
        for head in (head for one, shown in mirrors for since, head in one.heads if since <= shown):
            blob = head.tree.at(path) if head and head.id == commit else None
            if isinstance(blob, Blob):
                return Response.content(blob.content, type="text/plain; charset=utf-8")
        return self.error(404, "file does not exist")


@lru_cache(maxsize=20_000)
def _lowered(blob: Blob) -> bytes:
    return blob.content.lower()


def _parsed(text: str) -> _Query:
    fields = {}
    for name, value in _TERM.findall(text):
        quoted = value.startswith('"')
        fields[name] = (
            re.sub(r"\\(.)", r"\1", value[1:-1]) if quoted and name == "content" else value.strip('"')
        )
    return _Query(fields)


def _skipped(is_long: bool, is_partial: bool) -> list[dict[str, str]]:
    told = []
    if is_long:
        told.append({"reason": "shard-match-limit", "title": "result limit hit", "severity": "info"})
    if is_partial:
        told.append({"reason": "shard-timeout", "title": "1 timed out", "severity": "warn"})
    return [one | {"message": "Not all results have been returned."} for one in told]


def _streamed(*events: tuple[str, Any]) -> Response:
    lines = (f"event: {name}\ndata: {json.dumps(data, separators=(',', ':'))}\n\n" for name, data in events)
    return Response.text("".join(lines), type="text/event-stream")
