from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from incidents import people
from incidents.models import FailedSignIn
from tests import factories

RIGHT = "a sentence is easy to keep"


@pytest.fixture
def kim(db):
    user = factories.UserFactory(username="kim")
    user.set_password(RIGHT)
    user.save()
    return user


@pytest.fixture
def sign_in(visit):
    def attempt(password, **extra):
        return visit().post(reverse("sign-in"), {"username": "Kim", "password": password}, **extra)

    return attempt


def fail(times, *, username="kim", address="127.0.0.1", at=None):
    for _ in range(times):
        people.failed_to_sign_in(username, address, at=at)


def test_a_wrong_password_is_counted_and_the_right_one_still_gets_in(kim, visit, sign_in):
    assert sign_in("wrong").status_code == 200
    assert [str(one) for one in FailedSignIn.objects.all()] == ["kim from 127.0.0.1"]

    answer = visit().post(reverse("sign-in"), {"username": "kim", "password": RIGHT})

    assert answer.status_code == 302


def test_after_ten_wrong_ones_even_the_right_one_waits(kim, visit):
    fail(10)

    answer = visit().post(reverse("sign-in"), {"username": "kim", "password": RIGHT})

    assert "Too many wrong passwords" in answer.text


def test_somebody_elsewhere_cannot_lock_you_out(kim):
    fail(10, address="203.0.113.9")

    assert people.may_sign_in("kim", "127.0.0.1")
    assert not people.may_sign_in("kim", "203.0.113.9")


def test_trying_many_names_from_one_address_ends_too(kim, settings):
    settings.SIGN_IN_TRIES_FROM_ADDRESS = 20
    for number in range(20):
        fail(1, username=f"name{number}")

    assert not people.may_sign_in("kim", "127.0.0.1")


def test_it_is_over_after_a_quarter_of_an_hour_and_forgotten_after_a_day(kim):
    now = timezone.now()
    fail(10, at=now)

    assert people.may_sign_in("kim", "127.0.0.1", at=now + timedelta(minutes=16))
    fail(1, at=now + timedelta(days=2))
    assert FailedSignIn.objects.count() == 1


def test_the_proxys_word_for_the_address_counts_only_behind_a_proxy(kim, sign_in, settings):
    sign_in("wrong", headers={"X-Forwarded-For": "203.0.113.9"})
    settings.BEHIND_PROXY = True
    sign_in("wrong", headers={"X-Forwarded-For": "6.6.6.6, 203.0.113.9"})

    assert [one.address for one in FailedSignIn.objects.order_by("pk")] == ["127.0.0.1", "203.0.113.9"]
