"""However much a host lists, a cursor keeps what a poll may keep; and what it has no room for is told."""

import hashlib
import json
from types import SimpleNamespace

import pytest

from monitors.polling import LONGEST_CURSOR
from monitors.sources import walk as walks
from monitors.sources.base import Aim
from monitors.sources.http import Client
from monitors.sources.huggingface import HuggingFace
from monitors.sources.listings import Listing, Repo
from monitors.sources.npm import Npm
from monitors.sources.pypi import Pypi

LONG = "long-" * 50


def serve_json(server, path, body):
    def script(exchange):
        known = exchange.headers.get("If-None-Match") == '"7"'
        told = b"" if known else json.dumps(body).encode()
        exchange.answer(304 if known else 200, told, Content_Type="application/json", ETag='"7"')

    server.on(path, script)


def length(batch):
    return len(json.dumps(batch.cursor))


def to_the_end(adapter, query):
    """The last batch of a round, and one more of a host that has nothing new."""
    batch = adapter.fetch(Aim.PACKAGE, query, cursor={})
    seen = batch.cursor | {"etag": '"7"'}
    return batch, adapter.fetch(Aim.PACKAGE, query, cursor=json.loads(json.dumps(seen)))


def test_of_a_package_with_too_many_versions_the_newest_are_followed(scripted):
    versions = {f"{n // 100}.{n % 100}.0": {"dist": {"integrity": f"sha512-{n:086d}=="}} for n in range(9000)}
    serve_json(scripted, "/kettle", {"name": "kettle", "versions": versions})

    first, again = to_the_end(Npm(Client(allow_private=True), scripted.url), "kettle")

    assert (first.candidates[0].version, length(first) < LONGEST_CURSOR) == ("89.99.0", True)
    [gap] = first.gaps
    assert gap.startswith("kettle has 9,000 versions; its 2,")
    assert (again.candidates, again.gaps) == ([], [gap])


def test_of_a_project_with_too_many_files_the_newest_are_followed(scripted):
    files = [
        {"filename": f"kettle-1.{n}.tar.gz", "url": "x", "hashes": {"sha256": f"{n:064x}"}}
        for n in range(20_000)
    ]
    body = {"meta": {"api-version": "1.4"}, "name": "kettle", "files": files}
    serve_json(scripted, "/simple/kettle/", body)

    first, again = to_the_end(Pypi(Client(allow_private=True), f"{scripted.url}/simple/"), "kettle")

    assert length(first) < LONGEST_CURSOR
    assert first.gaps == ["kettle has 20,000 files; its 5,000 oldest are not followed."]
    assert (again.candidates, again.gaps) == ([], first.gaps)


def test_of_a_search_with_too_many_long_names_the_last_changed_are_followed(scripted):
    for sort in ("models", "datasets", "spaces"):
        names = [f"{LONG[:90]}/{n:03d}{LONG[:90]}" for n in range(500)]
        hits = [{"id": name, "sha": hashlib.sha1(name.encode()).hexdigest()} for name in names]
        serve_json(scripted, f"/api/{sort}", hits)

    batch = HuggingFace(Client(allow_private=True), scripted.url).fetch(Aim.SEARCH, "kettle", cursor={})

    assert length(batch) < LONGEST_CURSOR
    assert batch.gaps[0] == "Hugging Face finds 500 models, and we follow 326 of them."


@pytest.mark.slow  # 6,000 forks
def test_of_forks_with_long_names_and_forks_of_their_own_a_part_is_followed(monkeypatch):
    def forks_page(id, name, page):
        rows = [
            Repo(f"{page:05d}{n:05d}" * 6, f"{page}x{n}/{LONG[:99]}/{LONG[:99]}", LONG, "m" * 64, forks=9)
            for n in range(100)
        ]
        return Listing(rows, is_last=False)

    forge = SimpleNamespace(
        name="The forge",
        repository=str,
        known=lambda name, id: Repo(id or "1", name, "main"),
        forks_page=forks_page,
        candidate=lambda repo: None,
    )
    cursor = {}
    for page in range(1, 61):
        monkeypatch.setattr(walks, "BATCH", 100 if page < 60 else 1)
        batch = walks.Walk(forge, Aim.FORKS, "eve/leak", cursor).step()
        cursor = batch.cursor

    assert (len(cursor["seen"]), len(cursor["pending"]), cursor["is_cut"]) == (6000, 99, True)
    assert 230_000 < length(batch) < LONGEST_CURSOR
