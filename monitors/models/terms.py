from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitors.fingerprints.terms import LONGEST, Kind


class SearchTermQuerySet(models.QuerySet):
    def proposed(self):
        """Waiting for a person. Nobody outside has been told."""
        return self.filter(state=SearchTerm.State.PROPOSED)

    def approved(self):
        return self.filter(state=SearchTerm.State.APPROVED)

    def refused(self):
        return self.filter(state=SearchTerm.State.REFUSED)


class SearchTerm(models.Model):
    """A rare phrase of the leak. Only what a person approved is ever sent to anybody."""

    SHORTEST_OWN = 8  # characters of a phrase that a person adds
    OWN = "own"
    KINDS = [
        (Kind.COMMENT.value, "Comment"),
        (Kind.STRING.value, "String"),
        (Kind.NAME.value, "Name"),
        (OWN, "Added by hand"),
    ]

    class State(models.TextChoices):
        PROPOSED = "proposed", "Proposed"
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="search_terms")
    text = models.CharField(max_length=LONGEST)
    kind = models.CharField(max_length=10, choices=KINDS)
    # Where it stands first; empty for a phrase that a person added
    path = models.CharField(max_length=1000, blank=True)
    line = models.PositiveIntegerField(default=0)  # from 1
    blob = models.CharField(max_length=40, blank=True)  # git blob id of that file
    files = models.PositiveIntegerField(default=0)  # of ours that hold it
    proposed_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )

    state = models.CharField(max_length=10, choices=State, default=State.PROPOSED)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+"
    )
    # Phrases that a host's limit cuts to the same words share a watch.
    watches = models.ManyToManyField("monitors.Watch", related_name="search_terms", blank=True)

    objects = SearchTermQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "text"], name="search_term_is_on_a_watchlist_once"),
            models.CheckConstraint(
                condition=Q(state="proposed", decided_at=None, decided_by=None)
                | (~Q(state="proposed") & Q(decided_at__isnull=False, decided_by__isnull=False)),
                name="search_term_decided_by_someone_at_some_time",
            ),
            models.CheckConstraint(condition=~Q(text=""), name="search_term_says_something"),
        ]

    def __str__(self) -> str:
        return self.text
