from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitors.models import Work


class Notice(Work):
    """A takedown notice to one host. Drafting visits every target again; only what still stands is named."""

    LEASE = settings.POLL_LEASE

    class State(models.TextChoices):
        CHECKING = "checking", "Checking targets"
        DRAFT = "draft", "Draft"
        EMPTY = "empty", "Nothing left to name"

    class Licence(models.TextChoices):
        NONE = "none", "Never licensed to the public"
        PARTLY = "partly", "Parts are under an open-source licence"

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="notices")
    number = models.PositiveIntegerField()
    host = models.CharField(max_length=253)
    state = models.CharField(max_length=10, choices=State, default=State.CHECKING)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    licence = models.CharField(
        "licence of the work",
        max_length=10,
        choices=Licence,
        blank=True,
        help_text="A notice over openly licensed material bounces, and its sworn words would be wrong.",
    )
    started_at = models.DateTimeField(default=timezone.now)
    drafted_at = models.DateTimeField(null=True, blank=True)
    form = models.TextField(blank=True)  # questions and answers, in the order of GitHub's form
    letter = models.TextField(blank=True)  # the same, as plain text

    # What only a person can say; the draft marks what is missing.
    owner = models.CharField("owner of the work", max_length=200, blank=True)
    contact_name = models.CharField(max_length=200, blank=True)
    contact_email = models.EmailField(blank=True)
    contact_address = models.CharField("address or phone", max_length=300, blank=True)
    work_url = models.URLField("where the work is described or sold", max_length=500, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="notice_has_its_own_number"),
            models.CheckConstraint(
                condition=Q(state="checking", drafted_at=None)
                | (~Q(state="checking") & Q(drafted_at__isnull=False)),
                name="notice_is_drafted_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"N-{self.number}"

    @property
    def is_checking(self) -> bool:
        return self.state == self.State.CHECKING


class Target(models.Model):
    """One place a notice may name, as it stood when the notice was drafted."""

    class Outcome(models.TextChoices):
        WAITING = "waiting", "Not checked yet"
        NAMED = "named", "Named"
        GONE = "gone", "Gone: left out"
        CHANGED = "changed", "No longer holds our material: left out"
        OURS = "ours", "One of our own places: left out"
        DISMISSED = "dismissed", "No longer confirmed: left out"
        UNKNOWN = "unknown", "Could not be checked: left out"

    notice = models.ForeignKey(Notice, models.CASCADE, related_name="targets")
    sighting = models.ForeignKey("monitors.Sighting", models.PROTECT, related_name="+")
    outcome = models.CharField(max_length=10, choices=Outcome, default=Outcome.WAITING)
    reason = models.CharField(max_length=500, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    # Frozen at drafting
    url = models.CharField(max_length=1000, blank=True)
    version = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=200, blank=True)
    klass = models.CharField(max_length=10, blank=True)
    files = models.PositiveIntegerField(default=0)
    share_files = models.FloatField(default=0)
    whole = models.BooleanField(default=False)  # the whole place is the copy, not some files of it
    paths = models.JSONField(default=list)  # of the copy: the files a partial notice has to name
    evidence_sha256 = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["notice", "sighting"], name="target_is_in_a_notice_once")
        ]

    def __str__(self) -> str:
        return f"{self.notice}: {self.sighting}"
