from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from monitors.sources.base import Candidate

from .work import Work, WorkQuerySet


class SightingQuerySet(WorkQuerySet):
    def hits(self):
        """Places that hold something of ours, as far as anybody has said otherwise."""
        return self.exclude(klass=Sighting.Class.UNRELATED).exclude(triage=Sighting.Triage.DISMISSED)

    def copies(self):
        """Hits that count as copies: what may be a quotation or somebody's own work, only once confirmed."""
        return self.hits().filter(~Q(klass__in=Sighting.REVIEWED) | Q(triage=Sighting.Triage.CONFIRMED))

    def live(self):
        return self.filter(gone_at=None)

    def gone(self):
        return self.exclude(gone_at=None)

    def returned(self):
        return self.live().filter(returns__gt=0)

    def new(self):
        return self.hits().filter(triage=Sighting.Triage.NEW)

    def confirmed(self):
        return self.filter(triage=Sighting.Triage.CONFIRMED)


class Sighting(Work):
    """One place where something of the watchlist may be. Its identity is the place, never the content."""

    LEASE = settings.POLL_LEASE

    class Class(models.TextChoices):
        COPY = "copy", "Copy"
        PARTIAL = "partial", "Partial copy"
        DERIVED = "derived", "Derived"
        REWRITE = "rewrite", "Rewrite"  # our strings without our text
        SNIPPET = "snippet", "Snippet"  # one passage
        UNRELATED = "unrelated", "Unrelated"

    class Triage(models.TextChoices):
        NEW = "new", "New"
        CONFIRMED = "confirmed", "Confirmed"
        DISMISSED = "dismissed", "Dismissed"

    REVIEWED = [Class.REWRITE, Class.SNIPPET]  # a person has to say whether these are copies

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="sightings")
    watch = models.ForeignKey("monitors.Watch", models.SET_NULL, null=True, related_name="sightings")
    source = models.ForeignKey("monitors.Source", models.PROTECT, related_name="sightings")
    fingerprint = models.ForeignKey(
        "monitors.Fingerprint", models.SET_NULL, null=True
    )  # what it was held against

    # The place
    host = models.CharField(max_length=253)
    native_id = models.CharField(max_length=300)  # the host's own id of the thing
    path = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300)
    version = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000)
    digest = models.CharField(max_length=200)  # changes when the content does
    ticket = models.JSONField(default=dict)  # what the adapter needs to look again

    # What it holds
    klass = models.CharField("class", max_length=10, choices=Class)
    score = models.FloatField()
    files = models.PositiveIntegerField()  # of ours, found there: at least
    lines = models.PositiveBigIntegerField()
    share_files = models.FloatField()  # of the leak, 0 to 1
    share_lines = models.FloatField()
    files_there = models.PositiveIntegerField(default=0)  # of whatever kind
    matched_there = models.PositiveIntegerField(default=0)  # of them, files that hold something of ours
    skipped = models.JSONField(default=list)  # what was not looked at there, and why
    evidence_sha256 = models.CharField(max_length=64, blank=True)

    # What became of it
    triage = models.CharField(max_length=10, choices=Triage, default=Triage.NEW)
    first_seen_at = models.DateTimeField()
    last_checked_at = models.DateTimeField()
    examined_at = models.DateTimeField()  # its content was last held against the watchlist
    gone_at = models.DateTimeField(null=True, blank=True)
    gone_reason = models.CharField(max_length=300, blank=True)
    returns = models.PositiveIntegerField(default=0)
    last_error = models.CharField(max_length=500, blank=True)  # of the last check, empty when it told

    objects = SightingQuerySet.as_manager()

    class Meta:
        ordering = ["-first_seen_at", "-pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["watchlist", "host", "native_id", "path"], name="sighting_is_one_per_place"
            ),
            models.CheckConstraint(
                condition=Q(share_files__range=(0, 1), share_lines__range=(0, 1), score__range=(0, 1)),
                name="sighting_shares_lie_between_none_and_all",
            ),
            models.CheckConstraint(
                condition=Q(gone_at=None, gone_reason="") | (Q(gone_at__isnull=False) & ~Q(gone_reason="")),
                name="sighting_is_gone_for_a_reason",
            ),
        ]
        indexes = [models.Index(fields=["watchlist", "triage", "klass"], name="sighting_queue")]

    def __str__(self) -> str:
        return f"{self.title} on {self.host}"

    @property
    def edition(self) -> str:
        """The version, where the title does not say it already."""
        return "" if self.version and self.title.endswith(self.version) else self.version

    @property
    def is_live(self) -> bool:
        return self.gone_at is None

    @property
    def is_back(self) -> bool:
        return self.is_live and self.returns > 0

    @property
    def state(self) -> str:
        """live, gone or returned: the three that pages and exports tell apart."""
        if not self.is_live:
            return "gone"
        return "returned" if self.is_back else "live"

    @property
    def is_mostly_ours(self) -> bool:
        """Whether nine in ten of the files there are ours: then the whole place is the copy."""
        return 0 < self.files_there * 9 <= self.matched_there * 10

    @property
    def is_hit(self) -> bool:
        return self.klass != self.Class.UNRELATED and self.triage != self.Triage.DISMISSED

    def as_candidate(self) -> Candidate:
        return Candidate(
            host=self.host,
            native_id=self.native_id,
            path=self.path,
            title=self.title,
            url=self.url,
            version=self.version,
            digest=self.digest,
            ticket=self.ticket,
        )

    def next_check(self, at):
        """When to look again: often while young, every six hours when old."""
        wait = (at - self.first_seen_at) / 10
        return at + min(max(wait, timedelta(minutes=10)), timedelta(hours=6))


class Evidence(models.Model):
    """One file of ours found in one place, by the strongest evidence there is."""

    class Kind(models.TextChoices):
        TREE = "tree", "same folder"
        BLOB = "blob", "byte for byte"
        SHA256 = "sha256", "byte for byte"
        TEXT = "text", "same text"
        TOKENS = "tokens", "same passages"
        WORDS = "words", "same rare strings"

    sighting = models.ForeignKey(Sighting, models.CASCADE, related_name="evidence")
    theirs = models.CharField(max_length=1000)
    ours = models.CharField(max_length=1000)
    kind = models.CharField(max_length=10, choices=Kind)
    share = models.FloatField()  # of our file, 0 to 1
    lines = models.PositiveIntegerField()

    class Meta:
        ordering = ["-lines", "ours"]
        constraints = [
            models.UniqueConstraint(fields=["sighting", "ours"], name="evidence_is_one_per_file_of_ours")
        ]

    def __str__(self) -> str:
        return f"{self.ours} as {self.theirs}"


class Check(models.Model):
    """One visit to one place. What could not be told is said so, never guessed."""

    class Outcome(models.TextChoices):
        LIVE = "live"
        GONE = "gone"
        UNKNOWN = "unknown"

    sighting = models.ForeignKey(Sighting, models.CASCADE, related_name="checks")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=10, choices=Outcome)
    reason = models.CharField(max_length=500, blank=True)
    digest = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-at", "-pk"]
        indexes = [models.Index(fields=["sighting", "-at"], name="check_latest")]

    def __str__(self) -> str:
        return f"{self.sighting}: {self.outcome}"


class ChangeQuerySet(models.QuerySet):
    def unread(self):
        return self.filter(read_at=None).order_by("pk")


class Change(models.Model):
    """Something that became different about a sighting: what the response reads."""

    class Kind(models.TextChoices):
        APPEARED = "appeared"
        ALTERED = "altered"
        GONE = "gone"
        RETURNED = "returned"
        CONFIRMED = "confirmed"
        DISMISSED = "dismissed"
        REOPENED = "reopened"

    sighting = models.ForeignKey(Sighting, models.CASCADE, related_name="changes")
    kind = models.CharField(max_length=10, choices=Kind)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    facts = models.JSONField(default=dict)  # plain: how the sighting stood at that moment
    read_at = models.DateTimeField(null=True, blank=True)

    objects = ChangeQuerySet.as_manager()

    class Meta:
        ordering = ["pk"]
        indexes = [models.Index(fields=["id"], condition=Q(read_at=None), name="change_unread")]

    def __str__(self) -> str:
        return f"{self.sighting} {self.kind}"
