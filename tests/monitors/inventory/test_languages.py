"""Language by name, then by shebang; lines as wc counts them."""

import subprocess

import pytest

from monitors.inventory.languages import count_lines, is_binary, language
from tests.monitors.inventory.trees import taken


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/a.ts", "TypeScript"),
        ("types/a.d.ts", "TypeScript"),
        ("src/App~2.vue", "Vue"),
        ("A.PY", "Python"),
        ("cli.js.map", "Source map"),
        ("docker/Dockerfile.dev", "Dockerfile"),
        (".env.production", "INI"),
        ("Cargo.lock", "TOML"),
        (".gitignore", "Text"),
        ("noextension", "Text"),
    ],
)
def test_a_name_tells_the_language(path, expected):
    assert language(path, b"") == expected


@pytest.mark.parametrize(
    ("shebang", "expected"),
    [
        (b"#!/usr/bin/env node\n", "JavaScript"),
        (b"#!/usr/bin/env -S deno run\n", "TypeScript"),
        (b"#! /bin/bash -e\n", "Shell"),
        (b"#!/usr/local/bin/python3.11\n", "Python"),
        (b"#!/opt/something\n", "Text"),
        (b"#!\n", "Text"),
    ],
)
def test_a_shebang_tells_the_language_where_the_name_does_not(shebang, expected):
    assert language("bin/tool", shebang + b"1\n") == expected


@pytest.mark.parametrize(
    ("content", "lines"),
    [(b"", 0), (b"a", 1), (b"a\n", 1), (b"a\nb", 2), (b"\n\n", 2), (b"a\r\nb\r\n", 2), (b"a\rb", 1)],
)
def test_lines_are_counted_as_wc_does_and_an_unended_one_more(content, lines):
    assert count_lines(content) == lines
    told = subprocess.run(["wc", "-l"], input=content, capture_output=True, check=True).stdout
    assert count_lines(content) == int(told) + (not content.endswith(b"\n") and content != b"")


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "utf-8-sig", "utf-32", "utf-32-be", "utf-32-le"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_text_in_any_unicode_is_text_and_its_lines_are_counted(mark, encoding):
    content = f"{mark}erste\nzweite\ndritte Ċ".encode(encoding)

    assert (is_binary(content), count_lines(content)) == (False, 3)


def test_a_binary_file_has_no_lines_and_no_language_of_its_own():
    (entry,) = taken({"video.ts": b"G\0\n\n\n"}).entries

    assert (entry.binary, entry.lines, entry.language) == (True, 0, "Binary")
