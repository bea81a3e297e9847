import hashlib
import json
from datetime import UTC

from django.conf import settings
from django.db import models
from django.utils import timezone


class AppendOnly(Exception):
    """The record is added to, never edited."""


class EventQuerySet(models.QuerySet):
    def update(self, **changes):
        raise AppendOnly("An event is never edited. Record another one that corrects it.")

    def delete(self):
        raise AppendOnly("An event is never deleted.")


class Event(models.Model):
    """One line of an incident's record. Written by `timeline.record` alone."""

    class Kind(models.TextChoices):
        # What happened to the incident
        OPENED = "opened"
        STATUS = "status"
        AMENDED = "amended"
        PEOPLE = "people"
        NOTE = "note"
        DECISION = "decision"
        # What is out
        ARTIFACT_RECEIVED = "artifact_received"
        ARTIFACT_READY = "artifact_ready"
        ARTIFACT_FAILED = "artifact_failed"
        CREDENTIALS_FOUND = "credentials_found"
        # Where it is
        WATCH = "watch"
        SIGHTING_APPEARED = "sighting_appeared"
        SIGHTING_ALTERED = "sighting_altered"
        SIGHTING_GONE = "sighting_gone"
        SIGHTING_RETURNED = "sighting_returned"
        SIGHTING_CONFIRMED = "sighting_confirmed"
        SIGHTING_DISMISSED = "sighting_dismissed"
        SIGHTING_REOPENED = "sighting_reopened"
        # What we say, what we ask
        FACT = "fact"
        STATEMENT_DRAFTED = "statement_drafted"
        STATEMENT_EDITED = "statement_edited"
        STATEMENT_APPROVED = "statement_approved"
        STATEMENT_PUBLISHED = "statement_published"
        NOTICE_DRAFTED = "notice_drafted"

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="events")
    seq = models.PositiveIntegerField()
    kind = models.CharField(max_length=30, choices=Kind)
    at = models.DateTimeField()  # when it happened
    recorded_at = models.DateTimeField(default=timezone.now)  # when we wrote it down
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=200, blank=True)  # as it was then
    text = models.TextField()
    text_sha256 = models.CharField(max_length=64)  # the chain covers this, so the text can be struck out
    facts = models.JSONField(default=dict)
    change = models.OneToOneField("monitors.Change", models.PROTECT, null=True, related_name="+")
    prev_hash = models.CharField(max_length=64, blank=True)
    hash = models.CharField(max_length=64)

    objects = EventQuerySet.as_manager()

    class Meta:
        ordering = ["seq"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "seq"], name="event_has_its_own_number"),
            models.UniqueConstraint(fields=["incident", "prev_hash"], name="event_chain_does_not_fork"),
        ]

    def __str__(self) -> str:
        return f"{self.incident} {self.seq}: {self.kind}"

    def save(self, *args, **kwargs):
        if not self._state.adding:
            raise AppendOnly("An event is never edited. Record another one that corrects it.")
        super().save(*args, **kwargs)

    def delete(self, *args, **kwargs):
        raise AppendOnly("An event is never deleted.")

    @property
    def is_key(self) -> bool:
        """Worth seeing at a glance."""
        return self.kind in KEY

    @property
    def heading(self) -> str:
        """The text's first line: what happened, without the words that went out."""
        return self.text.partition("\n")[0]

    @property
    def words(self) -> str:
        """What follows the first line, such as a published statement, byte for byte."""
        return self.text.partition("\n")[2].strip("\n")

    def digest(self) -> str:
        """SHA-256 over everything the record says, and over the line before it."""
        covered = {
            "incident": self.incident.ref,
            "seq": self.seq,
            "kind": self.kind,
            "at": self.at.astimezone(UTC).isoformat(timespec="microseconds"),
            "recorded_at": self.recorded_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "by": self.by_id,
            "by_name": self.by_name,
            "text_sha256": self.text_sha256,
            "facts": self.facts,
            "change": self.change_id,
            "prev": self.prev_hash,
        }
        plain = json.dumps(covered, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
        return hashlib.sha256(plain.encode()).hexdigest()

    def text_digest(self) -> str:
        return hashlib.sha256(self.text.encode()).hexdigest()


KEY = {
    Event.Kind.OPENED,
    Event.Kind.ARTIFACT_READY,
    Event.Kind.CREDENTIALS_FOUND,
    Event.Kind.SIGHTING_APPEARED,
    Event.Kind.SIGHTING_RETURNED,
    Event.Kind.STATEMENT_PUBLISHED,
    Event.Kind.DECISION,
}
