from datetime import timedelta

from django.utils import timezone

from incidents import comms, status
from monitors import checks
from tests import factories


def test_an_empty_incident_says_how_little_is_known(incident):
    assert status.headline(incident) == ("What is out is not known yet. Nobody is looking for copies yet.")
    assert status.known(incident) == (
        "Not yet known: whether credentials are in the material; "
        "whether customer or personal data is in the material."
    )


def test_copies_gone_are_never_called_solved(incident, found, shelf):
    del shelf.packages["open-kettle"]
    checks.check_now(found)

    assert status.headline(incident).endswith("The one copy we know of is gone at the moment; it can return.")


def test_facts_that_everybody_asks_about_are_said_as_they_stand(incident, lead):
    facts = {fact.topic: fact for fact in incident.facts.all()}
    comms.set_fact(
        facts["credentials"], by=lead, sentence="No credentials were in it", state="verified", source="scan"
    )
    comms.set_fact(
        facts["personal_data"], by=lead, sentence="No personal data", state="disputed", source="scan"
    )

    said = status.known(incident)

    assert "No credentials were in it. In dispute: no personal data." in said


def test_live_and_returned_are_counted_and_the_trend_is_said(incident, found):
    factories.SightingFactory(watchlist=incident.watchlist, returned=True)
    later = timezone.now() + timedelta(hours=7)

    assert status.headline(incident, at=later).endswith(
        "2 copies are live, 1 of them back after removal, more than 6 hours ago (1)."
    )


def test_figures_count_each_place_once(incident):
    make = factories.SightingFactory
    for how in [
        {},
        {"confirmed": True},
        {"gone": True},
        {"returned": True},
        {"dismissed": True},
        {"unrelated": True},
    ]:
        make(watchlist=incident.watchlist, **how)

    figures = status.figures(incident)

    assert (figures.seen, figures.live, figures.gone, figures.returned) == (4, 3, 1, 1)
    assert (figures.confirmed, figures.new, figures.percent_gone) == (1, 3, 25)


def test_what_may_be_a_quotation_waits_for_a_person_and_is_no_copy_before(incident):
    for klass in ("snippet", "rewrite"):
        factories.SightingFactory(watchlist=incident.watchlist, klass=klass)
    factories.SightingFactory(watchlist=incident.watchlist, klass="snippet", confirmed=True)

    figures = status.figures(incident)

    assert (figures.seen, figures.live, figures.new, figures.confirmed) == (1, 1, 2, 1)
