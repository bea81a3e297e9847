import secrets
from datetime import timedelta

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone


class IncidentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """The incidents this person may know of. Every page, command, export and search starts here."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(memberships__user=user)


def new_slug() -> str:
    return secrets.token_urlsafe(9)


class Incident(models.Model):
    class Severity(models.IntegerChoices):
        SEV1 = 1, "SEV 1"
        SEV2 = 2, "SEV 2"
        SEV3 = 3, "SEV 3"
        SEV4 = 4, "SEV 4"

    class Status(models.TextChoices):
        INVESTIGATING = "investigating", "Investigating"
        CONTAINING = "containing", "Containing"
        MONITORING = "monitoring", "Monitoring"
        CLOSED = "closed", "Closed"

    class Tlp(models.TextChoices):
        RED = "RED", "TLP:RED"
        AMBER_STRICT = "AMBER+STRICT", "TLP:AMBER+STRICT"
        AMBER = "AMBER", "TLP:AMBER"
        GREEN = "GREEN", "TLP:GREEN"
        CLEAR = "CLEAR", "TLP:CLEAR"

    ref = models.CharField(max_length=20, unique=True, editable=False)  # LK-2026-004
    title = models.CharField(max_length=200)
    codename = models.CharField(max_length=60, blank=True)
    organisation = models.CharField("owner of the material", max_length=200, blank=True)
    severity = models.PositiveSmallIntegerField(choices=Severity, default=Severity.SEV2)
    status = models.CharField(max_length=20, choices=Status, default=Status.INVESTIGATING)
    tlp = models.CharField("TLP", max_length=12, choices=Tlp, default=Tlp.AMBER)
    exposed_at = models.DateTimeField("exposed at")
    detected_at = models.DateTimeField("detected at")
    opened_at = models.DateTimeField(default=timezone.now)
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    watchlist = models.OneToOneField("monitors.Watchlist", models.PROTECT, related_name="+")
    public_slug = models.CharField(max_length=20, unique=True, default=new_slug, editable=False)

    # Kept by timeline.record alone
    timeline_length = models.PositiveIntegerField(default=0, editable=False)
    timeline_head = models.CharField(max_length=64, blank=True, editable=False)

    objects = IncidentQuerySet.as_manager()

    class Meta:
        ordering = ["severity", "-opened_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(detected_at__gte=F("exposed_at")), name="incident_is_detected_after_it_is_exposed"
            ),
            models.CheckConstraint(
                condition=Q(status="closed", closed_at__isnull=False)
                | (~Q(status="closed") & Q(closed_at=None)),
                name="incident_is_closed_at_some_time",
            ),
        ]

    def __str__(self) -> str:
        return self.ref

    def get_absolute_url(self) -> str:
        return reverse("overview", args=[self.ref])

    @property
    def display_name(self) -> str:
        return f"{self.ref} “{self.codename}”" if self.codename else self.ref

    @property
    def is_closed(self) -> bool:
        return self.status == self.Status.CLOSED

    def since_exposure(self, at=None) -> timedelta:
        return (at or timezone.now()) - self.exposed_at

    def role_of(self, user) -> str:
        """This person's role here, empty for a stranger. Asked once per incident and person."""
        known = self.__dict__.setdefault("_roles", {})
        if user.pk not in known:
            known[user.pk] = self.memberships.filter(user=user).values_list("role", flat=True).first() or ""
        return known[user.pk]


class Membership(models.Model):
    class Role(models.TextChoices):
        LEAD = "lead", "Lead"
        TRIAGE = "triage", "Triage"
        COMMS = "comms", "Comms"
        LEGAL = "legal", "Legal"
        EXECUTIVE = "executive", "Executive"

    incident = models.ForeignKey(Incident, models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=10, choices=Role)
    joined_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ["pk"]
        constraints = [
            models.UniqueConstraint(fields=["incident", "user"], name="membership_is_one_per_person")
        ]

    def __str__(self) -> str:
        return f"{self.user}, {self.get_role_display()}"
