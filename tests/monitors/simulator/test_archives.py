"""The archives in the simulator: captures and their index, and what Software Heritage knows."""

import base64
import hashlib
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Holds, serve
from monitors.simulator.dialects.swh import EMPTY
from monitors.simulator.places import Capture

PAGE = "https://files.acme.example/cli.tgz"


@pytest.fixture
def server(world):
    with serve(world) as server:
        world.clock.advance(timedelta(days=2))
        yield server


@pytest.fixture
def index(server, ask):
    """The index's table for an address."""

    def rows(query="", url=PAGE):
        return ask(f"{server.address('wayback')}/cdx/search/cdx?url={url}&output=json{query}").json()

    return rows


@pytest.fixture
def known(server, ask):
    return lambda ids, **options: ask(f"{server.address('swh')}/api/1/known/", "POST", json=ids, **options)


def capture(world, *, hours=0, content=b"content"):
    kept = Capture(PAGE, world.start + timedelta(hours=hours), lambda: content)
    world.host("wayback").captures.append(kept)
    return kept


def test_rows_come_under_their_header_oldest_first(world, index):
    capture(world, hours=1)
    capture(world)

    header, *rows = index()

    digest = base64.b32encode(hashlib.sha1(b"content").digest()).decode()
    assert header == ["urlkey", "timestamp", "original", "mimetype", "statuscode", "digest", "length"]
    assert [row[1] for row in rows] == ["20260331080000", "20260331090000"]
    assert rows[0][4:] == ["200", digest, "7"]


def test_nothing_found_is_an_empty_table(index):
    assert index() == []


def test_a_key_behind_an_empty_row_goes_on(world, index):
    for hours in range(3):
        capture(world, hours=hours)

    first = index("&limit=2&showResumeKey=true&fl=timestamp")
    second = index(f"&limit=2&showResumeKey=true&fl=timestamp&resumeKey={first[-1][0]}")

    assert (first[0], first[-2], len(first)) == (["timestamp"], [], 5)
    assert second == [["timestamp"], ["20260331100000"]]


def test_a_capture_is_served_as_it_was_sent(world, server, ask):
    capture(world)

    answers = [
        ask(f"{server.address('wayback')}/web/{stamp}/{PAGE}") for stamp in ("20260331080000id_", "2020id_")
    ]

    assert (answers[0].content, answers[1].status_code) == (b"content", 404)


def test_an_excluded_address_is_refused_everywhere(world, server, ask, index):
    capture(world).leave(Absence(world.start, None, "dmca"))

    answers = [
        ask(f"{server.address('wayback')}{path}")
        for path in (f"/cdx/search/cdx?url={PAGE}", f"/web/20260331080000id_/{PAGE}")
    ]

    assert [one.status_code for one in answers] == [403, 403]


def test_the_archive_knows_what_its_repositories_hold_and_ever_held(world, known):
    kept = world.add_repository("swh", "origin/copy", holds=Holds.LEAK)
    first = kept.head(world.start).tree
    world.push(kept, world.tree(Holds.NOTHING), at=world.start + timedelta(hours=1))
    blob = next(iter(first.files().values())).id
    ids = [f"swh:1:dir:{first.id}", f"swh:1:cnt:{blob}", f"swh:1:cnt:{EMPTY}", f"swh:1:cnt:{'0' * 40}"]

    told = known(ids).json()

    assert [told[id]["known"] for id in ids] == [True, True, True, False]


@pytest.mark.parametrize("kind", ["github", "gitlab", "gitea", "bitbucket"])
def test_what_is_public_on_a_forge_is_archived_after_a_while_and_kept(world, known, kind):
    moments = [world.start + timedelta(hours=hours) for hours in (41, 47)]
    early = world.add_repository(kind, "eve/early", holds=Holds.LEAK, at=moments[0] - timedelta(hours=20))
    early.leave(Absence(moments[0], None, "dmca"))
    brief = world.add_repository(kind, "eve/brief", at=early.created_at)
    brief.leave(Absence(early.created_at + timedelta(hours=1), None, "deleted"))
    late = world.add_repository(kind, "eve/late", holds=Holds.MAP, at=moments[1])
    heads = [one.head(one.created_at) for one in (early, brief, late)]
    ids = [f"swh:1:{sort}:{id}" for head in heads for sort, id in (("rev", head.id), ("dir", head.tree.id))]

    told = known(ids).json()

    assert [told[id]["known"] for id in ids] == [True, True, False, False, False, False]


@pytest.mark.parametrize(
    ("ids", "status"),
    [([f"swh:1:cnt:{number:040x}" for number in range(1001)], 413), (["nonsense"], 400), ({"a": 1}, 400)],
)
def test_questions_it_does_not_take(known, ids, status):
    assert known(ids).status_code == status


def test_strangers_may_ask_less(known):
    ids = [f"swh:1:cnt:{EMPTY}"]

    limits = [
        known(ids, headers=headers).headers["X-RateLimit-Limit"]
        for headers in ({}, {"Authorization": "Bearer some-token"})
    ]

    assert limits == ["120", "1200"]
