from django.db import models
from django.db.models import F, Q


class Poll(models.Model):
    """One look through one watch, answered or not. A poll that failed is still a row."""

    class Outcome(models.TextChoices):
        ANSWERED = "answered"
        LIMITED = "limited"
        FAILED = "failed"

    watch = models.ForeignKey("monitors.Watch", models.CASCADE, related_name="polls")
    at = models.DateTimeField()
    ended_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    error = models.CharField(max_length=500, blank=True)
    requests = models.PositiveIntegerField(default=0)
    looked_at = models.PositiveIntegerField(default=0)  # candidates examined
    found = models.PositiveIntegerField(
        default=0
    )  # of them, sightings that hold something of ours and are new
    unread = models.JSONField(default=list, blank=True)  # candidates that could not be examined, and why
    put_off = models.PositiveIntegerField(default=0)  # candidates that wait to be examined, as leads
    mentions = models.PositiveIntegerField(default=0)  # that were new
    gaps = models.JSONField(default=list, blank=True)  # what the host left out, in whole sentences

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["watch", "-at"], name="poll_latest")]
        constraints = [
            models.CheckConstraint(condition=Q(ended_at__gte=F("at")), name="poll_ends_after_it_began"),
            models.CheckConstraint(
                condition=~Q(outcome="answered") | Q(error=""), name="poll_that_answered_has_no_error"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.watch} {self.outcome}"


class Budget(models.Model):
    """How much more one host lets one token ask of one kind, as far as we know. Shared by all workers."""

    host = models.CharField(max_length=253)
    token_env = models.CharField(max_length=80, blank=True)
    bucket = models.CharField(max_length=40, blank=True)  # the host's name of the count; "": its main one
    limit = models.PositiveIntegerField(null=True, blank=True)  # requests a window
    remaining = models.PositiveIntegerField(null=True, blank=True)  # what is being asked right now taken off
    resets_at = models.DateTimeField(
        null=True, blank=True
    )  # None: the window has begun, its end is not known
    blocked_until = models.DateTimeField(null=True, blank=True)  # in the main row: of all counts
    # In the main row: how often in a row it wanted no more without a word on how long to wait.
    refusals = models.PositiveSmallIntegerField(default=0)
    learned_at = models.DateTimeField()

    class Meta:
        ordering = ["host", "token_env", "bucket"]
        constraints = [
            models.UniqueConstraint(
                fields=["host", "token_env", "bucket"], name="budget_is_one_per_host_token_and_bucket"
            )
        ]

    def __str__(self) -> str:
        return f"{self.host} {self.bucket}".strip()

    def left(self, at) -> int | None:
        """Requests left in this window; all of them once it has ended; None when nobody said."""
        if self.resets_at and self.resets_at <= at:
            return self.limit
        return self.remaining

    def opens_at(self, at):
        """When we may ask again: None when now."""
        spent = self.resets_at if self.left(at) == 0 else None
        waits = [until for until in (self.blocked_until, spent) if until and until > at]
        return max(waits, default=None)
