from functools import lru_cache

from django.db import models
from django.utils import timezone

from monitors.fingerprints import Index


class Watchlist(models.Model):
    """What we look for: the fingerprints of one leak."""

    name = models.CharField(max_length=200)
    made_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return self.name


class Fingerprint(models.Model):
    """The index of one artifact: enough to recognise it, without its sources. Never edited."""

    watchlist = models.ForeignKey(Watchlist, models.CASCADE, related_name="fingerprints")
    label = models.CharField(max_length=300)
    sha256 = models.CharField(max_length=64)  # of `index`
    index = models.BinaryField()
    files = models.PositiveIntegerField()
    lines = models.PositiveBigIntegerField()
    made_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["watchlist", "sha256"], name="fingerprint_is_on_a_watchlist_once")
        ]

    def __str__(self) -> str:
        return self.label

    def open(self) -> Index:
        return _open(self.sha256, self.pk)


@lru_cache(maxsize=4)
def _open(sha256: str, pk: int) -> Index:
    """The index, read once per worker. The digest is in the key: a row's number may be used again."""
    return Index.from_bytes(bytes(Fingerprint.objects.values_list("index", flat=True).get(pk=pk)))
