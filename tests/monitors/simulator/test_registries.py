"""The registries of packages in the simulator speak as their documents say."""

import base64
import hashlib
from datetime import timedelta
from xml.etree import ElementTree

import pytest

from monitors.simulator import Absence, Holds, serve
from monitors.simulator.hosts import Noise

SIMPLE = "application/vnd.pypi.simple.v1+json"


@pytest.fixture
def server(world):
    said = {"description": "Boils by command", "author": "acme"}
    for kind in ("npm", "pypi"):
        world.add_version(kind, "acme-cli", "1.0.0", holds=Holds.OWN, **said)
        world.add_version(kind, "acme-cli", "1.1.0", at=world.start + timedelta(hours=1), holds=Holds.LEAK)
    world.clock.advance(timedelta(hours=2))
    with serve(world) as server:
        yield server


@pytest.fixture
def get(server, ask):
    """The answer of one kind of host at a path."""
    return lambda kind, path, **headers: ask(f"{server.address(kind)}{path}", headers=headers)


def leave(world, kind, number, reason):
    versions = {one.number: one for one in world.host(kind).packages["acme-cli"].versions}
    versions[number].leave(Absence(world.start, None, reason))


def test_a_packument_has_what_an_installation_needs(get):
    packument = get("npm", "/acme-cli").json()

    latest = packument["versions"]["1.1.0"]["dist"]
    archive = get("npm", latest["tarball"].partition("/npm")[2]).content
    assert packument["dist-tags"] == {"latest": "1.1.0"}
    assert latest["integrity"] == "sha512-" + base64.b64encode(hashlib.sha512(archive).digest()).decode()
    assert latest["shasum"] == hashlib.sha1(archive).hexdigest()
    assert (latest["fileCount"], latest["unpackedSize"] > 1000) == (4, True)


def test_a_scoped_package_is_found_in_one_segment_or_two(world, get):
    world.add_version("npm", "@acme/kit", "1.0.0")

    assert [get("npm", path).json()["name"] for path in ("/@acme%2Fkit", "/@acme/kit")] == ["@acme/kit"] * 2


def test_a_known_packument_is_not_sent_again(get):
    tag = get("npm", "/acme-cli").headers["ETag"]

    assert get("npm", "/acme-cli", **{"If-None-Match": tag}).status_code == 304


@pytest.mark.parametrize(("reason", "status"), [("unpublished", 404), ("quarantined", 200)])
def test_a_withdrawn_package_is_missing_or_held(world, get, reason, status):
    for number in ("1.0.0", "1.1.0"):
        leave(world, "npm", number, reason)

    answer = get("npm", "/acme-cli")

    assert answer.status_code == status
    assert list(answer.json().get("versions", {})) == (["0.0.1-security"] if status == 200 else [])


def test_a_search_tells_names_latest_versions_and_the_total(get):
    found = get("npm", "/-/v1/search?text=acme&size=1").json()

    assert (found["total"], found["objects"][0]["package"]["version"]) == (1, "1.1.0")
    assert get("npm", "/-/v1/search?text=nothing").json()["objects"] == []


def test_the_feed_names_what_changed_in_order_and_from_where_it_is_asked(get):
    whole = get("npm", "/registry/_changes?since=0").json()
    rest = get("npm", "/registry/_changes?since=1&limit=1").json()

    assert [(row["seq"], row["id"]) for row in whole["results"]] == [(1, "acme-cli"), (2, "acme-cli")]
    assert (rest["results"], rest["last_seq"]) == (whole["results"][1:], 2)
    assert get("npm", "/registry/").json()["update_seq"] == 2
    assert get("npm", "/registry/_changes?since=now").status_code == 400


def test_a_feed_gives_ten_thousand_at_most(world, get):
    world.host("npm").noise = Noise(world.start - timedelta(hours=24), 1000, 1)

    assert len(get("npm", "/registry/_changes?since=0&limit=99999").json()["results"]) == 10_000


def test_the_feed_begins_anew_under_another_name(world, get):
    before = get("npm", "/registry/").json()
    world.host("npm").feed_resets.append(world.start + timedelta(minutes=30))

    after = get("npm", "/registry/").json()

    assert (before["update_seq"], after["update_seq"]) == (2, 1)
    assert before["db_name"] != after["db_name"]


def test_the_simple_index_lists_files_with_hashes_in_both_forms(get):
    listed = get("pypi", "/simple/acme-cli/", Accept=SIMPLE)
    page = get("pypi", "/simple/acme-cli/").text

    file = listed.json()["files"][0]
    archive = get("pypi", file["url"].partition("/pypi")[2]).content
    assert listed.headers["Content-Type"] == SIMPLE
    assert file["hashes"] == {"sha256": hashlib.sha256(archive).hexdigest()}
    assert listed.headers["X-PyPI-Last-Serial"] == str(listed.json()["meta"]["_last-serial"]) == "2"
    assert f"{file['url']}#sha256={file['hashes']['sha256']}" in page


def test_the_serial_grows_with_whatever_happens(world, get):
    leave(world, "pypi", "1.1.0", "yanked")

    index = get("pypi", "/simple/acme-cli/", Accept=SIMPLE).json()

    assert index["meta"]["_last-serial"] == 3
    assert [file["yanked"] for file in index["files"]] == [False, "withdrawn"]


def test_quarantine_offers_no_files_and_says_so(world, get):
    leave(world, "pypi", "1.1.0", "quarantined")

    index = get("pypi", "/simple/acme-cli/", Accept=SIMPLE).json()

    assert (index["project-status"], index["files"]) == ({"status": "quarantined"}, [])
    assert get("pypi", "/pypi/acme-cli/json").status_code == 404


def test_the_json_of_a_release_has_its_files(get):
    latest, first = get("pypi", "/pypi/acme-cli/json").json(), get("pypi", "/pypi/acme-cli/1.0.0/json").json()

    assert [one["info"]["version"] for one in (latest, first)] == ["1.1.0", "1.0.0"]
    assert first["urls"][0]["filename"] == "acme_cli-1.0.0.tar.gz"
    assert get("pypi", "/pypi/acme-cli/9.9/json").status_code == 404


@pytest.mark.parametrize("feed", ["packages", "updates"])
def test_a_feed_of_the_index_has_what_rss_requires(get, server, feed):
    channel = ElementTree.fromstring(get("pypi", f"/rss/{feed}.xml").content).find("channel")

    assert [channel.findtext(name) for name in ("title", "link", "description")] == [
        f"Newest {feed}",
        server.address("pypi"),
        f"The newest {feed} of the index",
    ]
    assert channel.findtext("item/description") == "Boils by command"


def test_moments_of_uploads_are_written_as_the_index_says(get):
    listed = get("pypi", "/simple/acme-cli/", Accept=SIMPLE).json()["files"]
    released = get("pypi", "/pypi/acme-cli/1.0.0/json").json()["urls"]

    assert [one["upload-time"] for one in listed] == [
        "2026-03-31T08:00:00.000000Z",
        "2026-03-31T09:00:00.000000Z",
    ]
    assert [one["upload_time_iso_8601"] for one in released] == ["2026-03-31T08:00:00.000000Z"]


def test_what_a_search_finds_is_told_as_documented(get, server):
    told = get("npm", "/-/v1/search?text=acme").json()

    (hit,) = told["objects"]
    assert (told["total"], told["time"]) == (1, "2026-03-31T10:00:00.000Z")
    assert hit.keys() == {"package", "score", "searchScore"}
    assert hit["score"].keys() == {"final", "detail"}
    assert hit["package"] == {
        "name": "acme-cli",
        "version": "1.1.0",
        "description": "Boils by command",
        "keywords": [],
        "date": "2026-03-31T09:00:00.000Z",
        "links": {"npm": f"{server.address('npm')}/package/acme-cli"},
        "publisher": {"username": "acme", "email": "acme@example.org"},
        "maintainers": [{"username": "acme", "email": "acme@example.org"}],
    }


def test_the_feeds_tell_the_newest_first(get, server):
    updates = get("pypi", "/rss/updates.xml").text
    packages = get("pypi", "/rss/packages.xml").text

    assert updates.index("/project/acme-cli/1.1.0/") < updates.index("/project/acme-cli/1.0.0/")
    assert f"<link>{server.address('pypi')}/project/acme-cli/</link>" in packages
