import hashlib
import re
from dataclasses import dataclass

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

# {F1} says a fact; {?F1} says that we do not know it yet.
QUOTE = re.compile(r"\{(?P<open>\??)F(?P<number>\d{1,6})\}")


class FactQuerySet(models.QuerySet):
    def verified(self):
        return self.filter(state=Fact.State.VERIFIED)

    def unknown(self):
        return self.filter(state=Fact.State.UNKNOWN)

    def disputed(self):
        return self.filter(state=Fact.State.DISPUTED)


class Fact(models.Model):
    """One thing we hold true, hold open, or hold in doubt; quoted in statements as {F1}."""

    class State(models.TextChoices):
        UNKNOWN = "unknown", "Unknown"
        VERIFIED = "verified", "Verified"
        DISPUTED = "disputed", "Disputed"

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="facts")
    number = models.PositiveIntegerField()
    sentence = models.CharField(max_length=500)
    state = models.CharField(max_length=10, choices=State, default=State.UNKNOWN)
    source = models.CharField(max_length=300, blank=True, help_text="Who or what says so.")
    topic = models.CharField(
        max_length=40, blank=True, editable=False
    )  # set for the facts that the product keeps
    since = models.DateTimeField(default=timezone.now)  # it has been in this state
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")

    objects = FactQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="fact_has_its_own_number"),
            models.UniqueConstraint(
                fields=["incident", "topic"], condition=~Q(topic=""), name="fact_is_one_per_topic"
            ),
            models.CheckConstraint(
                condition=~Q(state="verified") | ~Q(source=""), name="fact_is_verified_by_something"
            ),
        ]

    def __str__(self) -> str:
        return f"F{self.number}"


@dataclass(frozen=True)
class Piece:
    """A run of a statement's text; what it quotes, if anything, and whether as something not yet known."""

    text: str
    fact: Fact | None = None
    as_unknown: bool = False

    @property
    def contradicts(self) -> bool:
        """The quote says what the fact does not: known where it is not, or the other way round."""
        wanted = Fact.State.UNKNOWN if self.as_unknown else Fact.State.VERIFIED
        return self.fact is not None and self.fact.state != wanted


class StatementQuerySet(models.QuerySet):
    def published(self):
        return self.exclude(published_at=None).order_by("-published_at")

    def drafts(self):
        return self.filter(published_at=None)


class Statement(models.Model):
    class Audience(models.TextChoices):
        PUBLIC = "public", "Public"
        CUSTOMERS = "customers", "Customers"
        STAFF = "staff", "Staff"
        BOARD = "board", "Board"
        REGULATORS = "regulators", "Regulators"
        PARTNERS = "partners", "Partners and insurers"
        PRESS = "press", "Press"

    APPROVALS_NEEDED = 1

    incident = models.ForeignKey("incidents.Incident", models.PROTECT, related_name="statements")
    number = models.PositiveIntegerField()
    audience = models.CharField(max_length=12, choices=Audience, default=Audience.PUBLIC)
    title = models.CharField(max_length=200)
    body = models.TextField(
        help_text="{F1} says fact 1; {?F2} says that fact 2 is not yet known. The text follows the facts."
    )
    due_at = models.DateTimeField(null=True, blank=True)
    drafted_at = models.DateTimeField(default=timezone.now)
    drafted_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    edited_at = models.DateTimeField(default=timezone.now)
    edited_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    published_title = models.CharField(max_length=200, blank=True)
    published_text = models.TextField(blank=True)  # byte for byte what went out
    published_facts = models.JSONField(default=list, blank=True)  # the numbers and sentences it quoted

    objects = StatementQuerySet.as_manager()

    class Meta:
        ordering = ["-number"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "number"], name="statement_has_its_own_number"),
            models.CheckConstraint(
                condition=Q(published_at=None, published_by=None, published_text="")
                | (Q(published_at__isnull=False, published_by__isnull=False) & ~Q(published_text="")),
                name="statement_published_by_someone_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return f"S-{self.number}"

    @property
    def is_published(self) -> bool:
        return self.published_at is not None

    def quotes(self) -> list[Piece]:
        return [piece for piece in self.pieces() if piece.fact]

    def pieces(self) -> list[Piece]:
        """The text as it reads now, cut where it quotes a fact. A quote that names none stays as written."""
        numbers = {int(found["number"]) for found in QUOTE.finditer(self.body)}
        facts = {fact.number: fact for fact in self.incident.facts.filter(number__in=numbers)}
        pieces, end = [], 0
        for found in QUOTE.finditer(self.body):
            fact = facts.get(int(found["number"]))
            pieces.append(Piece(self.body[end : found.start()]))
            pieces.append(Piece(fact.sentence if fact else found[0], fact, bool(found["open"])))
            end = found.end()
        pieces.append(Piece(self.body[end:]))
        return [piece for piece in pieces if piece.text]

    def text(self) -> str:
        return "".join(piece.text for piece in self.pieces())

    def words_sha256(self) -> str:
        """What an approval binds to: the title and the text as it reads now, audience included."""
        return hashlib.sha256(f"{self.audience}\0{self.title}\0{self.text()}".encode()).hexdigest()

    def valid_approvals(self):
        """Approvals of exactly these words, by somebody who did not write them last."""
        return self.approvals.filter(words_sha256=self.words_sha256()).exclude(by=self.edited_by_id)

    def is_approved(self) -> bool:
        return self.valid_approvals().count() >= self.APPROVALS_NEEDED


class Approval(models.Model):
    statement = models.ForeignKey(Statement, models.PROTECT, related_name="approvals")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    at = models.DateTimeField(default=timezone.now)
    words_sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["at"]
        constraints = [
            models.UniqueConstraint(fields=["statement", "by", "words_sha256"], name="approval_is_given_once")
        ]

    def __str__(self) -> str:
        return f"{self.by} approves {self.statement}"
