import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from django.db import connection
from django.db.utils import OperationalError

from monitors import budgets
from monitors.budgets import Spent, Value
from monitors.models import Budget

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


def told(remaining: int, *, limit: int = 5000, resets_at=AT + HOUR, resource: str = "") -> dict[str, str]:
    headers = {
        "X-RateLimit-Limit": str(limit),
        "X-RateLimit-Remaining": str(remaining),
        "X-RateLimit-Reset": str(int(resets_at.timestamp())),
    }
    return headers | ({"X-RateLimit-Resource": resource} if resource else {})


def left(bucket: str = "") -> int | None:
    return Budget.objects.get(bucket=bucket).remaining


def taken(times: int, bucket: str = "", *, at=AT, pace: int = 0) -> int:
    """How many of so many requests were allowed."""
    allowed = 0
    for _ in range(times):
        try:
            budgets.take("code.example", "TOKEN", bucket, at=at, pace=pace)
            allowed += 1
        except Spent:
            continue
    return allowed


def test_a_request_is_taken_off_before_it_is_made(db):
    budgets.learn("code.example", "TOKEN", told(2), at=AT)

    assert (taken(5), left()) == (2, 0)


def test_a_host_that_has_told_nothing_is_asked(db):
    assert taken(3) == 3


def test_a_new_window_begins_with_the_whole_limit(db):
    budgets.learn("code.example", "TOKEN", told(0, limit=4), at=AT)

    assert (taken(9), taken(9, at=AT + HOUR)) == (0, 4)


@pytest.mark.parametrize("ended", [-60, 0, 4])  # seconds from now, by a clock that may be ahead
def test_a_late_answer_of_a_window_that_is_over_does_not_touch_the_next(db, ended):
    budgets.learn("code.example", "TOKEN", told(40, limit=100), at=AT)

    budgets.learn("code.example", "TOKEN", told(0, resets_at=AT + timedelta(seconds=ended)), at=AT)

    row = Budget.objects.get()
    assert (row.remaining, row.limit, row.resets_at) == (40, 100, AT + HOUR)


@pytest.mark.parametrize("ahead", [HOUR * -24 * 90, HOUR * -1, HOUR * 30])
def test_a_window_is_held_against_the_clock_of_a_host_that_goes_wrong(db, ahead):
    date = {"Date": format_datetime(AT + ahead, usegmt=True)}

    budgets.learn("code.example", "TOKEN", told(40, resets_at=AT + ahead + HOUR / 2) | date, at=AT)

    assert Budget.objects.get().resets_at == AT + HOUR / 2


def test_a_window_that_ends_sooner_than_we_thought_is_believed(db):
    budgets.learn("code.example", "TOKEN", told(40), at=AT)

    budgets.learn("code.example", "TOKEN", told(30, resets_at=AT + HOUR / 2), at=AT)

    assert (Budget.objects.get().resets_at, left()) == (AT + HOUR / 2, 30)


def test_what_a_host_does_not_count_is_given_back_and_no_more(db):
    budgets.learn("code.example", "TOKEN", told(4999), at=AT)
    taken(1)

    for _ in range(5):
        budgets.give_back("code.example", "TOKEN")

    assert left() == 5000


def test_an_answer_that_overtook_another_gives_nothing_back(db):
    budgets.learn("code.example", "TOKEN", told(100), at=AT)
    taken(10)

    budgets.learn("code.example", "TOKEN", told(97), at=AT)
    budgets.learn("code.example", "TOKEN", told(99), at=AT)

    assert left() == 90


def test_others_who_use_the_same_token_are_counted(db):
    budgets.learn("code.example", "TOKEN", told(100), at=AT)

    budgets.learn("code.example", "TOKEN", told(12), at=AT)

    assert left() == 12


def test_a_later_reset_is_a_new_window(db):
    budgets.learn("code.example", "TOKEN", told(0), at=AT)

    budgets.learn("code.example", "TOKEN", told(4999, resets_at=AT + 2 * HOUR), at=AT + HOUR)

    assert left() == 4999


def test_a_search_that_is_spent_closes_only_itself(db):
    budgets.learn("code.example", "TOKEN", told(0, limit=30, resource="search"), at=AT)

    assert (taken(1, "search"), taken(1), taken(1, "graphql")) == (0, 1, 1)


def test_the_hosts_own_name_of_the_count_wins(db):
    budgets.learn("code.example", "TOKEN", told(7, resource="core"), "graphql", at=AT)
    budgets.learn("code.example", "TOKEN", told(8), "code_search", at=AT)

    counts = {row.bucket: row.remaining for row in Budget.objects.all()}
    assert counts == {"": 7, "code_search": 8}


def test_a_secondary_limit_closes_every_count_of_that_token_and_no_other(db):
    budgets.block("code.example", "TOKEN", until=AT + timedelta(minutes=2), at=AT)

    assert (taken(1, "search"), taken(1)) == (0, 0)
    budgets.take("code.example", "OTHER", "search", at=AT)


def test_a_host_without_headers_is_asked_at_its_pace(db):
    minutes = [AT + timedelta(minutes=n) for n in range(3)]

    assert [taken(100, at=minute, pace=60) for minute in minutes] == [60, 60, 60]


def test_what_is_worth_less_leaves_the_rest_to_what_is_worth_more(db):
    budgets.learn("code.example", "TOKEN", told(600, limit=5000), at=AT)

    with pytest.raises(
        Spent, match=r"code\.example has 600 of 5,000 requests left until 13:00 UTC; .* more\."
    ):
        budgets.admit("code.example", "TOKEN", value=Value.FEEDS, at=AT)
    budgets.admit("code.example", "TOKEN", value=Value.CODE, at=AT)


def test_the_last_request_is_for_the_most_urgent(db):
    budgets.learn("code.example", "TOKEN", told(1, limit=5000), at=AT)

    with pytest.raises(Spent) as spent:
        budgets.admit("code.example", "TOKEN", value=Value.CODE, at=AT)
    budgets.admit("code.example", "TOKEN", value=Value.URGENT, at=AT)
    assert spent.value.wait == HOUR


def taken_by_one_of_many() -> int:
    while True:
        try:
            return taken(1)
        except OperationalError:
            time.sleep(0.001)


@pytest.mark.slow  # eight workers and a database that all of them write to
@pytest.mark.django_db(transaction=True)
def test_eight_workers_together_never_ask_more_than_is_left():
    budgets.learn("code.example", "TOKEN", told(40), at=AT)

    def work(_):
        allowed = 0
        for _ in range(12):
            # SQLite in memory refuses a second writer where it would wait for one in a file.
            allowed += taken_by_one_of_many()
        connection.close()
        return allowed

    with ThreadPoolExecutor(8) as workers:
        allowed = list(workers.map(work, range(8)))

    assert (sum(allowed), left()) == (40, 0)
