import os
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitors import sources
from monitors.sources.base import Aim

from .work import Work, WorkQuerySet


class Source(Work):
    """One place to ask, as configured: which dialect, at which address, with which token.

    It is due when somebody wants to know whether it answers.
    """

    LEASE = settings.POLL_LEASE

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

    # What came of asking whether it answers
    probed_at = models.DateTimeField(null=True, blank=True)
    probe_failed = models.BooleanField(default=False)
    probe_says = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return self.base_url or sources.default_base_url(self.kind)

    @property
    def token(self) -> str:
        return os.environ.get(self.token_env, "").strip() if self.token_env else ""

    @property
    def is_missing_its_token(self) -> bool:
        return bool(self.token_env) and not self.token

    @property
    def aims(self) -> list[Aim]:
        return sorted(sources.ADAPTERS[self.kind].aims)


SOONEST = timedelta(minutes=1)  # that a watch is asked again, unless a person or a host's adapter say else
LATER = [Aim.FEED, Aim.MENTIONS, Aim.SEARCH]  # what they find is seldom a copy


class WatchQuerySet(WorkQuerySet):
    def due(self, at):
        """What is due, longest waiting first; what is worth more goes two minutes before the rest."""
        late = models.Case(
            models.When(is_urgent=True, then=models.Value(timedelta(minutes=-2))),
            models.When(aim__in=LATER, then=models.Value(timedelta(minutes=2))),
            default=models.Value(timedelta(0)),
            output_field=models.DurationField(),
        )
        turn = models.ExpressionWrapper(models.F("due_at") + late, output_field=models.DateTimeField())
        return self.filter(due_at__lte=at, paused_at=None).order_by(turn, "pk")

    def failing(self):
        return self.filter(paused_at=None, failures__gt=0)


class Watch(Work):
    """One standing question to one source, for one watchlist."""

    LEASE = settings.POLL_LEASE
    CLAIMED = {"is_taken": True}
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

    is_taken = models.BooleanField(default=False)  # by a worker, until `due_at`, which is its lease
    tries = models.PositiveSmallIntegerField(default=0)  # polls begun since one ended

    is_urgent = models.BooleanField(default=False)  # as it was last asked: see `budgets.value_of`

    # How it goes: see `rhythm`
    wait = models.DurationField(null=True, blank=True)  # until the next look, as it goes now; None: `every`
    limited_until = models.DateTimeField(null=True, blank=True)  # its host wants no more before
    limited_since = models.DateTimeField(null=True, blank=True)  # and has given no answer since
    failing_since = models.DateTimeField(null=True, blank=True)
    alarmed_at = models.DateTimeField(null=True, blank=True)  # when it was told that it sees nothing
    gaps = models.JSONField(default=list, blank=True)  # what its host left out of the last round
    gaps_met = models.JSONField(default=list, blank=True)  # in a round of several answers that goes on
    gaps_since = models.DateTimeField(null=True, blank=True)

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

    @property
    def is_of_talk(self) -> bool:
        """Whether it brings mentions, and never a sighting."""
        return self.aim == Aim.MENTIONS

    @property
    def reason(self) -> str:
        """Why a place that it names is looked at."""
        return f"{self.source}, {self.get_aim_display().lower()}: {self.query}"

    @property
    def pace(self) -> timedelta:
        """How often it is asked as it goes now: in whole minutes, or in seconds when under two minutes."""
        seconds = round((self.wait or self.every).total_seconds())
        return timedelta(seconds=seconds if seconds < 110 else 60 * round(seconds / 60))

    @property
    def is_off_pace(self) -> bool:
        return self.pace != self.every

    def rhythm(
        self, found: int, *, plenty: int = 1, few: int = 1, floor: timedelta = SOONEST, idle: int = 6
    ) -> timedelta:
        """Until the next look, after one that found so much. `every`, which a person chose, is the middle.

        After a look that found plenty half as long as before, down to a fifth of it (`floor` at least); after
        one that found nothing a quarter longer, up to `idle` times as long (six hours at most). What is found
        and less than plenty brings it back to the middle; less than a few, to twice the middle.
        """
        floor = min(self.every, max(self.every / 5, floor))
        wait, middle = self.wait or self.every, self.every * (1 if found >= few else 2)
        if found:
            return max(wait / 2, floor if found >= plenty else min(middle, wait * 1.25))
        return min(wait * 1.25, max(self.every, min(self.every * idle, timedelta(hours=6))))
