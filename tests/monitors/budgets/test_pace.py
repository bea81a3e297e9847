"""Hosts that tell no limit are asked at the pace of their documents, unless they are the deployer's own."""

import pytest

from monitors import budgets
from monitors.asking import Asking
from tests import factories


def ask(times: int) -> None:
    source = factories.SourceFactory(kind="npm", base_url="https://registry.example")
    asking = Asking(source)
    for _ in range(times):
        asking.client.before_ask("https://registry.example/left-pad")


def test_more_than_the_pace_of_one_minute_waits(db):
    with pytest.raises(budgets.Spent):
        ask(200)


def test_a_deployer_may_lift_the_pace(db, settings):
    settings.PACED = False

    ask(200)
