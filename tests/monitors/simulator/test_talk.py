"""Where people talk in the simulator, and a search over public code: answers of the documented shapes."""

import json
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from monitors.simulator import Absence, Holds, serve
from monitors.simulator.places import Post

CODE = b"export const kettle = 1;\n"


@pytest.fixture
def server(world):
    with serve(world) as server:
        world.clock.advance(timedelta(days=2))
        yield server


@pytest.fixture
def search(server, ask):
    def hits(query):
        return ask(f"{server.address('hackernews')}/api/v1/search_by_date?{query}").json()

    return hits


@pytest.fixture
def stream(server, ask):
    """The events of a search, as (name, data)."""

    def events(query):
        answer = ask(f"{server.address('sourcegraph')}/.api/search/stream", params={"q": query, "v": "V3"})
        assert answer.headers["Content-Type"] == "text/event-stream"
        parts = (part.split("\n") for part in answer.text.split("\n\n") if part)
        return [
            (name.removeprefix("event: "), json.loads(data.removeprefix("data: "))) for name, data in parts
        ]

    return events


def say(world, kind, title, *, hours=0, text="", url="https://a.example/1"):
    id, at = world.next_id(), world.start + timedelta(hours=hours)
    world.host(kind).posts.append(Post(kind, id, title, url, "eve", at, text, feed="press"))
    return id


def test_posts_come_newest_first_between_two_moments(world, search):
    ids = [say(world, "hackernews", "acme cli", hours=hours) for hours in range(4)]
    since = int(world.start.timestamp())

    found = search(f"query=acme&numericFilters=created_at_i>{since},created_at_i<={since + 7200}")

    assert [hit["objectID"] for hit in found["hits"]] == [str(ids[2]), str(ids[1])]
    assert (found["nbHits"], found["hitsPerPage"]) == (2, 20)


def test_all_words_are_wanted_and_a_page_is_cut(world, search):
    for title in ("acme", "acme cli", "cli of acme", "kettle"):
        say(world, "hackernews", title)

    found = search("query=acme cli&hitsPerPage=1")

    assert (len(found["hits"]), found["nbHits"], found["nbPages"]) == (1, 2, 2)


def test_a_comment_has_no_title_of_its_own(world, search):
    say(world, "hackernews", "Kettles", text="acme", url="")

    hit = search("query=acme")["hits"][0]

    assert (hit["title"], hit["story_title"], hit["comment_text"]) == (None, "Kettles", "acme")


@pytest.mark.parametrize(("form", "entry"), [("xml", ".//item"), ("atom", "{*}entry")])
def test_a_feed_is_well_formed_and_told_once(world, server, ask, form, entry):
    say(world, "feed", "Tom & <Jerry>")
    address = f"{server.address('feed')}/press.{form}"

    first = ask(address)
    again = ask(address, headers={"If-None-Match": first.headers["ETag"]})

    titles = [one.findtext("{*}title") for one in ElementTree.fromstring(first.content).findall(entry)]
    assert (titles, again.status_code, again.content) == (["Tom & <Jerry>"], 304, b"")


def test_an_rss_channel_has_what_its_document_requires(world, server, ask):
    say(world, "feed", "Acme leaked", text="All of it.")

    channel = ElementTree.fromstring(ask(f"{server.address('feed')}/press.xml").content).find("channel")

    told = [channel.findtext(name) for name in ("title", "link", "description")]
    assert told == ["press", f"{server.address('feed')}/press.xml", "What press writes"]


def test_atom_has_what_its_document_requires(world, server, ask):
    id = say(world, "feed", "Acme leaked", hours=1)

    feed = ElementTree.fromstring(ask(f"{server.address('feed')}/press.atom").content)

    entry, wanted = feed.find("{*}entry"), ("id", "updated", "author/{*}name")
    assert [[one.findtext(f"{{*}}{name}") for name in wanted] for one in (feed, entry)] == [
        ["tag:press,2026:feed", "2026-03-31T09:00:00+00:00", "press"],
        [f"tag:press,2026:{id}", "2026-03-31T09:00:00+00:00", "eve"],
    ]


def test_a_search_streams_matches_and_ends_with_done(world, stream):
    kept = world.add_repository("sourcegraph", "eve/a", tree=world.objects.tree({"a.ts": CODE}))

    events = stream('content:"const kettle" type:file')

    match = next(data for name, data in events if name == "matches")[0]
    assert (match["repository"], match["path"], match["commit"]) == (
        "github.com/eve/a",
        "a.ts",
        kept.head(world.start).id,
    )
    assert events[-1] == ("done", {})


def test_what_is_not_searched_is_skipped_in_the_last_progress(world, stream):
    files = {f"{number}.ts": CODE for number in range(3)}
    world.add_repository("sourcegraph", "eve/a", tree=world.objects.tree(files))

    progress = [data for name, data in stream('content:"kettle" count:2') if name == "progress"]

    assert [one["reason"] for one in progress[-1]["skipped"]] == ["shard-match-limit"]


def test_forks_are_left_out_unless_they_are_asked_for(world, stream):
    parent = world.add_repository("sourcegraph", "eve/a", tree=world.objects.tree({"a.ts": CODE}))
    world.add_repository("sourcegraph", "bob/a", parent=parent)

    counts = [
        sum(len(data) for name, data in stream(f'content:"kettle"{more}') if name == "matches")
        for more in ("", " fork:yes")
    ]

    assert counts == [1, 2]


def test_githubs_repositories_are_mirrored_as_they_were_some_hours_ago(world, server, ask, stream):
    world.indexing = {"sourcegraph": timedelta(hours=3)}
    moments = [world.clock.now() - timedelta(hours=hours) for hours in (4, 2)]
    tree = world.objects.tree({"a.ts": CODE})
    kept, _ = (
        world.add_repository("github", f"eve/{number}", tree=tree, at=at) for number, at in enumerate(moments)
    )
    gone = world.add_repository("github", "eve/gone", tree=tree, at=moments[0])
    gone.leave(Absence(moments[1], None, "dmca"))
    world.push(kept, world.tree(Holds.NOTHING), at=moments[1])
    head = kept.head(moments[0]).id

    events = stream('content:"const kettle" type:file')
    raw = ask(f"{server.address('sourcegraph')}/github.com/eve/0@{head}/-/raw/a.ts")

    found = [one for name, data in events if name == "matches" for one in data]
    assert [(one["repository"], one["commit"]) for one in found] == [
        ("github.com/eve/0", head),
        ("github.com/eve/gone", gone.head(moments[0]).id),
    ]
    assert raw.content == CODE


def test_a_raw_file_is_served_at_its_commit_alone(world, server, ask):
    kept = world.add_repository("sourcegraph", "eve/a", tree=world.objects.tree({"b/a.ts": CODE}))
    base = f"{server.address('sourcegraph')}/github.com/eve/a"

    answers = [ask(f"{base}@{id}/-/raw/b/a.ts") for id in (kept.head(world.start).id, "0" * 40)]

    assert [(one.status_code, one.content == CODE) for one in answers] == [(200, True), (404, False)]
