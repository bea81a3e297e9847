"""A place that stands as it was costs a host next to nothing: it says so with 304, and we take its word."""

import dataclasses
import json
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Holds, World, serve
from monitors.simulator.dialects import DIALECTS
from monitors.sources import ADAPTERS
from monitors.sources.base import Aim, Look
from monitors.sources.github.api import Api
from monitors.sources.http import Client, Limits

FORGES = ["bitbucket", "gitea", "gitee", "github", "gitlab"]
FIND = {
    "npm": (Aim.PACKAGE, "acme-cli"),
    "pypi": (Aim.PACKAGE, "acme-cli"),
    "gist": (Aim.GISTS, "acme"),
    "asset": (Aim.RELEASES, "eve/leak"),
} | {kind: (Aim.REPOSITORY, "eve/leak") for kind in FORGES}


@pytest.fixture
def world():
    world = World()
    for kind in FORGES:
        one = world.add_repository(kind, "eve/leak", holds=Holds.LEAK)
        world.add_release(one, "v1", at=world.start, holds=Holds.LEAK)
    for kind in ("npm", "pypi"):
        world.add_version(kind, "acme-cli", "1.0.0", holds=Holds.LEAK)
        world.add_version(kind, "acme-cli", "1.1.0", holds=Holds.LEAK)
    world.add_gist("eve", {"a.ts": b"acme"}, holds=Holds.LEAK, description="acme")
    return world


@pytest.fixture
def hub(world, what, monkeypatch):
    """An adapter that hears what it is answered; GitHub's is refused by GraphQL."""
    kind = what if what in ADAPTERS else "github"
    monkeypatch.setattr(Api, "has_graphql", False)
    with serve(world, dialects={kind: DIALECTS[kind]()}) as server:
        client = Client(token="sesame", allow_private=True, limits=Limits(seconds=5))
        hub = ADAPTERS[kind](client, server.address(kind))
        hub.heard = []
        client.on_answer = lambda host, status, headers: hub.heard.append(status)
        yield hub
    assert server.failures == []


def looked(hub, places):
    """The looks, and the places as they are kept with them."""
    hub.heard.clear()
    looks = hub.look_many(places)
    pairs = list(zip(places, looks, strict=True))
    kept = [json.loads(json.dumps(look.as_json(title=one.title))) for one, look in pairs]
    now = [look.renamed or one for one, look in pairs]
    return looks, [
        dataclasses.replace(one, ticket={**one.ticket, "look": look})
        for one, look in zip(now, kept, strict=True)
    ]


def change(world, what):
    world.clock.advance(timedelta(hours=1))
    at = world.start + timedelta(minutes=30)
    if what in ("npm", "pypi"):
        version = world.host(what).packages["acme-cli"].versions[1]
        version.leave(Absence(since=at, until=None, reason="unpublished"))
    elif what == "gist":
        next(iter(world.host("github").gists.values())).leave(Absence(since=at, until=None, reason="deleted"))
    elif what == "asset":
        world.host("github").repository("eve/leak", at).leave(Absence(since=at, until=None, reason="dmca"))
    else:
        world.push(world.host(what).repository("eve/leak", at), world.tree(Holds.PART), at=at)


@pytest.mark.parametrize("what", FIND)
def test_a_second_look_at_what_stands_is_answered_with_304_alone(world, hub, what):
    aim, query = FIND[what]
    found = hub.fetch(aim, query, cursor={}).candidates
    first, kept = looked(hub, found)

    second, kept = looked(hub, kept)
    heard = set(hub.heard)
    change(world, what)
    third, _ = looked(hub, kept)

    assert (second, heard) == (first, {304})
    assert all(one.live and one.digest == place.digest for one, place in zip(first, found, strict=True))
    assert third != second


@pytest.mark.parametrize("what", ["gitlab", "gitea", "bitbucket", "github"])
def test_a_place_that_was_renamed_and_moved_on_is_seen_whole(world, hub, what):
    _, kept = looked(hub, hub.fetch(Aim.REPOSITORY, "eve/leak", cursor={}).candidates)
    one = world.host(what).repository("eve/leak", world.start)
    world.rename(one, "eve/kettle", at=world.start)
    world.push(one, world.tree(Holds.PART), at=world.start)
    world.clock.advance(timedelta(hours=1))

    [now], kept = looked(hub, kept)
    [again], _ = looked(hub, kept)

    assert (now.live, now.renamed.title, now.digest == now.renamed.digest) == (True, "eve/kettle", False)
    assert again == dataclasses.replace(now, renamed=None)


@pytest.mark.parametrize("what", ["npm"])
def test_places_that_were_told_of_by_different_answers_are_told_of_anew(world, hub, what):
    _, kept = looked(hub, hub.fetch(Aim.PACKAGE, "acme-cli", cursor={}).candidates)
    kept[0].ticket["look"]["kept"]["etag"] = '"another"'

    looks, _ = looked(hub, kept)

    assert (hub.heard, [one.live for one in looks]) == ([200], [True, True])


@pytest.mark.parametrize("what", ["github"])
@pytest.mark.parametrize(("aim", "query"), [(Aim.GISTS, "acme"), (Aim.FORKS, "eve/leak")])
def test_a_list_on_which_nothing_is_new_is_answered_with_304(world, hub, aim, query):
    root = world.host("github").repository("eve/leak", world.start)
    world.add_repository("github", "mallory/leak", parent=root, holds=Holds.LEAK)
    cursor = {}
    for _ in range(3):
        cursor = hub.fetch(aim, query, cursor=json.loads(json.dumps(cursor))).cursor
    hub.heard.clear()

    same = hub.fetch(aim, query, cursor=cursor)
    heard = set(hub.heard)
    world.add_repository(
        "github", "carol/leak", parent=root, holds=Holds.LEAK, at=world.start + timedelta(minutes=1)
    )
    world.add_gist("carol", {"a.ts": b"acme"}, description="acme", at=world.start + timedelta(minutes=1))
    world.clock.advance(timedelta(hours=1))
    later = hub.fetch(aim, query, cursor=same.cursor)

    assert (same.candidates, same.more, heard) == ([], False, {304})
    assert [one.title.partition("/")[0] for one in later.candidates][:1] == ["carol"]


def test_what_was_looked_at_before_is_known_from_plain_json():
    look = Look(live=True, reason="yanked", digest="d", kept={"etag": '"x"'})

    assert Look.from_json(json.loads(json.dumps(look.as_json(title="x")))).kept == look.kept
