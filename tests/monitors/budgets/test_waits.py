"""Who was told to wait asks nothing of that host, whatever else is known of its limits."""

import time
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from requests.structures import CaseInsensitiveDict

from monitors import budgets
from monitors.asking import Asking
from monitors.sources.base import RateLimited
from tests import factories

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
URL = "https://registry.example/left-pad"


@pytest.fixture
def asking(db):
    return Asking(factories.SourceFactory(kind="npm", base_url="https://registry.example"))


def left(bucket=""):
    return budgets.wait("registry.example", "", bucket, at=timezone.now())


def answered(asking, status, **headers):
    asking.client.before_ask(URL)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    asking.client.on_answer("registry.example", status, CaseInsensitiveDict(named))


@pytest.mark.parametrize("status", [200, 403, 429, 503])
def test_a_wait_is_known_before_the_answer_is_read(asking, status):
    answered(asking, status, Retry_After="90")

    assert timedelta(seconds=80) < left("search") <= timedelta(seconds=90)


def test_a_page_that_moved_may_be_asked_for_at_its_new_place(asking):
    answered(asking, 302, Retry_After="90")

    assert left() == timedelta(0)


def test_a_wait_holds_for_all_when_our_own_pace_is_spent_too(asking):
    for _ in range(asking.adapter.pace):
        asking.client.before_ask(URL)

    asking.limited(RateLimited("Not now.", wait=3 * MINUTE))

    assert left("search") > 2 * MINUTE


def test_a_count_that_the_host_says_is_spent_closes_no_other(asking):
    resets_at = str(int((timezone.now() + 3 * MINUTE).timestamp()))
    spent = {"X_RateLimit_Remaining": "0", "X_RateLimit_Limit": "60", "X_RateLimit_Reset": resets_at}
    answered(asking, 403, X_RateLimit_Resource="search", **spent)

    asking.limited(RateLimited("Not now.", wait=3 * MINUTE))

    assert (left("search") > 2 * MINUTE, left("code")) == (True, timedelta(0))


def refused(asking, *, status=403, at):
    """What it waits for after a refusal that does not say how long."""
    asking.at, asking._began = at, time.monotonic()
    answered(asking, status)
    error = RateLimited("Not now.", wait=MINUTE, is_guess=True)
    asking.limited(error)
    asking.limited(error)  # as of each place that it kept us from
    return round(error.wait / MINUTE)


@pytest.mark.parametrize("status", [403, 200])  # GraphQL refuses with 200
def test_a_host_that_says_not_how_long_is_left_alone_twice_as_long_each_time(asking, status):
    at, waits = AT, []
    for _ in range(8):
        waits.append(refused(asking, status=status, at=at))
        at += waits[-1] * MINUTE + timedelta(seconds=1)

    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    assert budgets.wait("registry.example", "", at=at - 2 * MINUTE) > MINUTE


def test_after_an_answer_the_first_wait_is_short_again(asking):
    refused(asking, at=AT)
    refused(asking, at=AT + 2 * MINUTE)
    asking.at = AT + 5 * MINUTE
    answered(asking, 200)

    assert refused(asking, at=AT + 6 * MINUTE) == 1


def test_refusals_of_what_was_under_way_count_once(asking):
    refused(asking, at=AT)
    again = Asking(asking.source, at=AT)
    again.last = again.home

    again.limited(RateLimited("Not now.", wait=MINUTE, is_guess=True))

    assert refused(asking, at=AT + 2 * MINUTE) == 2


def test_a_shorter_wait_ends_no_longer_one(db):
    for minutes in (5, 2):
        budgets.block("registry.example", "", until=AT + minutes * MINUTE, at=AT)

    assert budgets.wait("registry.example", "", at=AT) == 5 * MINUTE


def test_a_longer_wait_replaces_a_shorter_one(db):
    for minutes in (2, 5):
        budgets.block("registry.example", "", until=AT + minutes * MINUTE, at=AT)

    assert budgets.wait("registry.example", "", at=AT) == 5 * MINUTE
