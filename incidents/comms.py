"""Facts, and what we say of them: draft, approve, publish.

A statement quotes facts, so it cannot contradict them.
"""

from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import F
from django.template.loader import render_to_string
from django.utils import timezone

from incidents import roles, timeline
from incidents.models import Approval, Event, Fact, Incident, Statement
from incidents.models.comms import Piece


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@transaction.atomic
def add_fact(incident, sentence: str, *, by, state: str = Fact.State.UNKNOWN, source: str = "") -> Fact:
    """Keep one more thing that we hold true, open or in doubt. Raises NotReady."""
    sentence, source = _sound(sentence, state, source)
    fact = Fact.objects.create(
        incident=incident,
        number=_next(incident, incident.facts),
        sentence=sentence,
        state=state,
        source=source,
        by=by,
    )
    _on_record(fact, by=by)
    return fact


@transaction.atomic
def set_fact(fact: Fact, *, by, sentence: str, state: str, source: str) -> None:
    """Change what we hold. Drafts that quote it follow, published ones are flagged. Raises NotReady.

    Approvals of the old words lapse by themselves.
    """
    sentence, source = _sound(sentence, state, source)
    if (sentence, state, source) == (fact.sentence, fact.state, fact.source):
        return
    if state != fact.state:
        fact.since = timezone.now()
    fact.sentence, fact.state, fact.source, fact.by = sentence, state, source, by
    fact.save()
    _on_record(fact, by=by)


def _sound(sentence: str, state: str, source: str) -> tuple[str, str]:
    sentence, source = " ".join(sentence.split()), " ".join(source.split())
    if not sentence:
        raise NotReady("Write the fact as one sentence.")
    if state not in Fact.State.values:
        raise NotReady(f"{state!r} is not a state of a fact.")
    if state == Fact.State.VERIFIED and not source:
        raise NotReady("Name the source: a verified fact needs somebody or something that says so.")
    return sentence[:500], source[:300]


def _on_record(fact: Fact, *, by) -> None:
    text = f"{fact} {fact.get_state_display().lower()}: {fact.sentence}"
    timeline.record(
        fact.incident, Event.Kind.FACT, text, by=by, fact=fact.number, state=fact.state, source=fact.source
    )


@transaction.atomic
def draft(incident, *, by, audience: str = Statement.Audience.PUBLIC) -> Statement:
    """A first text from the facts and the timeline. What is not known is said to be not known."""
    number = _next(incident, incident.statements)
    statement = Statement.objects.create(
        incident=incident,
        number=number,
        audience=audience,
        title=f"What happened, and what we know (update {number})",
        body=_first_text(incident),
        drafted_by=by,
        edited_by=by,
    )
    timeline.record(
        incident,
        Event.Kind.STATEMENT_DRAFTED,
        f"Drafted: {statement.title}",
        by=by,
        statement=statement.number,
    )
    return statement


def _first_text(incident) -> str:
    sightings = incident.watchlist.sightings.hits()
    text = render_to_string(
        "statements/draft.txt",
        {
            "incident": incident,
            "verified": incident.facts.verified(),
            "unknown": incident.facts.unknown(),
            "steps": _public_steps(incident),
            "watches": incident.watchlist.watches.filter(paused_at=None).count(),
            "confirmed_live": sightings.confirmed().live().count(),
            "confirmed_gone": sightings.confirmed().gone().count(),
        },
    )
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def _public_steps(incident) -> list[tuple[datetime, str]]:
    """What we did, of the kinds of event that give nothing away: people's notes stay inside."""
    kinds = (Event.Kind.OPENED, Event.Kind.STATUS, Event.Kind.STATEMENT_PUBLISHED)
    said = {
        Event.Kind.OPENED: lambda event: "we opened an incident",
        Event.Kind.STATUS: lambda event: f"the incident is now: {event.facts['status']}",
        Event.Kind.STATEMENT_PUBLISHED: lambda event: f"we published update {event.facts['statement']}",
    }
    events = incident.events.filter(kind__in=kinds).order_by("at", "seq")
    return [(event.at, said[Event.Kind(event.kind)](event)) for event in events]


@transaction.atomic
def edit(statement: Statement, *, by, title: str, body: str, audience: str) -> None:
    """Change the words; approvals of other words lapse by themselves. Raises NotReady once published."""
    if not title.strip() or not body.strip():
        raise NotReady("A statement needs a title and a text.")
    changed = {"title": title.strip(), "body": body.replace("\r\n", "\n"), "audience": audience}
    if all(getattr(statement, name) == value for name, value in changed.items()):
        return
    drafts = Statement.objects.drafts().filter(pk=statement.pk)
    if not drafts.update(**changed, edited_by=by, edited_at=timezone.now()):
        raise NotReady("It is published. Draft another one that corrects it.")
    statement.refresh_from_db()
    timeline.record(
        statement.incident,
        Event.Kind.STATEMENT_EDITED,
        f"Edited: {statement.title}",
        by=by,
        statement=statement.number,
    )


@transaction.atomic
def approve(statement: Statement, *, by, at: datetime | None = None) -> None:
    """Stand behind exactly these words. Approving twice changes nothing. Raises NotReady."""
    if statement.is_published:
        raise NotReady("It is already published.")
    if not roles.can_approve(by, statement):
        raise NotReady("Somebody else has to approve: never the person who wrote it last.")
    words = statement.words_sha256()
    _, given = Approval.objects.get_or_create(
        statement=statement, by=by, words_sha256=words, defaults={"at": at or timezone.now()}
    )
    if given:
        timeline.record(
            statement.incident,
            Event.Kind.STATEMENT_APPROVED,
            f"Approved: {statement.title}",
            by=by,
            statement=statement.number,
            words_sha256=words,
        )


@transaction.atomic
def publish(statement: Statement, *, by, at: datetime | None = None) -> None:
    """Put it out, byte for byte as approved. Publishing twice changes nothing. Raises NotReady."""
    # Holding the incident's row keeps its facts and this text still until we commit.
    Incident.objects.filter(pk=statement.incident_id).update(timeline_length=F("timeline_length"))
    statement.refresh_from_db()
    if statement.is_published:
        return
    if blocks := standing(statement).problems:
        raise NotReady(" ".join(blocks))
    at = at or timezone.now()
    text = statement.text()
    quoted = [
        {"number": one.fact.number, "sentence": one.text, "unknown": one.as_unknown}
        for one in statement.quotes()
    ]
    statement.published_at, statement.published_by = at, by
    statement.published_title, statement.published_text, statement.published_facts = (
        statement.title,
        text,
        quoted,
    )
    statement.save()
    timeline.record(
        statement.incident,
        Event.Kind.STATEMENT_PUBLISHED,
        f"Published for {statement.get_audience_display().lower()}: {statement.title}\n\n{text}",
        by=by,
        at=at,
        statement=statement.number,
        words_sha256=statement.words_sha256(),
        record_head=statement.incident.timeline_head,
    )


@dataclass(frozen=True)
class Standing:
    """Whether a statement is in line with the facts (and, for a draft, ready to go out); if not, why."""

    problems: list[str]

    @property
    def in_line(self) -> bool:
        return not self.problems


def standing(statement: Statement) -> Standing:
    """What stands against publishing it; once published, where the facts moved away from what it said."""
    if statement.is_published:
        return Standing(list(dict.fromkeys(_since_published(statement))))
    problems = [_contradiction(piece) for piece in statement.quotes() if piece.contradicts]
    problems += [f"{piece.text} names no fact." for piece in statement.pieces() if _names_none(piece)]
    missing = Statement.APPROVALS_NEEDED - statement.valid_approvals().count()
    if missing > 0:
        problems.append("It needs the approval of a second person.")
    return Standing(list(dict.fromkeys(problems)))


def _names_none(piece: Piece) -> bool:
    return piece.fact is None and piece.text.startswith(("{F", "{?F")) and piece.text.endswith("}")


def _contradiction(piece: Piece) -> str:
    said = "not yet known" if piece.as_unknown else "certain"
    return f"{piece.fact} is said to be {said}, but it is {piece.fact.state}."


def _since_published(statement: Statement) -> list[str]:
    now = {fact.number: fact for fact in statement.incident.facts.all()}
    problems = []
    for said in statement.published_facts:
        fact = now[said["number"]]
        if fact.state == Fact.State.DISPUTED:
            problems.append(f"It quotes {fact}, which is now disputed.")
        elif not said["unknown"] and (fact.state != Fact.State.VERIFIED or fact.sentence != said["sentence"]):
            problems.append(
                f"It said “{said['sentence']}”. {fact} now reads “{fact.sentence}” ({fact.state})."
            )
    return problems


def _next(incident, rows) -> int:
    """The next free number. The UPDATE holds the incident's row, so two cannot take the same."""
    Incident.objects.filter(pk=incident.pk).update(timeline_length=F("timeline_length"))
    return (rows.order_by("-number").values_list("number", flat=True).first() or 0) + 1
