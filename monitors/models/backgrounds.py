from django.db import models
from django.utils import timezone


class Background(models.Model):
    """Hashes of ordinary public code, kept for every leak to come. It names no incident, holds no source."""

    class Origin(models.TextChoices):
        LEAK = "leak", "Packages found beside a leak"
        PACKAGE = "package", "Package"
        FILES = "files", "Files somebody gave"

    origin = models.CharField(max_length=10, choices=Origin)
    name = models.CharField(max_length=300)  # a package URL, or a file's or folder's name
    sha256 = models.CharField(max_length=64, unique=True)  # of `blob`
    blob = models.BinaryField()  # fingerprints.Background: what no earlier row holds
    hashes = models.PositiveIntegerField()  # in it, of 8 bytes each
    files = models.PositiveIntegerField()  # read for it
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["-made_at", "-pk"]

    def __str__(self) -> str:
        return self.name
