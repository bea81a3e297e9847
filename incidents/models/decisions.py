from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone


class DecisionQuerySet(models.QuerySet):
    def needed(self):
        return self.filter(decided_at=None)


class Decision(models.Model):
    """A question that somebody with the authority has to answer, and their answer."""

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="decisions")
    question = models.CharField(max_length=300)
    background = models.CharField(max_length=1000, blank=True)
    asked_at = models.DateTimeField(default=timezone.now)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    due_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=1000, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = DecisionQuerySet.as_manager()

    class Meta:
        ordering = ["due_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(answer="", decided_at=None, decided_by=None)
                | (~Q(answer="") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="decision_made_by_someone_at_some_time",
            )
        ]

    def __str__(self) -> str:
        return self.question
