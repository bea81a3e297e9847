"""Paths are relative, clean and unique, whatever an archive calls its files."""

import pytest

from monitors.unpack.paths import LONGEST, Paths, clean
from tests.monitors.unpack.packing import noted, tarred, unpacked, zipped


@pytest.mark.parametrize(
    ("name", "path", "changes"),
    [
        ("src/a.ts", "src/a.ts", ""),
        ("./src//a.ts", "src/a.ts", ""),
        ("../../etc/passwd", "etc/passwd", "climbing by .."),
        ("src/../../a", "a", "climbing by .."),
        ("/etc/passwd", "etc/passwd", "absolute"),
        ("C:\\Windows\\a.dll", "Windows/a.dll", "absolute"),
        ("..\\..\\a", "a", "climbing by .."),
        ("a\x00b\x1b[31m\n", "a_b_[31m_", "with control or right-to-left characters"),
        ("invoice\u202egpj.exe", "invoice_gpj.exe", "with control or right-to-left characters"),
        ("a\u200bb\ufeff\udcff", "a_b__", "with control or right-to-left characters"),
        ("süß/日本/👩‍💻.ts".replace("\u200d", ""), "süß/日本/👩💻.ts", ""),
        ("..", "", "climbing by .."),
        ("", "", ""),
    ],
)
def test_a_name_is_made_relative_and_visible(name, path, changes):
    assert clean(name) == (path, changes)


def test_a_name_of_any_length_is_shortened_and_stays_itself():
    long, other = "d/" * 5000 + "a.ts", "d/" * 5001 + "a.ts"

    assert len(clean(long).path) <= LONGEST
    assert clean(long).path.endswith("/a.ts")
    assert clean(long).path != clean(other).path
    assert clean(long).changes == "longer than 900 characters"


@pytest.mark.parametrize("pack", [tarred, zipped])
def test_escaping_names_are_taken_under_a_safe_one_and_noted(pack):
    content = pack({"../../evil.ts": b"a", "/abs.ts": b"b", "gpj\u202ests.js": b"c"})

    assert unpacked(content) == {"evil.ts": b"a", "abs.ts": b"b", "gpj_sts.js": b"c"}
    taken = "taken under this name; the archive's was"
    assert noted(content) == [
        ("evil.ts", f"{taken} climbing by ..: ../../evil.ts"),
        ("abs.ts", f"{taken} absolute: /abs.ts"),
        ("gpj_sts.js", f"{taken} with control or right-to-left characters: gpj\\u202ests.js"),
    ]


def test_a_name_of_nothing_is_left_out_and_noted():
    assert noted(tarred({"..": b"a"})) == [("(unnamed)", "left out: it has no usable name")]


def test_the_same_path_with_the_same_content_is_given_once():
    content = zipped([("a.ts", b"1"), ("./a.ts", b"1"), ("x/../a.ts", b"1")])

    assert unpacked(content) == {"a.ts": b"1"}


def test_the_same_path_with_another_content_gets_a_suffix_before_its_extension():
    content = zipped(
        [("src/a.d.ts", b"1"), ("src/a.d.ts", b"2"), ("src/a.d.ts", b"3"), (".env", b"1"), (".env", b"2")]
    )

    assert unpacked(content) == {
        "src/a.d.ts": b"1",
        "src/a.d~2.ts": b"2",
        "src/a.d~3.ts": b"3",
        ".env": b"1",
        ".env~2": b"2",
    }


def test_a_suffix_avoids_names_that_exist():
    paths = Paths()

    given = [paths.settle("a~2.ts", b"0"), paths.settle("a.ts", b"1"), paths.settle("a.ts", b"2")]

    assert given == ["a~2.ts", "a.ts", "a~3.ts"]


def test_no_path_is_both_a_file_and_a_directory():
    content = zipped([("a", b"1"), ("a/b", b"2"), ("a/c", b"3"), ("d/e", b"4"), ("d", b"5")])

    assert unpacked(content) == {"a": b"1", "a~2/b": b"2", "a~2/c": b"3", "d/e": b"4", "d~2": b"5"}


@pytest.mark.parametrize(
    ("raw", "flag", "name"),
    [(b"s\xc3\xbc\xc3\x9f", 0, "süß"), (b"s\x81", 0, "sü"), (b"s\xff", 0x800, "s\ufffd")],
)
def test_a_zip_s_names_are_read_as_utf_8_or_as_dos_wrote_them(raw, flag, name):
    packed = bytearray(zipped({"n" * len(raw): b"x"}).replace(b"n" * len(raw), raw))
    packed[packed.index(b"PK\1\2") + 9] = flag >> 8

    assert unpacked(bytes(packed), "a.zip") == {name: b"x"}


def test_a_tar_s_names_that_are_not_utf_8_are_read_as_latin_1():
    packed = tarred({"sxx.ts": b"x"}, "w:")
    header = bytearray(packed[:512].replace(b"sxx", b"s\xfc\xdf"))
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)

    assert unpacked(bytes(header) + packed[512:], "a.tar") == {"süß.ts": b"x"}
