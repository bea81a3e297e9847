"""Whatever a zip was packed by, its files come out: bounded in size and in memory."""

import lzma
import random
import shutil
import subprocess
import tracemalloc
import zipfile

import pytest
from inflate64 import Deflater

from monitors.unpack import BoundExceeded, UnpackError
from monitors.unpack.decompressors import zstd
from tests.monitors.unpack.packing import files, unpacked, zipped, zipped_by

MIB = 1024 * 1024
CODE = b"let a\n" * 100
LARGE = random.Random(1).randbytes(2 * MIB).hex().encode()


def deflate64(content):
    deflater = Deflater()
    return deflater.deflate(content) + deflater.flush()


def raw_lzma(content, header=b"\x09\x14\x05\x00"):
    """As a zip holds it when the size tells where it ends."""
    filters = [{"id": lzma.FILTER_LZMA1, "dict_size": 1 << 16}]
    alone = lzma.compress(content, lzma.FORMAT_ALONE, filters=filters)
    return header + alone[:5] + alone[13:]


@pytest.mark.parametrize(
    ("method", "pack"),
    [(9, deflate64), (14, raw_lzma), (20, zstd.compress), (93, zstd.compress), (95, lzma.compress)],
)
@pytest.mark.parametrize("content", [b"a", CODE, LARGE], ids=len)
def test_every_newer_method_of_zip_is_read(method, pack, content):
    assert unpacked(zipped_by(method, pack(content), content), "a.zip") == {"a.js": content}


@pytest.mark.parametrize("content", [b"", b"a", CODE], ids=len)
def test_lzma_that_marks_its_end_is_read(content):
    assert unpacked(zipped({"a.js": content}, zipfile.ZIP_LZMA), "a.zip") == {"a.js": content}


@pytest.mark.skipif(not shutil.which("7zz"), reason="7-Zip is not installed here")
@pytest.mark.parametrize("method", ["Deflate64", "LZMA", "BZip2", "Deflate"])
@pytest.mark.slow  # starts 7-Zip
def test_a_zip_by_7_zip_itself_is_read(method, tmp_path):
    (tmp_path / "a.js").write_bytes(LARGE)
    subprocess.run(["7zz", "a", "-tzip", f"-mm={method}", "a.zip", "a.js"], cwd=tmp_path, check=True)

    assert unpacked((tmp_path / "a.zip").read_bytes(), "a.zip") == {"a.js": LARGE}


@pytest.mark.parametrize(("method", "pack"), [(9, deflate64), (14, raw_lzma), (93, zstd.compress)])
def test_a_bomb_by_any_method_is_stopped_by_its_ratio_in_little_memory(method, pack):
    bomb = zipped_by(method, pack(b"\0" * (16 * MIB)), b"\0" * (16 * MIB))
    tracemalloc.start()

    with pytest.raises(BoundExceeded) as caught:
        files(bomb, "a.zip")

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert caught.value.bound == "ratio"
    assert peak < (16 + 8) * MIB  # the content that is promised, and what it takes to find that it is none


@pytest.mark.parametrize(
    ("method", "packed"),
    [
        (9, deflate64(CODE)[:-3]),
        (9, b"\xff" * 50),
        (14, raw_lzma(CODE)[:-9]),
        (14, b"\x09\x14\x05"),
        (14, raw_lzma(CODE, header=b"\x09\x14\x06\x00")),
        (14, raw_lzma(CODE).replace(b"\x5d", b"\xff", 1)),
    ],
)
def test_what_is_damaged_or_cut_short_is_told(method, packed):
    with pytest.raises(UnpackError, match=r"a\.zip (is damaged|ends early)"):
        files(zipped_by(method, packed, CODE), "a.zip")


def test_lzma_that_asks_for_a_huge_dictionary_gets_none():
    greedy = raw_lzma(CODE)[:5] + b"\xff\xff\xff\xff" + raw_lzma(CODE)[9:]

    with pytest.raises(BoundExceeded, match="cannot be decompressed in 134,217,728 bytes of memory"):
        files(zipped_by(14, greedy, CODE), "a.zip")
