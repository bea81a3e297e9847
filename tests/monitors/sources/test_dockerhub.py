"""Docker Hub: images by search, and by the files in their layers."""

import json
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Fault, World, serve
from monitors.simulator.dialects import dockerhub as dialect
from monitors.simulator.places import Image
from monitors.sources import dockerhub
from monitors.sources.base import Aim, Look, Probe, RateLimited, SourceError
from monitors.sources.dockerhub import DockerHub
from monitors.sources.http import Client, Limits
from tests.servers import scripted as scripts

CODE = b"export const answer = 42;\n"
LAYERS = ({"etc/os-release": b"NAME=small\n", "app/a.ts": b"old"}, {"app/a.ts": CODE, "app/b.ts": b"b"})


@pytest.fixture
def world():
    return World()


@pytest.fixture
def outside(world):
    with serve(world, dialects={"dockerhub": dialect.Dialect()}) as server:
        yield server


@pytest.fixture
def hub(outside):
    client = Client(allow_private=True, limits=Limits(seconds=5), token="tok_5ecret")
    return DockerHub(client, outside.address("dockerhub"))


def push(world, name="eve/acme-cli", *, tag="latest", layers=LAYERS, after=timedelta()):
    owner, _, last = name.rpartition("/")
    image = Image("dockerhub", owner, last, tag, world.start + after, layers, "acme in a box")
    world.host("dockerhub").images.append(image)
    return image


def search(hub, text="acme", cursor=None):
    return hub.fetch(Aim.SEARCH, text, cursor=json.loads(json.dumps(cursor or {})))


def titles(batch):
    return [candidate.title for candidate in batch.candidates]


def test_an_image_is_found_and_its_layers_are_looked_into(world, hub):
    push(world)

    found = search(hub).candidates[0]

    assert (found.native_id, found.path, found.title) == ("eve/acme-cli", "latest", "eve/acme-cli:latest")
    assert hub.look(found) == Look(live=True, digest=found.digest)
    with hub.examine(found) as holding:
        assert dict(holding.read(["app/a.ts", "app/b.ts", "etc/os-release"])) == {
            "app/a.ts": CODE,
            "app/b.ts": b"b",
            "etc/os-release": b"NAME=small\n",
        }


def test_the_newest_tags_that_differ_are_places_of_their_own(world, hub):
    for hours, tag in enumerate(["1.0", "1.1", "1.2"]):
        push(world, tag=tag, layers=({"v": tag.encode()},), after=timedelta(hours=hours))
    push(world, tag="latest", layers=({"v": b"1.2"},), after=timedelta(hours=2))
    world.clock.advance(timedelta(days=1))

    assert len(search(hub).candidates) == 2


def test_each_tag_is_looked_at_in_turn_and_how_many_were_is_said(world, hub):
    for hours in range(5):
        push(world, tag=f"1.{hours}", layers=({"v": b"%d" % hours},), after=timedelta(hours=hours))
    push(world, tag="latest", layers=({"v": b"4"},), after=timedelta(hours=4))
    world.clock.advance(timedelta(days=1))
    digests, gaps, cursor = [], [], {}

    for _ in range(4):
        batch = search(hub, cursor=cursor)
        cursor, gaps = batch.cursor, [*gaps, *batch.gaps]
        digests.append([one.digest for one in batch.candidates])

    looked = [digest for some in digests[:3] for digest in some]
    assert (len(looked), len(set(looked)), digests[3]) == (6, 5, digests[0])
    assert [gap.partition(" tags")[0] for gap in gaps] == ["3 of 6", "5 of 6"]


def test_an_image_seen_before_is_asked_about_again_in_turn(world, hub):
    push(world)
    first = search(hub)
    push(world, layers=({"app/new.ts": CODE},), after=timedelta(hours=1))
    world.clock.advance(timedelta(hours=2))

    second = search(hub, cursor=first.cursor)

    assert first.candidates[0].digest not in {one.digest for one in second.candidates[:1]}
    assert (second.cursor["seen"], second.cursor["pending"]) == (["eve/acme-cli"], [])


def test_many_images_come_in_batches_each_once(world, hub):
    for number in range(25):
        push(world, f"eve/acme-{number}", layers=({"n": b"%d" % number},))
    found, cursor, more = [], {}, True

    while more:
        batch = search(hub, cursor=cursor)
        found, cursor, more = found + titles(batch), batch.cursor, batch.more

    assert len(found) == len(set(found)) == 25


def test_what_the_search_finds_beyond_its_bound_is_a_gap(scripted, monkeypatch):
    monkeypatch.setattr(dockerhub, "PAGE", 2)

    def endless(exchange):
        rows = [{"repo_name": f"eve/{len(exchange.server.asked)}-{n}"} for n in range(2)]
        exchange.answer(200, json.dumps({"results": rows, "count": 9000}).encode())

    scripted.on("/v2/search/repositories/", endless)

    batch = search(DockerHub(Client(allow_private=True), scripted.url))

    assert batch.gaps == ["Docker Hub finds 9,000 images and 10 were looked at: ask for rarer words."]


def test_a_search_that_ends_before_its_own_count_is_a_gap(scripted):
    told = {"results": [{"repo_name": f"eve/{number}"} for number in range(3)], "count": 700}
    scripted.on("/v2/search/repositories/", scripts.json_answer(json.dumps(told).encode()))

    batch = search(DockerHub(Client(allow_private=True), scripted.url))

    assert batch.gaps == ["Docker Hub finds 700 images and 3 were looked at: ask for rarer words."]


def test_an_official_image_lies_under_library(world, hub):
    push(world, "acme")

    found = search(hub).candidates[0]

    assert (found.native_id, found.title) == ("library/acme", "acme:latest")
    assert found.url.endswith("/_/acme/tags")


@pytest.mark.parametrize("why", ["deleted", "dmca"])
def test_a_removed_image_is_gone(world, hub, why):
    image = push(world)
    found = search(hub).candidates[0]
    image.leave(Absence(world.start, None, why))

    assert hub.look(found) == Look(live=False, reason="404")
    assert search(hub).candidates == []


def test_our_token_goes_to_the_hub_and_the_pull_token_to_the_registry(scripted):
    registry, cdn = scripts.Scripted(), scripts.Scripted()
    scripted.on("/token", scripts.json_answer(b'{"token": "pull-once"}'))
    digest = "sha256:" + "a" * 64
    manifest = json.dumps({"layers": [{"digest": digest, "size": 5}]}).encode()
    registry.on("/v2/eve/x/manifests/latest", scripts.answers(200, manifest))
    registry.on(f"/v2/eve/x/blobs/{digest}", scripts.answers(307, b"", Location=f"{cdn.url}/layer"))
    cdn.on("/layer", scripts.answers(200, b"no archive"))

    class Apart(DockerHub):
        registry_url = registry.url

    hub = Apart(Client(allow_private=True, token="tok_5ecret"), scripted.url)
    candidate = hub._candidate("eve/x", dockerhub._Tag("latest"), 1)
    with hub.examine(candidate) as holding:
        assert holding.skipped
    sent = [
        [asked.headers.get("authorization") for asked in server.asked] for server in (scripted, registry, cdn)
    ]

    assert sent == [["Bearer tok_5ecret"], ["Bearer pull-once", "Bearer pull-once"], [None]]
    assert hub.client.requests == 4
    registry.close()
    cdn.close()


def test_layers_that_are_too_large_are_left_out_and_told(world, hub, monkeypatch):
    push(world, layers=({"big": b"x" * 9}, {"app/a.ts": CODE}))
    found = search(hub).candidates[0]
    monkeypatch.setattr(dockerhub, "LAYERS", 1)

    with hub.examine(found) as holding:
        assert list(holding.entries) == ["app/a.ts"]
        assert holding.skipped == ["1 layer: too large or too many to look at"]


def test_a_limit_waits_until_the_moment_the_hub_names(world, hub):
    push(world)
    world.faults.force("dockerhub", Fault.LIMITED, None)

    with pytest.raises(RateLimited) as limit:
        search(hub)

    assert timedelta(seconds=1) <= limit.value.wait <= timedelta(minutes=2)
    world.clock.advance(limit.value.wait)
    assert titles(search(hub)) == ["eve/acme-cli:latest"]


@pytest.mark.parametrize("name", ["../x", "..", "eve/..", "eve/../x", "a/b/c", "Eve/X", "", "a\u202eb"])
def test_names_that_are_none_are_passed_over(scripted, name):
    page = json.dumps({"results": [{"repo_name": name}], "count": 1}).encode()
    scripted.on("/v2/search/repositories/", scripts.json_answer(page))

    hub = DockerHub(Client(allow_private=True), scripted.url)

    assert search(hub).requests == 1


@pytest.mark.parametrize(
    "manifest",
    [
        b"[]",
        b'{"layers": [{"digest": "../../x", "size": 1}]}',
        b'{"manifests": [{"digest": "md5:1"}]}',
        b'{"layers": [{"digest": "sha256:' + b"a" * 64 + b'", "size": "9"}]}',
    ],
)
def test_an_odd_manifest_is_told_in_a_sentence(scripted, manifest):
    scripted.on("/token", scripts.json_answer(b'{"token": "pull-once"}'))
    scripted.on("/v2/eve/x/manifests/latest", scripts.answers(200, manifest))
    hub = DockerHub(Client(allow_private=True), scripted.url)

    with pytest.raises(SourceError):
        hub.examine(hub._candidate("eve/x", dockerhub._Tag("latest"), 1))


@pytest.mark.parametrize(
    "script",
    [
        scripts.answers(500),
        scripts.web_page(),
        scripts.json_answer(b"[]"),
        scripts.json_answer(b'{"results": [{"repo_name": 7}]}'),
        scripts.half_a_body(b'{"results": []}'),
    ],
)
def test_a_failing_hub_is_told_in_a_sentence(scripted, script):
    scripted.on("/v2/search/repositories/", script)
    hub = DockerHub(Client(allow_private=True, limits=Limits(seconds=0.5)), scripted.url)

    for ask in (lambda: search(hub), hub.probe):
        with pytest.raises(SourceError):
            ask()


def test_a_probe_tells_what_is_left_of_the_limit(hub):
    assert hub.probe() == Probe("Answers.", limit=600, remaining=599)


def test_the_longest_names_and_the_most_tags_fit_into_a_cursor(scripted):
    names = [f"{number:03}/{'b' * 255}" for number in range(500)]
    rows = [{"repo_name": name} for name in [*names, f"{'a' * 255}/{'b' * 255}"]]
    scripted.on("/v2/search/repositories/", scripts.json_answer(json.dumps({"results": rows}).encode()))
    tags = [{"name": f"{number}", "digest": f"sha256:{number:064x}"} for number in range(25)]
    told = scripts.json_answer(json.dumps({"results": tags, "count": 10**300}).encode())
    for name in names[:5]:
        scripted.on(f"/v2/repositories/{name}/tags", told)
    full = {dockerhub._mark(name): ["x" * 300, 25, 10**9] for name in names}

    batch = search(DockerHub(Client(allow_private=True), scripted.url), cursor={"seen": names, "tags": full})

    assert len(batch.cursor["seen"]) == 500
    assert (len(batch.candidates), len(batch.cursor["tags"])) == (10, dockerhub.TAGS_KEPT)
    assert batch.candidates[0].ticket["tags"] == 25
    assert len(json.dumps(batch.cursor)) < 256 * 1024
