from django.conf import settings
from django.db import models
from django.utils import timezone

from monitors.models import Work


class Publication(Work):
    """A package that a person takes for published code: a worker fetches it, and keeps its hashes."""

    LEASE = settings.INTAKE_LEASE

    artifact = models.ForeignKey("incidents.Artifact", models.CASCADE, related_name="publications")
    purl = models.CharField(max_length=300)
    is_earlier = models.BooleanField(default=False)  # the owner's releases before this one, not this one
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    asked_at = models.DateTimeField(default=timezone.now)
    hashes = models.PositiveIntegerField(default=0)  # that were new in it
    error = models.CharField(max_length=1000, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["artifact", "purl", "is_earlier"], name="publication_is_asked_for_once"
            )
        ]

    def __str__(self) -> str:
        return f"releases before {self.purl}" if self.is_earlier else self.purl

    @property
    def is_waiting(self) -> bool:
        return self.due_at is not None
