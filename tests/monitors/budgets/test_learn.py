from datetime import UTC, datetime, timedelta

import pytest

from monitors import budgets
from monitors.models import Budget

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
RESET = AT + timedelta(minutes=10)


@pytest.mark.parametrize("reset", ["600", str(int(RESET.timestamp()))])
def test_a_spent_budget_opens_at_its_reset_however_the_host_writes_it(db, reset):
    budgets.learn("code.example", "", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, at=AT)

    assert budgets.wait("code.example", "", at=AT) == timedelta(minutes=10)
    assert budgets.wait("code.example", "", at=RESET) == timedelta(0)


POLICY = '"fixed window";"api";q=500;w=300'


@pytest.mark.parametrize(
    ("headers", "left", "limit", "seconds"),
    [
        ({"RateLimit": '"api";r=3;t=55', "RateLimit-Policy": POLICY}, 3, 500, 55),
        ({"ratelimit": '"api";r=3;t=55', "ratelimit-policy": POLICY}, 3, 500, 55),
        ({"RateLimit": '"api";r=3;t=55', "RateLimit-Policy": f'"day";q=9;w=86400, {POLICY}'}, 3, 500, 55),
        ({"RateLimit": '"day";r=70;t=9000, "api";r=3;t=55'}, 3, None, 55),
        ({"RateLimit": "limit=500, remaining=3, reset=55"}, 3, 500, 55),
        ({"RateLimit": '"api";r=3'}, 3, None, None),
        ({"RateLimit": f'"api";r=3;t={10**8}'}, 3, None, 24 * 3600),
        ({"RateLimit": '"api";r=3;t=55', "X-RateLimit-Remaining": "8"}, 8, None, None),
    ],
)
def test_a_limit_in_a_structured_header_is_learned(db, headers, left, limit, seconds):
    budgets.learn("code.example", "", headers, at=AT)

    row = Budget.objects.get()
    resets_at = None if seconds is None else AT + timedelta(seconds=seconds)
    assert (row.remaining, row.limit, row.resets_at) == (left, limit, resets_at)


@pytest.mark.parametrize(
    "nonsense", ['"api"', '"api";r=-1;t=5', "r=;t=", ",;" * 5000, '"a";r=1e9', '"a";r=٣']
)
def test_a_structured_header_that_makes_no_sense_is_passed_over(db, nonsense):
    budgets.learn("code.example", "", {"RateLimit": nonsense, "RateLimit-Policy": nonsense}, at=AT)

    assert not Budget.objects.exists()


@pytest.mark.parametrize("told", [{"RateLimit": '"api";r=1;t=55'}, {"RateLimit-Remaining": "1"}])
def test_a_host_that_never_said_of_how_many_is_asked_again_after_its_window(db, told):
    budgets.learn("code.example", "", told, at=AT)
    budgets.take("code.example", "", at=AT)

    with pytest.raises(budgets.Spent):
        budgets.take("code.example", "", at=AT + timedelta(seconds=50))
    budgets.take("code.example", "", at=AT + timedelta(seconds=60))
    assert Budget.objects.get().left(AT + timedelta(seconds=60)) is None


def test_another_token_has_its_own_budget(db):
    budgets.learn("code.example", "A", {"RateLimit-Remaining": "0", "RateLimit-Reset": "600"}, at=AT)

    assert budgets.wait("code.example", "B", at=AT) == timedelta(0)


@pytest.mark.parametrize("nonsense", ["", "-1", "many", "1e9", "٣", "9" * 400])
def test_headers_that_make_no_sense_block_nothing(db, nonsense):
    budgets.learn(
        "code.example", "", {"X-RateLimit-Remaining": nonsense, "X-RateLimit-Reset": nonsense}, at=AT
    )

    assert budgets.wait("code.example", "", at=AT) == timedelta(0)


def test_nobody_blocks_us_for_more_than_a_day(db):
    budgets.block("code.example", "", until=AT + timedelta(days=400), at=AT)

    assert budgets.wait("code.example", "", at=AT) == timedelta(days=1)


@pytest.mark.parametrize(
    ("url", "host"),
    [("https://Code.Example/a", "code.example"), ("http://user:secret@127.0.0.1:4873/", "127.0.0.1:4873")],
)
def test_a_budget_is_kept_per_host_and_port_without_credentials(url, host):
    assert budgets.host_of(url) == host
