from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, Self
from urllib.parse import unquote, urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class Own(models.Model):
    """An account or a repository of ours: what stands there is no copy, and never a target."""

    host = models.CharField(max_length=253, help_text="Such as github.com.")
    name = models.CharField(
        "account or repository",
        max_length=300,
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


class Place(Protocol):
    """A candidate or a sighting."""

    host: str
    native_id: str
    title: str
    url: str


@dataclass(frozen=True)
class Ours:
    """The whole list, as one look-up. Hosts and names are compared without regard to case."""

    names: frozenset[tuple[str, str]]
    ids: frozenset[tuple[str, str]]

    @classmethod
    def load(cls) -> Self:
        rows = Own.objects.values_list("host", "name", "native_id")
        return cls(
            names=frozenset((host.lower(), name.lower()) for host, name, _ in rows if name),
            ids=frozenset((host.lower(), native_id) for host, _, native_id in rows if native_id),
        )

    def holds(self, place: Place) -> bool:
        """Whether this place is on the list, by the host's own id or by its name or address."""
        host = place.host.lower()
        if (host, place.native_id) in self.ids:
            return True
        return any((host, name) in self.names for name in _names(place))


def _names(place: Place) -> Iterator[str]:
    """What the place is called: "acme/cli" is called so and "acme"; "@acme/cli@1.0" is called "@acme" too."""
    address = unquote(_path(place.url)).strip("/").removeprefix("package/").removesuffix(".git")
    for name in {place.title.lower(), address.lower()}:
        account, _, rest = name.partition("/")
        repository = rest.partition("/")[0]
        if repository:
            yield account
            yield f"{account}/{repository}"
            yield f"{account}/{repository.partition('@')[0]}"
        else:
            yield account
            yield account.partition("@")[0]


def _path(url: str) -> str:
    try:
        return urlsplit(url).path
    except ValueError:
        return ""
