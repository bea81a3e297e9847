"""An archive within another stands as a directory of its name."""

import zipfile

from monitors.unpack import File
from tests.monitors.unpack.packing import files, gzipped, noted, source_map, tarred, unpacked, zipped


def test_the_files_of_an_inner_archive_are_under_its_name():
    inner = zipped({"src/a.ts": b"a"})
    content = tarred({"package/lib.whl": inner, "package/b.ts": b"b"})

    assert unpacked(content) == {"package/lib.whl/src/a.ts": b"a", "package/b.ts": b"b"}


def test_a_compressed_tar_is_one_layer_and_a_compressed_file_stands_beside_itself():
    content = zipped({"a.tar.gz": tarred({"a.ts": b"a"}), "log.txt.gz": gzipped(b"log")}, zipfile.ZIP_STORED)

    assert unpacked(content, depth=2) == {"a.tar.gz/a.ts": b"a", "log.txt": b"log"}


def test_an_inner_archive_cannot_climb_out_of_its_directory():
    content = tarred({"x/inner.zip": zipped({"../../evil.ts": b"a"})})

    assert unpacked(content) == {"x/inner.zip/evil.ts": b"a"}
    assert [path for path, _ in noted(content)] == ["x/inner.zip/evil.ts"]


def test_maps_in_an_inner_package_give_sources_within_that_package():
    package = tarred(
        {"package/dist/a.js.map": source_map({"../src/a.ts": "a", "webpack:///./src/b.ts": "b"})}
    )
    content = zipped({"packages/a.tgz": package})

    assert files(content)[1:] == [
        File("packages/a.tgz/package/src/a.ts", b"a", "packages/a.tgz/package/dist/a.js.map"),
        File("packages/a.tgz/package/src/b.ts", b"b", "packages/a.tgz/package/dist/a.js.map"),
    ]


def test_a_compressed_map_gives_its_sources_away():
    content = zipped({"dist/a.js.map.gz": gzipped(source_map({"../src/a.ts": "a", "../src/b.ts": None}))})

    assert files(content)[1:] == [File("src/a.ts", b"a", "dist/a.js.map")]
    assert noted(content) == [("dist/a.js.map", "1 source is named but not included: src/b.ts")]
    assert files(gzipped(source_map({"a.ts": "a"})), "a.js.map.gz")[1:] == [File("a.ts", b"a", "a.js.map")]
