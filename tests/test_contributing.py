"""What CONTRIBUTING shows works as it stands there."""

import io
import json
import re
import types
import zipfile
from pathlib import Path

import pytest

from monitors.fingerprints import git_blob_id
from monitors.sources.base import Aim, Gone
from monitors.sources.http import Client
from tests.servers import scripted as scripts

CONTRIBUTING = Path(__file__).parent.parent / "CONTRIBUTING.md"
CODE = b"export const answer = 42;\n"


@pytest.fixture
def zenodo(scripted):
    """The adapter of the worked example, on a host that answers as told."""
    [shown] = re.findall(r"```python\n(.*?)```", CONTRIBUTING.read_text(), re.DOTALL)
    module = types.ModuleType("zenodo")
    exec(compile(shown, "CONTRIBUTING.md", "exec"), module.__dict__)
    return module.Zenodo(Client(allow_private=True), scripted.url)


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
