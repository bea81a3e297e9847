"""Captures of an exposed address: each a place, found page by page, none twice and none missed."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest

from monitors.simulator import Absence, World, serve
from monitors.simulator.dialects import wayback as dialect
from monitors.simulator.places import Capture
from monitors.sources.base import Aim, Gone, Look, Probe, Refused, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.wayback import Wayback
from tests.servers import scripted as scripts
from tests.servers.verdaccio import tarball

LEAK = "https://files.acme.example/cli.tgz"
CODE = b"export const answer = 42;\n"


@pytest.fixture
def world():
    world = World()
    world.clock.advance(timedelta(days=100))
    return world


@pytest.fixture
def archive(world):
    with serve(world, dialects={"wayback": dialect.Dialect()}) as server:
        yield Wayback(Client(allow_private=True, limits=Limits(seconds=5)), server.address("wayback"))


def capture(world, *, after=timedelta(), url=LEAK, content=None, status=200):
    content = tarball({"src/a.ts": CODE}) if content is None else content
    kept = Capture(url, world.start + after, lambda: content, status)
    world.host("wayback").captures.append(kept)
    return kept


def poll(archive, query=LEAK, cursor=None):
    return archive.fetch(Aim.CAPTURES, query, cursor=json.loads(json.dumps(cursor or {})))


def test_a_capture_is_a_place_with_the_hash_of_what_was_sent(world, archive):
    content = capture(world).content

    found = poll(archive).candidates[0]

    sha1 = base64.b64encode(hashlib.sha1(content).digest()).decode()
    assert (found.native_id, found.path, found.digest) == (LEAK, "20260331080000", f"sha1-{sha1}")
    assert found.title == "files.acme.example/cli.tgz 2026-03-31 08:00:00"
    assert archive.look(found) == Look(live=True, digest=found.digest)


def test_a_capture_is_examined_by_what_was_sent(world, archive):
    capture(world)

    with archive.examine(poll(archive).candidates[0]) as holding:
        assert list(holding.read(list(holding.entries))) == [("src/a.ts", CODE)]
        assert holding.skipped == []


def test_many_captures_come_page_by_page_each_once(world, archive):
    for number in range(47):
        capture(world, after=timedelta(hours=number), content=f"{number}".encode())
    found, cursor, more = [], {}, True

    while more:
        batch = poll(archive, cursor=cursor)
        found += [one.path for one in batch.candidates]
        cursor, more = batch.cursor, batch.more

    assert len(found) == len(set(found)) == 47
    assert len(json.dumps(cursor)) < 200


def test_captures_that_arrive_late_are_found_at_the_next_reading(world, archive):
    capture(world, after=timedelta(days=60), content=b"newest")
    first = poll(archive)
    capture(world, after=timedelta(days=40), content=b"late")

    second = poll(archive, cursor=first.cursor)

    assert [one.path[:8] for one in second.candidates] == ["20260510", "20260530"]


def test_equal_captures_in_a_row_are_one_place(world, archive):
    for hours in range(5):
        capture(world, after=timedelta(hours=hours))

    assert len(poll(archive).candidates) == 1


def test_captured_errors_and_redirects_are_no_places(world, archive):
    capture(world, status=404, content=b"gone")
    capture(world, after=timedelta(hours=1), status=301, content=b"")

    assert poll(archive).candidates == []


def test_everything_below_an_address_is_asked_for_with_a_star(world, archive):
    capture(world, url="https://files.acme.example/a/one.js")
    capture(world, url="https://files.acme.example/a/two.js")
    capture(world, url="https://files.acme.example/b/three.js")

    found = poll(archive, "https://files.acme.example/a/*").candidates

    assert [one.native_id[-6:] for one in found] == ["one.js", "two.js"]


def test_an_excluded_address_is_gone_and_says_so(world, archive):
    kept = capture(world)
    found = poll(archive).candidates[0]
    kept.leave(Absence(world.start, None, "dmca"))

    batch = poll(archive)

    assert archive.look(found) == Look(live=False, reason="excluded")
    assert (batch.candidates, batch.cursor) == ([], {})
    assert batch.gaps == [f"The Wayback Machine shows nobody its captures of {LEAK}. We go on asking."]


def test_a_removed_capture_is_gone(world, archive):
    kept = capture(world)
    found = poll(archive).candidates[0]
    kept.leave(Absence(world.start, None, "deleted"))

    assert archive.look(found) == Look(live=False, reason="not in the index")


def test_many_captures_of_an_address_are_looked_after_with_one_question(world, archive):
    kept = [capture(world, after=timedelta(hours=hours), content=b"%d" % hours) for hours in range(5)]
    found = poll(archive).candidates
    kept[2].leave(Absence(world.start, None, "deleted"))
    before = archive.client.requests

    looks = archive.look_many(found)

    assert [look.live for look in looks] == [True, True, False, True, True]
    assert [look.digest for look in looks if look.live] == [
        one.digest for one in found if one.path[8:10] != "10"
    ]
    assert archive.client.requests - before == 2  # the one that is missing is asked for alone


def test_being_refused_ourselves_is_not_taken_for_an_exclusion(scripted, world, archive):
    capture(world)
    found = poll(archive).candidates[0]
    scripted.on("/cdx/search/cdx", scripts.answers(403, b"Blocked"))

    refused = Wayback(Client(allow_private=True), scripted.url)
    for ask in (lambda: refused.look(found), lambda: poll(refused)):
        with pytest.raises(SourceError) as failure:
            ask()
        assert not isinstance(failure.value, Gone)


def test_a_capture_whose_hash_differs_is_examined_and_that_is_told(world, archive, scripted):
    capture(world)
    found = poll(archive).candidates[0]
    scripted.on(f"/web/20260331080000id_/{LEAK}", scripts.answers(200, tarball({"b.ts": CODE})))

    with Wayback(Client(allow_private=True), scripted.url).examine(found) as holding:
        assert list(holding.entries) == ["b.ts"]
        assert "hash differs" in holding.skipped[0]


def test_nothing_captured_is_an_empty_answer(archive):
    batch = poll(archive)

    assert (batch.candidates, batch.more, batch.requests) == ([], False, 1)


HEADER = ["timestamp", "original", "mimetype", "statuscode", "digest", "length"]


@pytest.mark.parametrize(
    "row",
    [
        ["2026", LEAK, "", "200", "A" * 32, "1"],
        ["20269931080000", LEAK, "", "200", "A" * 32, "1"],
        ["20260331080000", "http://x/\u202e", "", "200", "A" * 32, "1"],
        ["20260331080000", "x" * 9000, "", "200", "A" * 32, "1"],
        ["20260331080000", LEAK],
        [],
    ],
)
def test_odd_rows_are_passed_over(scripted, row):
    scripted.on("/cdx/search/cdx", scripts.json_answer(json.dumps([HEADER, row]).encode()))

    assert poll(Wayback(Client(allow_private=True), scripted.url)).candidates == []


def test_a_key_that_repeats_for_ever_is_left(scripted):
    row = ["20260331080000", LEAK, "", "200", "!", "1"]
    table = [HEADER, row, [], ["same"]]
    scripted.on("/cdx/search/cdx", scripts.json_answer(json.dumps(table).encode()))
    archive = Wayback(Client(allow_private=True), scripted.url)

    first = poll(archive)
    second = poll(archive, cursor=first.cursor)

    assert (first.more, second.more, "key" in second.cursor) == (True, False, False)
    torn = f"The Wayback Machine does not let us read on: captures of {LEAK} may be missing."
    assert (first.gaps, second.gaps) == ([], [torn])
    assert first.candidates[0].digest == ""


def test_a_key_that_is_too_long_to_keep_is_a_gap(scripted):
    table = [HEADER, ["20260331080000", LEAK, "", "200", "!", "1"], [], ["k" * 2001]]
    scripted.on("/cdx/search/cdx", scripts.json_answer(json.dumps(table).encode()))

    batch = poll(Wayback(Client(allow_private=True), scripted.url))

    assert (batch.more, len(batch.gaps)) == (False, 1)


@pytest.mark.parametrize("clock", [None, 253_402_300_799.0])  # the end of the year 9999
def test_a_capture_from_the_future_hides_none_that_come_before(scripted, monkeypatch, clock):
    monkeypatch.setattr("monitors.sources.wayback.moment", lambda value: clock)
    table = [HEADER, *([stamp, LEAK, "", "200", "!", "1"] for stamp in ("20200331080000", "29990331080000"))]
    scripted.on("/cdx/search/cdx", scripts.json_answer(json.dumps(table).encode()))

    batch = poll(Wayback(Client(allow_private=True), scripted.url))

    assert len(batch.candidates) == 2
    assert batch.cursor == {"newest": "20200331080000", "since": "20200301080000"}


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.answers(429, Retry_After="5"),
        scripts.web_page(),
        scripts.json_answer(b"{}"),
        scripts.json_answer(b'[["a"], ["b"]]'),
        scripts.json_answer(b'[[1], [{"x": 1}]]'),
        scripts.half_a_body(b"[]"),
    ],
)
def test_a_failing_index_is_told_in_a_sentence(scripted, script):
    scripted.on("/cdx/search/cdx", script)

    with pytest.raises(SourceError):
        poll(Wayback(Client(allow_private=True), scripted.url))


@pytest.mark.parametrize("query", ["", "leak", "ftp://x.y/", "https://*/x", "https://a b.c/", "*"])
def test_what_is_no_address_is_refused_unasked(archive, query):
    with pytest.raises(Refused):
        poll(archive, query)
    assert archive.client.requests == 0


def test_a_probe_asks_for_what_everybody_captures(archive):
    assert archive.probe() == Probe("Answers.")
