"""The world's own address: what is true, giving notice, and making things go wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitors.simulator import Holds


@pytest.fixture
def copy(world):
    return world.add_repository("github", "eve/copy", holds=Holds.LEAK)


def test_the_truth_lists_copies_and_nothing_else(echo, world, ask, copy):
    world.add_repository("github", "bob/kettle")
    world.add_repository("github", "eve/later", holds=Holds.LEAK, at=world.start + timedelta(hours=1))

    told = ask(f"{echo.url}/_sim/facts?list=copies").json()

    assert told["places"] == {"github": {"leak": 1, "nothing": 1}}
    assert [(one["id"], one["name"], one["holds"], one["is_live"]) for one in told["list"]] == [
        (str(copy.id), "eve/copy", "leak", True)
    ]


def test_a_notice_is_given_over_http(echo, world, ask, copy):
    noticed = ask(f"{echo.url}/_sim/takedown", "POST", json={"host": "github", "name": "eve/copy"})

    assert noticed.json() == {"noticed": 1, "ids": [str(copy.id)]}
    assert copy.is_live(world.start + timedelta(hours=17))
    assert not copy.is_live(world.start + timedelta(hours=18))


@pytest.mark.parametrize(("sent", "status"), [({"name": "no/body"}, 404), (["eve/copy"], 400)])
def test_a_notice_of_nothing_is_refused(echo, ask, copy, sent, status):
    assert ask(f"{echo.url}/_sim/takedown", "POST", json=sent).status_code == status


def test_the_next_faults_are_set_over_http(echo, ask):
    asked = {"host": "echo", "next": ["unavailable", None]}

    answer = ask(f"{echo.url}/_sim/faults", "POST", json=asked)

    assert answer.json() == {"host": "echo", "next": 2}
    statuses = [ask(echo.address("echo")).status_code for _ in range(2)]
    assert statuses[0] >= 500
    assert statuses[1] == 200


@pytest.mark.parametrize("sent", [{"host": "echo", "next": ["explode"]}, {"next": []}, None])
def test_a_fault_that_is_none_is_refused(echo, ask, sent):
    assert ask(f"{echo.url}/_sim/faults", "POST", json=sent).status_code == 400


def test_elsewhere_the_world_says_where_everything_is(echo, ask):
    known, unknown = ask(f"{echo.url}/"), ask(f"{echo.url}/nowhere")

    assert (known.status_code, unknown.status_code) == (200, 404)
    assert known.json()["dialects"] == {"echo": echo.address("echo")}
