import pytest
from django.core.management import CommandError

from tests import factories
from tests.commands import answered, printed


def test_each_sighting_is_listed_with_its_evidence(incident, found):
    [listed] = answered("sightings", incident.ref)

    assert (listed["id"], listed["class"], listed["share_files"]) == (found.pk, "copy", 1.0)
    assert sorted(one["ours"] for one in listed["evidence"]) == sorted(factories.LEAK)
    assert listed["first_seen_at"].endswith("Z")


def test_what_holds_nothing_of_ours_is_listed_only_when_asked_for(incident):
    factories.SightingFactory(watchlist=incident.watchlist, unrelated=True)

    assert answered("sightings", incident.ref) == []
    assert len(answered("sightings", incident.ref, "--all")) == 1


def test_people_read_one_line_a_place(incident):
    gone = factories.SightingFactory(watchlist=incident.watchlist, gone=True)

    assert printed("sightings", incident.ref) == (
        f"{gone.pk}  copy       2 files, 100% of lines  gone (404)  new  {gone.url}\n1 in all\n"
    )


def test_an_unknown_incident_is_answered_with_those_there_are(incident):
    with pytest.raises(CommandError) as refused:
        printed("sightings", "LK-1999-001")

    assert str(refused.value) == f"There is no incident LK-1999-001. There are: {incident.ref}."
