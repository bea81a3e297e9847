"""Watching a package by name, against a real registry."""

import json

import pytest

from monitors.fingerprints import git_blob_id, git_tree_ids
from monitors.sources.base import Aim, Batch, Candidate, Look, SourceError
from monitors.sources.http import Client
from monitors.sources.npm import Npm

pytestmark = [pytest.mark.servers, pytest.mark.slow]  # a real registry answers in tens of milliseconds

CODE = b"export const answer = 42;\n"


@pytest.fixture
def npm(verdaccio):
    return Npm(Client(allow_private=True), verdaccio.url)


def poll(npm, name, cursor=None):
    return npm.fetch(Aim.PACKAGE, name, cursor=cursor or {})


def versions(batch):
    return [candidate.version for candidate in batch.candidates]


def test_a_version_of_a_package_is_a_candidate(npm, verdaccio):
    integrity = verdaccio.publish("@one/cli", "1.0.0", {"a.js": CODE})

    batch = poll(npm, "@one/cli")

    host = verdaccio.url.removeprefix("http://")
    assert batch.candidates == [
        Candidate(
            host=host,
            native_id="@one/cli",
            path="1.0.0",
            title="@one/cli@1.0.0",
            url=f"{verdaccio.url}/@one%2Fcli/1.0.0",
            version="1.0.0",
            digest=integrity,
            ticket={
                "name": "@one/cli",
                "version": "1.0.0",
                "tarball": f"{verdaccio.url}/@one/cli/-/cli-1.0.0.tgz",
            },
        )
    ]
    assert (batch.more, batch.requests) == (False, 1)


def test_a_version_published_between_two_polls_is_the_only_new_candidate(npm, verdaccio):
    verdaccio.publish("two-polls", "1.0.0", {"a.js": CODE})
    first = poll(npm, "two-polls")
    verdaccio.publish("two-polls", "1.1.0", {"a.js": CODE})

    second = poll(npm, "two-polls", first.cursor)
    third = poll(npm, "two-polls", second.cursor)

    assert [versions(batch) for batch in (first, second, third)] == [["1.0.0"], ["1.1.0"], []]


def test_many_versions_come_newest_first_in_batches_and_each_once(npm, verdaccio):
    published = [f"1.{minor}.0" for minor in range(23)]
    for version in published:
        verdaccio.publish("many", version, {"a.js": CODE})

    first = poll(npm, "many")
    second = poll(npm, "many", json.loads(json.dumps(first.cursor)))

    assert versions(first) + versions(second) == published[::-1]
    assert (len(first.candidates), first.more, second.more) == (20, True, False)


def test_the_address_of_a_candidate_answers(npm, verdaccio):
    verdaccio.publish("@page/cli", "1.0.0", {"a.js": CODE})

    page = npm.client.get_json(poll(npm, "@page/cli").candidates[0].url)

    assert (page["name"], page["version"]) == ("@page/cli", "1.0.0")


def test_a_candidate_holds_its_files_by_git_ids_without_the_package_folder(npm, verdaccio):
    verdaccio.publish("holds", "1.0.0", {"lib/a.js": CODE})

    with npm.examine(poll(npm, "holds").candidates[0]) as holding:
        read = dict(holding.read(["lib/a.js", "absent"]))

    entries = {"package.json": git_blob_id(b'{"name": "holds"}'), "lib/a.js": git_blob_id(CODE)}
    assert (holding.entries, holding.trees) == (entries, git_tree_ids(entries))
    assert read == {"lib/a.js": CODE}


def test_sources_that_a_map_gives_away_are_held_too(npm, verdaccio):
    leak = {"version": 3, "sources": ["../src/a.ts"], "sourcesContent": [CODE.decode()], "mappings": ""}
    verdaccio.publish("mapped", "1.0.0", {"dist/a.js.map": json.dumps(leak).encode()})

    with npm.examine(poll(npm, "mapped").candidates[0]) as holding:
        found = [path for path, blob in holding.entries.items() if blob == git_blob_id(CODE)]

    assert found == ["src/a.ts"]


def test_a_registry_lists_what_is_live_and_not_what_was_unpublished_and_again_what_returned(npm, verdaccio):
    integrity = verdaccio.publish("comes-and-goes", "1.0.0", {"a.js": CODE})
    batch = poll(npm, "comes-and-goes")
    seen = batch.candidates[0]

    before = npm.look(seen)
    verdaccio.unpublish("comes-and-goes")
    meanwhile, polled = npm.look(seen), poll(npm, "comes-and-goes", batch.cursor)
    verdaccio.publish("comes-and-goes", "1.0.0", {"a.js": CODE})
    after, again = npm.look(seen), poll(npm, "comes-and-goes", polled.cursor)

    assert (before, meanwhile) == (Look(live=True, digest=integrity), Look(live=False, reason="404"))
    assert after.live
    says = "comes-and-goes is not there any more (404). We go on asking."
    assert polled == Batch([], {"versions": {}}, requests=1, gaps=[says])
    assert versions(again) == ["1.0.0"]


def test_one_version_taken_back_is_gone_as_unpublished(npm, verdaccio):
    verdaccio.publish("one-back", "1.0.0", {"a.js": CODE})
    verdaccio.publish("one-back", "1.1.0", {"a.js": CODE})
    newer, older = poll(npm, "one-back").candidates

    verdaccio.unpublish_version("one-back", "1.0.0")

    assert npm.look(older) == Look(live=False, reason="unpublished")
    assert npm.look(newer).live


def test_a_security_holding_package_is_named_as_such(npm, verdaccio):
    verdaccio.publish("held", "1.0.0", {"a.js": CODE})
    seen = poll(npm, "held").candidates[0]
    verdaccio.unpublish("held")

    verdaccio.publish("held", "0.0.1-security", {})

    assert npm.look(seen) == Look(live=False, reason="security holding")


def test_a_version_published_anew_since_it_was_seen_is_examined_as_it_is_now(npm, verdaccio):
    verdaccio.publish("anew", "1.0.0", {"a.js": CODE})
    seen = poll(npm, "anew").candidates[0]
    verdaccio.unpublish("anew")
    verdaccio.publish("anew", "1.0.0", {"a.js": b"other"})

    with npm.examine(seen) as holding:
        assert holding.entries["a.js"] == git_blob_id(b"other")


def test_a_package_that_is_not_there_is_asked_on_and_found_when_it_comes(npm, verdaccio):
    first = poll(npm, "not-yet")
    verdaccio.publish("not-yet", "1.0.0", {"a.js": CODE})

    second = poll(npm, "not-yet", first.cursor)

    assert (first.candidates, first.cursor, versions(second)) == ([], {"never": True}, ["1.0.0"])
    assert first.gaps == [
        "not-yet is not there (404), and never was while we asked: is it spelled right? We go on asking."
    ]


@pytest.mark.parametrize("name", ["", "../etc/passwd", "a b", "@only-scope", "@a/b/c", "x" * 300])
def test_what_is_no_package_name_is_refused_unasked(npm, name):
    with pytest.raises(SourceError, match="not the name of an npm package"):
        poll(npm, name)

    assert npm.client.requests == 0
