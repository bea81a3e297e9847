import os
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitors import sources
from monitors.sources.base import Aim

from .work import Work, WorkQuerySet


class Source(models.Model):
    """One place to ask, as configured: which dialect, at which address, with which token."""

    kind = models.CharField(max_length=20)
    name = models.CharField(max_length=80, unique=True)
    base_url = models.URLField(
        "address", max_length=500, blank=True, help_text="Empty means the kind's own address."
    )
    token_env = models.CharField(
        "token variable",
        max_length=80,
        blank=True,
        help_text="Name of the environment variable that holds the token. The token itself is never stored.",
    )
    allow_private = models.BooleanField(
        "may be on a private address",
        default=False,
        help_text="Only for a host of your own: lets this source reach loopback and private networks.",
    )
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return self.base_url or sources.default_base_url(self.kind)

    @property
    def token(self) -> str:
        return os.environ.get(self.token_env, "") if self.token_env else ""

    @property
    def is_missing_its_token(self) -> bool:
        return bool(self.token_env) and not self.token

    @property
    def aims(self) -> list[Aim]:
        return sorted(sources.ADAPTERS[self.kind].aims)


class WatchQuerySet(WorkQuerySet):
    def due(self, at):
        return super().due(at).filter(paused_at=None)

    def failing(self):
        return self.filter(paused_at=None, failures__gt=0)


class Watch(Work):
    """One standing question to one source, for one watchlist."""

    LEASE = settings.POLL_LEASE
    AIMS = [(aim.value, aim.value.capitalize()) for aim in Aim]

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="watches")
    source = models.ForeignKey(Source, models.PROTECT, related_name="watches")
    aim = models.CharField(max_length=20, choices=AIMS)
    query = models.CharField(
        max_length=500, help_text="A package's name, words to search for, or a repository's URL."
    )
    every = models.DurationField(default=timedelta(minutes=5))
    cursor = models.JSONField(default=dict, blank=True)
    paused_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(default=timezone.now)

    last_polled_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    found = models.PositiveIntegerField(default=0)  # sightings that hold something of ours

    objects = WatchQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "source", "aim", "query"], name="watch_asks_a_source_the_same_thing_once"
            ),
            models.CheckConstraint(
                condition=Q(every__gte=timedelta(seconds=1)), name="watch_waits_a_second_or_more"
            ),
            models.CheckConstraint(condition=~Q(query=""), name="watch_asks_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.source} {self.aim}: {self.query}"

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None
