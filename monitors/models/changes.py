from django.conf import settings
from django.db import models
from django.db.models import Q


class ChangeQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None).order_by("pk")


class Change(models.Model):
    """Something that became different about a sighting, or about a watch: what the response reads."""

    class Kind(models.TextChoices):
        APPEARED = "appeared"
        ALTERED = "altered"
        GONE = "gone"
        RETURNED = "returned"
        CONFIRMED = "confirmed"
        DISMISSED = "dismissed"
        REOPENED = "reopened"
        RENAMED = "renamed"
        BLIND = "blind"  # of a watch: it has failed for an hour
        SEEING = "seeing"  # of a watch: it sees again

    OF_WATCHES = [Kind.BLIND, Kind.SEEING]

    sighting = models.ForeignKey(
        "monitors.Sighting", models.CASCADE, null=True, blank=True, related_name="changes"
    )
    watch = models.ForeignKey(
        "monitors.Watch", models.SET_NULL, null=True, blank=True, related_name="changes"
    )
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)  # plain: how the sighting stood at that moment
    read_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["blind", "seeing"], sighting=None)
                | (~Q(kind__in=["blind", "seeing"]) & Q(sighting__isnull=False)),
                name="change_is_of_a_sighting_or_a_watch",
            )
        ]
        indexes = [models.Index(fields=["id"], condition=Q(read_at=None), name="change_unread")]

    def __str__(self) -> str:
        return f"{self.sighting or self.watch} {self.kind}"
