"""Files are read in the encoding they were written in."""

import json

import pytest

from monitors.inventory.encodings import text
from tests.monitors.inventory.trees import ownerships, taken

SAMPLE = "// © Müller, 2026\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "latin-1"])
def test_text_is_read_in_its_encoding(encoding):
    assert text(SAMPLE.encode(encoding)) == SAMPLE


@pytest.mark.parametrize(
    ("mark", "encoding"),
    [(b"\xfe\xff", "utf-16-be"), (b"\xff\xfe", "utf-16-le"), (b"\0\0\xfe\xff", "utf-32-be")],
)
def test_either_order_of_bytes_is_read(mark, encoding):
    assert text(mark + SAMPLE.encode(encoding)) == SAMPLE


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_the_beginning_of_a_file_reads_like_the_whole(encoding):
    content = SAMPLE.encode(encoding)

    assert all(SAMPLE.startswith(text(content[:size])) for size in range(4, len(content)))


def test_anything_has_a_text():
    assert text(bytes(range(256))) == bytes(range(256)).decode("latin-1")
    assert text(b"\xff\xfe\x00\xd8a\0") == "\ufffda"
    assert text(b"") == ""


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_manifest_says_whose_scope_is_ours_in_any_encoding(encoding):
    tree = {
        "package.json": json.dumps({"name": "@acme/cli"}).encode(encoding),
        "node_modules/@acme/core/a.ts": b"let a\n",
        "node_modules/b/b.ts": b"let b\n",
    }

    assert ownerships(taken(tree)) | {"package.json": ""} == {
        "package.json": "",
        "node_modules/@acme/core/a.ts": "first",
        "node_modules/b/b.ts": "third",
    }


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "latin-1"])
def test_a_foreign_header_is_read_in_any_encoding(encoding):
    foreign = "/*! © 2020 Jürgen Müller. Licensed under the MIT license. */\nlet a\n".encode(encoding)
    ours = {f"src/{number}.ts": b"let b\n" * number for number in range(1, 30)}

    assert ownerships(taken({**ours, "src/lib.ts": foreign}))["src/lib.ts"] == "third"
