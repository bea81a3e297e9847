"""Reads only, across nouns: what an executive, and everybody at the desk, has to see. Never says "solved"."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q, Sum
from django.utils import timezone

from incidents import comms, impostors, items, roles
from incidents.models import Artifact, Decision, Event, ExposedFile, ExposedItem, Fact, Statement
from monitors.models import Change, Sighting, Watch

TREND = timedelta(hours=6)
OVERDUE = timedelta(minutes=15)  # a watch this late means that no worker is at work


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

    @property
    def percent_gone(self) -> int:
        return 100 * self.gone // self.seen if self.seen else 0


@dataclass(frozen=True)
class Point:
    """How many places stood how, from this moment on."""

    at: datetime
    live: int
    returned: int
    gone: int


@dataclass(frozen=True)
class Mark:
    at: datetime
    label: str


@dataclass(frozen=True)
class Spread:
    points: list[Point]
    marks: list[Mark]


@dataclass(frozen=True)
class Attention:
    """One thing that waits for this person, and the page to do it on."""

    kind: str  # live, back, warn, plain: the colour, which always means the same
    label: str
    text: str
    detail: str
    url_name: str
    args: list[str | int]


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


@dataclass(frozen=True)
class WatchHealth:
    """One watch, and in plain words whether it sees."""

    watch: Watch
    health: str  # ok, waiting, limited, failing, late, paused
    words: str


def figures(incident, *, at: datetime | None = None) -> Figures:
    sightings = incident.watchlist.sightings
    counted = sightings.copies().aggregate(
        seen=Count("pk"),
        gone=Count("pk", filter=Q(gone_at__isnull=False)),
        returned=Count("pk", filter=Q(gone_at=None, returns__gt=0)),
        confirmed=Count("pk", filter=Q(gone_at=None, triage=Sighting.Triage.CONFIRMED)),
    )
    waiting = sightings.new().aggregate(new=Count("pk"), oldest_new_at=Min("first_seen_at"))
    return Figures(live=counted["seen"] - counted["gone"], **counted, **waiting)


def headline(incident, *, at: datetime | None = None, curve: Spread | None = None) -> str:
    """What is out and where it is, in two sentences, each true of the rows as they are now.

    Whoever has the spread `curve` already passes it on: it reads every change there was.
    """
    where = _where_it_is(incident, at or timezone.now(), curve or spread(incident))
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


def _where_it_is(incident, at: datetime, curve: Spread) -> str:
    now = figures(incident, at=at)
    if not now.seen:
        looking = incident.watchlist.watches.filter(paused_at=None, last_polled_at__isnull=False).count()
        if not looking:
            return "Nobody is looking for copies yet."
        return f"No copy has been found so far by {_count(looking, 'watch', 'watches')}."
    if not now.live:
        if now.gone == 1:
            return "The one copy we know of is gone at the moment; it can return."
        return f"All {now.gone:,} copies we know of are gone at the moment; any can return."
    back = f", {now.returned:,} of them back after removal" if now.returned else ""
    return f"{_count(now.live, 'copy is', 'copies are')} live{back}{_trend(curve, now, at)}."


def _trend(curve: Spread, now: Figures, at: datetime) -> str:
    before = [point for point in curve.points if point.at <= at - TREND]
    if not before:
        return ""
    then = before[-1].live + before[-1].returned
    if now.live == then:
        return f", as many as {TREND.seconds // 3600} hours ago"
    return f", {'fewer' if now.live < then else 'more'} than {TREND.seconds // 3600} hours ago ({then:,})"


def _count(number: int, one: str, many: str) -> str:
    return f"{number:,} {one if number == 1 else many}"


def spread(incident) -> Spread:
    """How many places stood how after each change, oldest first, and what we did meanwhile."""
    changes = Change.objects.filter(sighting__watchlist=incident.watchlist_id).order_by("at", "pk")
    stands: dict[int, str] = {}
    aside: set[int] = set()
    points = []
    counts = {"live": 0, "returned": 0, "gone": 0}
    for at, kind, place, klass in changes.values_list("at", "kind", "sighting", "facts__class").iterator():
        before = None if place in aside else stands.get(place)
        _apply(kind, place, klass, stands, aside)
        after = None if place in aside else stands.get(place)
        if before == after:
            continue
        if before:
            counts[before] -= 1
        if after:
            counts[after] += 1
        points.append(Point(at, **counts))
    return Spread(points, _marks(incident))


def _apply(kind: str, place: int, klass: str | None, stands: dict[int, str], aside: set[int]) -> None:
    """One change onto how its place stands. `aside`: dismissed, or a person has yet to call it a copy."""
    if kind == Change.Kind.CONFIRMED:
        aside.discard(place)
    elif kind == Change.Kind.DISMISSED:
        aside.add(place)
    elif klass in (Sighting.Class.UNRELATED, Sighting.Class.IMPOSTOR):
        stands.pop(place, None)
    elif kind in {Change.Kind.APPEARED, Change.Kind.REOPENED, Change.Kind.ALTERED}:
        stands.setdefault(place, "live")
        waits = klass in Sighting.REVIEWED and kind != Change.Kind.ALTERED
        (aside.add if waits else aside.discard)(place)
    else:
        stands[place] = "gone" if kind == Change.Kind.GONE else "returned"


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
        items=items.told(_items(incident)),
        credentials_checked=_is_settled(incident, "credentials"),
    )


def _items(incident):
    return ExposedItem.objects.filter(artifact__incident=incident, artifact__stage=Artifact.Stage.READY)


def _is_settled(incident, topic: str) -> bool:
    return incident.facts.filter(topic=topic, state=Fact.State.VERIFIED).exists()


def said(incident) -> list[Said]:
    """What has been published, newest first, and whether the facts still agree."""
    return [Said(statement, comms.standing(statement)) for statement in incident.statements.published()]


def decisions(incident):
    return Decision.objects.needed().filter(incident=incident)


def watches(incident, *, at: datetime | None = None) -> list[WatchHealth]:
    at = at or timezone.now()
    asked = incident.watchlist.watches.select_related("source")
    return [WatchHealth(watch, *_health(watch, at)) for watch in asked]


def _health(watch: Watch, at: datetime) -> tuple[str, str]:
    if watch.is_paused:
        return "paused", "paused: not being asked"
    if watch.source.is_missing_its_token:
        return "failing", f"the variable {watch.source.token_env} is not set"
    if watch.failures:
        return "failing", f"failed {watch.failures}× in a row: {watch.last_error}"
    if watch.due_at and watch.due_at < at - OVERDUE:
        return "late", "overdue: is a worker running?"
    if watch.last_polled_at is None:
        return "waiting", "not asked yet"
    return "ok", "ok"


def attention(incident, user, *, at: datetime | None = None) -> list[Attention]:
    """What waits for somebody, most pressing first; the same for everybody who may see the incident."""
    at = at or timezone.now()
    found = [
        *_credentials(incident),
        *_disputed(incident),
        *_to_approve(incident, user),
        *_blind(incident, at),
        *_impostors(incident),
        *_to_triage(incident),
        *_returned(incident),
        *_failed(incident),
        *_to_decide(incident),
    ]
    return found or _first_steps(incident)


def _credentials(incident) -> list[Attention]:
    """What may be a credential waits until a person has settled the fact."""
    if _is_settled(incident, "credentials"):
        return []
    detail = "revoke what works, then settle the fact"
    lines = []
    for artifact, count in sorted(items.suspects(_items(incident)).items()):
        text = f"{_count(count, 'possible credential', 'possible credentials')} in what got out"
        lines.append(Attention("live", "Revoke", text, detail, "artifact-items", [incident.ref, artifact]))
    return lines


def _disputed(incident) -> list[Attention]:
    lines = []
    for one in said(incident):
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


def _blind(incident, at: datetime) -> list[Attention]:
    return [
        Attention("live", "Blind", str(one.watch), one.words, "watch", [incident.ref, one.watch.pk])
        for one in watches(incident, at=at)
        if one.health in {"failing", "late"}
    ]


def _to_triage(incident) -> list[Attention]:
    waiting = incident.watchlist.sightings.new().count()
    if not waiting:
        return []
    text = f"{_count(waiting, 'sighting waits', 'sightings wait')} for triage"
    return [Attention("warn", "Triage", text, "confirm or dismiss", "sightings", [incident.ref])]


def _impostors(incident) -> list[Attention]:
    there = impostors.standing(incident)
    if not there.new:
        return []
    text = f"{_count(there.new, 'place claims', 'places claim')} to be the leak: do not open"
    detail = f"{there.armed_new:,} with executables; a person reports them to the host as malware"
    kind = "live" if there.armed_new else "warn"
    return [Attention(kind, "Impostor", text, detail, "sightings", [incident.ref])]


def _returned(incident) -> list[Attention]:
    back = incident.watchlist.sightings.copies().returned().count()
    if not back:
        return []
    text = f"{_count(back, 'copy is', 'copies are')} back after removal"
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
        for one in decisions(incident)
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
