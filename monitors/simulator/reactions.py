"""What the other side does: hosts remove after a while, people come back or object."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from monitors.simulator import packing
from monitors.simulator.customs import Customs, usual
from monitors.simulator.forks import Forks
from monitors.simulator.hosts import Host
from monitors.simulator.places import Absence, Capture, Gist, Holds, Image, Page, Repository, Version
from monitors.simulator.words import FIRST, SECOND

if TYPE_CHECKING:
    from monitors.simulator.world import World

NOTICE = "https://github.com/github/dmca/blob/master/2026/03/2026-03-31-acme.md"

Target: TypeAlias = Repository | Version | Gist | Page | Image | Capture


def named(host: Host, name: str, at: datetime) -> list[Target]:
    """What a notice calls by this name, gone or not: a repository "owner/name"; a package, or one version of
    it as "name@number"; a gist's id, or whose gists; a page's path; a captured address; an image, or one tag
    of it as "owner/name:tag".
    """
    repository = host.repository(name, at)
    things: list[Target] = [repository] if repository else []
    for package in host.packages.values():
        things += [one for one in package.versions if name in (package.name, id_of(one))]
    things += [one for one in host.gists.values() if name in (one.id, one.owner)]
    things += [one for one in host.pages.values() if one.path == name]
    things += [one for one in host.captures if one.url == name]
    things += [one for one in host.images if name in (id_of(one), f"{id_of(one)}:{one.tag}")]
    return [one for one in things if one.exists(at)]


def take_down(world: World, *things: Target, at: datetime, network: bool = False) -> list[Target]:
    """Give notice of things; with `network`, of all that forked them too. Gives back those it will hit.

    The host removes after its delay; some come back under other names, some are restored. A second notice
    of the same changes nothing.
    """
    forks = [fork for one in things for fork in _below(one)] if network else []
    hit = [one for one in (*things, *forks) if one.exists(at) and not _is_leaving(one)]
    with world.lock:
        for one in hit:
            _remove(world, one, at)
    return hit


def id_of(thing: Target) -> str:
    """The host's own id of it, as the truth has it."""
    if isinstance(thing, Version):
        return f"{thing.package.name}@{thing.number}"
    if isinstance(thing, Image):
        return f"{thing.owner}/{thing.name}"
    if isinstance(thing, Capture):
        return thing.url
    return thing.path if isinstance(thing, Page) else str(thing.id)


def _remove(world: World, thing: Target, at: datetime) -> None:
    kind = _kind(thing)
    customs = world.customs.get(kind) or usual(kind)
    # By package: what comes back has one name, whatever the version.
    who = thing.package.name if isinstance(thing, Version) else id_of(thing)
    lots = world.lots(f"takedown:{kind}:{who}")
    gone_at, lot = at + customs.delay, lots.random()
    is_restored = lot < customs.counter
    back_at = gone_at + customs.counter_delay if is_restored else None
    reason = _reason(thing, customs)
    thing.leave(Absence(gone_at, back_at, reason, NOTICE if reason == "dmca" else ""))
    if customs.counter <= lot < customs.counter + customs.repost:
        _repost(world, thing, lots, gone_at + customs.repost_delay * lots.uniform(0.2, 1.8))


def _reason(thing: Target, customs: Customs) -> str:
    """A registry keeps the name of what was malware."""
    is_malware = isinstance(thing, Version) and thing.holds is Holds.IMPOSTOR
    return "quarantined" if is_malware else customs.reason


def _repost(world: World, thing: Target, lots: random.Random, at: datetime) -> None:
    """The same content by another account, mostly under another name. What an archive lost stays lost."""
    owner = f"{lots.choice(FIRST)}-{lots.choice(SECOND)}-{lots.randrange(10_000)}"
    match thing:
        case Repository():
            _repost_repository(world, thing, f"{owner}/{_another(thing.name(at), lots)}", at)
        case Version():
            _republish(world, thing, owner, at)
        case Gist():
            again = replace(thing, id=world.hex_id(), owner=owner, created_at=at, updated_at=at, absences=())
            world.host(thing.kind).gists[again.id] = again
        case Page():
            path = f"/{owner}{thing.path}"
            world.host(thing.kind).pages[path] = replace(thing, path=path, created_at=at, absences=())
        case Image():
            world.host(thing.kind).images.append(replace(thing, owner=owner, created_at=at, absences=()))


def _another(name: str, lots: random.Random) -> str:
    return lots.choice((name, f"{name}-backup", f"{lots.choice(SECOND)}-mirror"))


def _repost_repository(world: World, repository: Repository, full_name: str, at: datetime) -> None:
    head = repository.head(at)
    again = world.add_repository(
        repository.kind,
        full_name,
        at=at,
        holds=repository.holds,
        share=repository.share,
        tree=head.tree if head else None,
        description=_description(repository),
    )
    again.sort = repository.sort


def _description(repository: Repository) -> str:
    """Its own; of a fork that was given none, what it forked."""
    while repository.parent and not repository.description:
        repository = repository.parent
    return repository.description


def _republish(world: World, version: Version, author: str, at: datetime) -> None:
    """All versions that were removed get the same new name."""
    package = version.package
    again = world.add_version(
        package.kind,
        f"{package.name.rpartition('/')[2]}-by-{author}",
        version.number,
        at=at,
        holds=version.holds,
        share=version.share,
        description=package.description,
        author=author,
    )
    again.archived = lambda: packing.named_anew(version, again)


def _below(repository: Target) -> list[Repository]:
    found: list[Repository] = []
    pending: list[Forks] = (
        [repository.forks] if isinstance(repository, Repository) and repository.forks else []
    )
    while pending:
        for fork in pending.pop():
            found.append(fork)
            if fork.forks:
                pending.append(fork.forks)
    return found


def _is_leaving(thing: Target) -> bool:
    return any(absence.until is None for absence in thing.absences)


def _kind(thing: Target) -> str:
    if isinstance(thing, Capture):
        return "wayback"
    return thing.package.kind if isinstance(thing, Version) else thing.kind
