"""What GitHub tells us by itself about repositories of ours: it makes watches due, and remembers a fork.

https://docs.github.com/en/webhooks/webhook-events-and-payloads. A delivery is believed when it carries the
HMAC-SHA256 of its body under our secret. It changes no fact: all it can bring about is that we ask sooner, at
most twice a minute, so that one delivered again does no harm. One whose id is remembered, in a row that all
workers share, does nothing at all.
"""

import hashlib
import hmac
import json
import os
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, BinaryIO

from django.db import transaction
from django.utils import timezone

from monitors import leads, polling, sightings
from monitors.models import Delivery, Source, Watch
from monitors.sources.base import Aim, Candidate, Refused, clean
from monitors.sources.github import GitHub
from monitors.sources.github.adapter import known_ids
from monitors.sources.github.site import Site, is_name

SUFFIX = "_WEBHOOK_SECRET"
REMEMBERED = timedelta(days=3)  # GitHub offers to deliver again for as long
BLOCK = 64 * 1024
HURRY = timedelta(seconds=30)  # between two polls for what was delivered

# What an event makes us ask again.
AIMS = {
    "fork": (Aim.FORKS,),
    "push": (Aim.REPOSITORY,),
    "public": (Aim.REPOSITORY, Aim.FORKS, Aim.RELEASES),
    "repository": (Aim.REPOSITORY, Aim.FORKS, Aim.RELEASES),
}

_DELIVERY = re.compile(r"[0-9A-Za-z-]{8,64}")
_NOBODY = secrets.token_hex(32)  # a source without a secret is checked against one that nobody has


class NotReady(Exception):
    """The delivery is signed, and still none that we can use; the message says why."""


def secret_env(source: Source) -> str:
    """The environment variable that holds the secret: named after the source's token variable."""
    return f"{source.token_env or 'GITHUB'}{SUFFIX}"


def is_signed(source: Source | None, body: BinaryIO, signature: str) -> bool:
    """Whether this came from who knows our secret. It takes as long for a source that has none."""
    known = os.environ.get(secret_env(source), "") if source and source.kind == GitHub.kind else ""
    digest = hmac.new((known or _NOBODY).encode(), digestmod=hashlib.sha256)
    while block := body.read(BLOCK):
        digest.update(block)
    given = signature.encode("utf-8", "replace")
    return hmac.compare_digest(f"sha256={digest.hexdigest()}".encode(), given) and bool(known)


@dataclass(frozen=True)
class Taken:
    """How many watches a delivery concerns, and in words what came of it."""

    watches: int
    says: str


def take(source: Source, event: str, delivery: str, body: bytes, *, at: datetime | None = None) -> Taken:
    """Act on one signed delivery. Raises NotReady."""
    at = at or timezone.now()
    if not _DELIVERY.fullmatch(delivery):
        raise NotReady("X-GitHub-Delivery is missing")
    if event not in AIMS:
        return Taken(0, f"Nothing is done about the event {clean(event, 40)}.")
    told = _read(body)
    Delivery.objects.filter(at__lt=at - REMEMBERED).delete()
    return _act_once(source, event, delivery, told, at)


@transaction.atomic
def _act_once(source: Source, event: str, delivery: str, told: dict[str, Any], at: datetime) -> Taken:
    """What came of it: nothing when it was acted on before. Should we die, it was not."""
    if not Delivery.objects.get_or_create(source=source, native_id=delivery, defaults={"at": at})[1]:
        return Taken(0, "This delivery was acted on before.")
    watches = [watch for watch in _watches(source, event) if _is_about(watch, told)]
    for watchlist in sorted({watch.watchlist for watch in watches}, key=lambda one: one.pk):
        sightings.hold(watchlist)  # a poll at this moment may name the same place
    for watch in watches:
        _act(watch, event, told, at)
    return Taken(len(watches), _outcome(len(watches), event, told))


def _outcome(count: int, event: str, told: dict[str, Any]) -> str:
    name = clean(told["repository"].get("full_name", ""), 201)
    if count:
        return f"{count} watch{'' if count == 1 else 'es'} on {name}."
    aims = " or ".join(AIMS[event])
    return f"Nothing here watches {name} for {aims}: start such a watch, or this delivery has no effect."


def _read(body: bytes) -> dict[str, Any]:
    """The payload. Raises NotReady."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise NotReady("The body is not JSON; choose application/json as the content type") from None
    if not isinstance(told, dict) or not isinstance(told.get("repository"), dict):
        raise NotReady("The body names no repository")
    return told


def _watches(source: Source, event: str) -> list[Watch]:
    asked = Watch.objects.filter(source=source, aim__in=AIMS[event], paused_at=None)
    return list(asked.select_related("source", "watchlist"))


def _is_about(watch: Watch, told: dict[str, Any]) -> bool:
    """Whether the watch asks about the repository that the event concerns: by its id, or any of its names."""
    id = told["repository"].get("id")
    if type(id) is int and id in known_ids(watch.cursor):
        return True
    try:
        asked = Site(watch.source.address.rstrip("/")).repository(watch.query).lower()
    except Refused:
        return False
    return asked in {name.lower() for name in _names(told)}


def _names(told: dict[str, Any]) -> list[str]:
    """What it is called, and what it was called before this event."""
    name = str(told["repository"].get("full_name", ""))
    owner, _, last = name.partition("/")
    changes = told.get("changes") if isinstance(told.get("changes"), dict) else {}
    before = _at(changes, "repository", "name", "from")
    was = _at(changes, "owner", "from", "user", "login") or _at(
        changes, "owner", "from", "organization", "login"
    )
    return [name, f"{owner}/{before}", f"{was}/{last}"]


def _at(value: Any, *path: str) -> str:
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""


def _act(watch: Watch, event: str, told: dict[str, Any], at: datetime) -> None:
    fork = _fork(watch, told) if event == "fork" else None
    if fork and fork.native_id not in {place[1] for place in leads.standing(watch.watchlist, [fork])}:
        leads.keep(watch, [fork], at=at, errors={})
    if _is_idle(watch) or (_opens(event, told) and polling.is_held_back(watch)):
        polling.poll_soon(watch, at=max(at, watch.last_polled_at + HURRY))


def _opens(event: str, told: dict[str, Any]) -> bool:
    """Whether everybody can see it from now on: then what failed so far need not fail any more."""
    return event == "public" or told.get("action") == "publicized"


def _fork(watch: Watch, told: dict[str, Any]) -> Candidate | None:
    """The new fork as a place to look into, should it be gone from the list before we ask for it."""
    forkee = told.get("forkee") if isinstance(told.get("forkee"), dict) else {}
    id, name = forkee.get("id"), str(forkee.get("full_name", ""))
    if type(id) is not int or id <= 0 or not is_name(name) or forkee.get("private"):
        return None
    site = Site(watch.source.address.rstrip("/"))
    return Candidate(
        host=site.host,
        native_id=str(id),
        path="",
        title=name,
        url=site.page(name),
        version="",
        digest="",
        ticket={
            "what": "repository",
            "node": str(forkee.get("node_id", ""))[:200],
            "name": name,
            "parent": str(told["repository"].get("full_name", ""))[:201],
        },
    )


def _is_idle(watch: Watch) -> bool:
    """Whether it waits for its turn: not due, not failing or limited, and with no worker, whose lease ends
    at another moment."""
    if not (watch.last_polled_at and watch.wait and watch.due_at):
        return False
    return watch.due_at == watch.last_polled_at + watch.wait
