"""Archives attached to releases: found once, checked against their digest, looked at again."""

import base64
import hashlib
import io
import json
import tarfile
from dataclasses import replace

import pytest

from monitors.fingerprints import git_blob_id
from monitors.sources.archives import Mismatch
from monitors.sources.base import Aim, Look, SourceError

CODE = b"export const answer = 42;\n"
ASSETS = "/repositories/700/releases/assets"


@pytest.fixture
def root(hub):
    return hub.add("eve/leak")


def archive():
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        member = tarfile.TarInfo("leak/src/a.ts")
        member.size = len(CODE)
        tar.addfile(member, io.BytesIO(CODE))
    return buffer.getvalue()


def asset(number, name="leak.tgz", **named):
    return {"id": number, "name": name, "size": 10, "state": "uploaded", "updated_at": "x"} | named


def release(hub, *assets, tag="v1", **named):
    hub.pages["/repositories/700/releases"] = [{"tag_name": tag, "assets": list(assets)} | named]


def poll(github, cursor=None):
    return github.fetch(Aim.RELEASES, "eve/leak", cursor=json.loads(json.dumps(cursor or {})))


def test_an_archive_is_a_place_of_its_own(hub, github, root):
    release(hub, asset(5, digest="sha256:" + "ab" * 32))

    place = poll(github).candidates[0]

    assert (place.native_id, place.path, place.version) == ("700", "releases/v1/leak.tgz", "v1")
    assert place.digest == "sha256-" + base64.b64encode(bytes.fromhex("ab" * 32)).decode()
    assert place.url == f"{hub.url}/eve/leak/releases/tag/v1"


def test_archives_come_in_batches_and_each_once(hub, github, root):
    release(hub, *(asset(number, f"{number}.tgz") for number in range(45)))

    found, cursor, more = [], {}, True
    while more:
        batch = poll(github, cursor)
        found, cursor, more = found + batch.candidates, batch.cursor, batch.more

    assert sorted(place.ticket["asset"] for place in found) == list(range(45))
    assert poll(github, cursor).candidates == []


def test_an_archive_replaced_under_its_name_is_a_candidate_again(hub, github, root):
    release(hub, asset(5))
    first = poll(github)
    release(hub, asset(6))

    second = poll(github, first.cursor)

    assert [place.path for place in second.candidates] == [first.candidates[0].path]


def test_drafts_huge_and_unfinished_archives_are_left_out(hub, github, root):
    release(hub, asset(1, size=10**12), asset(2, state="starter"))
    assert poll(github).candidates == []
    release(hub, asset(3), draft=True)

    assert poll(github).candidates == []


def test_it_holds_what_the_archive_holds(hub, github, root, scripted):
    content = archive()
    release(hub, asset(5, digest="sha256:" + hashlib.sha256(content).hexdigest()))
    place = poll(github).candidates[0]
    hub.answer_next(200, content, Content_Type="application/octet-stream")

    with github.examine(place) as holding:
        assert holding.entries == {"src/a.ts": git_blob_id(CODE)}
    assert scripted.asked[-1].path == f"{ASSETS}/5"
    assert scripted.asked[-1].headers["accept"] == "application/octet-stream"


def test_an_archive_that_is_not_what_was_announced_is_refused(hub, github, root):
    release(hub, asset(5, digest="sha256:" + "ab" * 32))
    place = poll(github).candidates[0]
    hub.answer_next(200, archive(), Content_Type="application/octet-stream")

    with pytest.raises(Mismatch):
        github.examine(place)


def test_an_archive_taken_away_is_gone(hub, github, root):
    release(hub, asset(5))
    place = poll(github).candidates[0]
    hub.pages[f"{ASSETS}/5"] = asset(5)

    before = github.look(place)
    del hub.pages[f"{ASSETS}/5"]

    assert (before, github.look(place)) == (
        Look(live=True, digest=place.digest),
        Look(live=False, reason="404"),
    )


def test_an_archive_of_a_renamed_repository_says_its_new_address(hub, github, root):
    release(hub, asset(5))
    place = poll(github).candidates[0]
    hub.pages[f"{ASSETS}/5"] = asset(
        5, browser_download_url=f"{hub.url}/eve/kettle/releases/download/v1/leak.tgz"
    )

    look = github.look(place)

    now = replace(place, title="eve/kettle leak.tgz", url=f"{hub.url}/eve/kettle/releases/tag/v1")
    assert look == Look(live=True, digest=place.digest, renamed=now)


def test_a_blocked_repository_is_a_gap(hub, github, root):
    release(hub, asset(5))
    first = poll(github)
    del hub.pages["/repositories/700/releases"]

    assert poll(github, first.cursor).gaps == ["eve/leak is gone (404): its releases are listed no more."]


def test_archives_of_a_repository_that_comes_later_are_found(hub, github):
    first = poll(github)
    hub.add("eve/leak")
    release(hub, asset(5))

    assert (first.candidates, first.cursor) == ([], {"never": True})
    assert len(poll(github, first.cursor).candidates) == 1


@pytest.mark.parametrize("body", [b"{}", b'[{"assets": [{"id": "x"}]}]', b"<html>"])
def test_an_answer_of_another_shape_is_a_failure(hub, github, root, body):
    first = poll_known(hub, github)
    hub.answer_next(200, body)

    with pytest.raises(SourceError):
        poll(github, first.cursor)


def poll_known(hub, github):
    release(hub)
    return poll(github)
