"""What the other side does: hosts remove after a while, people come back or object."""

from __future__ import annotations

import random
from datetime import datetime
from typing import TYPE_CHECKING

from monitors.simulator.customs import Customs
from monitors.simulator.forks import Forks
from monitors.simulator.places import Absence, Repository
from monitors.simulator.words import FIRST, SECOND

if TYPE_CHECKING:
    from monitors.simulator.world import World

NOTICE = "https://github.com/github/dmca/blob/master/2026/03/2026-03-31-acme.md"


def take_down(
    world: World, repository: Repository, *, at: datetime, network: bool = False
) -> list[Repository]:
    """Give notice of a repository; with `network`, of all that forked it too. Gives back those it will hit.

    The host removes after its delay; some come back under other names, some are restored. A second notice
    of the same changes nothing.
    """
    customs = world.customs.get(repository.kind, Customs())
    targets = [repository, *(_below(repository) if network else ())]
    hit = [one for one in targets if one.exists(at) and not _is_leaving(one)]
    with world.lock:
        for one in hit:
            _remove(world, one, customs, at)
    return hit


def _remove(world: World, repository: Repository, customs: Customs, at: datetime) -> None:
    lots = world.lots(f"takedown:{repository.kind}:{repository.id}")
    gone_at, lot = at + customs.delay, lots.random()
    is_restored = lot < customs.counter
    back_at = gone_at + customs.counter_delay if is_restored else None
    repository.leave(Absence(gone_at, back_at, customs.reason, NOTICE if customs.reason == "dmca" else ""))
    if customs.counter <= lot < customs.counter + customs.repost:
        _repost(world, repository, lots, gone_at + customs.repost_delay * lots.uniform(0.2, 1.8))


def _repost(world: World, repository: Repository, lots: random.Random, at: datetime) -> None:
    """The same content in a new repository of another account, with another name."""
    head = repository.head(at)
    name = lots.choice(
        (repository.name(at), f"{repository.name(at)}-backup", f"{lots.choice(SECOND)}-mirror")
    )
    owner = f"{lots.choice(FIRST)}-{lots.choice(SECOND)}-{lots.randrange(10_000)}"
    again = world.add_repository(
        repository.kind,
        f"{owner}/{name}",
        at=at,
        holds=repository.holds,
        share=repository.share,
        tree=head.tree if head else None,
        description=repository.description,
    )
    again.since = at


def _below(repository: Repository) -> list[Repository]:
    found: list[Repository] = []
    pending: list[Forks] = [repository.forks] if repository.forks else []
    while pending:
        for fork in pending.pop():
            found.append(fork)
            if fork.forks:
                pending.append(fork.forks)
    return found


def _is_leaving(repository: Repository) -> bool:
    return any(absence.until is None for absence in repository.absences)
