"""Public gists: which a watch wants, what they hold, and how the list is walked."""

import json
from dataclasses import replace

import pytest

from monitors.fingerprints import git_blob_id
from monitors.sources.base import Aim, Look, Refused, SourceError

CODE = "export const answer = 42;\n"


def gist(number, name="kettle.ts", *, at="2026-03-31T09:00:00Z", content=None, **named):
    file = {
        "filename": name,
        "raw_url": f"https://gist.example/raw/{number}/{name}",
        "size": len(content or ""),
    }
    if content is not None:
        file |= {"content": content, "truncated": False}
    return {
        "id": f"{number:032x}",
        "files": {name: file},
        "description": "",
        "updated_at": at,
        "owner": {"login": "eve"},
    } | named


@pytest.fixture
def gists(hub):
    """What the list has, newest first; by pages."""
    pages = []

    def rest(path, query):
        if path in ("/gists/public", "/users/eve/gists"):
            number = int(query["page"][0])
            link = {"Link": '<x>; rel="next"'} if number < len(pages) else {}
            return 200, pages[number - 1] if number <= len(pages) else [], link
        return before(path, query)

    before, hub.rest = hub.rest, rest
    return pages


def poll(github, query="*", cursor=None):
    return github.fetch(Aim.GISTS, query, cursor=json.loads(json.dumps(cursor or {})))


def test_a_gist_is_a_place(hub, github, gists):
    gists.append([gist(7, description="kettle source")])

    place = poll(github).candidates[0]

    assert (place.native_id, place.title) == (f"gist:{7:032x}", "eve/kettle.ts")
    assert place.url == f"{hub.url}/gist/{7:032x}"
    assert place.ticket == {"what": "gist", "id": f"{7:032x}"}


@pytest.mark.parametrize(
    ("query", "found"),
    [("*", 3), ("kettle", 2), ("KETTLE teapot", 3), ("user:eve", 3), ("nothing", 0)],
)
def test_a_watch_says_which_gists_it_wants(github, gists, query, found):
    gists.append([gist(1), gist(2, "teapot.ts"), gist(3, "x.ts", description="a Kettle!")])

    assert len(poll(github, query).candidates) == found


@pytest.mark.parametrize("query", ["", "ab", " "])
def test_a_watch_that_says_too_little_is_refused(github, hub, query):
    with pytest.raises(Refused):
        poll(github, query)

    assert hub.asked == []


def test_pages_are_walked_one_a_poll_and_later_polls_ask_since(github, gists, scripted):
    gists += [[gist(1, at="2026-03-31T10:00:00Z")], [gist(2)]]

    first = poll(github)
    second = poll(github, cursor=first.cursor)
    poll(github, cursor=second.cursor)

    assert (first.more, second.more) == (True, False)
    assert [asked.path.partition("?")[2] for asked in scripted.asked] == [
        "per_page=100&page=1",
        "per_page=100&page=2",
        "per_page=100&page=1&since=2026-03-31T10%3A00%3A00Z",
    ]


def test_more_than_github_shows_is_said(github, gists):
    gists += [[gist(number)] for number in range(40)]

    cursor, gaps, more = {}, [], True
    while more:
        batch = poll(github, cursor=cursor)
        cursor, more, gaps = batch.cursor, batch.more, gaps + batch.gaps

    assert gaps == ["GitHub shows the newest 3,000 public gists; there were more."]


def examined(hub, github, gists, one):
    gists.append([one])
    hub.pages[f"/gists/{one['id']}"] = one
    return github.examine(poll(github).candidates[0])


def test_a_gist_holds_its_files(hub, github, gists):
    with examined(hub, github, gists, gist(1, content=CODE)) as holding:
        assert holding.entries == {"kettle.ts": git_blob_id(CODE.encode())}
        assert dict(holding.read(["kettle.ts"])) == {"kettle.ts": CODE.encode()}


def test_a_source_map_in_a_gist_gives_its_sources_away(hub, github, gists):
    leak = {"version": 3, "sources": ["../src/a.ts"], "sourcesContent": [CODE], "mappings": ""}

    with examined(hub, github, gists, gist(1, "cli.js.map", content=json.dumps(leak))) as holding:
        assert git_blob_id(CODE.encode()) in holding.entries.values()


def test_a_file_that_is_not_in_the_answer_is_fetched_from_where_it_lies(hub, github, gists):
    one = gist(1, content=CODE[:5])
    one["files"]["kettle.ts"] |= {"truncated": True, "raw_url": f"{hub.url}/raw"}
    hub.pages["/raw"] = 42

    with examined(hub, github, gists, one) as holding:
        assert holding.entries == {"kettle.ts": git_blob_id(b"42")}


def test_a_file_that_cannot_be_fetched_hides_no_other(hub, github, gists):
    one = gist(1, content=CODE)
    one["files"]["big.bin"] = {"filename": "big.bin", "raw_url": f"{hub.url}/none", "size": 5}

    with examined(hub, github, gists, one) as holding:
        assert list(holding.entries) == ["kettle.ts"]
        assert holding.skipped == [f"big.bin: {hub.url}/none says that this is not there (404)."]


def test_what_is_not_read_of_a_gist_is_said(hub, github, gists):
    one = gist(1, content=CODE, truncated=True)
    one["files"]["big.bin"] = {"filename": "big.bin", "raw_url": "x", "size": 10**12}

    with examined(hub, github, gists, one) as holding:
        assert holding.skipped == [
            "Files beyond the first 2.",
            "big.bin: 1,000,000,000,000 bytes are more than we read.",
        ]


def test_a_gist_taken_away_is_gone_and_a_changed_one_has_another_digest(hub, github, gists):
    gists.append([gist(1)])
    place = poll(github).candidates[0]
    hub.pages[f"/gists/{place.ticket['id']}"] = changed = gist(1)
    changed["files"]["kettle.ts"]["raw_url"] += "2"

    after = github.look(place)
    del hub.pages[f"/gists/{place.ticket['id']}"]

    assert (after.live, after.digest == place.digest) == (True, False)
    assert github.look(place) == Look(live=False, reason="404")


def test_a_gist_whose_account_was_renamed_says_its_new_name(hub, github, gists):
    gists.append([gist(1)])
    place = poll(github).candidates[0]
    hub.pages[f"/gists/{place.ticket['id']}"] = gist(1) | {"owner": {"login": "renamed"}}

    look = github.look(place)

    assert look == Look(live=True, digest=place.digest, renamed=replace(place, title="renamed/kettle.ts"))


@pytest.mark.parametrize("body", [b"{}", b'[{"id": 1}]', b'[{"id": "../x", "files": []}]', b"<html>"])
def test_an_answer_of_another_shape_is_a_failure(hub, github, body):
    hub.answer_next(200, body)

    with pytest.raises(SourceError):
        poll(github)


def test_a_gist_whose_id_is_none_is_left_out(hub, github, gists):
    gists.append([gist(1) | {"id": "../../user"}])

    assert poll(github).candidates == []
