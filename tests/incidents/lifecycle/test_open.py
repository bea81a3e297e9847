from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from incidents import lifecycle
from incidents.models import Incident, Membership
from tests import factories


def test_who_opens_it_leads_it_and_the_record_begins(incident, lead):
    assert incident.role_of(lead) == Membership.Role.LEAD
    assert [(event.seq, event.kind, event.by) for event in incident.events.all()] == [(1, "opened", lead)]
    assert incident.watchlist.name == incident.ref


def test_the_questions_of_every_leak_are_laid_out_as_open(incident):
    assert {fact.topic: fact.state for fact in incident.facts.all()} == {
        "cause": "unknown",
        "credentials": "unknown",
        "personal_data": "unknown",
        "earlier": "unknown",
    }


def test_refs_count_up_within_the_year(db):
    first, second = factories.IncidentFactory(), factories.IncidentFactory()

    assert int(second.ref[-3:]) == int(first.ref[-3:]) + 1
    assert second.ref.startswith(f"LK-{timezone.now():%Y}-")


@pytest.mark.parametrize(
    ("exposed_at", "detected_at", "reason"),
    [
        (datetime(2026, 3, 31), None, "zone"),
        (timezone.now(), timezone.now() - timedelta(hours=1), "before it was exposed"),
        (timezone.now(), timezone.now() + timedelta(hours=1), "in the future"),
    ],
)
def test_impossible_times_are_refused_with_a_sentence(stranger, exposed_at, detected_at, reason):
    with pytest.raises(lifecycle.NotReady, match=reason):
        lifecycle.open(by=stranger, title="A", exposed_at=exposed_at, detected_at=detected_at)
    assert not Incident.objects.exists()


def test_only_members_see_it_and_staff_is_no_member(incident, lead, lawyer, stranger, keeper):
    seen_by = [
        user for user in (lead, lawyer, stranger, keeper) if Incident.objects.visible_to(user).exists()
    ]

    assert seen_by == [lead, lawyer]


def test_closing_and_reopening_are_on_the_record_once_each(incident, lead):
    lifecycle.move(incident, "closed", by=lead)
    lifecycle.move(incident, "closed", by=lead)
    lifecycle.move(incident, "monitoring", by=lead)

    incident.refresh_from_db()
    assert incident.closed_at is None
    assert [event.text for event in incident.events.filter(kind="status")] == [
        "Status: Closed",
        "Status: Monitoring",
    ]


def test_a_correction_keeps_what_was_there_before(incident, lead):
    lifecycle.amend(incident, by=lead, severity=3)

    event = incident.events.get(kind="amended")
    assert event.facts == {"before": {"severity": 1}, "after": {"severity": 3}}


def test_the_last_lead_can_neither_leave_nor_step_down(incident, lead, lawyer):
    with pytest.raises(lifecycle.NotReady):
        lifecycle.remove(incident, lead, by=lead)
    with pytest.raises(lifecycle.NotReady):
        lifecycle.admit(incident, lead, "comms", by=lead)

    lifecycle.admit(incident, lawyer, "lead", by=lead)
    lifecycle.remove(incident, lead, by=lawyer)

    assert [member.user for member in incident.memberships.all()] == [lawyer]
