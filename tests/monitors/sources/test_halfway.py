"""A budget that ends amid every poll: each keeps what it was told, and the next one goes on from there."""

import json
from datetime import timedelta
from itertools import count

import pytest

from monitors.simulator import Holds, World, serve
from monitors.simulator.dialects import DIALECTS
from monitors.simulator.places import Image, Post
from monitors.sources import ADAPTERS
from monitors.sources.base import Aim, Look, RateLimited
from monitors.sources.http import Client, Limits

PLACES = 12
WORDS = ("acme", "kettle", "teapot", "saucer", "spoon", "ladle", "whisk")
QUESTIONS = [
    ("bitbucket", Aim.FORKS, "eve/leak"),
    ("dockerhub", Aim.SEARCH, "acme"),
    ("gitea", Aim.FORKS, "eve/leak"),
    ("gitee", Aim.FORKS, "eve/leak"),
    ("github", Aim.FORKS, "eve/leak"),
    ("github", Aim.SEARCH, "acme cli"),
    ("gitlab", Aim.CODE, "export function"),
    ("gitlab", Aim.FORKS, "eve/leak"),
    ("hackernews", Aim.MENTIONS, " ".join(WORDS)),
    ("huggingface", Aim.SEARCH, "acme"),
    ("npm", Aim.FEED, "acme"),
    ("npm", Aim.SEARCH, "acme"),
    ("pypi", Aim.FEED, "acme"),
]


@pytest.fixture
def world():
    """Twelve places for each kind to find, and a little more."""
    world = World()
    for kind in ("bitbucket", "gitea", "gitee", "github", "gitlab", "huggingface"):
        root = world.add_repository(kind, "eve/leak", holds=Holds.LEAK, description="acme cli source")
        for number in range(PLACES):
            world.add_repository(kind, f"u{number}/leak", parent=root, holds=Holds.LEAK)
            other = world.add_repository(kind, f"acme/cli-{number}", holds=Holds.LEAK, description="acme cli")
            other.sort = "dataset" if kind == "huggingface" else other.sort
    for number in range(PLACES):
        for kind in ("npm", "pypi"):
            world.add_version(kind, f"acme-{number}", "1.0.0", holds=Holds.LEAK, at=world.start)
        layers = ({"app/a.ts": b"export const answer = 42;\n"},)
        image = Image("dockerhub", "eve", f"acme-{number}", "latest", world.start, layers, "acme")
        world.host("dockerhub").images.append(image)
        title, url = f"{WORDS[number % len(WORDS)]} {number}", "https://press.example/"
        post = Post("hackernews", 1000 + number, title, url, "eve", world.start)
        world.host("hackernews").posts.append(post)
    world.clock.advance(timedelta(hours=1))
    return world


@pytest.fixture
def outside(world, kind):
    with serve(world, dialects={kind: DIALECTS[kind]()}) as server:
        yield server
    assert server.failures == []


def asker(outside, kind, most=10**6):
    """An adapter that may ask so many questions, and then has to wait."""
    client, left = Client(allow_private=True, limits=Limits(seconds=5)), count(most, -1)

    def count_down(url):
        if next(left) <= 0:
            raise RateLimited("Not now.", wait=timedelta(minutes=1))

    client.before_ask = count_down
    return ADAPTERS[kind](client, outside.address(kind))


def walk(outside, kind, aim, query, most=10**6):
    """All that is found in one round, and how many of its polls were ended by a limit."""
    found, cursor, limited = set(), {}, 0
    for _ in range(60):
        batch = asker(outside, kind, most).fetch(aim, query, cursor=json.loads(json.dumps(cursor)))
        found |= {(one.native_id, getattr(one, "path", "")) for one in [*batch.candidates, *batch.mentions]}
        cursor, limited = batch.cursor, limited + bool(batch.limited)
        if not batch.more and not batch.limited:
            return found, limited
    raise AssertionError("There is no end to it.")


@pytest.mark.slow
@pytest.mark.parametrize("most", [4, 6])
@pytest.mark.parametrize(("kind", "aim", "query"), QUESTIONS)
def test_a_poll_that_a_limit_ends_keeps_what_it_was_told(outside, kind, aim, query, most):
    undisturbed, _ = walk(outside, kind, aim, query)

    found, limited = walk(outside, kind, aim, query, most)

    assert (len(found) >= PLACES, found, limited > 0) == (True, undisturbed, True)


@pytest.mark.parametrize(("aim", "query", "most"), [(Aim.FORKS, "eve/leak", 2), (Aim.SEARCH, "acme cli", 1)])
@pytest.mark.parametrize("kind", ["github"])
def test_a_list_is_kept_when_a_limit_comes_right_behind_it(outside, kind, aim, query, most):
    found, limited = walk(outside, kind, aim, query, most)

    assert (len(found) >= PLACES, limited > 0) == (True, True)


@pytest.mark.parametrize(
    ("kind", "aim", "query", "bulk"),
    [("github", Aim.SEARCH, "acme cli", 2), ("npm", Aim.SEARCH, "acme", 1), ("pypi", Aim.FEED, "acme", 1)],
)
def test_of_many_places_those_before_a_limit_are_told(outside, kind, aim, query, bulk):
    places = asker(outside, kind).fetch(aim, query, cursor={}).candidates[:6]

    told = asker(outside, kind, 4).look_many(places)

    live = 4 // bulk
    assert [type(one) for one in told] == [Look] * live + [RateLimited] * (6 - live)
