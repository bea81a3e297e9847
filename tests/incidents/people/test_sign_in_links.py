from datetime import timedelta

import pytest
from django.contrib.auth import authenticate
from django.utils import timezone

from incidents import people
from incidents.models import SignInLink, User
from tests import factories

WHO = {
    "username": "kim",
    "full_name": "Kim Nakamura",
    "email": "kim@acme.example",
    "password": "long enough words",
}


def test_the_first_administrator_gets_in_once_and_chooses_a_password(db):
    token = people.sign_in_link(people.first_administrator())

    people.use_link(token, **WHO)

    assert authenticate(username="kim", password="long enough words").is_staff
    with pytest.raises(people.NotReady, match="used"):
        people.use_link(token, **WHO)


def test_no_password_exists_before_that(db):
    admin = people.first_administrator()

    assert not admin.has_usable_password()
    assert people.first_administrator() == admin
    assert User.objects.count() == 1


def test_there_is_no_first_administrator_once_somebody_has_signed_in(keeper):
    keeper.last_login = timezone.now()
    keeper.save()

    assert people.first_administrator() is None


def test_the_token_itself_is_not_stored(keeper):
    token = people.sign_in_link(keeper)

    assert token not in str(list(SignInLink.objects.values()))
    assert people.find_link(token).user == keeper


def test_a_link_ends_after_a_day(keeper):
    token = people.sign_in_link(keeper)

    assert people.find_link(token, at=timezone.now() + timedelta(hours=23)) is not None
    assert people.find_link(token, at=timezone.now() + timedelta(hours=25)) is None


def test_a_weak_password_leaves_the_link_usable(keeper):
    token = people.sign_in_link(keeper)

    with pytest.raises(people.NotReady, match="12 characters"):
        people.use_link(token, **WHO | {"password": "short"})

    assert people.find_link(token) is not None


def test_a_name_that_is_taken_is_refused(keeper, stranger):
    token = people.sign_in_link(keeper)

    with pytest.raises(people.NotReady, match="another user name"):
        people.use_link(token, **WHO | {"username": "Stranger"})


def test_somebody_new_is_invited_with_a_link_and_somebody_known_without(incident, lead):
    known = factories.UserFactory(email="known@acme.example")
    known.set_password("long enough words")
    known.save()

    new, token = people.invite(incident, email="new@acme.example", role="legal", by=lead)
    again, no_token = people.invite(incident, email="Known@acme.example", role="comms", by=lead)

    assert (people.find_link(token).user, incident.role_of(new)) == (new, "legal")
    assert (again, no_token, incident.role_of(known)) == (known, None, "comms")


@pytest.mark.parametrize(("email", "role"), [("not an address", "legal"), ("a@acme.example", "owner")])
def test_an_invitation_that_makes_no_sense_is_refused(incident, lead, email, role):
    with pytest.raises(people.NotReady):
        people.invite(incident, email=email, role=role, by=lead)
    assert incident.memberships.count() == 1
