"""What GitHub tells the owner of a repository by itself: https://docs.github.com/en/webhooks/webhook-events-and-payloads"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Any, NamedTuple

from monitors.simulator.dialects.github.shapes import Shapes, moment
from monitors.simulator.hosts import Host
from monitors.simulator.objects import Commit
from monitors.simulator.places import Repository

ZEROS = "0" * 40


class Happening(NamedTuple):
    """One event of a repository; `payload` is written for the moment at which it happened."""

    at: datetime
    event: str
    repository: Repository
    payload: Callable[[Shapes], dict[str, Any]]


def of(host: Host, owner: str, *, after: datetime, until: datetime) -> list[Happening]:
    """What happened to the repositories of an account after one moment, until another; oldest first."""
    wanted = f"{owner.lower()}/"
    own = [one for one in host.repositories if any(name.lower().startswith(wanted) for name in one.names)]
    each = [happened for one in own for happened in _of_one(one) if after < happened.at <= until]
    each += [happened for one in own for happened in _forked(one, after, until)]
    return sorted(each, key=lambda one: (one.at, one.repository.id))


def _of_one(one: Repository) -> Iterator[Happening]:
    for (_, before), (at, head) in zip(one.heads, one.heads[1:], strict=False):
        yield Happening(at, "push", one, _push(one, before, head))
    for (_, old), (at, new) in zip(one.named, one.named[1:], strict=False):
        yield Happening(at, "repository", one, _renamed(one, old, new))
    for absence in one.absences:
        if absence.reason == "private" and absence.until:
            yield Happening(absence.until, "public", one, lambda shapes: _told(shapes, one))


def _forked(one: Repository, after: datetime, until: datetime) -> Iterator[Happening]:
    for fork in one.forks.between(after, until) if one.forks else ():
        if not fork.is_hidden:
            yield Happening(fork.created_at, "fork", one, _fork(one, fork))


def _told(shapes: Shapes, one: Repository, sender: str = "") -> dict[str, Any]:
    """What every event has."""
    who = sender or one.owner(shapes.at)
    return {"repository": shapes.full_repository(one), "sender": shapes.user(who)}


def _fork(one: Repository, fork: Repository) -> Callable[[Shapes], dict[str, Any]]:
    def payload(shapes: Shapes) -> dict[str, Any]:
        return {"forkee": shapes.repository(fork), **_told(shapes, one, fork.owner(shapes.at))}

    return payload


def _push(one: Repository, before: Commit | None, head: Commit | None) -> Callable[[Shapes], dict[str, Any]]:
    def payload(shapes: Shapes) -> dict[str, Any]:
        commit = _commit(shapes, one, head) if head else None
        ids = {"before": before.id if before else ZEROS, "after": head.id if head else ZEROS}
        told: dict[str, Any] = {"ref": f"refs/heads/{one.default_branch}", "base_ref": None, **ids}
        told |= {"created": before is None, "deleted": head is None, "forced": False}
        told |= {"commits": [commit] if commit else [], "head_commit": commit}
        told |= {
            "compare": f"{shapes.base}/{one.full_name(shapes.at)}/compare/{ids['before']}...{ids['after']}"
        }
        pusher = {"name": head.author, "email": head.email} if head else {"name": one.owner(shapes.at)}
        return {**told, "pusher": pusher, **_told(shapes, one, head.author if head else "")}

    return payload


def _commit(shapes: Shapes, one: Repository, head: Commit) -> dict[str, Any]:
    who = {"name": head.author, "email": head.email, "username": head.author}
    return {
        "id": head.id,
        "tree_id": head.tree.id,
        "distinct": True,
        "message": head.message,
        "timestamp": moment(head.at),
        "url": f"{shapes.base}/{one.full_name(shapes.at)}/commit/{head.id}",
        "author": who,
        "committer": who,
    }


def _renamed(one: Repository, old: str, new: str) -> Callable[[Shapes], dict[str, Any]]:
    """With another owner it was handed over."""
    (old_owner, _, old_name), (new_owner, _, _) = old.partition("/"), new.partition("/")

    def payload(shapes: Shapes) -> dict[str, Any]:
        if old_owner == new_owner:
            return {"action": "renamed", "changes": {"repository": {"name": {"from": old_name}}}} | _told(
                shapes, one
            )
        before = shapes.user(old_owner)
        kind = before["type"].lower()
        return {"action": "transferred", "changes": {"owner": {"from": {kind: before}}}} | _told(shapes, one)

    return payload
