"""Software Heritage: does it hold our files? Ids are asked for in bulk, and are the evidence."""

import json

import pytest

from monitors.simulator import Absence, Fault, Holds, World, serve
from monitors.simulator.dialects import swh as dialect
from monitors.simulator.objects import Tree
from monitors.sources import swh
from monitors.sources.base import Aim, Look, Ours, Probe, RateLimited, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.swh import SoftwareHeritage
from tests.servers.scripted import Exchange


@pytest.fixture
def world():
    return World()


@pytest.fixture
def archive(world):
    with serve(world, dialects={"swh": dialect.Dialect()}) as server:
        adapter = SoftwareHeritage(
            Client(allow_private=True, limits=Limits(seconds=5)), server.address("swh")
        )
        adapter.ours = ours(world)
        yield adapter


def ours(world):
    leak = world.tree(Holds.LEAK)
    folders = [entry.node.id for _, entry in leak.walk() if isinstance(entry.node, Tree)]
    return Ours(tuple(blob.id for blob in leak.files().values()), (leak.id, *folders))


def poll(archive, cursor=None):
    return archive.fetch(Aim.IDS, "our files", cursor=json.loads(json.dumps(cursor or {})))


def test_nothing_archived_is_no_candidate(archive):
    batch = poll(archive)

    assert (batch.candidates, batch.cursor, batch.requests) == ([], {"digest": ""}, 1)


def test_what_is_archived_is_one_place_with_the_ids_as_evidence(world, archive):
    copy = world.add_repository("swh", "origin/copy", holds=Holds.LEAK)

    found = poll(archive).candidates[0]

    tree = copy.head(world.start).tree
    assert (found.native_id, found.path) == ("archive", "")
    assert set(found.entries.values()) == {blob.id for blob in tree.files().values()}
    assert tree.id in found.trees.values()
    assert found.title == "{0} of {0} files and folders of ours".format(len(found.entries) + len(found.trees))


def test_it_comes_again_only_when_more_is_archived(world, archive):
    world.add_repository("swh", "origin/part", holds=Holds.PART, share=0.2)
    first = poll(archive)
    second = poll(archive, first.cursor)
    world.add_repository("swh", "origin/copy", holds=Holds.LEAK)

    third = poll(archive, second.cursor)

    assert [len(one.candidates) for one in (first, second, third)] == [1, 0, 1]


def test_examining_asks_nothing_and_holds_the_ids(world, archive):
    world.add_repository("swh", "origin/copy", holds=Holds.LEAK)
    found = poll(archive).candidates[0]
    before = archive.client.requests

    with archive.examine(found) as holding:
        assert (holding.entries, holding.trees) == (found.entries, found.trees)
        assert list(holding.read(list(holding.entries))) == []
    assert archive.client.requests == before


def test_looking_again_is_one_call_and_tells_what_is_left(world, archive):
    copy = world.add_repository("swh", "origin/copy", holds=Holds.LEAK)
    found = poll(archive).candidates[0]
    there = archive.look(found)
    copy.leave(Absence(world.start, None, "deleted"))

    gone = archive.look(found)

    assert there == Look(live=True, digest=found.digest)
    assert gone == Look(live=False, reason="not archived any more")


def test_many_ids_are_asked_for_in_calls_of_a_thousand(world, archive):
    archive.ours = Ours(blobs=tuple(f"{number:040x}" for number in range(2500)))

    assert poll(archive).requests == 3


def test_ids_beyond_what_one_poll_asks_for_are_asked_for_by_the_next_and_are_a_gap_until(
    archive, monkeypatch
):
    monkeypatch.setattr(swh, "MOST", 10)
    archive.ours = Ours(blobs=tuple(f"{number:040x}" for number in range(25)))
    gaps, cursor = [], {}

    for _ in range(4):
        batch = poll(archive, cursor)
        gaps, cursor = gaps + batch.gaps, batch.cursor

    assert gaps == [f"Software Heritage was asked for {asked} of our 25 ids so far." for asked in (10, 20)]
    assert (cursor["next"], cursor["counts"]) == (10, {"0": 0, "10": 0, "20": 0})


def test_what_is_archived_of_many_ids_is_found_part_by_part_and_stays_found(world, archive, monkeypatch):
    monkeypatch.setattr(swh, "MOST", 1 + len(archive.ours.trees))
    world.add_repository("swh", "origin/copy", holds=Holds.LEAK)
    found, cursor, rounds = [], {}, -(-(len(archive.ours.trees) + len(archive.ours.blobs)) // swh.MOST)

    for _ in range(2 * rounds):
        batch = poll(archive, cursor)
        found, cursor = found + batch.candidates, batch.cursor

    held = [len(one.entries) + len(one.trees) for one in found]
    assert (len(held), held) == (rounds, sorted(held))
    assert found[-1].title == "{0} of {0} files and folders of ours".format(held[-1])


def test_a_call_that_is_too_large_is_halved(archive, monkeypatch):
    monkeypatch.setattr(dialect, "MOST", 300)
    archive.ours = Ours(blobs=tuple(f"{number:040x}" for number in range(1000)))

    assert poll(archive).requests == 2 + 4  # 1,000 and 500 are refused, then four of 250


def test_a_ticket_of_many_ids_is_bounded_and_says_so(world, archive, monkeypatch):
    monkeypatch.setattr(swh, "KEPT", 5)
    world.add_repository("swh", "origin/copy", holds=Holds.LEAK)

    found = poll(archive).candidates[0]

    with archive.examine(found) as holding:
        assert len(holding.entries) + len(holding.trees) == 5
        assert holding.skipped == [f"{found.ticket['known'] - 5:,} more are archived than are listed here."]
    assert archive.look(found).digest == found.digest


def test_the_limit_of_strangers_is_told_and_nothing_is_lost(world, archive):
    world.add_repository("swh", "origin/copy", holds=Holds.LEAK)
    world.faults.force("swh", Fault.LIMITED, None)
    with pytest.raises(RateLimited) as limit:
        poll(archive)
    world.clock.advance(limit.value.wait)

    assert len(poll(archive).candidates) == 1


def test_ids_that_are_not_gits_are_never_sent(archive):
    archive.ours = Ours(blobs=("ab" * 32, "../x", "", "A" * 40))

    with pytest.raises(SourceError, match="no ids of ours"):
        poll(archive)
    assert archive.client.requests == 0


class Told:
    """A server that answers every question alike."""

    def __init__(self, monkeypatch, scripted, answer):
        def do_POST(exchange):
            exchange.close_connection = True
            exchange.rfile.read(int(exchange.headers["Content-Length"]))
            exchange.answer(*answer)

        monkeypatch.setattr(Exchange, "do_POST", do_POST, raising=False)
        self.adapter = SoftwareHeritage(Client(allow_private=True, limits=Limits(seconds=0.5)), scripted.url)
        self.adapter.ours = Ours(blobs=("0" * 40,))


@pytest.mark.parametrize(
    "answer",
    [
        (500,),
        (200, b"[]"),
        (200, b"{}"),
        (200, b'{"swh:1:cnt:0000000000000000000000000000000000000001": {"known": true}}'),
        (200, b'{"swh:1:cnt:0000000000000000000000000000000000000000": true}'),
        (200, b"<!DOCTYPE html>"),
        (413,),
        (400, b'{"reason": "no"}'),
    ],
)
def test_a_failing_archive_is_told_in_a_sentence(monkeypatch, scripted, answer):
    told = Told(monkeypatch, scripted, answer)

    with pytest.raises(SourceError):
        poll(told.adapter)


def test_a_probe_tells_what_is_left_of_the_limit(archive):
    assert archive.probe() == Probe("Answers.", limit=120, remaining=119)
