"""Places of ours: an account or a repository on this list is no copy, and never a target."""

from django.db import transaction

from monitors import sightings
from monitors.models import Own
from monitors.sources.base import clean


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@transaction.atomic
def add(*, host: str, name: str = "", native_id: str = "", by=None) -> Own:
    """List a place as ours, and take what was sighted there off the copies. Raises NotReady."""
    host = clean(host, 253).strip().lower()
    name, native_id = clean(name, 300).strip().strip("/"), clean(native_id, 300).strip()
    if not host or "/" in host:
        raise NotReady("Say which host, such as github.com.")
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
