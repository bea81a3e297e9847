"""What is true about a world, to hold findings against. No dialect tells it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from monitors.simulator.hosts import Host
from monitors.simulator.places import Holds, Repository, Thing
from monitors.simulator.world import World


class Fact(NamedTuple):
    """One place. `id` is the host's own; `since` is when it came to hold what it holds."""

    kind: str
    sort: str  # "repository", "version", "gist", "release", "page", "image"
    id: str
    name: str
    holds: Holds
    share: float
    since: datetime
    is_live: bool
    is_public: bool  # could be found by asking, at some time until now
    is_own: bool = False


def facts(world: World, at: datetime) -> Iterator[Fact]:
    """Everything that exists at this moment, or did."""
    for host in world.hosts:
        yield from (_repository(one, at) for one in host.all_repositories() if one.exists(at))
        yield from _others(host, at)


def copies(world: World, at: datetime) -> Iterator[Fact]:
    """Only what a person would confirm as a copy of the leak, if it was public."""
    return (fact for fact in facts(world, at) if fact.holds.is_copy and fact.since <= at and fact.is_public)


def summary(world: World, at: datetime) -> dict[str, dict[str, int]]:
    """How many places there are of each kind, and how many hold what."""
    counts: dict[str, dict[str, int]] = {}
    for fact in facts(world, at):
        kind = counts.setdefault(fact.kind, {})
        kind[fact.holds] = kind.get(fact.holds, 0) + 1
    return counts


def written(fact: Fact) -> dict[str, Any]:
    """As plain JSON."""
    return {**fact._asdict(), "since": fact.since.isoformat(), "holds": str(fact.holds)}


def _repository(one: Repository, at: datetime) -> Fact:
    return Fact(
        one.kind,
        "repository",
        str(one.id),
        one.full_name(at),
        one.holds,
        one.share,
        one.since,
        one.is_live(at),
        not one.is_hidden,
        one.is_own,
    )


def _others(host: Host, at: datetime) -> Iterator[Fact]:
    for package in host.packages.values():
        for one in package.versions:
            yield from _fact(host.kind, "version", f"{package.name}@{one.number}", one, at)
    for gist in host.gists.values():
        yield from _fact(host.kind, "gist", gist.id, gist, at)
    for page in host.pages.values():
        yield from _fact(host.kind, "page", page.path, page, at)
    for image in host.images:
        yield from _fact(host.kind, "image", f"{image.owner}/{image.name}", image, at)


def _fact(kind: str, sort: str, id: str, thing: Thing, at: datetime) -> Iterator[Fact]:
    if thing.exists(at):
        live, since = thing.is_live(at), thing.created_at
        yield Fact(kind, sort, id, id, thing.holds, thing.share, since, live, is_public=True)
