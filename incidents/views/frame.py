"""What stands around every page of an incident: the bar, the rail, and what this person may do."""

from dataclasses import dataclass
from functools import cached_property

from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone

from incidents import roles, timeline


@dataclass(frozen=True)
class Stop:
    """One entry of the rail."""

    label: str
    icon: str
    href: str
    count: str
    is_current: bool


class May:
    """What this person may do here, asked only where a template asks."""

    def __init__(self, user, incident):
        self.user, self.incident = user, incident

    def __getattr__(self, name: str) -> bool:
        rule = getattr(roles, f"can_{name}", None)
        if rule is None:
            raise AttributeError(name)
        return rule(self.user, self.incident)


class Rail:
    """Where one can go, with how much waits there. A name under `within` lights its stop."""

    STOPS = (
        ("overview", "Overview", "layout-dashboard"),
        ("timeline", "Timeline", "history"),
        ("sightings", "Sightings", "eye"),
        ("exposure", "Exposure", "package-open"),
        ("watches", "Watches", "radar"),
        ("statements", "Statements", "megaphone"),
        ("takedowns", "Takedowns", "gavel"),
        ("status", "Status", "presentation"),
        ("people", "People", "users"),
    )

    def __init__(self, incident, *, current: str, new: int | None = None):
        self.incident, self.current, self.new = incident, current, new

    def __iter__(self):
        for name, label, icon in self.STOPS:
            href = reverse(name, args=[self.incident.ref])
            yield Stop(label, icon, href, self._count(name), name == self.current)

    def _count(self, name: str) -> str:
        number, word = self._waiting.get(name, (0, ""))
        return f"{number:,} {word}".strip() if number else ""

    @cached_property
    def _waiting(self) -> dict[str, tuple[int, str]]:
        incident = self.incident
        return {
            "timeline": (incident.timeline_length, ""),
            "sightings": (self._new(), "new"),
            "exposure": (incident.artifacts.filter(stage="failed").count(), "failed"),
            "watches": self._at_watches(),
            "statements": (incident.statements.drafts().count(), "draft"),
            "takedowns": (incident.notices.exclude(state="empty").count(), ""),
            "status": (incident.decisions.needed().count(), "to decide"),
        }

    def _new(self) -> int:
        return self.incident.watchlist.sightings.new().count() if self.new is None else self.new

    def _at_watches(self) -> tuple[int, str]:
        """What fails is said first: phrases can wait."""
        watchlist = self.incident.watchlist
        failing = watchlist.watches.failing().count()
        return (failing, "failing") if failing else (watchlist.search_terms.proposed().count(), "waiting")


def show(
    request, incident, template: str, *, within: str, status: int = 200, new: int | None = None, **context
):
    """A page of this incident, lit in the rail under `within`. Whoever has counted what is `new` says so."""
    now = timezone.now()
    context |= {
        "incident": incident,
        "may": May(request.user, incident),
        "rail": Rail(incident, current=within, new=new),
        "now": now,
        "clock": timeline.since_exposure(incident, now),
    }
    return render(request, template, context, status=status)
