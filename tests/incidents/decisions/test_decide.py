import pytest

from incidents import decisions
from incidents.models import Decision
from tests import factories


@pytest.fixture
def question(incident, lead):
    return decisions.ask(incident, "Rotate the candidate key now?", by=lead, background="Costs 20 minutes.")


def test_a_question_waits_and_is_on_the_record(incident, question, lead):
    assert list(Decision.objects.needed()) == [question]
    event = incident.events.get(kind="decision")
    assert (event.text, event.by) == ("Decision asked for: Rotate the candidate key now?", lead)


def test_an_answer_stands_with_who_gave_it(question, executive):
    decisions.decide(question, " Yes, now. ", by=executive)

    assert (question.answer, question.decided_by) == ("Yes, now.", executive)
    assert not Decision.objects.needed().exists()
    assert question.incident.events.last().text == "Decided: Rotate the candidate key now? Yes, now."


def test_it_is_decided_once(question, executive, lead):
    decisions.decide(question, "Yes", by=executive)

    with pytest.raises(decisions.NotReady, match="already decided"):
        decisions.decide(question, "No", by=lead)
    assert question.answer == "Yes"


def test_silence_is_no_answer(question, executive):
    with pytest.raises(decisions.NotReady):
        decisions.decide(question, "  ", by=executive)


def test_another_incidents_questions_do_not_wait_here(incident):
    factories.DecisionFactory()

    assert not Decision.objects.needed().filter(incident=incident).exists()
