from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from monitors.inventory import Confidence, Kind, Ownership
from monitors.models import Work


class Artifact(Work):
    """One thing that got out: where we have it from, how far we are with it, what is in it."""

    LEASE = settings.INTAKE_LEASE

    class Kind(models.TextChoices):
        UPLOAD = "upload", "Uploaded file"
        PURL = "purl", "Package"
        URL = "url", "Web address"
        GIT = "git", "Git repository"

    class Stage(models.TextChoices):
        WAITING = "waiting", "Waiting for a worker"
        FETCHING = "fetching", "Fetching"
        UNPACKING = "unpacking", "Unpacking"
        RECOVERING = "recovering", "Recovering sources from maps"
        INVENTORY = "inventory", "Taking the inventory"
        FINGERPRINTING = "fingerprinting", "Fingerprinting"
        STORING = "storing", "Storing"
        READY = "ready", "Ready"
        FAILED = "failed", "Failed"

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="artifacts")
    kind = models.CharField(max_length=10, choices=Kind)
    name = models.CharField(max_length=300)  # for people: the file's name, the package URL, the address
    locator = models.CharField(max_length=2000, blank=True)  # what to fetch; empty for an upload
    upload = models.FileField(upload_to="artifacts/%Y/%m/", blank=True, max_length=300)
    size = models.PositiveBigIntegerField(default=0)  # bytes, as received
    sha256 = models.CharField(max_length=64, blank=True)
    added_at = models.DateTimeField(default=timezone.now)
    added_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")

    stage = models.CharField(max_length=20, choices=Stage, default=Stage.WAITING)
    done = models.PositiveBigIntegerField(default=0)  # of `total`, in the stage's own unit
    total = models.PositiveBigIntegerField(default=0)  # 0: not known
    attempts = models.PositiveSmallIntegerField(default=0)
    failed_in = models.CharField(max_length=20, choices=Stage, blank=True)
    error = models.CharField(max_length=1000, blank=True)
    ready_at = models.DateTimeField(null=True, blank=True)

    totals = models.JSONField(
        default=dict, blank=True
    )  # Inventory.totals(), and the items that were too many
    skipped = models.JSONField(default=list, blank=True)  # [path, reason] of what was not read
    tree = models.FileField(
        upload_to="trees/%Y/%m/", blank=True, max_length=300
    )  # zip of every file, named by number
    fingerprint = models.ForeignKey("monitors.Fingerprint", models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.CheckConstraint(
                condition=~Q(stage="failed") | (~Q(error="") & ~Q(failed_in="")),
                name="artifact_fails_with_a_reason",
            ),
            models.CheckConstraint(
                condition=Q(stage="ready", ready_at__isnull=False) | (~Q(stage="ready") & Q(ready_at=None)),
                name="artifact_is_ready_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_at_work(self) -> bool:
        return self.stage not in {self.Stage.READY, self.Stage.FAILED}

    @property
    def percent(self) -> int | None:
        """How far the stage is, 0 to 100; None when it cannot be told."""
        return min(100, 100 * self.done // self.total) if self.total else None


class ExposedFile(models.Model):
    """One file of an artifact, as the inventory has it."""

    OWNERSHIPS = [(one.value, one.value.capitalize()) for one in Ownership]

    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="files")
    number = models.PositiveIntegerField()  # its name inside `artifact.tree`
    path = models.CharField(max_length=1000)
    size = models.PositiveBigIntegerField()
    lines = models.PositiveIntegerField()
    language = models.CharField(max_length=40, blank=True)
    ownership = models.CharField(max_length=10, choices=OWNERSHIPS)
    why = models.CharField(max_length=300, blank=True)
    origin = models.CharField(max_length=1000, blank=True)  # the source map it was recovered from
    blob = models.CharField(max_length=40)  # git blob id
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["path"]
        constraints = [
            models.UniqueConstraint(fields=["artifact", "number"], name="exposed_file_has_its_own_number"),
        ]
        indexes = [models.Index(fields=["artifact", "ownership"], name="exposed_by_ownership")]

    def __str__(self) -> str:
        return self.path


class ExposedItem(models.Model):
    """One thing that the text of the files gives away. Of a credential only its ends are kept."""

    KINDS = [
        (Kind.CREDENTIAL.value, "Credentials"),
        (Kind.PERSONAL.value, "Personal data"),
        (Kind.INTERNAL_HOST.value, "Internal hosts"),
        (Kind.FLAG.value, "Feature flags"),
        (Kind.CODE_NAME.value, "Code names"),
        (Kind.ENDPOINT.value, "Endpoints"),
        (Kind.HOST.value, "Hosts"),
        (Kind.VARIABLE.value, "Environment variables"),
        (Kind.DEPENDENCY.value, "Dependencies"),
    ]
    CONFIDENCES = [(one.value, one.value.capitalize()) for one in Confidence]

    artifact = models.ForeignKey(Artifact, models.CASCADE, related_name="items")
    number = models.PositiveIntegerField()  # in the order of the inventory
    kind = models.CharField(max_length=20, choices=KINDS)
    value = models.CharField(max_length=300)
    what = models.CharField(max_length=60, blank=True)  # "GitHub token", "e-mail address"
    path = models.CharField(max_length=1000)
    file = models.PositiveIntegerField()  # number of the ExposedFile it first stands in
    line = models.PositiveIntegerField()  # from 1
    times = models.PositiveIntegerField(default=1)
    confidence = models.CharField(max_length=10, choices=CONFIDENCES)
    digest = models.CharField(max_length=12, blank=True)  # of a credential: the start of its SHA-256

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["artifact", "number"], name="exposed_item_has_its_own_number"),
        ]
        indexes = [models.Index(fields=["artifact", "kind"], name="exposed_item_by_kind")]

    def __str__(self) -> str:
        return self.value
