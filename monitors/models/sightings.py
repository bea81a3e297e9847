from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import Q

from monitors import dangers
from monitors.sources.base import Candidate

from .examinations import Evidence, Held
from .work import Work, WorkQuerySet

GONE_WORDS = {
    "451 dmca": "taken down after a DMCA notice (451)",
    "451": "blocked for legal reasons (451)",
    "403 tos": "closed by its host for breaking its terms (403)",
    "403 dmca": "taken down after a DMCA notice (403)",
    "404": "not there any more: deleted, made private, or blocked without a word (404)",
    "410": "removed (410)",
    "emptied": "emptied: its host shows nothing in it any more",
}


class SightingQuerySet(WorkQuerySet):
    def hits(self):
        """Places of others that hold something of ours, as far as nobody has said otherwise."""
        return self.filter(klass__in=RELATED, triage__in=OPEN, is_ours=False)

    def copies(self):
        """Hits that count as copies: what may be a quotation or somebody's own work, only once confirmed.

        Impostors never do: they hold nothing of ours, whatever a person says of them.
        """
        return self.hits().filter(IS_COPY)

    def impostors(self):
        """Hits that say they are the leak and hold none of it."""
        return self.filter(klass=Sighting.Class.IMPOSTOR, triage__in=OPEN, is_ours=False)

    def live(self):
        return self.filter(gone_at=None)

    def gone(self):
        return self.exclude(gone_at=None)

    def returned(self):
        return self.live().filter(returns__gt=0)

    def overdue(self, *, since, sources):
        """Places of these sources whose visit was due by then."""
        return self.filter(source__in=sources, due_at__lte=since)

    def in_vain(self, *, since):
        """Others, whose last visit told nothing, and the last that did is as old."""
        return self.filter(due_at__gt=since, last_checked_at__lte=since).exclude(last_error="")

    def new(self):
        return self.filter(klass__in=RELATED, triage=Sighting.Triage.NEW, is_ours=False)

    def confirmed(self):
        return self.filter(triage=Sighting.Triage.CONFIRMED)


class Sighting(Held, Work):
    """One place where something of the watchlist may be. Its identity is the place, never the content."""

    LEASE = settings.POLL_LEASE
    SOONEST = timedelta(minutes=10)  # from one visit to the next

    class Triage(models.TextChoices):
        NEW = "new", "New"
        CONFIRMED = "confirmed", "Confirmed"
        DISMISSED = "dismissed", "Dismissed"

    REVIEWED = [Held.Class.REWRITE, Held.Class.SNIPPET]  # a person has to say whether these are copies

    watchlist = models.ForeignKey("monitors.Watchlist", models.CASCADE, related_name="sightings")
    watch = models.ForeignKey("monitors.Watch", models.SET_NULL, null=True, related_name="sightings")
    source = models.ForeignKey("monitors.Source", models.PROTECT, related_name="sightings")
    reason = models.CharField(max_length=700, blank=True)  # which watch named it, in words; outlives it
    examination = models.ForeignKey(
        "monitors.Examination", models.SET_NULL, null=True, related_name="sightings"
    )  # of what it holds now; places of the same content share it

    # The place
    host = models.CharField(max_length=253)
    native_id = models.CharField(max_length=300)  # the host's own id of the thing
    path = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=300)
    version = models.CharField(max_length=200, blank=True)
    url = models.CharField(max_length=1000)
    digest = models.CharField(max_length=200)  # changes when the content does
    ticket = models.JSONField(default=dict)  # what the adapter needs to look again

    # What became of it
    triage = models.CharField(max_length=10, choices=Triage, default=Triage.NEW)
    first_seen_at = models.DateTimeField()
    last_checked_at = models.DateTimeField()
    gone_at = models.DateTimeField(null=True, blank=True)
    gone_reason = models.CharField(max_length=300, blank=True)
    returns = models.PositiveIntegerField(default=0)  # after removal; one that came back elsewhere has one
    earlier = models.OneToOneField(
        "self", models.SET_NULL, null=True, blank=True, related_name="later"
    )  # the same content in another place, which was gone when this one appeared
    remark = models.CharField(
        max_length=300, blank=True
    )  # what the host says of a live place: yanked, where it redirects
    is_ours = models.BooleanField(
        default=False
    )  # on the list of our own places: never a copy, never a target
    noticed_at = models.DateTimeField(null=True, blank=True)  # last named in a notice
    visits = models.PositiveIntegerField(default=0)  # that told whether it stands
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
        indexes = [
            # Every page counts by these, over 100,000 places: the index alone must answer.
            models.Index(
                fields=["watchlist", "klass", "triage", "is_ours", "gone_at", "returns", "first_seen_at"],
                name="sighting_counts",
            ),
            models.Index(fields=["source", "due_at"], name="sighting_due_by_source"),
            models.Index(fields=["watchlist", "-first_seen_at", "-id"], name="sighting_newest"),
            models.Index(
                fields=["watchlist", "last_checked_at"],
                condition=~Q(last_error=""),
                name="sighting_not_told",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} on {self.host}"

    @property
    def edition(self) -> str:
        """The version, where the title does not say it already."""
        return "" if self.version and self.title.endswith(self.version) else self.version

    @property
    def evidence(self):
        """What of ours was found in what it holds, file by file."""
        return Evidence.objects.filter(examination=self.examination_id)

    @property
    def growth(self) -> dict:
        """How a package grew with this version, where it did as one that holds what it should not:
        {"jump": times as large as before, "bytes", "before": {"version", "bytes"}}; else empty.
        """
        size = self.ticket.get("size", {})
        return size if "jump" in size else {}

    @property
    def is_the_artifact(self) -> bool | None:
        """Whether a mirror serves the very bytes that were withdrawn, by their published hash; None where
        that hash is not known, or something else is served since it was compared.
        """
        compared = self.ticket.get("served", {}).get("digest") == self.digest
        return self.ticket.get("is_the_artifact") if compared else None

    @property
    def is_live(self) -> bool:
        return self.gone_at is None

    @property
    def is_back(self) -> bool:
        return self.is_live and self.returns > 0

    @property
    def gone_words(self) -> str:
        """Why it is gone, for people; the host's own word where it is not one that we know."""
        reason = self.gone_reason.partition(" http")[0]
        return GONE_WORDS.get(reason, reason)

    @property
    def gone_notice(self) -> str:
        """The address of the notice that the host names as its reason, or nothing."""
        return next((word for word in self.gone_reason.split() if word.startswith("https://")), "")

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
    def is_impostor(self) -> bool:
        return self.klass == self.Class.IMPOSTOR

    @property
    def is_armed(self) -> bool:
        """Whether a program was seen in it, which may harm who opens it."""
        return dangers.is_armed(self.warnings)

    @property
    def is_hit(self) -> bool:
        return (
            self.klass != self.Class.UNRELATED and self.triage != self.Triage.DISMISSED and not self.is_ours
        )

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
        """When to look again: often while young, just named in a notice or gone; later every six hours."""
        since = max(when for when in (self.first_seen_at, self.noticed_at, self.gone_at) if when)
        wait = (at - since) / 10
        return at + min(max(wait, self.SOONEST), timedelta(hours=6))


# Listed, not excluded, so that an index counts them.
RELATED = [klass for klass in Sighting.Class if klass != Sighting.Class.UNRELATED]
OPEN = [Sighting.Triage.NEW, Sighting.Triage.CONFIRMED]
COPIES = [one for one in RELATED if one not in (*Sighting.REVIEWED, Sighting.Class.IMPOSTOR)]
IS_COPY = Q(klass__in=COPIES) | Q(klass__in=Sighting.REVIEWED, triage=Sighting.Triage.CONFIRMED)


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
