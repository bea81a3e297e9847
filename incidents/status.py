"""Reads only, across nouns: what an executive, and everybody at the desk, has to see. Never says "solved"."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from incidents import comms, curve, items
from incidents.models import Artifact, Decision, Event, ExposedFile, ExposedItem, Fact, Statement
from monitors.models import Sighting, sightings

TREND = timedelta(hours=6)


@dataclass(frozen=True)
class Figures:
    """Places that hold something of ours. live + gone = seen; returned are among the live."""

    live: int
    gone: int
    returned: int
    seen: int
    new: int  # waiting for triage
    confirmed: int  # live, and a person said so
    oldest_new_at: datetime | None = None
    moved: int = 0  # of those returned: the same content in another place

    @property
    def percent_gone(self) -> int:
        return 100 * self.gone // self.seen if self.seen else 0


@dataclass(frozen=True)
class Mark:
    at: datetime
    label: str


@dataclass(frozen=True)
class Spread:
    points: list[curve.Point]
    marks: list[Mark]


@dataclass(frozen=True)
class Exposure:
    """What is out, over all artifacts that are ready."""

    files: int
    lines: int
    bytes: int
    third_party_files: int
    languages: list[tuple[str, int]]  # first-party lines by language, most first
    artifacts: list[Artifact] = field(default_factory=list)
    items: dict[str, int] = field(default_factory=dict)  # what the text gives away, by kind
    credentials_checked: bool = False  # a person has settled whether there are any


@dataclass(frozen=True)
class Said:
    statement: Statement
    standing: comms.Standing


def figures(incident, *, at: datetime | None = None) -> Figures:
    """Each counted by a range of one index: there may be 100,000 places."""
    places = incident.watchlist.sightings.order_by()
    live, gone, back = Q(gone_at=None), Q(gone_at__isnull=False), Q(gone_at=None, returns__gt=0)
    returned, gone_now = _copies(places, back), _copies(places, gone)
    live_now = _copies(places, live)
    waiting = places.new().aggregate(count=Count("*"), oldest=Min("first_seen_at"))
    return Figures(
        live=live_now,
        gone=gone_now,
        seen=live_now + gone_now,
        returned=returned,
        confirmed=places.filter(live, klass__in=sightings.COPIES + Sighting.REVIEWED, **CONFIRMED).count(),
        new=waiting["count"],
        oldest_new_at=waiting["oldest"],
        moved=places.copies().live().filter(earlier__isnull=False).count() if returned else 0,
    )


CONFIRMED = {"triage": Sighting.Triage.CONFIRMED, "is_ours": False}


def _copies(places, rule: Q) -> int:
    """Of the copies, those of which this is true."""
    reviewed = places.filter(rule, klass__in=Sighting.REVIEWED, **CONFIRMED).count()
    return (
        reviewed
        + places.filter(rule, klass__in=sightings.COPIES, triage__in=sightings.OPEN, is_ours=False).count()
    )


def headline(
    incident, *, at: datetime | None = None, drawn: Spread | None = None, now: Figures | None = None
) -> str:
    """What is out and where it is, in two sentences, each true of the rows as they are now.

    Whoever has drawn the spread, or counted the figures, passes them on.
    """
    where = _where_it_is(incident, at or timezone.now(), drawn or spread(incident), now or figures(incident))
    return f"{_what_is_out(incident)} {where}"


def _what_is_out(incident) -> str:
    out = exposure(incident)
    if out.files:
        owner = f"{incident.organisation}’s" if incident.organisation else "our own"
        return f"{out.files:,} of {owner} files are public and will stay public somewhere."
    if any(artifact.is_at_work for artifact in out.artifacts):
        return "What is out is being examined."
    return "What is out is not known yet."


def known(incident) -> str:
    """The two questions that everybody asks first, answered only by facts."""
    facts = list(incident.facts.filter(topic__in=["credentials", "personal_data"]))
    said = [f"{fact.sentence.rstrip('.')}." for fact in facts if fact.state == Fact.State.VERIFIED]
    said += [f"In dispute: {_lower(fact.sentence)}." for fact in facts if fact.state == Fact.State.DISPUTED]
    unknown = [_lower(fact.sentence) for fact in facts if fact.state == Fact.State.UNKNOWN]
    said += [f"Not yet known: {'; '.join(unknown)}."] if unknown else []
    return " ".join(said)


def _lower(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:].rstrip(".")


def _where_it_is(incident, at: datetime, drawn: Spread, now: Figures) -> str:
    if not now.seen:
        looking = incident.watchlist.watches.filter(paused_at=None, last_polled_at__isnull=False).count()
        if not looking:
            return "Nobody is looking for copies yet."
        return f"No copy has been found so far by {count(looking, 'watch', 'watches')}."
    if not now.live:
        if now.gone == 1:
            return "The one copy we know of is gone at the moment; it can return."
        return f"All {now.gone:,} copies we know of are gone at the moment; any can return."
    back = f", {now.returned:,} of them back after removal" if now.returned else ""
    return f"{count(now.live, 'copy is', 'copies are')} live{back}{_trend(drawn, now, at)}."


def _trend(drawn: Spread, now: Figures, at: datetime) -> str:
    before = [point for point in drawn.points if point.at <= at - TREND]
    if not before:
        return ""
    then = before[-1].live + before[-1].returned
    if now.live == then:
        return f", as many as {TREND.seconds // 3600} hours ago"
    return f", {'fewer' if now.live < then else 'more'} than {TREND.seconds // 3600} hours ago ({then:,})"


def count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def spread(incident) -> Spread:
    """How many places stood how after each change, oldest first, and what we did meanwhile."""
    return Spread(curve.points(incident.watchlist), _marks(incident))


def _marks(incident) -> list[Mark]:
    kinds = {
        Event.Kind.STATEMENT_PUBLISHED: "statement {statement}",
        Event.Kind.NOTICE_DRAFTED: "notice N-{notice}",
    }
    marks, seen = [], set()
    for event in incident.events.filter(kind__in=kinds).order_by("at"):
        label = kinds[Event.Kind(event.kind)].format(**event.facts)
        if label not in seen:
            marks.append(Mark(event.at, label))
        seen.add(label)
    return marks


def exposure(incident) -> Exposure:
    artifacts = list(incident.artifacts.all())
    files = ExposedFile.objects.filter(artifact__in=artifacts, artifact__stage=Artifact.Stage.READY)
    first = files.filter(ownership="first")
    sums = first.aggregate(files=Count("pk"), lines=Sum("lines", default=0), bytes=Sum("size", default=0))
    by_language = first.values("language").annotate(most=Sum("lines")).order_by("-most")
    return Exposure(
        **sums,
        third_party_files=files.filter(ownership="third").count(),
        languages=[(row["language"] or "other", row["most"]) for row in by_language],
        artifacts=artifacts,
        items=items.told(items_of(incident)),
        credentials_checked=is_settled(incident, "credentials"),
    )


def items_of(incident):
    return ExposedItem.objects.filter(artifact__incident=incident, artifact__stage=Artifact.Stage.READY)


def is_settled(incident, topic: str) -> bool:
    return incident.facts.filter(topic=topic, state=Fact.State.VERIFIED).exists()


def said(incident) -> list[Said]:
    """What has been published, newest first, and whether the facts still agree."""
    return [Said(statement, comms.standing(statement)) for statement in incident.statements.published()]


def decisions(incident):
    return Decision.objects.needed().filter(incident=incident)
