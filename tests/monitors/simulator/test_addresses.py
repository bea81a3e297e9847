"""Web addresses and CDNs in the simulator."""

import base64
import hashlib
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Holds, serve
from monitors.simulator.places import Page


@pytest.fixture
def server(world):
    world.add_version("npm", "@acme/cli", "2.1.88", holds=Holds.LEAK)
    world.clock.advance(timedelta(hours=1))
    with serve(world) as server:
        yield server


@pytest.fixture
def get(server, ask):
    return lambda kind, path, **headers: ask(f"{server.address(kind)}{path}", headers=headers)


def put(world, kind, path, **told):
    page = Page(kind, path, lambda: b"content", world.start, **told)
    world.host(kind).pages[path] = page
    return page


def test_a_page_is_not_sent_again_to_who_has_it(world, get):
    put(world, "url", "/x.tgz")
    first = get("url", "/x.tgz")

    known = [
        get("url", "/x.tgz", **headers).status_code
        for headers in (
            {"If-None-Match": first.headers["ETag"]},
            {"If-Modified-Since": first.headers["Last-Modified"]},
            {"If-None-Match": '"other"', "If-Modified-Since": first.headers["Last-Modified"]},
        )
    ]

    assert (first.content, known) == (b"content", [304, 304, 200])


@pytest.mark.parametrize(("reason", "status"), [("deleted", 404), ("dmca", 451), ("tos", 403)])
def test_a_page_that_is_gone_says_why(world, get, reason, status):
    put(world, "url", "/x").leave(Absence(world.start, None, reason))

    assert get("url", "/x").status_code == status


def test_a_page_leads_to_another(world, get, server):
    put(world, "url", "/old", redirect="/new")

    assert get("url", "/old").headers["Location"] == f"{server.address('url')}/new"


def test_both_cdns_list_what_a_version_holds_with_hashes(world, get):
    jsdelivr = get("mirror", "/jsdelivr/v1/packages/npm/@acme/cli@2.1.88?structure=flat").json()["files"]
    unpkg = get("mirror", "/unpkg/@acme/cli@2.1.88/?meta").json()["files"]

    source_map = base64.b64encode(hashlib.sha256(world.material.source_map).digest()).decode()
    assert {one["name"]: one["hash"] for one in jsdelivr}["/cli.js.map"] == source_map
    assert {one["path"]: one["integrity"] for one in unpkg}["/cli.js.map"] == f"sha256-{source_map}"


@pytest.mark.parametrize("folder", ["/jsdelivr/npm", "/unpkg"])
def test_a_cdn_serves_files_that_the_registry_withdrew(world, get, folder):
    world.host("npm").packages["@acme/cli"].versions[0].leave(Absence(world.start, None, "unpublished"))

    served = get("mirror", f"{folder}/@acme/cli@2.1.88/cli.js.map")

    assert served.content == world.material.source_map
    assert get("npm", "/@acme%2Fcli").status_code == 404


def test_a_hash_leads_to_the_file_that_has_it(world, get):
    found = get("mirror", f"/jsdelivr/v1/lookup/hash/{hashlib.sha256(world.material.source_map).hexdigest()}")

    assert found.json() == {"type": "npm", "name": "@acme/cli", "version": "2.1.88", "file": "/cli.js.map"}
    assert get("mirror", f"/jsdelivr/v1/lookup/hash/{'0' * 64}").status_code == 404


def test_a_purge_takes_a_version_from_one_cdn(world, get):
    put(world, "mirror", "/jsdelivr/@acme/cli@2.1.88").leave(Absence(world.start, None, "deleted"))

    statuses = [
        get("mirror", path).status_code
        for path in ("/jsdelivr/npm/@acme/cli@2.1.88/cli.js", "/unpkg/@acme/cli@2.1.88/cli.js")
    ]

    assert statuses == [404, 200]
