"""Electron's archive: a tree of names as JSON, then the files' bytes."""

import json
import struct

import pytest

from monitors.unpack import BoundExceeded, File, UnpackError
from tests.monitors.unpack.packing import asar, asar_of, files, noted, source_map, tarred, unpacked

TREE = {"package.json": b"{}", "dist/main.js": b"let a", "dist/empty": b"", "dist/deep/b.ts": b"b" * 3000}


def test_an_asar_gives_its_files_whatever_it_is_called():
    assert unpacked(asar(TREE), "app.asar") == TREE
    assert unpacked(asar(TREE), "upload") == TREE


def test_an_asar_inside_an_archive_stands_as_a_directory():
    content = tarred({"resources/app.asar": asar({"main.js.map": source_map({"src/a.ts": "a"})})})

    assert files(content)[1:] == [
        File("resources/app.asar/src/a.ts", b"a", "resources/app.asar/main.js.map"),
    ]


def test_an_asar_by_electron_s_own_tool_is_read():
    header = (
        b'{"files":{"a.js":{"size":6,"integrity":{"algorithm":"SHA256","hash":"0e","blockSize":4194304,'
        b'"blocks":["0e"]},"offset":"0"},"run.sh":{"size":2,"executable":true,"offset":"6"}}}'
    )

    assert unpacked(asar_of(header, b"let a\nls"), "app.asar") == {"a.js": b"let a\n", "run.sh": b"ls"}


def test_links_and_files_that_lie_beside_it_are_reported():
    content = asar({"a.ts": b"a", "l.ts": {"link": "../a\u202e.ts"}, "b.node": {"size": 9, "unpacked": True}})

    assert unpacked(content, "app.asar") == {"a.ts": b"a"}
    assert noted(content, "app.asar") == [
        ("l.ts", "left out: a symbolic link to ../a\\u202e.ts"),
        ("b.node", "left out: it lies beside the archive, in app.asar.unpacked"),
    ]


def test_names_that_climb_stay_inside():
    header = {"files": {"..": {"files": {"..": {"files": {"evil.ts": {"size": 1, "offset": "0"}}}}}}}

    assert unpacked(asar_of(json.dumps(header).encode(), b"x"), "app.asar") == {"evil.ts": b"x"}


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (b'{"files":{', "is damaged: its header cannot be read: Input data was truncated"),
        (b'{"files":{"a":{"size":-1}}}', "is damaged: its header cannot be read: Expected `int` >= 0"),
        (b'{"files":' * 9000 + b"1" + b"}" * 9000, "is damaged: its header cannot be read"),
        (b'{"files":{"a":{"size":1,"offset":"-4"}}}', "is damaged: a file in it has no place"),
        (b'{"files":{"a":{"size":1,"offset":"1"}}}', "ends early"),
    ],
)
def test_a_damaged_header_is_told(header, reason):
    with pytest.raises(UnpackError, match=rf"app\.asar {reason}"):
        files(asar_of(header, b"x"), "app.asar")


def test_a_header_cut_short_ends_early_and_a_huge_one_is_not_read():
    huge = 100 * 1024 * 1024

    with pytest.raises(UnpackError, match=r"app\.asar ends early"):
        files(asar(TREE)[:100], "app.asar")
    with pytest.raises(BoundExceeded, match="the bound on directory_bytes is 67,108,864"):
        files(struct.pack("<4L", 4, huge + 8, huge + 4, huge) + b"{" * 100, "app.asar")


@pytest.mark.parametrize(
    ("bound", "value", "content"),
    [
        ("files", 10, asar({f"{number}.ts": b"x" for number in range(11)})),
        ("files", 10, asar({"/".join("abcdefghijkl"): b"x"})),
        ("files", 10, asar_of(json.dumps({"files": {f"d{number}": {} for number in range(40)}}).encode())),
        ("bytes", 100, asar({"a.ts": b"x" * 60, "b.ts": b"y" * 60})),
    ],
)
def test_an_asar_is_bound_like_any_archive(bound, value, content):
    with pytest.raises(BoundExceeded) as caught:
        files(content, "app.asar", **{bound: value})

    assert (caught.value.bound, caught.value.value) == (bound, value)


def test_files_that_share_bytes_are_stopped_by_the_ratio():
    shared = {f"{number}.ts": {"size": 500_000, "offset": "0"} for number in range(5)}
    content = asar_of(json.dumps({"files": shared}).encode(), b"\0" * 500_000)

    with pytest.raises(BoundExceeded, match="unpacks to more than 3 times its own size"):
        files(content, "app.asar", ratio=3)
