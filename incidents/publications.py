"""Packages that a person takes for published code: what a leak shares with them is no sign of the leak."""

import logging
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass

import msgspec
from django.db import transaction
from django.utils import timezone
from packageurl import PackageURL

from incidents import indexes, timeline, trees
from incidents.models import Artifact, Event, Publication
from monitors import backgrounds
from monitors.inventory import Confidence, Kind
from monitors.models import LeaseLost
from monitors.sources.base import SourceError
from monitors.unpack import UnpackError
from monitors.unpack.encodings import utf8

logger = logging.getLogger(__name__)

MOST = 200  # offered of one artifact
LONGEST = 300  # characters of a package URL
TRIES = 3  # of a worker that dies over one
_MANIFESTS, _MANIFEST_BYTES = 3, 2**20


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@dataclass(frozen=True)
class Offer:
    """A package that could be taken for published code, and why. `is_sure`: a manifest names it."""

    purl: str
    why: str
    is_earlier: bool = False
    is_sure: bool = True

    @property
    def id(self) -> str:
        return f"earlier:{self.purl}" if self.is_earlier else self.purl


def offered(artifact: Artifact) -> list[Offer]:
    """The owner's earlier releases, then what manifests depend on; not what was asked for and did not fail.

    A dependency that a manifest takes from elsewhere than a registry, as `workspace:*` does, is no item of
    the inventory, so none is offered.
    """
    named = artifact.items.filter(kind=Kind.DEPENDENCY.value).exclude(confidence=Confidence.LOW.value)
    rows = [row for row in named.values_list("value", "path")[: 10 * MOST] if backgrounds.can_fetch(row[0])]
    own = _own(artifact)
    # To ask for a name of the owner's scope may tell strangers of a package that is private.
    beside = [Offer(purl, path, is_sure=not _is_of(own.scope, purl)) for purl, path in rows]
    every = [*_earlier(artifact, own), *beside]
    asked = {(one.purl, one.is_earlier) for one in artifact.publications.filter(error="")}
    return [one for one in every if (one.purl, one.is_earlier) not in asked][:MOST]


@transaction.atomic
def take(artifact: Artifact, chosen: Iterable[str], *, by, at=None) -> list[Publication]:
    """Have a worker fetch what is chosen of the offers, by their ids, and keep its hashes.

    Raises NotReady when none is chosen, or while the artifact is being read.
    """
    if artifact.stage != Artifact.Stage.READY:
        raise NotReady("it is being read")
    ids, at = set(chosen), at or timezone.now()
    taken = [one for one in offered(artifact) if one.id in ids]
    if not taken:
        raise NotReady("nothing that is offered was ticked")
    fresh = {"asked_by": by, "asked_at": at, "due_at": at, "error": "", "hashes": 0, "attempts": 0}
    rows = [
        artifact.publications.update_or_create(defaults=fresh, purl=one.purl, is_earlier=one.is_earlier)[0]
        for one in taken
    ]
    timeline.record(
        artifact.incident,
        Event.Kind.ARTIFACT_RECEIVED,
        f"Taken as published code beside {artifact.name}: {_told(rows)}. The registries are asked for them.",
        by=by,
        at=at,
        artifact=artifact.pk,
        packages=[str(row) for row in rows],
    )
    return rows


def fetch(publication: Publication) -> None:
    """Do it for one whose lease the caller holds. With the last of an artifact, its index is made again."""
    hashes, error = 0, ""
    try:
        publication.settle(due_at=timezone.now() + Publication.LEASE, attempts=publication.attempts + 1)
        if publication.attempts > TRIES:
            raise NotReady(f"A worker died over it {TRIES} times.")
        hashes = sum(row.hashes for row in _kept(publication))
    except LeaseLost:
        logger.info("%s is with another worker", publication)
        return
    except (SourceError, UnpackError, backgrounds.NotReady, NotReady) as reason:
        error = str(reason)[:1000] or "It could not be fetched."
    _end(publication, hashes, error)


@transaction.atomic
def _end(publication: Publication, hashes: int, error: str) -> None:
    try:
        publication.settle(due_at=None, hashes=hashes, error=error)
    except LeaseLost:
        logger.info("%s is with another worker", publication)
        return
    artifact = publication.artifact
    asked = artifact.publications.filter(asked_at=publication.asked_at)
    is_last = not artifact.publications.exclude(due_at=None).exists()
    if is_last and asked.filter(hashes__gt=0).exists():
        with suppress(indexes.NotReady):  # it is being read already
            indexes.make_again(artifact, by=publication.asked_by)


def _kept(publication: Publication) -> list:
    purls = [publication.purl]
    if publication.is_earlier:
        purls = backgrounds.earlier(publication.purl)
    kept = [backgrounds.fetch(purl) for purl in purls]
    return [row for row in kept if row]


def _told(rows: list[Publication]) -> str:
    shown = ", ".join(map(str, rows[:5]))
    return f"{shown} and {len(rows) - 5} more" if len(rows) > 5 else shown


def _is_of(scope: str, purl: str) -> bool:
    return bool(scope) and PackageURL.from_string(purl).namespace == scope


def _earlier(artifact: Artifact, own: "_Own") -> list[Offer]:
    """Of the package itself. A name that only a manifest tells may be private, so nobody is sure of it."""
    if own.is_private or not backgrounds.has_earlier(own.purl) or len(own.purl) > LONGEST:
        return []
    if artifact.kind == Artifact.Kind.PURL:
        return [Offer(own.purl, "your releases before this one", is_earlier=True)]
    return [Offer(own.purl, "your releases before this one, if they are public", True, is_sure=False)]


@dataclass(frozen=True)
class _Own:
    """What the package in an artifact is called, "" when nothing says so."""

    purl: str = ""
    is_private: bool = False

    @property
    def scope(self) -> str:
        return PackageURL.from_string(self.purl).namespace or "" if self.purl else ""


def _own(artifact: Artifact) -> _Own:
    if artifact.kind == Artifact.Kind.PURL:
        return _Own(artifact.locator)
    paths = artifact.files.filter(path__regex=r"^([^/]+/)?package\.json$", size__lte=_MANIFEST_BYTES)
    found = (_named(trees.content_of(exposed)) for exposed in paths.order_by("number")[:_MANIFESTS])
    return next((own for own in found if own.purl), _Own())


class _Manifest(msgspec.Struct):
    name: str = ""
    version: str = ""
    private: object = None


def _named(content: bytes) -> _Own:
    try:
        said = msgspec.json.decode(utf8(content), type=_Manifest)
        namespace, _, name = said.name.rpartition("/")
        purl = PackageURL("npm", namespace or None, name, said.version or None)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return _Own()
    return _Own(purl.to_string(), bool(said.private))
