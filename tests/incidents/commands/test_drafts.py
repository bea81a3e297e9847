import pytest
from django.core.management import CommandError

from incidents.models import Notice
from monitors import sightings
from tests.commands import answered, printed


@pytest.fixture
def confirmed(found, lead):
    sightings.triage(found, "confirmed", by=lead)
    return found


def test_a_statement_is_drafted_from_what_is_known(incident, communicator):
    drafted = answered("draft_statement", incident.ref, "--by", communicator.username)

    statement = incident.statements.get()
    assert drafted == {
        "number": statement.number,
        "audience": "public",
        "title": statement.title,
        "text": statement.text(),
        "problems": ["It needs the approval of a second person."],
    }


def test_a_notice_names_the_copy_that_still_stands(incident, confirmed, lawyer):
    drafted = answered("draft_notice", incident.ref, "--host", confirmed.host, "--by", lawyer.username)

    assert (drafted["state"], [one["outcome"] for one in drafted["targets"]]) == ("draft", ["named"])
    assert confirmed.url in drafted["form"]
    assert confirmed.url in drafted["letter"]


def test_people_read_the_form_and_what_it_lacks(incident, confirmed, lawyer):
    said = printed("draft_notice", incident.ref, "--host", confirmed.host, "--by", lawyer.username)

    assert said.startswith(Notice.objects.get().form)
    assert "lacks: Signature of somebody authorised (i), (vi)\n" in said


def test_a_copy_that_is_gone_is_left_out(incident, confirmed, lawyer, shelf):
    shelf.packages.clear()

    drafted = answered("draft_notice", incident.ref, "--host", confirmed.host, "--by", lawyer.username)

    assert (drafted["state"], [one["outcome"] for one in drafted["targets"]]) == ("empty", ["gone"])


def test_another_host_is_answered_with_those_that_have_copies(incident, confirmed, lawyer):
    with pytest.raises(CommandError, match=rf"There are some on: {confirmed.host}\."):
        printed("draft_notice", incident.ref, "--host", "other.example", "--by", lawyer.username)


def test_there_is_no_notice_about_what_nobody_confirmed(incident, found, lawyer):
    with pytest.raises(CommandError, match="Confirm a sighting first"):
        printed("draft_notice", incident.ref, "--host", found.host, "--by", lawyer.username)
