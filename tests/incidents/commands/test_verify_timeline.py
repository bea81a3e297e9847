import pytest
from django.core.management import CommandError
from django.db import connection

from incidents import timeline
from tests.commands import answered, printed


def test_a_whole_record_is_whole(incident):
    assert answered("verify_timeline", incident.ref) == {
        "ref": incident.ref,
        "whole": True,
        "events": incident.timeline_length,
        "head": incident.timeline_head,
        "broken_at": None,
        "problem": "",
    }


def test_a_record_that_somebody_rewrote_is_broken_where_they_did(incident, lead):
    event = timeline.note(incident, "We withdrew it.", by=lead)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_event SET text = 'We did not.' WHERE id = %s", [event.pk])

    with pytest.raises(CommandError) as broken:
        printed("verify_timeline", incident.ref)

    assert str(broken.value) == (
        f"{incident.ref}: broken at line {event.seq}: its text is not what was recorded"
    )
    assert broken.value.returncode == 1
