from incidents.models import Event
from tests.commands import answered, printed


def test_a_place_that_still_stands_is_live(incident, found):
    [checked] = answered("check_sightings", incident.ref)

    assert (checked["id"], checked["outcome"]) == (found.pk, "live")


def test_a_place_that_is_gone_is_gone_on_the_record_too(incident, found, shelf):
    shelf.packages.clear()

    assert printed("check_sightings", incident.ref) == f"{found.pk}  gone  404  {found.url}\n1 visited\n"

    found.refresh_from_db()
    assert not found.is_live
    assert incident.events.filter(kind=Event.Kind.SIGHTING_GONE).count() == 1


def test_a_place_that_does_not_answer_is_never_said_to_be_gone(incident, found, shelf):
    shelf.fail("It does not answer.")

    [checked] = answered("check_sightings", incident.ref)

    assert (checked["outcome"], checked["reason"]) == ("unknown", "It does not answer.")
