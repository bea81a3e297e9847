from datetime import UTC, datetime, timedelta

import pytest

from monitors import budgets

AT = datetime(2026, 4, 1, 12, tzinfo=UTC)
RESET = AT + timedelta(minutes=10)


@pytest.mark.parametrize("reset", ["600", str(int(RESET.timestamp()))])
def test_a_spent_budget_opens_at_its_reset_however_the_host_writes_it(db, reset):
    budgets.learn("code.example", "", {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": reset}, at=AT)

    assert budgets.wait("code.example", "", at=AT) == timedelta(minutes=10)
    assert budgets.wait("code.example", "", at=RESET) == timedelta(0)


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
