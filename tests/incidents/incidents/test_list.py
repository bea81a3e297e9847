"""The list of incidents counts as the incident's own pages do."""

from incidents import status
from tests import factories


def counted(browser) -> dict[str, tuple[int, int]]:
    """What the list says of each incident: (live copies, to triage)."""
    return {one.ref: (one.live, one.new) for one in browser.get("/").context["incidents"]}


def test_what_nobody_has_confirmed_to_be_a_copy_waits_and_is_none(visit, incident, lead):
    for klass in ("copy", "snippet", "rewrite"):
        factories.SightingFactory(watchlist=incident.watchlist, klass=klass)
    factories.SightingFactory(watchlist=incident.watchlist, klass="snippet", confirmed=True)

    assert counted(visit(lead)) == {incident.ref: (2, 3)}


def test_what_is_gone_ours_dismissed_unrelated_or_an_impostors_is_no_live_copy(visit, incident, lead):
    make = factories.SightingFactory
    for how in (
        {"is_ours": True},
        {"dismissed": True},
        {"unrelated": True},
        {"gone": True},
        {"impostor": True},
    ):
        make(watchlist=incident.watchlist, **how)

    assert counted(visit(lead)) == {incident.ref: (0, 2)}


def test_each_incident_counts_its_own_places_as_its_pages_do(visit, incident, lead):
    other = factories.IncidentFactory(opened_by=lead)
    for watchlist in (incident.watchlist, incident.watchlist, other.watchlist):
        factories.SightingFactory(watchlist=watchlist, returned=True)

    figures = {one.ref: status.figures(one) for one in (incident, other)}

    assert counted(visit(lead)) == {ref: (now.live, now.new) for ref, now in figures.items()}
    assert counted(visit(lead)) == {incident.ref: (2, 2), other.ref: (1, 1)}
