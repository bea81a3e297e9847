"""Sourcegraph's public search: files that hold a phrase, and what the search says it left out."""

import json
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Fault, Holds, World, serve
from monitors.simulator.dialects import sourcegraph as dialect
from monitors.sources import sourcegraph
from monitors.sources.base import Aim, Gone, Look, Probe, Refused, SourceError, clean
from monitors.sources.http import Client, Limits
from monitors.sources.sourcegraph import Sourcegraph
from tests.servers import scripted as scripts

CODE = b"export const kettle = 'boils';\n"
COMMIT = "ab" * 20


@pytest.fixture
def world():
    return World()


@pytest.fixture
def search(world):
    with serve(world, dialects={"sourcegraph": dialect.Dialect()}) as server:
        yield Sourcegraph(Client(allow_private=True, limits=Limits(seconds=5)), server.address("sourcegraph"))
    assert server.failures == []


def add(world, name="eve/leak", files=None, **more):
    tree = world.objects.tree(files or {"src/kettle.ts": CODE})
    return world.add_repository("sourcegraph", name, tree=tree, **more)


def poll(search, query="const kettle", cursor=None):
    return search.fetch(Aim.CODE, query, cursor=json.loads(json.dumps(cursor or {})))


def test_a_file_with_the_phrase_is_a_place_of_its_own(world, search):
    kept = add(world)

    batch = poll(search)

    found = batch.candidates[0]
    commit = kept.head(world.start).id
    assert (found.native_id, found.path, found.digest) == (str(kept.id), "src/kettle.ts", commit)
    assert found.title == "github.com/eve/leak: src/kettle.ts"
    assert found.url == f"{search.base_url}/github.com/eve/leak@{commit}/-/blob/src/kettle.ts"
    assert (batch.more, batch.requests, batch.gaps) == (False, 1, [])


def test_the_file_is_examined_by_its_content(world, search):
    add(world)

    with search.examine(poll(search).candidates[0]) as holding:
        assert list(holding.read(list(holding.entries))) == [("src/kettle.ts", CODE)]


def test_forks_are_searched_too(world, search):
    parent = add(world)
    world.add_repository("sourcegraph", "bob/leak", parent=parent)

    assert len(poll(search).candidates) == 2


def test_a_phrase_is_searched_for_as_it_stands(world, search):
    add(world, files={"a.ts": b'say("a\\b") or repo:x'})
    add(world, "eve/other", files={"b.ts": b"say(a) or repo:x"})

    assert [one.path for one in poll(search, 'say("a\\b") or repo:x').candidates] == ["a.ts"]


def test_a_file_comes_again_when_its_repository_has_another_commit(world, search):
    kept = add(world)
    first = poll(search)
    second = poll(search, cursor=first.cursor)
    files = {"src/kettle.ts": CODE + b"// more"}
    world.push(kept, world.objects.tree(files), at=world.start + timedelta(hours=1))
    world.clock.advance(timedelta(hours=2))

    third = poll(search, cursor=second.cursor)

    assert [len(one.candidates) for one in (first, second, third)] == [1, 0, 1]


def test_many_files_come_twenty_at_a_time_each_once_by_one_search(world, search):
    add(world, files={f"{'long/' * 20}{number}.ts": CODE for number in range(70)})
    found, cursor, asked, more = [], {}, 0, True

    while more:
        batch = poll(search, cursor=cursor)
        found += [one.path for one in batch.candidates]
        cursor, more, asked = batch.cursor, batch.more, asked + batch.requests

    assert len(found) == len(set(found)) == 70
    assert asked == 1


def test_what_no_cursor_can_hold_is_searched_for_again(world, search, monkeypatch):
    monkeypatch.setattr(sourcegraph, "PENDING", 2_000)
    add(world, files={f"{number}.ts": CODE for number in range(70)})
    found, cursor, more = [], {}, True

    while more:
        batch = poll(search, cursor=cursor)
        found += [one.path for one in batch.candidates]
        cursor, more = batch.cursor, batch.more
        assert len(json.dumps(cursor["pending"])) < 3_000

    assert len(found) == len(set(found)) == 70


def test_what_is_skipped_is_said(world, search):
    add(world, files={"a.ts": CODE, "b.ts": CODE})
    world.faults.force("sourcegraph", Fault.PARTIAL)

    batch = poll(search)

    assert len(batch.candidates) == 1
    assert batch.gaps == [
        "Sourcegraph left something out. It ran out of time before it had searched everything (1 timed out)."
    ]
    assert len(poll(search, cursor=batch.cursor).candidates) == 1


def test_a_file_that_stands_is_looked_after_by_its_commit(world, search):
    add(world, files={"a (1)+.ts": CODE})
    found = poll(search).candidates[0]

    assert search.look(found) == Look(live=True, digest=found.digest)


def test_a_repository_that_is_away_is_gone(world, search):
    kept = add(world)
    found = poll(search).candidates[0]
    kept.leave(Absence(world.start, None, "dmca"))

    assert search.look(found) == Look(live=False, reason="not in the index")
    with pytest.raises(Gone):
        search.examine(found)


def test_a_look_that_cannot_tell_says_so(world, search):
    add(world)
    found = poll(search).candidates[0]
    world.faults.force("sourcegraph", Fault.PARTIAL)

    with pytest.raises(SourceError, match="ran out of time"):
        search.look(found)


def test_a_token_is_shown_as_the_search_wants_it(world):
    with serve(world, dialects={"sourcegraph": dialect.Dialect()}) as server:
        address = server.address("sourcegraph")
        client = Client(token="sesame", allow_private=True)

        Sourcegraph(client, address)

        assert client.authorization(address) == "token sesame"


@pytest.mark.parametrize("query", ["", "  ", '"', "\\ ("])
def test_no_phrase_is_refused_unasked(search, query):
    with pytest.raises(Refused):
        poll(search, query)
    assert search.client.requests == 0


def test_a_probe_searches(world, search):
    add(world, "someone/kettle", holds=Holds.NOTHING)

    assert search.probe() == Probe("Answers.")


def stream(*events):
    told = "".join(f"event: {name}\ndata: {json.dumps(data)}\n\n" for name, data in events)
    return scripts.answers(200, told.encode(), Content_Type="text/event-stream")


def match(**more):
    told = {"type": "content", "repositoryID": 7, "repository": "github.com/a/b", "path": "x.ts"}
    return told | {"commit": COMMIT} | more


@pytest.fixture
def streaming(scripted):
    def answering(script):
        scripted.on("/.api/search/stream", script)
        return Sourcegraph(Client(allow_private=True, limits=Limits(seconds=2)), scripted.url)

    return answering


@pytest.mark.parametrize(
    "odd",
    [
        7,
        {},
        match(type="repo"),
        match(path="../x"),
        match(path="/x"),
        match(path="a\u202eb"),
        match(path="x" * 1001),
        match(path=""),
        match(repository="../../x"),
        match(repository="a b"),
        match(repository="a?b"),
        match(commit="HEAD"),
        match(commit=None),
    ],
)
def test_an_odd_match_is_passed_over_and_hides_no_other(streaming, odd):
    found = poll(streaming(stream(("matches", [odd, match(path="good.ts")]), ("done", {})))).candidates

    assert [one.path for one in found] == ["good.ts"]


def test_an_odd_event_hides_no_other(streaming):
    events = [("matches", 7), ("progress", []), ("new", {"x": 1}), ("matches", [match()]), ("done", {})]

    assert len(poll(streaming(stream(*events))).candidates) == 1


def test_a_repository_without_an_id_is_known_by_its_name(streaming):
    found = poll(streaming(stream(("matches", [match(repositoryID=None)]), ("done", {})))).candidates

    assert found[0].native_id == "github.com/a/b"


def test_an_answer_that_ends_early_gives_what_came_and_says_so(streaming):
    batch = poll(streaming(stream(("matches", [match()]))))

    assert len(batch.candidates) == 1
    assert batch.gaps == ["Sourcegraph's answer ended early: some of what it found may be missing."]


@pytest.mark.parametrize("name", ["alert", "error"])
def test_what_it_says_is_a_gap_on_one_line(streaming, name):
    said = {"title": "No\u202e repositories\n", "description": "x" * 900, "message": ""}

    gap = poll(streaming(stream((name, said), ("done", {})))).gaps[0]

    assert gap.startswith("Sourcegraph says: No\ufffd repositories\ufffd. xxx")
    assert clean(gap) == gap


def test_files_beyond_those_that_are_read_are_a_gap(streaming):
    matches = [match(path=f"{number}.ts") for number in range(501)]

    batch = poll(streaming(stream(("matches", matches), ("done", {}))))

    assert batch.gaps == ["Sourcegraph told of 501 files, of which 500 are read."]


def test_gaps_are_few_and_each_is_said_once(streaming):
    skipped = [{"reason": f"r{number % 20}", "title": f"{number % 20} left"} for number in range(100)]
    progress = {"skipped": skipped, "matchCount": 0, "durationMs": 0}

    gaps = poll(streaming(stream(("progress", progress), ("done", {})))).gaps

    assert len(gaps) == len(set(gaps)) == 8


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.web_page(),
        scripts.answers(200, b""),
        scripts.json_answer(b"{}"),
        stream(("error", {"message": "out of order"})),
        scripts.half_a_body(b"event: done\ndata: {}\n\n"),
        scripts.drip(),
    ],
)
def test_a_failing_search_is_told_in_a_sentence(streaming, script):
    with pytest.raises(SourceError):
        poll(streaming(script))


def test_a_sign_in_page_is_not_taken_for_the_file(scripted, streaming):
    search = streaming(stream(("matches", [match()]), ("done", {})))
    scripted.on(f"/github.com/a/b@{COMMIT}/-/raw/x.ts", scripts.web_page())

    with pytest.raises(SourceError, match="web page"):
        search.examine(poll(search).candidates[0])
