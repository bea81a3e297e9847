"""Every format that leaks come in gives the same files."""

import bz2
import gzip
import io
import lzma
import shutil
import struct
import subprocess
import tarfile
import zipfile

import pytest

from monitors.unpack import BoundExceeded, File, Limits, unpack
from monitors.unpack.decompressors import zstd
from tests.monitors.unpack.packing import files, gzipped, source_map, tarred, unpacked, zipped

TREE = {
    "package/package.json": b'{"name": "a"}',
    "package/src/a.ts": b"export const a = 1;\n",
    "package/empty": b"",
}


def lzma_alone(content):
    return lzma.compress(content, format=lzma.FORMAT_ALONE)


@pytest.mark.parametrize(
    ("name", "mode"),
    [
        ("a.tar", "w:"),
        ("a.tgz", "w:gz"),
        ("a.tar.gz", "w:gz"),
        ("a.tar.bz2", "w:bz2"),
        ("a.tar.xz", "w:xz"),
        ("a.tar.zst", "w:zst"),
    ],
)
def test_a_tar_gives_its_files_however_it_is_compressed(name, mode):
    assert unpacked(tarred(TREE, mode), name) == TREE


@pytest.mark.parametrize("name", ["a.tar.lzma", "a.tlz", "upload"])
def test_a_tar_by_lzma_as_it_was_before_xz_gives_its_files(name):
    assert unpacked(lzma_alone(tarred(TREE, "w:")), name) == TREE


@pytest.mark.parametrize("name", ["a.zip", "a.whl", "a.jar", "a.vsix"])
@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2])
def test_a_zip_gives_its_files_by_any_name_and_method(name, method):
    assert unpacked(zipped(TREE, method), name) == TREE


def test_the_content_decides_what_an_archive_is_not_its_name():
    assert unpacked(tarred(TREE), "a.zip") == TREE
    assert unpacked(zipped(TREE), "upload") == TREE


@pytest.mark.parametrize("tar_format", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_long_names_are_read_in_each_dialect_of_tar(tar_format):
    name = "d" * 90 + "/" + "f" * 90 + ".ts"
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tar_format) as archive:
        entry = tarfile.TarInfo(name)
        entry.size = 3
        archive.addfile(entry, io.BytesIO(b"abc"))

    assert unpacked(out.getvalue(), "a.tar") == {name: b"abc"}


def test_a_tar_by_the_system_s_own_tar_is_read(tmp_path):
    (tmp_path / "tree/süß").mkdir(parents=True)
    (tmp_path / "tree/süß/a.ts").write_bytes(b"a")
    packed = subprocess.run(["tar", "-C", tmp_path, "-czf", "-", "tree"], capture_output=True, check=True)

    assert unpacked(packed.stdout) == {"tree/süß/a.ts": b"a"}


def test_a_gem_shows_the_files_of_its_inner_archive():
    gem = tarred({"metadata.gz": gzipped(b"name: a\n"), "data.tar.gz": tarred({"lib/a.rb": b"a"})}, "w:")

    assert unpacked(gem, "a.gem") == {"metadata": b"name: a\n", "data.tar.gz/lib/a.rb": b"a"}


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.js.gz", gzip.compress),
        ("a.js.bz2", bz2.compress),
        ("a.js.xz", lzma.compress),
        ("a.js.lzma", lzma_alone),
        ("a.js.zst", zstd.compress),
    ],
)
def test_a_compressed_file_that_is_no_tar_is_one_file(name, pack):
    assert unpacked(pack(b"let a"), name) == {"a.js": b"let a"}


def test_compressed_parts_and_padding_are_read_as_gzip_does():
    content = gzipped(b"one ") + gzipped(b"two") + b"\0" * 600_000

    assert unpacked(content, "a.txt.gz") == {"a.txt": b"one two"}
    assert unpacked(gzipped(b"one") + b"x", "a.txt.gz") == {"a.txt": b"one"}


def test_zstandard_s_parts_are_read_as_one_and_those_to_skip_are_skipped():
    skipped = struct.pack("<4sL", b"\x50\x2a\x4d\x18", 3) + b"abc"
    content = skipped + zstd.compress(b"one ") + skipped + zstd.compress(b"two") + b"\0" * 10

    assert unpacked(content, "a.txt.zst") == {"a.txt": b"one two"}


@pytest.mark.skipif(not shutil.which("zstd"), reason="zstd is not installed here")
def test_a_tar_by_the_system_s_own_zstd_is_read():
    packed = subprocess.run(["zstd", "-19", "-c"], input=tarred(TREE, "w:"), capture_output=True, check=True)

    assert unpacked(packed.stdout, "a.tzst") == TREE


def test_a_plain_file_is_itself():
    assert files(b"let a", "C:\\Downloads\\a.js") == [File("a.js", b"let a", "")]


def test_an_editor_s_extension_gives_away_the_sources_of_its_map():
    vsix = zipped(
        {
            "extension.vsixmanifest": b"<PackageManifest/>",
            "[Content_Types].xml": b"<Types/>",
            "extension/package.json": b"{}",
            "extension/dist/a.js.map": source_map({"../src/a.ts": "let a"}),
        }
    )

    assert list(unpacked(vsix, "a.vsix")) == [
        "extension.vsixmanifest",
        "[Content_Types].xml",
        "extension/package.json",
        "extension/dist/a.js.map",
        "extension/src/a.ts",
    ]


@pytest.mark.skipif(not shutil.which("jar"), reason="no Java is installed here")
@pytest.mark.slow  # starts Java
def test_a_jar_by_java_s_own_tool_is_read(tmp_path):
    (tmp_path / "com").mkdir()
    (tmp_path / "com/A.java").write_bytes(b"class A {}")
    subprocess.run(["jar", "cf", "a.jar", "com"], cwd=tmp_path, check=True)

    found = unpacked((tmp_path / "a.jar").read_bytes(), "a.jar")

    assert set(found) == {"META-INF/MANIFEST.MF", "com/A.java"}
    assert found["com/A.java"] == b"class A {}"


def test_a_program_that_unpacks_itself_is_a_zip_behind_a_program():
    assert unpacked(b"#!/usr/bin/env python3\n" + zipped(TREE), "a.pyz") == TREE


def test_a_document_is_one_file_though_it_is_a_zip_inside():
    document = zipped({"word/document.xml": b"<x/>"})

    assert unpacked(tarred({"plan.docx": document})) == {"plan.docx": document}


def test_a_file_of_zeros_is_no_empty_tar():
    zeros = b"\0" * 2048

    assert unpacked(tarred({"zero.txt": zeros, "a.ts": zeros})) == {"zero.txt": zeros, "a.ts": zeros}


def test_an_empty_archive_gives_nothing():
    assert unpacked(tarred({})) == {}
    assert unpacked(tarred({}, "w:"), "a.tar") == {}
    assert unpacked(zipped({}), "a.zip") == {}


@pytest.mark.parametrize("packed", [tarred(TREE), zipped(TREE)])
def test_bytes_a_file_a_path_and_a_pipe_are_read_alike(packed, tmp_path):
    path = tmp_path / "a"
    path.write_bytes(packed)
    pipe = io.BytesIO(packed)
    pipe.seekable = lambda: False
    with path.open("rb") as file:
        read = [[*unpack(source, name="a")] for source in (packed, file, path, pipe)]

    assert [{file.path: file.content for file in each} for each in read] == [TREE] * 4


def test_a_pipe_is_kept_within_the_bound_on_bytes():
    pipe = io.BytesIO(b"x" * 2000)
    pipe.seekable = lambda: False

    with pytest.raises(BoundExceeded, match=r"a\.js holds more than 1,000 bytes"):
        list(unpack(pipe, name="a.js", limits=Limits(bytes=1000)))


def test_progress_counts_the_artifact_s_bytes_up_to_its_end():
    calls = []
    packed = tarred(TREE)

    list(unpack(packed, name="a.tgz", progress=lambda *call: calls.append(call)))

    assert calls[-1] == ("unpacking", len(packed), len(packed))
    assert {stage for stage, _, _ in calls} == {"unpacking"}
    assert all(0 <= done <= total for _, done, total in calls)
