from django.db import models
from django.utils import timezone


class Mention(models.Model):
    """Talk about the leak: counted by the hour, never taken for a copy."""

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="mentions")
    watch = models.ForeignKey("monitors.Watch", models.SET_NULL, null=True, related_name="mentions")
    source = models.ForeignKey("monitors.Source", models.PROTECT, related_name="+")
    host = models.CharField(max_length=253)
    native_id = models.CharField(max_length=300)
    title = models.CharField(max_length=300)
    url = models.CharField(max_length=1000)
    at = models.DateTimeField()  # when it was said
    seen_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "source", "host", "native_id"], name="mention_is_counted_once"
            )
        ]
        indexes = [models.Index(fields=["watchlist", "-at"], name="mention_latest")]

    def __str__(self) -> str:
        return f"{self.title} on {self.host}"
