import pytest

from incidents import comms, timeline
from incidents.models import Event
from tests import factories


@pytest.fixture
def fact(incident, lead):
    return comms.add_fact(incident, "1,906 files can be read", by=lead, state="verified", source="inventory")


@pytest.fixture
def draft(incident, communicator, fact):
    return factories.StatementFactory(
        incident=incident, drafted_by=communicator, body=f"We know that {{F{fact.number}}}."
    )


def test_the_first_text_says_what_is_known_and_what_is_not(incident, communicator, fact):
    statement = comms.draft(incident, by=communicator)

    text = statement.text()
    assert "1,906 files can be read." in text.partition("What we do not yet know")[0]
    assert "- Whether credentials are in the material." in text.partition("What we do not yet know")[2]
    assert not any(piece.contradicts for piece in statement.pieces())
    assert "2026" in text or str(incident.exposed_at.year) in text


def test_what_people_noted_stays_inside(incident, communicator, lead):
    timeline.note(incident, "The intern did it.", by=lead)

    assert "intern" not in comms.draft(incident, by=communicator).text()


def test_a_draft_follows_its_facts_and_its_approval_lapses(draft, fact, lawyer, lead):
    comms.approve(draft, by=lawyer)
    assert draft.is_approved()

    comms.set_fact(fact, by=lead, sentence="1,907 files can be read", state="verified", source="inventory")

    assert draft.text() == "We know that 1,907 files can be read."
    assert not draft.is_approved()


def test_editing_voids_the_approval(draft, communicator, lawyer):
    comms.approve(draft, by=lawyer)

    comms.edit(draft, by=communicator, title=draft.title, body="Nothing.", audience=draft.audience)

    with pytest.raises(comms.NotReady, match="second person"):
        comms.publish(draft, by=communicator)


def test_nobody_approves_their_own_words(incident, lead, fact):
    statement = comms.draft(incident, by=lead)

    with pytest.raises(comms.NotReady, match="Somebody else"):
        comms.approve(statement, by=lead)


def test_an_approver_who_then_edits_has_approved_nothing(draft, lead, communicator):
    comms.approve(draft, by=lead)
    comms.edit(draft, by=lead, title=draft.title, body="Other words.", audience=draft.audience)
    comms.edit(draft, by=lead, title=draft.title, body=f"{draft.body} ", audience=draft.audience)

    assert not draft.is_approved()


@pytest.mark.parametrize(
    ("body", "state", "why"),
    [
        ("{F%d}", "disputed", "is said to be certain, but it is disputed"),
        ("{F%d}", "unknown", "is said to be certain, but it is unknown"),
        ("{?F%d}", "verified", "is said to be not yet known, but it is verified"),
        ("{F99%d}", "verified", "names no fact"),
    ],
)
def test_a_statement_that_contradicts_the_facts_cannot_go_out(
    incident, lead, lawyer, communicator, body, state, why
):
    fact = comms.add_fact(incident, "No credentials", by=lead, state=state, source="scan")
    statement = factories.StatementFactory(
        incident=incident, drafted_by=communicator, body=body % fact.number
    )
    comms.approve(statement, by=lawyer)

    with pytest.raises(comms.NotReady, match=why):
        comms.publish(statement, by=communicator)


def test_what_was_published_is_on_the_record_byte_for_byte_and_once(draft, lawyer, communicator):
    comms.approve(draft, by=lawyer)

    comms.publish(draft, by=communicator)
    comms.publish(draft, by=communicator)

    event = draft.incident.events.get(kind=Event.Kind.STATEMENT_PUBLISHED)
    assert draft.published_text == "We know that 1,906 files can be read."
    assert event.text.endswith(f"\n\n{draft.published_text}")


def test_a_published_text_stays_and_is_flagged_when_its_fact_falls(draft, fact, lawyer, communicator, lead):
    comms.approve(draft, by=lawyer)
    comms.publish(draft, by=communicator)
    assert comms.standing(draft).in_line

    comms.set_fact(fact, by=lead, sentence=fact.sentence, state="disputed", source="a second scan")

    draft.refresh_from_db()
    assert draft.published_text == "We know that 1,906 files can be read."
    assert comms.standing(draft).problems == [f"It quotes {fact}, which is now disputed."]


def test_a_published_statement_is_not_edited(draft, lawyer, communicator):
    comms.approve(draft, by=lawyer)
    comms.publish(draft, by=communicator)

    with pytest.raises(comms.NotReady, match="published"):
        comms.edit(draft, by=communicator, title="Other", body="Other", audience="public")


def test_a_verified_fact_names_its_source(incident, lead):
    with pytest.raises(comms.NotReady, match="Name the source"):
        comms.add_fact(incident, "No credentials", by=lead, state="verified")
