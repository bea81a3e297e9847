"""Places of ours: an account or a repository on this list is no copy, and never a target."""

import re
from dataclasses import dataclass

from django.db import transaction

from monitors import sightings
from monitors.models import Ours, Own, Sighting
from monitors.sources.base import clean

HOST = re.compile(r"[^\s/]+(?<!:)(/[^\s/]+)*")  # and the path of a registry that is not alone there


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@dataclass(frozen=True)
class Listed:
    """An entry of the list, and how many of the known sightings it takes off the copies."""

    entry: Own
    covers: int


def listed() -> list[Listed]:
    """The whole list, by host and name."""
    entries = list(Own.objects.all())
    alone = [Ours.of([entry]) for entry in entries]
    counts = [0] * len(entries)
    places = Sighting.objects.filter(is_ours=True).select_related("source") if entries else ()
    for place in places:
        for number, one in enumerate(alone):
            counts[number] += one.holds(place.as_candidate(), place.source.kind)
    return [Listed(entry, count) for entry, count in zip(entries, counts, strict=True)]


@transaction.atomic
def add(*, host: str, name: str = "", native_id: str = "", by=None) -> Own:
    """List a place as ours, and take what was sighted there off the copies. Raises NotReady."""
    host = clean(host, 253).strip().rstrip("/").lower()
    name, native_id = clean(name, 300).strip().strip("/"), clean(native_id, 300).strip()
    if not HOST.fullmatch(host):
        raise NotReady("Say which host, such as github.com, without https://.")
    if bool(name) == bool(native_id):
        raise NotReady("Give an account or repository, or the host's own id: one of the two.")
    own, _ = Own.objects.get_or_create(host=host, name=name, native_id=native_id, defaults={"added_by": by})
    sightings.reconsider(host)
    return own


@transaction.atomic
def remove(own: Own) -> None:
    """Take a place off the list: what stands there counts again."""
    own.delete()
    sightings.reconsider(own.host)
