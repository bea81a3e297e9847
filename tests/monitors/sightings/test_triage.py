import pytest

from monitors import sightings
from monitors.models import Change, Sighting
from tests import factories


def test_confirming_twice_is_one_change(db, keeper):
    sighting = factories.SightingFactory()

    sightings.triage(sighting, "confirmed", by=keeper)
    sightings.triage(sighting, "confirmed", by=keeper)

    change = Change.objects.get()
    assert (change.kind, change.by, sighting.triage) == ("confirmed", keeper, "confirmed")


def test_a_dismissed_place_is_no_hit_any_more_and_is_not_visited(db, keeper):
    sighting = factories.SightingFactory()

    sightings.triage(sighting, "dismissed", by=keeper, why="our own mirror")

    sighting.refresh_from_db()
    assert not Sighting.objects.hits().exists()
    assert sighting.due_at is None
    assert Change.objects.get().facts["why"] == "our own mirror"


def test_what_holds_nothing_of_ours_cannot_be_confirmed(db, keeper):
    sighting = factories.SightingFactory(unrelated=True)

    with pytest.raises(sightings.NotReady, match="nothing of the leak"):
        sightings.triage(sighting, "confirmed", by=keeper)


def test_another_word_is_refused(db, keeper):
    with pytest.raises(sightings.NotReady):
        sightings.triage(factories.SightingFactory(), "liked", by=keeper)
