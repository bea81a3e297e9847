from incidents import status
from tests.commands import answered, printed


def test_it_says_how_the_incident_stands(incident, found):
    said = answered("status", incident.ref)

    assert said["headline"] == status.headline(incident)
    assert (said["copies"]["live"], said["copies"]["gone"]) == (1, 0)
    assert [watch["words"] for watch in said["watches"]] == ["ok"]


def test_people_read_the_headline_first(incident):
    first, second, *_ = printed("status", incident.ref).splitlines()

    assert first == f"{incident.ref} (investigating): {incident.title}"
    assert second == status.headline(incident)
