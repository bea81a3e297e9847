import pytest
from django.core.management import CommandError

from incidents import people
from incidents.models import Membership, User
from tests import factories
from tests.commands import answered, printed

pytestmark = pytest.mark.django_db


def _owner_of(url: str) -> User:
    return people.find_link(url.rstrip("/").rpartition("/")[2]).user


def test_somebody_new_comes_in_by_a_link():
    added = answered("add_person", "ada", "--name", "Ada Moreau", "--email", "ada@acme.example", "--staff")

    ada = User.objects.get(username="ada")
    assert (ada.get_full_name(), ada.email, ada.is_staff) == ("Ada Moreau", "ada@acme.example", True)
    assert not ada.has_usable_password()
    assert _owner_of(added["url"]) == ada


def test_somebody_new_can_be_let_into_an_incident(incident):
    printed("add_person", "ada", "--incident", incident.ref, "--role", "comms")

    assert incident.role_of(User.objects.get(username="ada")) == Membership.Role.COMMS


def test_nobody_is_added_for_an_incident_that_is_not_there():
    with pytest.raises(CommandError, match=r"There is no incident LK-1\. There is none yet\."):
        printed("add_person", "ada", "--incident", "LK-1", "--role", "comms")

    assert not User.objects.exists()


def test_an_incident_without_a_role_is_refused(incident):
    with pytest.raises(CommandError, match="Give --incident and --role together"):
        printed("add_person", "ada", "--incident", incident.ref)


def test_a_name_is_taken_once():
    factories.UserFactory(username="ada")

    with pytest.raises(CommandError, match="this one is taken"):
        printed("add_person", "Ada")


def test_a_sign_in_link_is_an_address_that_can_be_opened(settings):
    settings.PUBLIC_URL = "https://leakline.example.com/"
    ada = factories.UserFactory(username="ada")

    link = printed("sign_in_link", "ADA")

    assert link.startswith("https://leakline.example.com/welcome/")
    assert _owner_of(link.strip()) == ada


def test_nobody_signs_in_for_somebody_who_was_shut_out():
    factories.UserFactory(username="ada", is_active=False)

    with pytest.raises(CommandError, match="There is nobody called ada"):
        printed("sign_in_link", "ada")
