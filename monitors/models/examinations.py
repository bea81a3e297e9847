from django.conf import settings
from django.db import models
from django.db.models import Q

from .work import Work


class Held(models.Model):
    """How much of the leak some content holds, by one comparison. Shared by places and examinations."""

    class Class(models.TextChoices):
        COPY = "copy", "Copy"
        PARTIAL = "partial", "Partial copy"
        DERIVED = "derived", "Derived"
        REWRITE = "rewrite", "Rewrite"  # our strings without our text
        SNIPPET = "snippet", "Snippet"  # one passage
        IMPOSTOR = "impostor", "Impostor"  # says it is the leak, and holds none of it
        UNRELATED = "unrelated", "Unrelated"

    fingerprint = models.ForeignKey(
        "monitors.Fingerprint", models.SET_NULL, null=True
    )  # what it was held against
    klass = models.CharField("class", max_length=10, choices=Class)
    score = models.FloatField()
    files = models.PositiveIntegerField()  # of ours, found there: at least
    lines = models.PositiveBigIntegerField()
    share_files = models.FloatField()  # of the leak, 0 to 1
    share_lines = models.FloatField()
    files_there = models.PositiveIntegerField(default=0)  # of whatever kind
    matched_there = models.PositiveIntegerField(default=0)  # of them, files that hold something of ours
    skipped = models.JSONField(default=list)  # what was not looked at there, and why
    warnings = models.JSONField(default=list)  # what may harm who opens it, each as monitors.dangers tells it
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    examined_at = models.DateTimeField()  # the content was last held against the watchlist

    class Meta:
        abstract = True

    @property
    def holds(self) -> dict:
        """What one comparison told, to be written down elsewhere."""
        return {field.attname: getattr(self, field.attname) for field in Held._meta.local_fields}


class Examination(Held, Work):
    """What content of one digest holds: found out once, for every place that has it.

    It is due when ids alone told what it holds, and the content may tell more.
    """

    LEASE = settings.POLL_LEASE

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="examinations")
    key = models.CharField(max_length=220)  # names the content; see monitors/examinations.py
    is_by_ids = models.BooleanField(default=False)  # only ids were compared: "at least", all the more
    tries = models.PositiveSmallIntegerField(default=0)  # to read the content, in vain

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "key"], name="examination_is_one_per_content"),
            models.CheckConstraint(
                condition=Q(share_files__range=(0, 1), share_lines__range=(0, 1), score__range=(0, 1)),
                name="examination_shares_lie_between_none_and_all",
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Evidence(models.Model):
    """One file of ours found in some content, by the strongest evidence there is."""

    class Kind(models.TextChoices):
        TREE = "tree", "same folder"
        BLOB = "blob", "byte for byte"
        SHA256 = "sha256", "byte for byte"
        TEXT = "text", "same text"
        TOKENS = "tokens", "same passages"
        WORDS = "words", "same rare strings"

    examination = models.ForeignKey(Examination, models.CASCADE, related_name="evidence")
    theirs = models.CharField(max_length=1000)
    ours = models.CharField(max_length=1000)
    kind = models.CharField(max_length=10, choices=Kind)
    share = models.FloatField()  # of our file, 0 to 1
    lines = models.PositiveIntegerField()
    # Passages, longest few: [from and to in theirs, from and to in ours], lines from 1, each to within three.
    regions = models.JSONField(default=list)

    class Meta:
        ordering = ["-lines", "ours"]
        constraints = [
            models.UniqueConstraint(fields=["examination", "ours"], name="evidence_is_one_per_file_of_ours")
        ]

    def __str__(self) -> str:
        return f"{self.ours} as {self.theirs}"
