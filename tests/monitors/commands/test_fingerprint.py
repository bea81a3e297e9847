"""A leak on this machine becomes an index, and places are held against it."""

import io
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from monitors.fingerprints import Index
from monitors.fingerprints.scaffolds import scaffolds
from tests.commands import printed
from tests.monitors.commands.conftest import OURS, THEIRS, matched, written
from tests.monitors.commands.test_inventory import Terminal
from tests.monitors.matching.conftest import source
from tests.monitors.unpack.packing import source_map


def test_a_folder_becomes_an_index_of_what_is_ours(tmp_path):
    leak = written(tmp_path / "leak", OURS | THEIRS)

    summary = json.loads(printed("fingerprint", str(leak), "-o", str(tmp_path / "index")))

    made = Index.from_bytes((tmp_path / "index").read_bytes())
    assert [file.path for file in made.files] == list(OURS)
    assert (summary["files"], summary["lines"]) == (6, made.total_lines)
    assert summary["third_party_files"] == 3
    assert summary["background"]["files"] == 3 + len(scaffolds().texts)
    assert summary["bytes"] == (tmp_path / "index").stat().st_size


def test_public_code_given_as_a_folder_a_list_or_kept_is_left_out_alike(tmp_path):
    leak = written(tmp_path / "leak", OURS)
    public = written(tmp_path / "public", {"lib.ts": OURS["src/0.ts"]})
    (tmp_path / "list").write_text(f"# public code\n{public}\n\n")

    def made(name, *options):
        printed("fingerprint", str(leak), "-o", str(tmp_path / name), *map(str, options))
        return (tmp_path / name).read_bytes()

    folder = made("a", "--background", public, "--keep-background", tmp_path / "kept")
    assert folder == made("b", "--background-list", tmp_path / "list")
    assert folder == made("c", "--background", tmp_path / "kept")
    assert folder != made("d")


def test_sources_out_of_maps_are_not_learned_as_public(tmp_path):
    leak = written(tmp_path / "leak", OURS)
    out = {path: content.decode() for path, content in OURS.items()}
    release = written(tmp_path / "release", {"cli.js.map": source_map(out), "order.json": source_map(out)})

    told = printed("fingerprint", str(leak), "-o", str(tmp_path / "index"), "--background", str(release))

    assert json.loads(told)["files"] == 6


def test_a_folder_of_others_code_alone_is_refused(tmp_path):
    folder = written(tmp_path / "leak", THEIRS)

    with pytest.raises(CommandError, match="None of its files is the owner's own"):
        printed("fingerprint", str(folder), "-o", str(tmp_path / "index"))

    assert not (tmp_path / "index").exists()


def test_a_path_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(CommandError, match=r"none\.tgz"):
        printed("fingerprint", str(tmp_path / "none.tgz"), "-o", str(tmp_path / "index"))


def test_every_place_gets_one_line_with_one_match_for_each_index(tmp_path, index):
    other = tmp_path / "other.index"
    printed("fingerprint", str(written(tmp_path / "other", {"a.ts": source("other")})), "-o", str(other))
    innocent = written(tmp_path / "innocent", {"x.ts": source("innocent")})

    lines = matched(index, other, tmp_path / "leak", innocent)

    assert [line["path"] for line in lines] == [str(tmp_path / "leak"), str(innocent)]
    assert [[one["class"] for one in line["matches"]] for line in lines] == [
        ["copy", "unrelated"],
        ["unrelated", "unrelated"],
    ]
    assert [one["index"] for one in lines[0]["matches"]] == [str(index), str(other)]
    ours = lines[0]["matches"][0]
    assert (ours["share"], ours["files"]) == (1.0, 6)
    assert ours["evidence"][0].keys() == {"theirs", "ours", "kind", "share", "lines", "regions"}


def test_an_archive_and_a_source_map_in_it_are_opened(tmp_path, index):
    sources = {"version": 3, "sources": list(OURS), "sourcesContent": [one.decode() for one in OURS.values()]}
    content = json.dumps(sources | {"mappings": ""}).encode()
    with tarfile.open(tmp_path / "package.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("package/cli.js.map")
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))

    [line] = matched(index, tmp_path / "package.tgz")

    assert (line["matches"][0]["class"], line["matches"][0]["files"]) == ("copy", 6)


def test_places_are_read_from_standard_input(tmp_path, index, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tmp_path / 'leak'}\n"))

    [line] = matched(index)

    assert line["matches"][0]["class"] == "copy"


def test_a_place_that_cannot_be_read_is_told_in_its_line_and_the_next_is_read(tmp_path, index):
    (tmp_path / "broken.tgz").write_bytes(b"\x1f\x8b broken")
    out = io.StringIO()

    with pytest.raises(CommandError, match="1 of 2 places could not be read"):
        call_command("match", str(index), str(tmp_path / "broken.tgz"), str(tmp_path / "leak"), stdout=out)

    first, second = map(json.loads, out.getvalue().splitlines())
    assert (first["matches"], bool(first["error"])) == ([], True)
    assert second["matches"][0]["class"] == "copy"


def test_a_first_place_that_is_not_there_is_no_place(tmp_path, index):
    with pytest.raises(CommandError, match=r"typo\.index is not there"):
        matched(tmp_path / "typo.index", tmp_path / "leak")
    with pytest.raises(CommandError, match=r"leak\.index is an index, but .*typo\.index before it is none"):
        matched(index, tmp_path / "typo.index", index, tmp_path / "leak")


def test_without_an_index_it_says_how_to_make_one(tmp_path):
    with pytest.raises(CommandError, match=r"manage\.py fingerprint PATH -o INDEX"):
        printed("match", str(written(tmp_path / "leak", OURS)))


def test_many_places_are_answered_in_their_order_by_several_processes(tmp_path, index):
    places = [written(tmp_path / f"place{at}", {f"{at}.ts": source(f"ours{at % 6}")}) for at in range(5)]

    lines = matched(index, *places, "--jobs", "2")

    assert [line["path"] for line in lines] == [str(place) for place in places]
    assert [line["matches"][0]["evidence"][0]["ours"] for line in lines] == [
        f"src/{at}.ts" for at in range(5)
    ]


def test_of_places_typed_one_by_one_a_bar_shows_how_many_are_done(tmp_path, index, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{tmp_path / 'leak'}\n" * 3))
    errors = Terminal()

    call_command("match", str(index), "--jobs", "2", stdout=io.StringIO(), stderr=errors)

    assert "places       3" in errors.getvalue()
    assert "%" not in errors.getvalue()


def test_a_path_that_is_no_utf_8_is_matched_and_told_by_its_bytes(tmp_path, index):
    place = written(tmp_path / "a\udcff", OURS)
    command = [sys.executable, "manage.py", "match", str(index)]
    given = os.fsencode(place) + b"\n"

    ran = subprocess.run(
        command,
        input=given,
        capture_output=True,
        check=True,
        env=os.environ | {"PYTHONIOENCODING": "utf-8:strict"},
    )

    line = json.loads(ran.stdout.decode())
    assert (Path(line["path"]), line["matches"][0]["class"]) == (place, "copy")


def test_a_place_that_cannot_be_read_does_not_lose_the_others(tmp_path, index, capsys):
    with pytest.raises(CommandError, match="1 of 2 places could not be read"):
        call_command("match", str(index), str(tmp_path / "none"), str(tmp_path / "leak"))

    lost, found = map(json.loads, capsys.readouterr().out.splitlines())
    assert (lost["matches"], found["matches"][0]["class"]) == ([], "copy")


def test_a_locked_index_needs_the_key_it_was_made_with(tmp_path):
    leak = written(tmp_path / "leak", OURS)
    locked, key, other = (tmp_path / name for name in ("locked", "key", "other"))

    made = json.loads(printed("fingerprint", str(leak), "-o", str(locked), "--key-file", str(key)))
    other.write_text("00" * 32)

    assert made["locked"]
    assert key.stat().st_mode & 0o777 == 0o600
    assert matched(locked, leak, "--key-file", key)[0]["matches"][0]["class"] == "copy"
    with pytest.raises(CommandError, match="--key-file"):
        matched(locked, leak)
    with pytest.raises(CommandError, match="not the key"):
        matched(locked, leak, "--key-file", other)


def test_a_file_without_a_key_is_no_key_file(tmp_path, index):
    (tmp_path / "key").write_text("hello")

    with pytest.raises(CommandError, match="64 hexadecimal digits"):
        matched(index, tmp_path, "--key-file", tmp_path / "key")


def test_a_file_that_was_published_before_is_not_counted_as_got_out(tmp_path):
    leak = written(tmp_path / "leak", OURS)
    public = written(tmp_path / "public", {"lib/renamed.ts": OURS["src/0.ts"]})

    told = printed("fingerprint", str(leak), "-o", str(tmp_path / "index"), "--background", str(public))

    summary = json.loads(told)
    assert (summary["files"], summary["shipped_files"]) == (5, 1)
