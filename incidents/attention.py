"""Reads only: what waits for somebody, and the page to do it on."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from incidents import impostors, items, roles, status
from incidents.models import Artifact
from monitors import coverage


@dataclass(frozen=True)
class Attention:
    """One thing that waits for this person, and the page to do it on."""

    kind: str  # live, back, warn, plain: the colour, which always means the same
    label: str
    text: str
    detail: str
    url_name: str
    args: list[str | int]


def waiting(
    incident,
    user,
    *,
    at: datetime | None = None,
    now: status.Figures | None = None,
    hosts: list[coverage.Host] | None = None,
) -> list[Attention]:
    """What waits for somebody, most pressing first; the same for everybody who may see the incident.

    Whoever has counted the figures passes them on as `now`, and whoever knows how we see the `hosts` those.
    """
    at, now = at or timezone.now(), now or status.figures(incident)
    hosts = coverage.hosts(incident.watchlist, at=at) if hosts is None else hosts
    found = [
        *_credentials(incident),
        *_disputed(incident),
        *_to_approve(incident, user),
        *_blind(incident, hosts),
        *_impostors(incident),
        *_to_triage(incident, now.new),
        *_phrases(incident),
        *_returned(incident, now.returned),
        *_failed(incident),
        *_to_decide(incident),
    ]
    return found or _first_steps(incident)


def _credentials(incident) -> list[Attention]:
    """What may be a credential waits until a person has settled the fact."""
    if status.is_settled(incident, "credentials"):
        return []
    detail = "revoke what works, then settle the fact"
    lines = []
    for artifact, count in sorted(items.suspects(status.items_of(incident)).items()):
        text = f"{status.count(count, 'possible credential', 'possible credentials')} in what got out"
        lines.append(Attention("live", "Revoke", text, detail, "artifact-items", [incident.ref, artifact]))
    return lines


def _disputed(incident) -> list[Attention]:
    lines = []
    for one in status.said(incident):
        if not one.standing.in_line:
            text = f"“{one.statement.published_title}” no longer matches the facts"
            args = [incident.ref, one.statement.number]
            lines.append(Attention("live", "Fact", text, one.standing.problems[0], "statement", args))
    return lines


def _to_approve(incident, user) -> list[Attention]:
    lines = []
    for statement in incident.statements.drafts():
        if statement.is_approved():
            label, detail = "Publish", "approved"
        else:
            label = "Approve"
            detail = "waits for you" if roles.can_approve(user, statement) else "waits for a second person"
        args = [incident.ref, statement.number]
        lines.append(Attention("warn", label, statement.title, detail, "statement", args))
    return lines


def _blind(incident, hosts: list[coverage.Host]) -> list[Attention]:
    """One line for each host where we do not see, however many watches ask it."""
    return [
        Attention("live", "Blind", host.name, host.words, "watch", [incident.ref, host.example.pk])
        for host in hosts
        if host.alarming and host.example
    ]


def _to_triage(incident, waiting: int) -> list[Attention]:
    if not waiting:
        return []
    text = f"{status.count(waiting, 'sighting waits', 'sightings wait')} for triage"
    return [Attention("warn", "Triage", text, "confirm or dismiss", "sightings", [incident.ref])]


def _phrases(incident) -> list[Attention]:
    """Until a person confirms them, nobody is asked for the leak's own words."""
    waiting = incident.watchlist.search_terms.proposed().count()
    if not waiting:
        return []
    text = f"{status.count(waiting, 'search phrase waits', 'search phrases wait')} for a decision"
    detail = "confirm or refuse; none is sent before"
    return [Attention("warn", "Phrases", text, detail, "search-terms", [incident.ref])]


def _impostors(incident) -> list[Attention]:
    there = impostors.standing(incident)
    if not there.new:
        return []
    text = f"{status.count(there.new, 'place claims', 'places claim')} to be the leak: do not open"
    detail = f"{there.armed_new:,} with executables; a person reports them to the host as malware"
    kind = "live" if there.armed_new else "warn"
    return [Attention(kind, "Impostor", text, detail, "sightings", [incident.ref])]


def _returned(incident, back: int) -> list[Attention]:
    if not back:
        return []
    text = f"{status.count(back, 'copy is', 'copies are')} back after removal"
    return [Attention("back", "Back", text, "draft another notice", "sightings", [incident.ref])]


def _failed(incident) -> list[Attention]:
    return [
        Attention(
            "live", "Intake", f"{one.name} could not be read", one.error, "artifact", [incident.ref, one.pk]
        )
        for one in incident.artifacts.filter(stage=Artifact.Stage.FAILED)
    ]


def _to_decide(incident) -> list[Attention]:
    return [
        Attention("plain", "Decide", one.question, one.background, "status", [incident.ref])
        for one in status.decisions(incident)
    ]


def _first_steps(incident) -> list[Attention]:
    """Before anything waits: the next thing that this incident lacks."""
    steps = [
        (incident.artifacts, "Add", "Say what got out", "a file, a package or an address", "exposure"),
        (
            incident.watchlist.watches,
            "Watch",
            "Nobody looks for copies yet",
            "start the first watch",
            "watches",
        ),
        (incident.statements, "Say", "Nothing has been said yet", "draft a statement", "statements"),
    ]
    lacking = [step[1:] for step in steps if not step[0].exists()]
    return [Attention("plain", *words, [incident.ref]) for words in lacking[:1]]
