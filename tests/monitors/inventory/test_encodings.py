"""Files are read in the encoding they were written in."""

import json
import struct

import pytest

from monitors.fingerprints import letters, words
from monitors.inventory.encodings import text
from monitors.unpack.encodings import encoding, is_binary, utf8
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


JAPANESE = (
    "function 設定を読み込む(引数) {\n  // ファイルが無い場合は終了する\n  return 結果を表示(引数);\n}\n"
)
CHINESE = "function 读取配置(参数) {\n  // 如果文件不存在则退出程序\n  return 显示结果(参数);\n}\n"
KOREAN = "function 설정을_읽는다(인수) {\n  // 파일이 없으면 끝낸다\n  return 결과를_보인다(인수);\n}\n"
RUSSIAN = "function main(a) {\n  // Чтение файла настроек, выход при ошибке\n  return show(a);\n}\n"
GERMAN = "function main(a) {\n  // Größe der Übersicht prüfen – für “Müller”\n  return zeige(a);\n}\n"


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("shift_jis", JAPANESE),
        ("euc_jp", JAPANESE),
        ("gbk", CHINESE),
        ("gb18030", CHINESE),
        ("euc_kr", KOREAN),
        ("cp1251", RUSSIAN),
        ("koi8_r", RUSSIAN),
        ("cp1252", GERMAN),
    ],
)
def test_older_encodings_are_told_by_their_text(written, code):
    content = (code * 3).encode(written)

    assert text(content) == code * 3
    assert utf8(content) == (code * 3).encode()


@pytest.mark.parametrize("code", [JAPANESE, GERMAN, "let a = 1;\n"])
@pytest.mark.parametrize(
    "written", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_every_unicode_becomes_the_same_utf_8_with_a_mark_or_without(written, code):
    content = (code * 2).encode(written)

    assert utf8(content) == (code * 2).encode()
    assert not is_binary(content)


@pytest.mark.parametrize("written", ["utf-16", "utf-16-be", "utf-32", "utf-32-le", "shift_jis"])
def test_a_copy_in_another_encoding_has_the_fingerprints_of_the_original(written):
    ours = (JAPANESE * 10).encode()
    copy = (JAPANESE * 10).encode(written)

    assert letters(copy) != letters(ours)
    assert letters(utf8(copy)) == letters(ours)
    assert words(utf8(copy)).tolist() == words(ours).tolist()


def test_a_broken_character_does_not_make_another_encoding_of_utf_8():
    content = CHINESE.encode() + b"\xe8\xaf" + CHINESE.encode()

    assert encoding(content) == "utf-8"
    assert text(content).replace("\ufffd", "") == CHINESE * 2


@pytest.mark.parametrize(
    "content",
    [
        bytes(range(256)),
        b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x03\0\x3e\0",
        b"".join(struct.pack("<h", number % 40 - 20) for number in range(500)),
        b"\0" * 100,
        b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR",
        b"text\0text",
        b"a\0b\0c",
    ],
)
def test_what_is_no_text_is_binary_and_left_as_it_is(content):
    assert is_binary(content)
    assert utf8(content) is content


def test_plain_text_is_not_copied():
    content = JAPANESE.encode()

    assert utf8(content) is content
    assert utf8(b"") == b""


@pytest.mark.slow  # a megabyte
def test_what_is_told_of_a_large_file_does_not_cost_more_for_its_size():
    content = b"let a = 1;\n" * 100_000 + JAPANESE.encode("shift_jis")

    assert text(content).endswith(JAPANESE)


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
