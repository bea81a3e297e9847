"""A place that could not be read whole still says what it holds, and what was not read."""

import io
import json
import shutil
import tarfile

import pytest
from django.core.management import CommandError, call_command

from tests.commands import printed
from tests.monitors.commands.conftest import OURS, matched, written
from tests.monitors.sources.histories import checkout, commit, needs_git
from tests.monitors.unpack.packing import special, tarred

SEVEN = b"7z\xbc\xaf\x27\x1c" + bytes(100)


def failing(*arguments):
    out = io.StringIO()
    with pytest.raises(CommandError, match="could not be read"):
        call_command("match", *map(str, arguments), stdout=out)
    return json.loads(out.getvalue())


def test_what_came_before_an_archive_was_cut_is_matched(tmp_path, index):
    (tmp_path / "cut.tgz").write_bytes(tarred(OURS)[:-100])

    line = failing(index, tmp_path / "cut.tgz")

    assert (line["matches"][0]["class"], line["matches"][0]["files"]) == ("partial", 5)
    assert "cut.tgz ends early" in line["error"]


def test_of_what_gave_nothing_nothing_is_said(tmp_path, index):
    (tmp_path / "cut.tgz").write_bytes(tarred(OURS)[:40])

    line = failing(index, tmp_path / "cut.tgz")

    assert (line["matches"], "ends early" in line["error"]) == ([], True)


def test_what_was_not_read_is_told_beside_the_verdict(tmp_path, index):
    place = written(tmp_path / "place", {"a.7z": SEVEN, "b.md": b"# hi"})

    [line] = matched(index, place)

    assert line["matches"][0]["class"] == "unrelated"
    assert line["skipped"] == [
        {"path": "a.7z", "reason": "taken as one file: 7-Zip archives are not read here"}
    ]


@needs_git
def test_a_leak_that_was_committed_and_taken_back_is_found(tmp_path, index):
    work = checkout(tmp_path / "work", OURS)
    shutil.rmtree(work / "src")
    commit(work, {"README.md": b"# nothing here"})
    with tarfile.open(tmp_path / "work.tgz", "w:gz") as archive:
        archive.add(work, "work")

    by_archive, by_store = matched(index, tmp_path / "work.tgz", work / ".git")

    assert by_archive["matches"][0]["class"] == by_store["matches"][0]["class"] == "copy"


def test_of_very_many_notes_the_last_is_their_number(tmp_path, index):
    links = {f"{number}": special(b"2", "x") for number in range(250)}
    (tmp_path / "links.tgz").write_bytes(tarred(links))

    [line] = matched(index, tmp_path / "links.tgz")

    assert len(line["skipped"]) == 201
    assert line["skipped"][-1] == {"path": "", "reason": "and 50 more"}


def test_a_person_who_makes_an_index_is_shown_what_was_not_read(tmp_path):
    leak = written(tmp_path / "leak", OURS | {f"{number}.7z": SEVEN for number in range(5)})
    errors = io.StringIO()

    call_command("fingerprint", str(leak), "-o", str(tmp_path / "a"), stdout=io.StringIO(), stderr=errors)

    first, *_, last = errors.getvalue().splitlines()
    assert first == "      5 left out, or not taken as it was:"
    assert last == "        and 2 more"


def test_a_person_who_takes_an_inventory_is_shown_what_was_not_read(tmp_path):
    place = written(tmp_path / "place", {"a.7z": SEVEN, "b.md": b"# hi"})

    lines = printed("inventory", str(place)).splitlines()

    assert lines[-2:] == [
        "      1 left out, or not taken as it was:",
        "        a.7z: taken as one file: 7-Zip archives are not read here",
    ]
