"""The changes feed of an npm registry: the names of all packages that changed, in order.

https://github.com/npm/registry/blob/main/docs/REPLICATE-API.md: since 2025 it gives names only, at most
10,000 a page, and streams nothing. Its numbers have been reset before, so a position names its feed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import msgspec

from monitors.sources.base import Gone, RateLimited, SourceError, clean
from monitors.sources.http import Client, place

PAGE = 10_000
PAGES = 5  # a reading
PAGE_BYTES = 16 * 1024 * 1024
LOOK_BACK = 100_000  # changes: about a day of the public registry
JITTER = 1_000  # a replica may be so much behind the last one asked
WANTED = 1_000  # names that a reading gives at most


class _Change(msgspec.Struct):
    seq: int
    id: str
    deleted: bool = False


class _Page(msgspec.Struct):
    results: list[_Change]


class _Head(msgspec.Struct):
    seq: int = msgspec.field(name="update_seq")
    name: Any = msgspec.field(default="", name="db_name")
    uuid: Any = ""
    started: Any = msgspec.field(default="", name="instance_start_time")


@dataclass(frozen=True)
class Position:
    """Everything up to change number `since` of this feed was read."""

    feed: str = ""
    since: int = 0


@dataclass
class Reading:
    """The wanted names that changed, each once, in the order of their last change; where to go on."""

    position: Position
    names: list[str] = field(default_factory=list)
    is_end: bool = True
    gaps: list[str] = field(default_factory=list)


def read(client: Client, url: str, *, after: Position, wants: Callable[[str], bool]) -> Reading:
    """The next at most 50,000 changes after a position, in at most 6 requests, and 1,000 names of them.

    Without a position, or when the feed began anew, it reads from 100,000 changes before the feed's end.
    A limit ends it early. Raises SourceError.
    """
    head = _head(client, url)
    reading = _begun(after, _feed(url, head), head.seq)
    names: dict[str, None] = {}
    for number in range(PAGES if reading.position.since < head.seq else 0):
        since = reading.position.since
        try:
            page = _page(client, url, since)
        except RateLimited:
            if not number:
                raise
            break  # what was read until here is kept
        _take(page, reading, names, wants)
        # A page that moves nothing is an end too, whatever the feed says of itself.
        reading.is_end = reading.position.since >= head.seq or reading.position.since == since
        if reading.is_end or len(names) >= WANTED:
            break
    reading.names = list(names)
    return reading


def _begun(after: Position, feed: str, end: int) -> Reading:
    """Where to read from, and what was missed before it."""
    safe = Position(feed, max(0, end - LOOK_BACK))
    if not after.feed:
        early = f"The registry's changes before number {safe.since:,} were not read: about the last day was."
        return Reading(safe, gaps=[early] if safe.since else [])
    if after.feed != feed or end < after.since - JITTER:
        again = (
            f"The registry began its changes feed anew (it is at {end:,}, we were at {after.since:,}). "
            f"We read on from number {safe.since:,}; names that changed before it may be missing."
        )
        return Reading(safe, gaps=[again])
    if end < after.since:  # the same feed, from a replica that is behind: what comes next is read once more
        return Reading(Position(feed, max(0, end - JITTER)))
    return Reading(after)


def _take(
    page: list[_Change], reading: Reading, names: dict[str, None], wants: Callable[[str], bool]
) -> None:
    """Moves the position over the changes that were read, and over no other, in whatever order they came."""
    for change in sorted(page, key=lambda change: change.seq)[:PAGE]:
        if len(names) >= WANTED:
            return
        if change.seq <= reading.position.since:
            continue
        reading.position = Position(reading.position.feed, change.seq)
        if not change.deleted and wants(change.id):
            names.pop(change.id, None)
            names[change.id] = None


def _page(client: Client, url: str, since: int) -> list[_Change]:
    asked: dict[str, str | int] = {"since": since, "limit": PAGE}
    return client.get(f"{url}/_changes", params=asked, max_bytes=PAGE_BYTES).decode(_Page).results


def _head(client: Client, url: str) -> _Head:
    try:
        return client.get(f"{url}/", max_bytes=PAGE_BYTES).decode(_Head)
    except Gone:
        raise SourceError(
            f"{place(url)} has no changes feed. Watch packages by name or by search there."
        ) from None


def _feed(url: str, head: _Head) -> str:
    """What tells this feed from another: its address, name and identity, as far as it gives them."""
    return clean(f"{urlsplit(url).netloc} {head.name} {head.uuid} {head.started}", 200)
