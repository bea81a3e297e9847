from monitors.models import Change
from tests import factories


def page(browser, incident):
    return browser.get(f"/i/{incident.ref}/status/").text


def test_the_page_never_says_solved(visit, incident, executive):
    factories.SightingFactory(watchlist=incident.watchlist, gone=True, confirmed=True)

    shown = page(visit(executive), incident)

    assert "any can return" in shown
    assert [word for word in ("solved", "contained", "resolved") if word in shown.lower()] == []


def test_a_decision_is_asked_answered_and_kept(visit, incident, lawyer, executive):
    asking, deciding = visit(lawyer), visit(executive)
    asking.post(f"/i/{incident.ref}/decisions/ask/", {"question": "Rotate the key now?"})
    decision = incident.decisions.get()

    deciding.post(f"/i/{incident.ref}/decisions/{decision.pk}/", {f"d{decision.pk}-answer": "Yes, now."})

    decision.refresh_from_db()
    assert (decision.answer, decision.decided_by) == ("Yes, now.", executive)
    assert "Yes, now." in page(deciding, incident)


def test_an_empty_answer_decides_nothing(visit, incident, executive):
    decision = factories.DecisionFactory(incident=incident)

    answer = visit(executive).post(f"/i/{incident.ref}/decisions/{decision.pk}/", {}, follow=True)

    assert "Not decided. Say what you decided." in answer.text
    decision.refresh_from_db()
    assert decision.decided_at is None


def test_the_curve_is_drawn_for_desk_and_phone_and_told_in_figures(visit, incident, lead):
    sighting = factories.SightingFactory(watchlist=incident.watchlist)
    Change.objects.create(
        sighting=sighting, kind="appeared", at=sighting.first_seen_at, facts={"class": "copy"}
    )

    shown = page(visit(lead), incident)

    assert shown.count('<svg class="chart') == 2
    assert 'aria-label="Copies over time. Now: 1 live, 0 returned, 0 gone."' in shown
    assert '<th scope="row">T+0h</th>' in shown


def test_nothing_is_styled_in_line(visit, incident, lead):
    factories.SightingFactory(watchlist=incident.watchlist)

    assert " style=" not in page(visit(lead), incident)


def test_a_question_without_words_is_not_asked(visit, incident, lead):
    answer = visit(lead).post(f"/i/{incident.ref}/decisions/ask/", {"question": " "}, follow=True)

    assert "Not asked. Question: This field is required." in answer.text
