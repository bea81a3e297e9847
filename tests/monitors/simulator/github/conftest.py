"""A world with one of everything that GitHub has, behind HTTP."""

from __future__ import annotations

from datetime import timedelta

import pytest

from monitors.simulator import Holds, World, serve, worldfile
from monitors.simulator.growth import populate

PLAN = b"""
name = "small"
start = 2026-03-31T08:00:00Z

[[repository]]
name = "acme/cli"
holds = "own"
own = true
at = "-300d"
stars = 50
description = "The command line of Acme"

[[repository]]
name = "eve/leak"
holds = "leak"
at = "5m"
stars = 10
release = [{ tag = "v1", at = "10m" }]

[[forks]]
of = "eve/leak"
count = 250
within = "1h"
of_forks = 0.1
readme = 0.1
touched = 0.05
part = 0.05
hidden = 0.04
"""


@pytest.fixture(scope="session")
def _plan():
    return worldfile.parse(PLAN)


@pytest.fixture
def world(_plan):
    """Three hours after it began."""
    world = World(material=_plan.material())
    populate(world, _plan)
    world.add_gist("eve", {"main.ts": b"export {}"}, holds=Holds.PART, description="look")
    world.clock.advance(timedelta(hours=3))
    return world


@pytest.fixture
def server(world):
    with serve(world) as server:
        yield server
    assert server.failures == []


@pytest.fixture
def get(server, ask):
    """Asks GitHub with a token."""

    def get(path, *, token="sesame", **headers):
        given = {"Authorization": f"Bearer {token}"} if token else {}
        return ask(server.address("github") + path, headers=given | headers)

    return get


@pytest.fixture
def query(server, ask):
    """Asks GitHub by GraphQL."""

    def query(text, **variables):
        return ask(
            f"{server.address('github')}/graphql",
            "POST",
            json={"query": text, "variables": variables},
            headers={"Authorization": "Bearer sesame"},
        )

    return query
