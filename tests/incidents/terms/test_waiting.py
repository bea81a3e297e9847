"""Phrases that nobody has decided on wait where people look: among what needs somebody, and in the rail."""

import pytest

from incidents import attention
from incidents.models import Event
from incidents.views.frame import Rail
from monitors.models import SearchTerm
from tests import factories


@pytest.fixture
def phrases(incident):
    """Two that wait, and nothing decided."""
    return [
        SearchTerm.objects.create(watchlist=incident.watchlist, text=f"lid number {number}", kind="comment")
        for number in (1, 2)
    ]


def waiting(incident, user) -> list[attention.Attention]:
    return [one for one in attention.waiting(incident, user) if one.label == "Phrases"]


def at_watches(incident) -> str:
    return next(stop.count for stop in Rail(incident, current="overview") if stop.label == "Watches")


def test_phrases_that_wait_need_somebody_until_they_are_decided(visit, incident, lead, phrases):
    before = waiting(incident, lead)
    visit(lead).post(f"/i/{incident.ref}/watches/phrases/refuse/", {"term": [one.pk for one in phrases]})

    assert [(one.text, one.url_name, one.args) for one in before] == [
        ("2 search phrases wait for a decision", "search-terms", [incident.ref])
    ]
    assert incident.events.filter(kind=Event.Kind.WATCH).exists()
    assert waiting(incident, lead) == []


def test_the_overview_leads_to_them(visit, incident, lead, phrases):
    page = visit(lead).get(f"/i/{incident.ref}/").text

    path = f"/i/{incident.ref}/watches/phrases/"
    assert f'<a href="{path}">2 search phrases wait for a decision</a>' in page
    assert '<span class="count">2 waiting</span>' in page


def test_the_rail_says_what_fails_before_what_waits(incident, phrases):
    before = at_watches(incident)
    factories.WatchFactory(watchlist=incident.watchlist, failures=1, last_error="It did not answer.")

    assert (before, at_watches(incident)) == ("2 waiting", "1 failing")


def test_decided_phrases_are_not_counted(incident, lead, phrases):
    decided = {"decided_by": lead, "decided_at": incident.opened_at}
    incident.watchlist.search_terms.filter(pk=phrases[0].pk).update(state="approved", **decided)
    incident.watchlist.search_terms.filter(pk=phrases[1].pk).update(state="refused", **decided)

    assert (at_watches(incident), waiting(incident, lead)) == ("", [])
