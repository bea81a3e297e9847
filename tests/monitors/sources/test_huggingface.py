"""Hugging Face: models, datasets and spaces by search, and by the ids of their files."""

import hashlib
import io
import json
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Fault, Holds, World, serve
from monitors.simulator.dialects import huggingface as dialect
from monitors.sources import huggingface
from monitors.sources.base import Aim, Look, Probe, RateLimited, SourceError
from monitors.sources.http import Client, Limits
from monitors.sources.huggingface import HuggingFace
from tests.servers import scripted as scripts


@pytest.fixture
def world():
    return World()


@pytest.fixture
def hub(world):
    with serve(world, dialects={"huggingface": dialect.Dialect()}) as server:
        client = Client(allow_private=True, limits=Limits(seconds=5))
        yield HuggingFace(client, server.address("huggingface"))


def publish(world, name, *, sort="dataset", files=None, holds=Holds.LEAK):
    tree = world.objects.tree(files) if files else None
    repository = world.add_repository("huggingface", name, holds=holds, tree=tree)
    repository.sort = sort
    return repository


def search(hub, text="acme", cursor=None):
    return hub.fetch(Aim.SEARCH, text, cursor=json.loads(json.dumps(cursor or {})))


def titles(batch):
    return sorted(candidate.title for candidate in batch.candidates)


@pytest.mark.parametrize(
    ("sort", "title"),
    [("model", "eve/acme-cli"), ("dataset", "datasets/eve/acme-cli"), ("space", "spaces/eve/acme-cli")],
)
def test_each_sort_of_repository_is_found_with_its_files_ids(world, hub, sort, title):
    copy = publish(world, "eve/acme-cli", sort=sort)

    found = search(hub).candidates[0]

    tree = copy.head(world.start).tree
    assert (found.title, found.native_id, found.path) == (title, f"{copy.id:024x}", "")
    assert found.entries == {path: blob.id for path, blob in tree.files().items()}
    assert found.trees["src"] == tree.at("src").id
    with hub.examine(found) as holding:
        assert dict(holding.read(["README.md"])) == {"README.md": tree.at("README.md").content}


def test_a_repository_comes_again_only_when_it_changed(world, hub):
    copy = publish(world, "eve/acme-cli")
    publish(world, "someone/else")
    first = search(hub)
    second = search(hub, cursor=first.cursor)
    world.push(copy, world.tree(Holds.PART), at=world.start + timedelta(hours=1))
    world.clock.advance(timedelta(hours=2))

    third = search(hub, cursor=second.cursor)

    assert [titles(one) for one in (first, second, third)] == [
        ["datasets/eve/acme-cli"],
        [],
        ["datasets/eve/acme-cli"],
    ]
    assert second.requests == 3


def test_a_repository_is_examined_as_it_is_now(world, hub):
    copy = publish(world, "eve/acme-cli")
    found = search(hub).candidates[0]
    world.push(copy, world.objects.tree({"README.md": b"Sorry."}), at=world.start + timedelta(hours=1))
    world.clock.advance(timedelta(hours=2))

    with hub.examine(found) as holding:
        assert dict(holding.read(list(holding.entries))) == {"README.md": b"Sorry."}


def test_large_files_are_known_by_their_sha256(world, hub, monkeypatch):
    monkeypatch.setattr(dialect, "LARGE", 10)
    content = b"export const answer = 42;\n" * 9
    publish(world, "eve/acme-cli", files={"big.js": content, "s.js": b"x"})

    found = search(hub).candidates[0]

    assert list(found.entries) == ["s.js"]
    with hub.examine(found) as holding:
        assert holding.entries["big.js"] == hashlib.sha256(content).hexdigest()
        assert dict(holding.read(["big.js"])) == {"big.js": content}


def test_an_archive_among_the_files_is_looked_into(world, hub):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("src/a.ts", "export const answer = 42;\n")
    publish(world, "eve/acme-cli", files={"leak.zip": packed.getvalue(), "broken.zip": b"PK\x03\x04broken"})

    with hub.examine(search(hub).candidates[0]) as holding:
        assert dict(holding.read(["leak.zip/a.ts"])) == {"leak.zip/a.ts": b"export const answer = 42;\n"}
        assert "broken.zip" in holding.skipped[0]


def test_many_repositories_and_many_files_come_page_by_page(world, hub, monkeypatch):
    monkeypatch.setattr(huggingface, "PAGE", 10)
    monkeypatch.setattr(huggingface, "FILES_PAGE", 4)
    for number in range(25):
        publish(world, f"eve/acme-{number}", files={f"f{n}.js": b"%d" % n for n in range(9)})
    found, cursor, more = [], {}, True

    while more:
        batch = search(hub, cursor=cursor)
        found, cursor, more = found + batch.candidates, batch.cursor, batch.more

    assert len({one.title for one in found}) == len(found) == 25
    assert {len(one.entries) for one in found} == {9}


def test_what_the_search_finds_beyond_its_bound_is_a_gap(world, hub, monkeypatch):
    monkeypatch.setattr(huggingface, "PAGE", 2)
    for number in range(12):
        publish(world, f"eve/acme-{number}", files={"a": b"x"})

    batch = search(hub)

    assert batch.gaps == ["Hugging Face finds more than 10 datasets: ask for rarer words."]


@pytest.mark.parametrize(
    ("why", "look"),
    [
        ("deleted", Look(live=False, reason="401 deleted or private")),
        ("dmca", Look(live=False, reason="disabled")),
    ],
)
def test_what_is_gone_says_why(world, hub, why, look):
    copy = publish(world, "eve/acme-cli")
    found = search(hub).candidates[0]
    copy.leave(Absence(world.start, None, why))

    assert hub.look(found) == look


def test_a_bad_token_is_not_taken_for_a_removal(scripted, world, hub):
    publish(world, "eve/acme-cli")
    found = search(hub).candidates[0]
    scripted.on("/api/datasets/eve/acme-cli", scripts.answers(401))
    scripted.on("/api/models", scripts.answers(401))

    with pytest.raises(SourceError, match="wants to know who asks"):
        HuggingFace(Client(allow_private=True), scripted.url).look(found)


def test_a_renamed_repository_is_live_and_says_its_new_name(world, hub):
    copy = publish(world, "eve/acme-cli")
    found = search(hub).candidates[0]
    world.rename(copy, "mallory/other", at=world.start)

    look = hub.look(found)

    url, ticket = f"{hub.base_url}/datasets/mallory/other", found.ticket | {"name": "datasets/mallory/other"}
    now = replace(found, title="datasets/mallory/other", url=url, ticket=ticket)
    assert look == Look(live=True, digest=found.digest, renamed=now)
    assert hub.look(now) == Look(live=True, digest=found.digest)


def test_a_name_that_another_repository_took_is_gone(world, hub):
    publish(world, "eve/acme-cli")
    found = replace(search(hub).candidates[0], native_id="0" * 24)

    assert hub.look(found) == Look(live=False, reason="404 another repository has its name")


def test_a_limit_loses_nothing(world, hub):
    publish(world, "eve/acme-cli")
    world.faults.force("huggingface", Fault.LIMITED, None)
    with pytest.raises(RateLimited) as limit:
        search(hub)
    world.clock.advance(limit.value.wait)

    assert titles(search(hub)) == ["datasets/eve/acme-cli"]


def test_one_odd_repository_does_not_hide_the_others(scripted):
    hits = [{"id": f"eve/{name}", "sha": "a" * 40} for name in ("odd", "fine", "gone")]
    for sort in ("models", "datasets", "spaces"):
        scripted.on(
            f"/api/{sort}", scripts.json_answer(json.dumps(hits if sort == "models" else []).encode())
        )
    scripted.on(f"/api/models/eve/odd/tree/{'a' * 40}", scripts.web_page())
    scripted.on(f"/api/models/eve/fine/tree/{'a' * 40}", scripts.json_answer(b"[]"))

    found = search(HuggingFace(Client(allow_private=True), scripted.url))

    assert titles(found) == ["eve/fine", "eve/odd"]


@pytest.mark.parametrize("id", ["../../api/x", "..", "a/..", "a/b/c", "a b/c", "", "\u202ex/y", "x" * 300])
def test_names_that_are_none_are_passed_over(scripted, id):
    for sort in ("models", "datasets", "spaces"):
        scripted.on(f"/api/{sort}", scripts.json_answer(json.dumps([{"id": id}]).encode()))

    assert search(HuggingFace(Client(allow_private=True), scripted.url)).candidates == []


def test_a_next_page_on_another_host_is_not_followed(scripted):
    link = '<http://169.254.169.254/latest>; rel="next"'
    for sort in ("models", "datasets", "spaces"):
        scripted.on(f"/api/{sort}", scripts.answers(200, b"[]", Content_Type="application/json", Link=link))

    assert search(HuggingFace(Client(allow_private=True), scripted.url)).requests == 3


def test_pages_without_end_are_left(scripted):
    def endless(exchange):
        row = {"id": f"eve/{len(exchange.server.asked)}", "sha": None}
        link = f'<{exchange.path}&x=1>; rel="next"'
        exchange.answer(200, json.dumps([row]).encode(), Content_Type="application/json", Link=link)

    for sort in ("models", "datasets", "spaces"):
        scripted.on(f"/api/{sort}", endless)

    batch = search(HuggingFace(Client(allow_private=True), scripted.url))

    assert len([one for one in scripted.asked if one.path.count("/") == 2]) == 15
    assert len(batch.gaps) == 3


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.web_page(),
        scripts.json_answer(b"{}"),
        scripts.json_answer(b'[{"id": 7}]'),
        scripts.half_a_body(b"[]"),
    ],
)
def test_a_failing_hub_is_told_in_a_sentence(scripted, script):
    scripted.on("/api/models", script)
    hub = HuggingFace(Client(allow_private=True, limits=Limits(seconds=0.5)), scripted.url)

    for ask in (lambda: search(hub), hub.probe):
        with pytest.raises(SourceError):
            ask()


def test_a_probe_tells_what_is_left_of_the_limit(hub):
    assert hub.probe() == Probe("Answers.", limit=500, remaining=499)


def test_files_are_counted_apart_from_the_api(hub):
    asked = {path: hub.bucket_of(f"{hub.base_url}{path}", "") for path in ("/api/models", "/a/b/resolve/c/d")}

    assert asked == {"/api/models": "", "/a/b/resolve/c/d": "resolvers"}
