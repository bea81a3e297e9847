from django.db import models


class Delivery(models.Model):
    """What a host told us by itself, by the host's own id of it: acted on once, by whichever worker."""

    source = models.ForeignKey("monitors.Source", models.CASCADE, related_name="deliveries")
    native_id = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "native_id"], name="delivery_is_acted_on_once")
        ]

    def __str__(self) -> str:
        return self.native_id
