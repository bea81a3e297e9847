"""The world behind HTTP: limits, what the headers tell, violations, and every fault."""

from __future__ import annotations

import contextlib
import socket
import time
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
import requests

from monitors.simulator import Fault, Key, serve
from tests.monitors.simulator.conftest import Echo

NOBODY = Key("echo", "", "core")


def test_a_dialect_answers_below_its_prefix(echo, world, ask):
    answer = ask(f"{echo.address('echo')}/@acme%2Fcli/1.0.0?x=1")

    assert answer.json() == {
        "path": "/@acme%2Fcli/1.0.0",
        "parts": ["@acme/cli", "1.0.0"],
        "at": world.start.isoformat(),
    }


def test_each_dialect_is_a_host_of_its_own(world):
    with serve(world) as server:
        hosts = {urlsplit(address).netloc for address in [server.url, *server.addresses.values()]}

    assert len(hosts) == len(server.dialects) + 1


def test_every_port_answers_for_all_and_links_to_itself(world, ask):
    world.add_version("npm", "@acme/cli", "1.0.0")
    world.clock.advance(timedelta(hours=1))

    with serve(world) as server:
        bases = [server.address("npm"), f"{server.url}/npm"]
        latest = [ask(f"{base}/@acme%2Fcli").json()["versions"]["1.0.0"] for base in bases]

    assert [one["dist"]["tarball"] for one in latest] == [
        f"{base}/@acme/cli/-/cli-1.0.0.tgz" for base in bases
    ]


def ports_in_a_row(count: int) -> int:
    """The first of so many that nobody has, below those that the system gives out."""
    for first in range(20_000, 30_000, count):
        try:
            with contextlib.ExitStack() as taken:
                for port in range(first, first + count):
                    taken.enter_context(socket.create_server(("127.0.0.1", port)))
        except OSError:
            continue
        return first
    raise RuntimeError("no ports are free")


def test_dialects_follow_the_port_that_was_chosen(world):
    first = ports_in_a_row(3)

    with serve(world, port=first, dialects={"one": Echo(), "two": Echo()}) as server:
        ports = [urlsplit(url).port for url in (server.url, *server.addresses.values())]

    assert ports == [first, first + 1, first + 2]


def test_when_a_port_is_taken_none_stays_open(world):
    first = ports_in_a_row(2)

    with serve(world, port=first + 1, dialects={}), pytest.raises(OSError, match="in use"):
        serve(world, port=first, dialects={"echo": Echo()})

    with serve(world, port=first, dialects={"echo": Echo()}) as server:
        assert server.address("echo") == f"http://127.0.0.1:{first + 1}/echo"


def test_headers_tell_what_is_left(echo, world, ask):
    answers = [ask(echo.address("echo")) for _ in range(3)]

    assert [answer.headers["X-RateLimit-Remaining"] for answer in answers] == ["2", "1", "0"]
    resets = world.start + timedelta(seconds=60)
    assert answers[0].headers["X-RateLimit-Reset"] == str(int(resets.timestamp()))


def test_asking_on_past_the_limit_is_refused_and_a_violation(echo, world, ask):
    statuses = [ask(echo.address("echo")).status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]
    assert world.meter.violations == {NOBODY: 2}


def test_a_new_window_begins_after_the_reset(echo, world, ask):
    for _ in range(3):
        ask(echo.address("echo"))
    world.clock.advance(timedelta(seconds=60))

    answer = ask(echo.address("echo"))

    assert (answer.status_code, world.meter.violations.total()) == (200, 0)


def test_each_token_has_its_own_limit(echo, ask):
    for _ in range(3):
        ask(echo.address("echo"), headers={"Authorization": "Bearer one"})

    answer = ask(echo.address("echo"), headers={"Authorization": "token two"})

    assert answer.headers["X-RateLimit-Remaining"] == "2"


def test_a_made_up_refusal_says_how_long_and_coming_back_early_is_a_violation(echo, world, ask):
    world.faults.force("echo", Fault.LIMITED)

    refused = ask(echo.address("echo"))
    early = ask(echo.address("echo"))
    world.clock.advance(timedelta(seconds=30))
    later = ask(echo.address("echo"))

    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "30")
    assert (early.status_code, early.headers["Retry-After"]) == (429, "30")
    assert later.status_code == 200
    assert world.meter.violations == {NOBODY: 1}


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (Fault.RESET, requests.ConnectionError),
        (Fault.TRUNCATED, requests.exceptions.ChunkedEncodingError),
    ],
)
def test_a_broken_answer_is_no_answer(echo, world, ask, fault, error):
    world.faults.force("echo", fault)

    with pytest.raises(error):
        ask(echo.address("echo"))


def test_a_slow_answer_comes_whole(echo, world, ask):
    world.faults.drip = 0.05
    world.faults.force("echo", Fault.SLOW)

    answer = ask(f"{echo.address('echo')}/slow")

    assert answer.json()["path"] == "/slow"
    assert answer.elapsed >= timedelta(seconds=0)


def test_trouble_and_pages_come_in_place_of_the_answer(echo, world, ask):
    world.faults.force("echo", Fault.UNAVAILABLE, Fault.PAGE)

    trouble, page = ask(echo.address("echo")), ask(echo.address("echo"))

    assert trouble.status_code in (502, 503, 504)
    assert (page.status_code, page.headers["Content-Type"]) == (200, "text/html; charset=utf-8")


def test_the_schedule_of_faults_is_the_same_in_every_run(world):
    shares = {"*": {Fault.RESET: 0.2, Fault.SLOW: 0.2}}
    one, other = (type(world.faults)(seed=4, shares=shares) for _ in range(2))

    met = [[faults.draw("echo", at=world.start) for _ in range(200)] for faults in (one, other)]

    assert met[0] == met[1]
    assert 20 < met[0].count(Fault.RESET) < 60


def test_answers_are_late_by_the_same_in_every_run_and_within_bounds(echo, world, ask):
    one, other = (type(world.faults)(seed=4, latency=0.01, jitter=0.02) for _ in range(2))
    world.faults = type(one)(seed=4, latency=0.05)

    late = [[faults.pause("echo") for _ in range(50)] for faults in (one, other)]
    began = time.monotonic()
    ask(echo.address("echo"))

    assert time.monotonic() - began >= 0.05
    assert late[0] == late[1]
    assert 0.01 <= min(late[0]) < max(late[0]) <= 0.03
    assert len(set(late[0])) == 50


def test_the_clock_is_moved_over_http(echo, world, ask):
    answer = ask(f"{echo.url}/_sim/clock", "POST", json={"advance": "1h30m"})

    assert answer.json()["now"] == (world.start + timedelta(minutes=90)).isoformat()
    assert ask(f"{echo.url}/_sim/clock", "POST", json={"advance": "soon"}).status_code == 400


def test_the_facts_count_what_was_asked(echo, ask):
    ask(echo.address("echo"), headers={"Authorization": "Bearer sesame-open"})

    told = ask(f"{echo.url}/_sim/facts").json()

    assert told["asked"] == [
        {"host": "echo", "token": "sesame", "bucket": "core", "requests": 1, "refusals": 0, "violations": 0}
    ]
