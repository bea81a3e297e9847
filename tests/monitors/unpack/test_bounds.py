"""Nothing costs more than its limits allow, and the error says which bound it was."""

import gzip
import io
import lzma
import tarfile
import time
import tracemalloc
import zipfile

import pytest

from monitors.unpack import BoundExceeded, File, Limits, Notes, UnpackError, unpack
from monitors.unpack.decompressors import zstd
from tests.monitors.unpack.packing import (
    asar,
    files,
    gzipped,
    in_layers,
    index_map,
    inlined,
    overlapping_zip,
    source_map,
    special,
    tarred,
    unpacked,
    zipped,
)

MIB = 1024 * 1024


def exceeded(content, name="a.tgz", **limits):
    with pytest.raises(BoundExceeded) as caught:
        files(content, name, **limits)
    return caught.value


@pytest.mark.parametrize(
    ("bound", "content"),
    [
        ("bytes", tarred({"a": b"x" * 3000, "b": b"y" * 3000})),
        ("file_bytes", gzipped(b"x" * 5001)),
    ],
)
def test_more_bytes_than_allowed_are_refused_by_the_name_of_the_bound(bound, content):
    error = exceeded(content, **{bound: 5000})

    assert (error.bound, error.value) == (bound, 5000)
    assert f"(the bound on {bound} is 5,000)" in str(error)
    assert "raise the bound" in str(error)


@pytest.mark.parametrize("pack", [tarred, zipped, asar])
def test_a_file_that_is_too_large_is_left_out_and_the_rest_is_read(pack):
    notes = Notes()

    found = files(pack({"a": b"x" * 5001, "b": b"b"}), "a", notes=notes, file_bytes=5000)

    assert found == [File("b", b"b")]
    ((path, reason),) = notes.skipped
    assert path == "a"
    assert reason.startswith("left out: A file in a is larger than 5,000 bytes")


def test_a_file_of_exactly_the_allowed_size_is_taken():
    assert unpacked(tarred({"a": b"x" * 5000}), file_bytes=5000) == {"a": b"x" * 5000}


@pytest.mark.parametrize("pack", [tarred, zipped])
def test_more_files_than_allowed_are_refused(pack):
    many = {f"{number}.ts": b"%d" % number for number in range(11)}

    assert exceeded(pack(many), files=10).bound == "files"
    assert len(unpacked(pack(many), files=11)) == 11


def test_links_and_recovered_sources_count_as_files():
    links = {f"{number}": special(tarfile.SYMTYPE, "x") for number in range(11)}
    sources = source_map({f"{number}.ts": None for number in range(11)})

    assert exceeded(tarred(links), files=10).bound == "files"
    assert exceeded(sources, "a.js.map", files=10).bound == "files"


def test_directories_are_bound_as_well():
    deep = {"/".join("abcdefghijkl"): b"x"}

    assert exceeded(tarred(deep), files=10).bound == "files"


@pytest.mark.parametrize(
    ("name", "pack"),
    [
        ("a.gz", lambda content: gzip.compress(content, 9)),
        ("a.zst", zstd.compress),
        ("a.zip", lambda content: zipped({"a": content})),
    ],
)
def test_a_bomb_is_stopped_by_its_ratio(name, pack):
    bomb = pack(b"\0" * (4 * MIB))

    error = exceeded(bomb, name)

    assert error.bound == "ratio"
    assert "unpacks to more than 100 times its own size, as zip bombs do" in str(error)


def test_little_output_is_no_bomb_whatever_its_ratio():
    assert unpacked(gzipped(b"\0" * MIB), "a.gz") == {"a": b"\0" * MIB}


@pytest.mark.parametrize("pack", [tarred, zipped])
def test_a_bomb_within_an_archive_is_left_out_and_the_rest_is_read(pack):
    bomb = gzipped(b"\0" * (40 * MIB))
    notes = Notes()

    found = files(pack({"a.ts": b"a", "x/bomb.gz": bomb, "b.ts": b"b"}), "a", notes=notes)

    assert found == [File("a.ts", b"a"), File("x/bomb.gz", bomb), File("b.ts", b"b")]
    ((path, reason),) = notes.skipped
    assert (path, "than 100 times its own size" in reason) == ("x/bomb.gz", True)


def test_bombs_within_an_archive_count_against_the_whole_by_what_came_out():
    inner = zipped({f"{number}": b"\0" * MIB for number in range(10)})
    bombs = zipped({f"{number}.zip": inner + b"\0" * number for number in range(20)})

    assert len(files(bombs, "a.zip")) <= 40
    assert exceeded(bombs, "a.zip", bytes=8 * MIB).bound == "bytes"


@pytest.mark.parametrize(
    ("name", "bomb"),
    [("a.gz", gzip.compress(b"\0" * (16 * MIB), 9)), ("a.zst", zstd.compress(b"\0" * (16 * MIB)))],
)
def test_a_bomb_costs_little_memory(name, bomb):
    tracemalloc.start()

    exceeded(bomb, name)

    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * MIB


def test_zstandard_that_needs_more_memory_than_its_own_tool_gives_is_refused():
    wide = zstd.compress(b"x" * 1000, options={zstd.CompressionParameter.window_log: 28})
    frame = b"\x28\xb5\x2f\xfd\x00" + bytes([(28 - 10) << 3]) + wide[6:]

    assert exceeded(frame, "a.zst").bound == "memory"


def test_members_that_share_bytes_are_refused_before_any_is_read():
    with pytest.raises(UnpackError, match="its files overlap each other, as in a zip bomb"):
        files(overlapping_zip(), "a.zip")


@pytest.mark.parametrize(
    "nested",
    [
        in_layers(b"x", 200),
        in_layers(b"x", 200, gzipped),
        in_layers(b"x", 200, lambda inner: tarred({"inner.tgz": inner})),
    ],
    ids=["zip", "gz", "tgz"],
)
def test_archives_200_deep_are_opened_as_far_as_the_bound_on_depth(nested):
    notes = Notes()

    (inmost,) = files(tarred({"a.zip": nested}), notes=notes)

    ((path, reason),) = notes.skipped
    assert path == inmost.path
    assert "archives within archives, more than 8 deep (the bound on depth is 8)" in reason


def test_as_many_layers_as_allowed_are_read():
    assert unpacked(in_layers(b"x", 8), "a.zip") == {"inner.zip/" * 7 + "inner.zip": b"x"}
    assert unpacked(in_layers(b"x", 9), "a.zip") == {"inner.zip/" * 7 + "inner.zip": in_layers(b"x", 1)}


def test_maps_within_maps_count_as_layers():
    code, notes = b"x", Notes()
    for _ in range(9):
        code = inlined(source_map({"a.js": code.decode()}))

    found = files(code, "a.js", notes=notes)

    assert len(found) == 8
    assert "(the bound on depth is 8)" in notes.skipped[-1].reason


def test_time_spent_unpacking_is_bound_but_not_the_caller_s(monkeypatch):
    content = tarred({"a": b"a", "b": b"b"})
    assert exceeded(content, seconds=0).bound == "seconds"

    clock = [0.0]
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    taken = []
    for file in unpack(content, name="a.tgz", limits=Limits(seconds=5)):
        taken.append(file.path)
        clock[0] += 10

    assert taken == ["a", "b"]


def test_a_header_with_a_huge_name_is_refused():
    header = tarfile.TarInfo("././@LongLink")
    header.type, header.size = b"L", 100 * MIB
    content = header.tobuf() + b"a" * (2 * MIB)

    error = exceeded(io.BytesIO(content), "a.tar")

    assert (error.bound, error.value) == ("header_bytes", MIB)
    assert "a header of more than 1,048,576 bytes, more than any name needs" in str(error)


LINKED = {
    "a.js.map": index_map({"url": "b.js.map"}),
    "b.js.map": index_map({"url": "c.js.map"}),
    "c.js.map": source_map({"d.ts": "let d"}),
}


@pytest.mark.parametrize(
    ("bound", "value", "name", "content"),
    [
        ("directory_bytes", 100, "a.zip", zipped({"a" * 100: b"a"})),
        ("directory_bytes", 100, "a.asar", asar({"a" * 100: b"a"})),
        ("header_bytes", 100, "a.tar", tarred({"ä" * 101: b"a"}, "w:")),
        ("memory", MIB, "a.xz", lzma.compress(b"a")),
        ("memory", MIB, "a.zip", zipped({"a": b"a"}, zipfile.ZIP_LZMA)),
        ("memory", MIB // 2, "a.zst", zstd.compress(b"x" * MIB)),
        ("quotes", 1000, "a.js.map", source_map(dict.fromkeys(map(str, range(500)), ""))),
        ("sections", 1, "a.js.map", index_map({"url": "b"}, {"url": "c"})),
    ],
)
def test_what_one_archive_or_map_costs_is_bound_by_a_name_too(bound, value, name, content):
    error = exceeded(content, name, **{bound: value})

    assert (error.bound, error.value) == (bound, value)
    assert f"(the bound on {bound} is {value:,})" in str(error)
    assert bound == "sections" or files(content, name)


def test_what_passes_such_a_bound_within_an_archive_is_kept_as_it_is_and_the_rest_is_read():
    inner, notes = zipped({"a": b"a"}, zipfile.ZIP_LZMA), Notes()

    found = files(tarred({"a.zip": inner, "b.ts": b"b"}), notes=notes, memory=MIB)

    assert found == [File("a.zip", inner), File("b.ts", b"b")]
    ((path, reason),) = notes.skipped
    assert path == "a.zip"
    assert "(the bound on memory is 1,048,576)" in reason


def test_maps_made_of_maps_are_followed_as_far_as_the_bound_and_no_further():
    notes = Notes()

    assert "d.ts" in unpacked(tarred(LINKED), links=3)
    assert "d.ts" not in {file.path for file in files(tarred(LINKED | {"c.js.map": b"{}"}), links=2)}
    files(tarred(LINKED), notes=notes, links=1)
    assert any("(the bound on links is 1)" in reason for _, reason in notes.skipped)
