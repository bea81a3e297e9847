from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitors.sources import ADAPTERS
from monitors.sources.base import Adapter, Candidate

LONGEST = 300  # letters of a name


class Own(models.Model):
    """An account or a repository of ours: what stands there is no copy, and never a target."""

    host = models.CharField(max_length=253, help_text="Such as github.com.")
    name = models.CharField(
        "account or repository",
        max_length=LONGEST,
        blank=True,
        help_text="acme for all of an account, acme/cli for one repository, @acme for a scope of packages.",
    )
    native_id = models.CharField(
        "the host’s own id",
        max_length=300,
        blank=True,
        help_text="Instead of a name: it outlives renames.",
    )
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    added_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["host", "name", "native_id"]
        constraints = [
            models.UniqueConstraint(fields=["host", "name", "native_id"], name="own_place_is_listed_once"),
            models.CheckConstraint(
                condition=(Q(name="") & ~Q(native_id="")) | (~Q(name="") & Q(native_id="")),
                name="own_place_has_a_name_or_an_id",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name or self.native_id} on {self.host}"


@dataclass(frozen=True)
class Ours:
    """The whole list, as one look-up. Hosts and names are compared without regard to case."""

    names: frozenset[tuple[str, str]]
    ids: frozenset[tuple[str, str]]

    @classmethod
    def load(cls) -> Self:
        return cls.of(Own.objects.all())

    @classmethod
    def of(cls, entries: Iterable[Own]) -> Self:
        rows = [(one.host.lower(), one.name.lower(), one.native_id) for one in entries]
        return cls(
            names=frozenset((host, name) for host, name, _ in rows if name),
            ids=frozenset((host, native_id) for host, _, native_id in rows if native_id),
        )

    def holds(self, place: Candidate, kind: str) -> bool:
        """Whether this place, of a source of this kind, is on the list: by the host's own id, or by the name
        of it, of its account or of any group between.
        """
        if (place.host.lower(), place.native_id) in self.ids:
            return True
        if not self.names:
            return False
        called = ADAPTERS.get(kind, Adapter).called(place)
        return any((host.lower(), part) in self.names for host, name in called for part in _beginnings(name))


def _beginnings(name: str) -> Iterator[str]:
    """Of "acme/team/cli": "acme", "acme/team" and itself."""
    parts = name.lower().strip("/")[:LONGEST].split("/")
    return ("/".join(parts[:count]) for count in range(1, len(parts) + 1))
