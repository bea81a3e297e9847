"""What somebody with the authority has to decide, and what they decided."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.models import Decision, Event


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@transaction.atomic
def ask(incident, question: str, *, by, background: str = "", due_at: datetime | None = None) -> Decision:
    """Put a question before the executives."""
    decision = Decision.objects.create(
        incident=incident, question=question, background=background, due_at=due_at, asked_by=by
    )
    timeline.record(
        incident, Event.Kind.DECISION, f"Decision asked for: {question}", by=by, decision=decision.pk
    )
    return decision


@transaction.atomic
def decide(decision, answer: str, *, by, at: datetime | None = None) -> None:
    """Answer it, once. Raises NotReady when it has been answered or the answer is empty."""
    if not answer.strip():
        raise NotReady("Say what you decided.")
    at = at or timezone.now()
    open_ones = Decision.objects.needed().filter(pk=decision.pk)
    if not open_ones.update(answer=answer.strip(), decided_at=at, decided_by=by):
        raise NotReady("Somebody has already decided this.")
    decision.refresh_from_db()
    timeline.record(
        decision.incident,
        Event.Kind.DECISION,
        f"Decided: {decision.question} {answer.strip()}",
        by=by,
        decision=decision.pk,
    )
