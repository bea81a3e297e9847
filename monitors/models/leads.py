from django.conf import settings
from django.db import models
from django.utils import timezone

from monitors.sources.base import Candidate, clean

from .work import Work


class Lead(Work):
    """A place that was named and is not read yet. It becomes a sighting, or says why it cannot be read."""

    LEASE = settings.POLL_LEASE

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="leads")
    watch = models.ForeignKey("monitors.Watch", models.SET_NULL, null=True, related_name="leads")
    source = models.ForeignKey("monitors.Source", models.PROTECT, related_name="+")
    host = models.CharField(max_length=253)
    native_id = models.CharField(max_length=300)
    path = models.CharField(max_length=300, blank=True)
    reason = models.CharField(max_length=700, blank=True)  # which watch named it, in words
    key = models.CharField(max_length=220, db_index=True)  # names its content, as an examination's does
    candidate = models.JSONField()  # as the adapter gave it, of its ids only the root's
    found_at = models.DateTimeField(default=timezone.now)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "host", "native_id", "path"], name="lead_is_one_per_place"
            )
        ]

    def __str__(self) -> str:
        return f"{self.title} on {self.host}"

    @property
    def title(self) -> str:
        return clean(self.candidate.get("title") or self.native_id, 300)

    def as_candidate(self) -> Candidate:
        return Candidate(**self.candidate)
