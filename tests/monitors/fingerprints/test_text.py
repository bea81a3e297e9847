"""What a text hash outlives, and what is left out as everybody's."""

import pytest

from monitors.fingerprints import text_hash
from monitors.fingerprints.text import carried, is_boilerplate, line_count, without_legal_opening

CODE = (
    b"export function renderLedger(entries: Entry[]) {\n  return entries.map((one) => `${one.total}`);\n}\n"
    * 4
)


@pytest.mark.parametrize(
    "changed",
    [
        CODE.replace(b"\n", b"\r\n"),
        CODE.replace(b"  ", b"\t"),
        CODE.replace(b";", b"").replace(b"(one)", b"one"),
        b"\xef\xbb\xbf" + CODE.upper(),
        CODE.decode().encode("utf-16"),
    ],
    ids=["line ends", "tabs", "prettier", "mark and case", "utf-16"],
)
def test_layout_leaves_the_hash_alone(changed):
    assert text_hash(changed) == text_hash(CODE) != ""


def test_another_letter_makes_another_hash():
    assert text_hash(CODE.replace(b"total", b"totals", 1)) != text_hash(CODE)


def test_fewer_than_200_letters_have_no_hash():
    assert text_hash(b"a, " * 199) == ""
    assert text_hash(b"a, " * 200) == "e61cfffe0d9195a525fc6cf06ca2d77119c24a40"


def test_legal_comments_that_open_a_file_are_not_its_own():
    spdx, terms, own = (
        b"// SPDX-License-Identifier: MIT\n\n",
        b"/* Copyright Example */\n",
        b"\n/** Renders. */\n",
    )

    assert without_legal_opening(spdx + terms + own + CODE) == b"\n" + own + CODE
    assert without_legal_opening(b"# Copyright Example\n# All rights reserved\nimport os\n") == b"import os\n"


def test_a_comment_that_explains_is_the_files_own():
    assert (
        without_legal_opening(b"/** Renders the ledger. */\n" + CODE)
        == b"/** Renders the ledger. */\n" + CODE
    )


@pytest.mark.parametrize(
    "path",
    [
        "LICENSE",
        "lib/LICENSE-APACHE-2.0.txt",
        "COPYING.md",
        "a/package-lock.json",
        "tsconfig.build.json",
        ".eslintrc.cjs",
    ],
)
def test_everybodys_files_are_boilerplate(path):
    assert is_boilerplate(path)


@pytest.mark.parametrize(
    "path", ["src/license.ts", "license-check.js", "security.py", "eslint-rules.ts", "notice/a.c"]
)
def test_code_about_licences_is_not_boilerplate(path):
    assert not is_boilerplate(path)


def test_a_last_line_without_an_end_is_a_line():
    assert [line_count(content) for content in (b"", b"a", b"a\n", b"a\nb")] == [0, 1, 1, 2]


def test_of_a_program_its_scripts_are_kept_and_no_short_texts():
    script, note = b"run('the ledger');\n" * 300, b"a message of the program\0" * 400

    assert carried(b"\x7fELF\0" + note + script + b"\0" + note + script + b"\1") == script + b"\n" + script
    assert carried(b"\x89PNG\0" + script) == carried(b"MZ\0" + note) == b""
