"""Hugging Face and Docker Hub in the simulator speak as their documents say."""

import gzip
import hashlib
import io
import json
import tarfile
from datetime import timedelta
from email.utils import parsedate_to_datetime

import pytest

from monitors.simulator import Absence, Holds, serve
from monitors.simulator.places import Image


@pytest.fixture
def server(world):
    model = world.add_repository("huggingface", "eve/acme-cli", holds=Holds.LEAK)
    model.sort = "model"
    layers = ({"etc/os-release": b"NAME=small\n"}, {"app/a.ts": b"code"})
    image = Image("dockerhub", "eve", "acme-cli", "latest", world.start, layers, "acme in a box")
    world.host("dockerhub").images.append(image)
    world.clock.advance(timedelta(hours=1))
    with serve(world) as server:
        yield server


@pytest.fixture
def get(server, ask):
    return lambda kind, path, **headers: ask(f"{server.address(kind)}{path}", headers=headers)


def test_a_model_is_found_by_a_search_of_models_alone(get):
    found = {sort: get("huggingface", f"/api/{sort}?search=acme").json() for sort in ("models", "datasets")}

    assert ([one["id"] for one in found["models"]], found["datasets"]) == (["eve/acme-cli"], [])


def test_a_tree_comes_page_by_page_with_gits_ids(world, get):
    tree = world.host("huggingface").repositories[0].head(world.start).tree
    rows, path = [], "/api/models/eve/acme-cli/tree/main?recursive=true&limit=20"

    while path:
        answer = get("huggingface", path)
        rows += answer.json()
        path = answer.links.get("next", {}).get("url", "").partition("/huggingface")[2]

    files = {row["path"]: row["oid"] for row in rows if row["type"] == "file"}
    assert files == {path: blob.id for path, blob in tree.files().items()}
    assert {row["oid"] for row in rows if row["path"] == "src"} == {tree.at("src").id}


def test_a_file_is_served_at_a_revision(world, get):
    head = world.host("huggingface").repositories[0].head(world.start)

    answers = [
        get("huggingface", f"/eve/acme-cli/resolve/{revision}/README.md")
        for revision in (head.id, "main", "no")
    ]

    assert [one.status_code for one in answers] == [200, 200, 404]
    assert answers[0].content == head.tree.at("README.md").content


def test_deleted_and_private_are_not_told_apart_and_a_block_is(world, get):
    model = world.host("huggingface").repositories[0]
    model.leave(Absence(world.start, world.start + timedelta(hours=2), "deleted"))
    missing = get("huggingface", "/api/models/eve/acme-cli")
    world.clock.advance(timedelta(hours=2))
    model.leave(Absence(world.start + timedelta(hours=2), None, "dmca"))

    assert missing.status_code == 401
    assert get("huggingface", "/api/models/eve/acme-cli").json()["disabled"] is True


def test_the_limit_is_told_in_one_structured_header(get):
    assert get("huggingface", "/api/models").headers["RateLimit"].startswith('"api";r=499;t=')


def test_an_image_is_found_with_its_tags(get):
    found = get("dockerhub", "/v2/search/repositories/?query=acme").json()
    tags = get("dockerhub", "/v2/repositories/eve/acme-cli/tags").json()

    assert (found["count"], found["results"][0]["repo_name"]) == (1, "eve/acme-cli")
    assert [tag["name"] for tag in tags["results"]] == ["latest"]


def test_the_registry_wants_a_token_for_this_image(get):
    answer = get("dockerhub", "/v2/eve/acme-cli/manifests/latest")

    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer realm=")


def test_an_image_is_pulled_layer_by_layer(get):
    token = get("dockerhub", "/token?scope=repository:eve/acme-cli:pull").json()["token"]

    def pull(sort, reference):
        path = f"/v2/eve/acme-cli/{sort}/{reference}"
        content = get("dockerhub", path, Authorization=f"Bearer {token}").content
        assert reference == "latest" or reference == f"sha256:{hashlib.sha256(content).hexdigest()}"
        return content

    usual = [
        one
        for one in json.loads(pull("manifests", "latest"))["manifests"]
        if one["platform"]["os"] == "linux"
    ]
    manifest = json.loads(pull("manifests", usual[0]["digest"]))
    layers = [pull("blobs", layer["digest"]) for layer in manifest["layers"]]
    with tarfile.open(fileobj=io.BytesIO(gzip.decompress(layers[1]))) as tar:
        assert tar.extractfile("./app/a.ts").read() == b"code"


def test_a_refusal_names_the_moment_to_come_back(world, get):
    for _ in range(180):
        get("dockerhub", "/v2/repositories/eve/acme-cli/tags")

    refused = get("dockerhub", "/v2/repositories/eve/acme-cli/tags")

    now = parsedate_to_datetime(refused.headers["Date"]).timestamp()
    wait = int(refused.headers["X-Retry-After"]) - now
    assert (refused.status_code, "Retry-After" in refused.headers) == (429, False)
    assert 0 < wait <= 60
