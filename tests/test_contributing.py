"""What CONTRIBUTING shows works as it stands there."""

import io
import json
import re
import types
import zipfile
from pathlib import Path
from urllib.parse import quote

import pytest

from monitors.fingerprints import git_blob_id
from monitors.simulator import Absence, World, serve
from monitors.sources.base import Aim, Gone, Look, Probe
from monitors.sources.http import Client
from tests.servers import scripted as scripts

CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"
CODE = b"export const answer = 42;\n"


def shown(number):
    """A module of the worked example: its adapter, or the dialect."""
    blocks = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    module = types.ModuleType("zenodo")
    exec(compile(blocks[number], "CONTRIBUTING.md", "exec"), module.__dict__)
    return module


@pytest.fixture
def zenodo(scripted):
    """The adapter of the worked example, on a host that answers as told."""
    return shown(0).Zenodo(Client(allow_private=True), scripted.url)


def record(number):
    return {"id": number, "title": "Kettle", "files": [{"key": "kettle.zip", "checksum": f"md5:{number}"}]}


def shows(scripted, *numbers, total=None):
    hits = {"hits": [record(number) for number in numbers], "total": total or len(numbers)}
    scripted.on("/api/records", scripts.json_answer(json.dumps({"hits": hits}).encode()))


def test_the_worked_example_finds_what_is_new(zenodo, scripted):
    shows(scripted, 3, 2)
    first = zenodo.fetch(Aim.SEARCH, "kettle", cursor={})
    shows(scripted, 5, 3, 2)

    second = zenodo.fetch(Aim.SEARCH, "kettle", cursor=json.loads(json.dumps(first.cursor)))

    assert [place.native_id for place in first.candidates] == ["3", "2"]
    assert [place.native_id for place in second.candidates] == ["5"]
    assert (first.more, second.cursor, second.gaps) == (False, {"seen": 5}, [])


def test_the_worked_example_says_what_its_host_leaves_out(zenodo, scripted):
    shows(scripted, *range(20), total=12_000)

    batch = zenodo.fetch(Aim.SEARCH, "kettle", cursor={})

    assert (batch.more, batch.gaps) == (True, ["Zenodo shows 10,000 of 12,000 results for kettle."])


def test_the_worked_example_reads_an_archive_and_looks_at_it_again(zenodo, scripted):
    shows(scripted, 3)
    place = zenodo.fetch(Aim.SEARCH, "kettle", cursor={}).candidates[0]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("kettle/a.ts", CODE)
    scripted.on("/api/records/3/files/kettle.zip/content", scripts.answers(200, packed.getvalue()))
    scripted.on("/api/records/3", scripts.json_answer(json.dumps(record(3)).encode()))

    with zenodo.examine(place) as holding:
        entries = holding.entries
    before = zenodo.look(place)
    scripted.on("/api/records/3", scripts.answers(410))

    assert entries == {"a.ts": git_blob_id(CODE)}
    assert (before.live, before.digest) == (True, place.digest)
    with pytest.raises(Gone):
        zenodo.look(place)


@pytest.mark.parametrize("key", ["a b/../c?.ts", "é" * 400 + ".ts", "\u202egpj.ts"])
def test_the_worked_example_asks_for_a_strangers_name_as_it_stands(zenodo, scripted, key):
    file = {"key": key, "checksum": "md5:7"}
    found = {"id": 3, "title": "Kettle", "files": [file, {"key": ".."}, {"key": "x" * 501}]}
    scripted.on("/api/records", scripts.json_answer(json.dumps({"hits": {"hits": [found]}}).encode()))
    scripted.on("/api/records/3", scripts.json_answer(json.dumps(found).encode()))
    scripted.on(f"/api/records/3/files/{quote(key, safe='')}/content", scripts.answers(200, b"code"))

    batch = zenodo.fetch(Aim.SEARCH, "kettle", cursor={})
    [place] = batch.candidates

    assert (zenodo.look(place), len(place.path) <= 250) == (Look(live=True, digest="md5:7"), True)
    assert batch.gaps == ["2 files are too many for their record, or have names that we cannot ask for."]
    with zenodo.examine(place) as holding:
        assert list(holding.entries.values()) == [git_blob_id(b"code")]


def test_the_worked_example_understands_its_own_dialect():
    world = World()
    for name in ("kettle", "teapot"):
        world.add_version("zenodo", name, "1.0", files={"a.ts": CODE})
    with serve(world, dialects={"zenodo": shown(1).Dialect()}) as server:
        zenodo = shown(0).Zenodo(Client(allow_private=True), server.address("zenodo"))

        [place] = zenodo.fetch(Aim.SEARCH, "kettle", cursor={}).candidates
        with zenodo.examine(place) as holding:
            entries = holding.entries
        stands = zenodo.look(place)
        version = world.host("zenodo").packages["kettle"].versions[0]
        version.leave(Absence(since=world.start, until=None, reason="deleted"))

        assert (zenodo.probe(), place.title) == (Probe("Answers searches."), "kettle 1.0 kettle 1.0.tgz")
        assert (git_blob_id(CODE) in entries.values(), stands) == (True, Look(live=True, digest=place.digest))
        with pytest.raises(Gone):
            zenodo.look(place)
    assert server.failures == []
