"""From the command line: a leak's name goes into its index, and bait with that name is told."""

import json
import tarfile

import pytest

from tests.commands import printed

CODE = "".join(f"export const part{n} = combine('launch desk part {n}', {n * n});\n" for n in range(60))


@pytest.fixture
def index(tmp_path):
    leak = tmp_path / "leak"
    (leak / "src").mkdir(parents=True)
    (leak / "src" / "main.ts").write_text(CODE)
    (leak / "package.json").write_text(json.dumps({"name": "@acme/launch-desk"}))
    printed("fingerprint", str(leak), "-o", str(tmp_path / "leak.index"))
    return tmp_path / "leak.index"


def match(index, place):
    [line] = printed("match", str(index), str(place), "--jobs", "1").splitlines()
    return json.loads(line)["matches"][0]


def test_bait_is_an_impostor_and_says_what_it_carries(index, tmp_path):
    bait = tmp_path / "evil" / "launch-desk-leaked"
    bait.mkdir(parents=True)
    (bait / "Setup.exe").write_bytes(b"MZ")

    found = match(index, bait)

    assert (found["class"], found["files"]) == ("impostor", 0)
    assert found["warnings"] == ["executable: Setup.exe (runs on Windows)"]


def test_an_archive_is_judged_by_its_name_too(index, tmp_path):
    (tmp_path / "x.bat").write_text("echo")
    with tarfile.open(tmp_path / "acme-launch-desk-9.9.9.tgz", "w:gz") as archive:
        archive.add(tmp_path / "x.bat", "package/x.bat")

    found = match(index, tmp_path / "acme-launch-desk-9.9.9.tgz")

    assert (found["class"], found["warnings"]) == (
        "impostor",
        ["executable: package/x.bat (runs on Windows)"],
    )


@pytest.mark.parametrize(
    ("names", "klass"), [([], "unrelated"), (["acme-flow", "@acme/launch-desk"], "impostor")]
)
def test_a_map_alone_is_called_what_its_owner_says(tmp_path, names, klass):
    said = {"version": 3, "sources": ["../src/main.ts"], "sourcesContent": [CODE], "mappings": ""}
    (tmp_path / "cli.js.map").write_text(json.dumps(said))
    given = [part for name in names for part in ("--name", name)]
    printed("fingerprint", str(tmp_path / "cli.js.map"), "-o", str(tmp_path / "index"), *given)
    bait = tmp_path / "launch-desk-leaked"
    bait.mkdir()
    (bait / "setup.sh").write_text("echo")

    assert match(tmp_path / "index", bait)["class"] == klass


def test_the_index_says_no_name(index):
    assert b"acme" not in index.read_bytes()
    assert b"launch-desk" not in index.read_bytes()
