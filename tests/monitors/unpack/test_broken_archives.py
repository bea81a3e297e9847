"""What cannot be read gives one sentence that says what to do."""

import gzip
import struct
import zipfile

import pytest

from monitors.unpack import File, UnpackError, unpack
from tests.monitors.unpack.packing import files, noted, tarred, unpacked, zipped, zipped_by

TREE = {"a.ts": b"a" * 3000, "b.ts": bytes(range(256)) * 40}


@pytest.mark.parametrize(
    ("name", "packed"),
    [
        ("a.tgz", tarred(TREE)),
        ("a.tar.bz2", tarred(TREE, "w:bz2")),
        ("a.tar.xz", tarred(TREE, "w:xz")),
        ("a.tar.zst", tarred(TREE, "w:zst")),
        ("a.zip", zipped(TREE)),
    ],
)
@pytest.mark.parametrize("share", [0.5, 0.9, 0.99])
def test_an_archive_cut_short_says_that_it_ends_early(name, packed, share):
    with pytest.raises(UnpackError, match=f"{name} ends early: .* Fetch it again"):
        files(packed[: int(len(packed) * share)], name)


def test_a_tar_cut_within_a_file_says_so_and_one_cut_between_files_is_noted():
    packed = tarred(TREE, "w:")

    with pytest.raises(UnpackError, match="ends early"):
        files(packed[:2000], "a.tar")
    assert unpacked(packed[: 512 + 3072], "a.tar") == {"a.ts": TREE["a.ts"]}
    assert noted(packed[: 512 + 3072], "a.tar") == [
        ("a.tar", "has no end marker: it may have been cut short between two files")
    ]


def test_what_came_before_the_cut_was_given():
    packed = tarred(TREE, "w:")
    given = unpack(packed[:4500], name="a.tar")

    assert next(given) == File("a.ts", TREE["a.ts"], "")
    with pytest.raises(UnpackError, match="ends early"):
        next(given)


def test_a_damaged_header_is_told_with_its_place():
    packed = bytearray(tarred(TREE, "w:"))
    packed[512 + 3072] ^= 0xFF

    with pytest.raises(UnpackError, match=r"a\.tar is damaged 4,096 bytes into the tar"):
        files(bytes(packed), "a.tar")


def test_damaged_compression_and_checksums_are_told():
    packed = bytearray(gzip.compress(b"x" * 1000))
    packed[-6] ^= 0xFF
    stored = zipped({"a": b"abcdefgh" * 10}, zipfile.ZIP_STORED).replace(b"abcd", b"abxd", 1)

    with pytest.raises(UnpackError, match=r"a\.gz is damaged and cannot be decompressed"):
        files(bytes(packed), "a.gz")
    with pytest.raises(UnpackError, match="a file in it is not what its directory says"):
        files(stored, "a.zip")


@pytest.mark.parametrize("length", [8, 24, 65_535])
def test_a_field_for_large_sizes_that_is_cut_short_widens_nothing(length):
    entry = zipfile.ZipInfo("a")
    entry.extra = struct.pack("<HH", 0xCAFE, 5) + b"12345"
    packed = zipped([(entry, b"abc")]).replace(struct.pack("<HH", 0xCAFE, 5), struct.pack("<HH", 1, length))

    assert unpacked(packed, "a.zip") == {"a": b"abc"}


def encrypted(packed, count):
    """The zip, of whose files so many say that they are encrypted."""
    packed, at = bytearray(packed), 0
    for _ in range(count):
        at = packed.index(b"PK\1\2", at) + 8
        packed[at] |= 1
    return bytes(packed)


def test_an_encrypted_zip_asks_for_a_decrypted_one():
    with pytest.raises(
        UnpackError, match=r"encrypted \(all of its 2 files need a password\). Decrypt it yourself"
    ):
        files(encrypted(zipped({"a.ts": b"a", "b.ts": b"b"}), 2), "a.zip")


def test_of_a_partly_encrypted_zip_the_rest_is_read():
    packed = encrypted(zipped({"a.ts": b"a", "b.ts": b"b"}), 1)

    assert unpacked(packed, "a.zip") == {"b.ts": b"b"}
    assert noted(packed, "a.zip") == [("a.ts", "left out: encrypted, and needs a password")]


@pytest.mark.parametrize(
    ("magic", "kind"),
    [
        (b"7z\xbc\xaf\x27\x1c", "7-Zip"),
        (b"Rar!\x1a\x07\1\0", "RAR"),
        (b"\x04\x22\x4d\x18", "LZ4"),
        (b"# v2 git bundle\n", "git bundle"),
    ],
)
def test_an_archive_of_a_kind_not_read_here_asks_for_one_that_is(magic, kind):
    with pytest.raises(UnpackError, match=rf"is a {kind} archive, .* Pack it as \.zip or \.tar\.gz"):
        files(magic + b"\0" * 100, "a.bin")
    assert noted(tarred({"a.7z": magic + b"\0" * 100})) == [
        ("a.7z", f"taken as one file: {kind} archives are not read here")
    ]


def test_an_error_page_saved_as_an_archive_is_recognised():
    with pytest.raises(
        UnpackError, match=r"cli-1\.0\.tgz is named like an archive but does not begin like one"
    ):
        files(b"<!doctype html><h1>404", "cli-1.0.tgz")


def test_an_empty_upload_and_a_missing_file_are_told(tmp_path):
    with pytest.raises(UnpackError, match=r"a\.tgz is empty"):
        files(b"", "a.tgz")
    with pytest.raises(UnpackError, match=r"a\.tgz cannot be read: No such file"):
        files(tmp_path / "nowhere.tgz", "a.tgz")
    with pytest.raises(UnpackError, match=r"a\.tgz cannot be read: Is a directory"):
        files(tmp_path, "a.tgz")


def test_a_zip_member_of_a_method_not_read_here_is_left_out_and_noted():
    packed = zipped_by(98, b"PPMd", b"a" * 100)

    assert unpacked(packed, "a.zip") == {}
    assert noted(packed, "a.zip") == [
        ("a.js", "left out: compressed by method 98 (PPMd), which is not read here"),
    ]


def test_a_broken_archive_within_another_is_taken_as_one_file_and_noted():
    broken = zipped({"a.ts": b"a"})[:-30]

    assert unpacked(tarred({"lib/inner.zip": broken, "b.ts": b"b"})) == {
        "lib/inner.zip": broken,
        "b.ts": b"b",
    }
    ((path, reason),) = noted(tarred({"lib/inner.zip": broken}))
    assert path == "lib/inner.zip"
    assert reason.startswith("not read to its end: lib/inner.zip ends early")


@pytest.mark.parametrize("mode", ["w:gz", "w:bz2", "w:xz"])
def test_what_came_before_the_cut_of_a_compressed_one_was_given_too(mode):
    given = []

    with pytest.raises(UnpackError, match="ends early"):
        given.extend(unpack(tarred(TREE, mode)[:-8], name="a.tar"))
    assert [file.path for file in given] == ["a.ts", "b.ts"]
