from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection
from django.utils import timezone

from incidents import timeline
from incidents.models import Event
from incidents.models.timeline import AppendOnly


def rewrite(event, column, value):
    """What somebody with the database could do."""
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE incidents_event SET {column} = %s WHERE id = %s", [value, event.pk])


def test_each_line_follows_the_one_before(incident):
    first = incident.events.get()

    second = timeline.note(incident, "The package was withdrawn.", by=incident.opened_by)

    incident.refresh_from_db()
    assert (second.seq, second.prev_hash, second.text) == (2, first.hash, "The package was withdrawn.")
    assert (incident.timeline_length, incident.timeline_head) == (2, second.hash)


def test_a_record_that_nobody_touched_is_whole(incident):
    timeline.note(incident, "A", by=incident.opened_by)

    assert timeline.is_whole(incident) == timeline.Verdict(2, incident.timeline_head)


@pytest.mark.parametrize(
    ("column", "value", "problem"),
    [
        ("text", "It never happened.", "its text is not what was recorded"),
        ("at", datetime(2020, 1, 1, tzinfo=UTC), "it is not what was recorded"),
        ("by_name", "Somebody else", "it is not what was recorded"),
        ("facts", '{"severity": 4}', "it is not what was recorded"),
        ("prev_hash", "0" * 64, "it does not follow the line before it"),
    ],
)
def test_a_changed_line_is_found(incident, column, value, problem):
    event = timeline.note(incident, "The package was withdrawn.", by=incident.opened_by)
    timeline.note(incident, "Another line.", by=incident.opened_by)

    rewrite(event, column, value)

    verdict = timeline.is_whole(incident)
    assert (verdict.is_whole, verdict.broken_at, verdict.problem) == (False, 2, problem)


def test_a_line_cut_from_the_middle_is_found(incident):
    event = timeline.note(incident, "A", by=incident.opened_by)
    timeline.note(incident, "B", by=incident.opened_by)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM incidents_event WHERE id = %s", [event.pk])

    assert timeline.is_whole(incident).problem == "line 2 is missing"


def test_a_line_cut_from_the_end_is_found(incident):
    event = timeline.note(incident, "A", by=incident.opened_by)

    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM incidents_event WHERE id = %s", [event.pk])

    assert timeline.is_whole(incident).problem == "the record ends at line 1, but 2 were written"


def test_what_happened_earlier_keeps_both_times(incident):
    withdrawn = timezone.now() - timedelta(hours=3)

    event = timeline.note(incident, "Withdrawn.", by=incident.opened_by, at=withdrawn)

    assert event.at == withdrawn
    assert timezone.now() - event.recorded_at < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("at", "reason"),
    [
        (datetime(2026, 3, 31, 8, 26), "Give the time with its zone."),
        (timezone.now() + timedelta(days=1), "It cannot have happened in the future"),
    ],
)
def test_times_without_zone_and_of_the_future_are_refused(incident, at, reason):
    with pytest.raises(timeline.BadEvent, match=reason):
        timeline.note(incident, "Withdrawn.", by=incident.opened_by, at=at)


def test_fractions_are_refused_as_databases_write_them_differently(incident):
    with pytest.raises(timeline.BadEvent, match="whole number"):
        timeline.record(incident, Event.Kind.NOTE, "Seen.", share=[{"of": 0.1}])


def test_an_event_is_neither_edited_nor_deleted(incident):
    event = incident.events.get()

    for forbidden in (event.save, event.delete, incident.events.all().delete):
        with pytest.raises(AppendOnly):
            forbidden()
    with pytest.raises(AppendOnly):
        incident.events.update(text="Nothing happened.")


@pytest.mark.parametrize(
    ("after", "shown"),
    [
        (timedelta(hours=71, minutes=41, seconds=7), "T+71:41:07"),
        (timedelta(0), "T+00:00:00"),
        (-timedelta(minutes=5), "T-00:05:00"),
    ],
)
def test_the_clock_counts_from_the_exposure(incident, after, shown):
    assert timeline.since_exposure(incident, incident.exposed_at + after) == shown
