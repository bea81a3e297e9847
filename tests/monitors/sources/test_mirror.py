"""Mirrors and CDNs: the withdrawn artifact, by its package's name and by its hash."""

import base64
import hashlib
import json
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Holds, World, serve
from monitors.simulator.dialects import mirror, npm
from monitors.simulator.places import Page
from monitors.sources.base import Aim, Gone, Look, Refused, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.mirrors import JSDELIVR_FILES, Mirror, Wanted, parsed, tarball_url
from tests.servers import scripted as scripts

PURL = "pkg:npm/%40acme/cli@2.1.88"


@pytest.fixture
def world():
    """The registry withdrew what leaked an hour ago."""
    world = World()
    withdrawn = world.add_version("npm", "@acme/cli", "2.1.88", holds=Holds.LEAK)
    withdrawn.leave(Absence(world.start, None, "unpublished"))
    world.clock.advance(timedelta(hours=1))
    return world


@pytest.fixture
def outside(world):
    with serve(world, dialects={"mirror": mirror.Dialect(), "npm": npm.Dialect()}) as server:
        yield server


@pytest.fixture
def at(outside):
    """The adapter for a mirror at this path."""
    client = Client(allow_private=True, limits=Limits(seconds=5))
    return lambda path="": Mirror(client, outside.address("mirror") + path)


def artifact(world):
    return world.host("npm").packages["@acme/cli"].versions[0]


def put(world, path):
    page = Page("mirror", path, lambda: artifact(world).archive, world.start)
    world.host("mirror").pages[path] = page
    return page


def poll(adapter, query=PURL, cursor=None):
    return adapter.fetch(Aim.ADDRESS, query, cursor=json.loads(json.dumps(cursor or {})))


@pytest.mark.parametrize("cdn", ["/jsdelivr", "/unpkg"])
def test_a_cdn_that_still_serves_the_withdrawn_version_is_a_place(world, at, cdn):
    cdn = at(cdn)

    first = poll(cdn)
    second = poll(cdn, cursor=first.cursor)

    found = first.candidates[0]
    assert (found.native_id, found.path, second.candidates) == ("@acme/cli", "2.1.88", [])
    assert found.ticket["size"]["files"] == 4
    assert cdn.look(found) == Look(live=True, digest=found.digest)
    with cdn.examine(found) as holding:
        inside = dict(holding.read(list(holding.entries)))
    recovered = {path.rpartition("src/")[2]: content for path, content in inside.items() if "src/" in path}
    assert recovered == {path[4:]: content for path, content in world.material.sources.items()}


@pytest.mark.parametrize("cdn", ["jsdelivr", "unpkg"])
def test_a_purged_version_is_gone(world, at, cdn):
    adapter = at(f"/{cdn}")
    found = poll(adapter)
    put(world, f"/{cdn}/@acme/cli@2.1.88").leave(Absence(world.start, None, "deleted"))

    later = poll(adapter, cursor=found.cursor)

    assert adapter.look(found.candidates[0]) == Look(live=False, reason="404")
    assert later.candidates == []


def test_a_registrys_mirror_is_asked_for_the_tarball_and_its_hash(world, at):
    put(world, "/@acme/cli/-/cli-2.1.88.tgz")
    checksum = hashlib.sha512(artifact(world).archive).hexdigest()

    found = poll(at(), f"{PURL}?checksum=sha512:{checksum}").candidates[0]

    assert found.ticket["is_the_artifact"] is True
    assert found.digest == "sha512-" + base64.b64encode(bytes.fromhex(checksum)).decode()
    with at().examine(found) as holding:
        assert "cli.js.map" in holding.entries


def test_another_file_under_the_tarballs_name_is_told_apart(world, at):
    put(world, "/@acme/cli/-/cli-2.1.88.tgz")

    found = poll(at(), f"{PURL}?checksum=sha256:{'00' * 32}").candidates[0]

    assert found.ticket["is_the_artifact"] is False
    assert found.digest.startswith("sha256-")


def test_a_mirror_that_does_not_have_it_has_no_candidate_until_it_does(world, at):
    first = poll(at())
    put(world, "/@acme/cli/-/cli-2.1.88.tgz")

    second = poll(at(), cursor=first.cursor)
    third = poll(at(), cursor=second.cursor)

    assert [len(one.candidates) for one in (first, second, third)] == [0, 1, 0]


def test_a_file_is_found_by_its_hash_alone(world, at):
    adapter = at("/jsdelivr")
    sha256 = hashlib.sha256(world.material.source_map).hexdigest()

    found = poll(adapter, sha256).candidates[0]

    assert (found.native_id, found.path) == ("npm/@acme/cli/cli.js.map", "2.1.88")
    assert adapter.look(found) == Look(live=True, digest=found.digest)
    assert poll(adapter, "00" * 32).candidates == []


def test_only_jsdelivr_finds_by_hash(at):
    with pytest.raises(Refused, match="Only jsDelivr"):
        poll(at("/unpkg"), "00" * 32)


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        (PURL, Wanted("@acme/cli", "2.1.88")),
        ("sha256:" + "AB" * 32, Wanted(sha256="ab" * 32)),
        ("sha256-" + base64.b64encode(b"x" * 32).decode(), Wanted(sha256=b"x".hex() * 32)),
    ],
)
def test_what_a_query_asks_for(query, wanted):
    assert parsed(query) == wanted


@pytest.mark.parametrize(
    "query",
    ["", "left-pad", "pkg:npm/left-pad", "pkg:pypi/x@1", "sha256-!!", "../x@1", PURL + "?checksum=md6:00"],
)
def test_what_asks_for_nothing_is_refused_unasked(at, query):
    with pytest.raises(Refused):
        poll(at(), query)
    assert at().client.requests == 0


def test_a_mirrors_address_has_the_tarball_where_registries_have_it():
    assert (
        tarball_url("@acme/cli", "1.0.0", "https://m.example")
        == "https://m.example/@acme/cli/-/cli-1.0.0.tgz"
    )


def test_the_public_cdn_serves_files_beside_its_api():
    adapter = Mirror(Client())

    assert (adapter.flavour, adapter.files_url) == ("jsdelivr", JSDELIVR_FILES)


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.web_page(),
        scripts.json_answer(b"[]"),
        scripts.json_answer(b'{"files": [{"name": 1}]}'),
        scripts.half_a_body(b'{"files": []}'),
        scripts.answers(403, b'{"message": "Package size exceeded"}'),
    ],
)
def test_a_failing_cdn_is_told_in_a_sentence_and_never_gone(scripted, script):
    scripted.on("/jsdelivr/v1/packages/npm/left-pad@1.3.0", script)
    adapter = Mirror(Client(allow_private=True, limits=Limits(seconds=0.5)), f"{scripted.url}/jsdelivr")

    for ask in (lambda: poll(adapter, "pkg:npm/left-pad@1.3.0"), adapter.probe):
        with pytest.raises(SourceError) as failure:
            ask()
        assert not isinstance(failure.value, Gone)


def test_a_page_in_place_of_a_tarball_is_no_artifact(scripted):
    scripted.on("/left-pad/-/left-pad-1.3.0.tgz", scripts.web_page())

    with pytest.raises(SourceError, match="web page"):
        poll(Mirror(Client(allow_private=True), scripted.url), "pkg:npm/left-pad@1.3.0")


def test_odd_hashes_and_sizes_of_a_listing_are_taken_for_none(scripted):
    listing = {"files": [{"name": "/a\u202e.js", "hash": "!!!", "size": -4}, {"name": "/b.js", "size": "9"}]}
    body = json.dumps(listing).encode()
    scripted.on("/jsdelivr/v1/packages/npm/left-pad@1.3.0", scripts.json_answer(body))
    scripted.on("/jsdelivr/npm/left-pad@1.3.0/b.js", scripts.answers(200, b"code"))
    adapter = Mirror(Client(allow_private=True), f"{scripted.url}/jsdelivr")

    with adapter.examine(poll(adapter, "pkg:npm/left-pad@1.3.0").candidates[0]) as holding:
        assert set(holding.entries.values()) == {""}
        assert list(holding.read(list(holding.entries))) == [("b.js", b"code")]
        assert holding.skipped == ["1 file: gone while we looked"]


def test_a_mirror_that_is_a_web_page_fails_its_probe(scripted):
    scripted.on("/left-pad", scripts.web_page())

    with pytest.raises(SourceError, match="web page"):
        Mirror(Client(allow_private=True), scripted.url).probe()


def test_a_page_that_says_404_is_a_mirror_that_has_it_no_more(scripted):
    scripted.on("/left-pad/-/left-pad-1.3.0.tgz", scripts.web_page(404))

    batch = poll(Mirror(Client(allow_private=True), scripted.url), "pkg:npm/left-pad@1.3.0")

    assert (batch.candidates, batch.cursor) == ([], {"gone": True})
