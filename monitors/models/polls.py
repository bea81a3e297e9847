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
    """How much more one host lets one token ask, as it last told us. Shared by all workers."""

    host = models.CharField(max_length=253)
    token_env = models.CharField(max_length=80, blank=True)
    limit = models.PositiveIntegerField(null=True, blank=True)  # requests a window
    remaining = models.PositiveIntegerField(null=True, blank=True)
    resets_at = models.DateTimeField(null=True, blank=True)
    blocked_until = models.DateTimeField(null=True, blank=True)
    learned_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "token_env"], name="budget_is_one_per_host_and_token")
        ]

    def __str__(self) -> str:
        return self.host

    def opens_at(self, at):
        """When we may ask again: None when now."""
        waits = [
            until for until in (self.blocked_until, self.resets_at if self.remaining == 0 else None) if until
        ]
        return max([until for until in waits if until > at], default=None)
