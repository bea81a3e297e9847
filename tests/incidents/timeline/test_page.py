from django.db import connection

from incidents import timeline
from incidents.models import Event


def note(browser, incident, **said):
    return browser.post(f"/i/{incident.ref}/timeline/", said, follow=True)


def test_a_note_keeps_when_it_happened_apart_from_when_it_was_written(visit, incident, triager):
    happened = f"{incident.exposed_at:%Y-%m-%dT%H:%M:%S}"

    note(visit(triager), incident, text="Withdrew 1.4.2.", happened_at=happened)

    event = incident.events.last()
    assert (event.kind, event.text, event.by) == (Event.Kind.NOTE, "Withdrew 1.4.2.", triager)
    assert event.at == incident.exposed_at.replace(microsecond=0) != event.recorded_at


def test_a_note_from_the_future_is_refused_with_the_reason(visit, incident, triager):
    answer = note(visit(triager), incident, text="Soon.", happened_at="2999-01-01T00:00")

    assert "It cannot have happened in the future" in answer.text
    assert not incident.events.filter(kind=Event.Kind.NOTE).exists()


def test_a_note_is_text_whatever_it_says(visit, incident, lead):
    timeline.note(incident, "<script>alert(1)</script>", by=lead)

    page = visit(lead).get(f"/i/{incident.ref}/timeline/").text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_whole_record_says_so_with_its_head(visit, incident, lead):
    page = visit(lead).get(f"/i/{incident.ref}/timeline/").text

    assert "The record is whole: 1 line," in page
    assert incident.timeline_head in page


def test_a_record_that_was_tampered_with_says_where(visit, incident, lead):
    timeline.note(incident, "Told nobody.", by=lead)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE incidents_event SET text = 'Told everybody.' WHERE seq = 2")

    page = visit(lead).get(f"/i/{incident.ref}/timeline/").text

    assert "The record is broken at line 2: its text is not what was recorded." in page


def test_an_executive_reads_but_has_no_form(visit, incident, executive):
    page = visit(executive).get(f"/i/{incident.ref}/timeline/").text

    assert "Incident opened" in page
    assert "Add a note" not in page
