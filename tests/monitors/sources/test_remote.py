"""A place known by a listing: files are fetched when they are read, and never more than the bounds."""

import pytest

from monitors.sources import served
from monitors.sources.base import SourceError
from monitors.sources.http import Client
from monitors.sources.remote import Bounds, RemoteFile, RemoteHolding
from monitors.unpack import Limits
from tests.servers import scripted as scripts
from tests.servers.verdaccio import tarball

CODE = b"export const answer = 42;\n"
ID = "ab" * 20


@pytest.fixture
def hold(scripted):
    """Holds these files, each served by the server under its path."""

    def hold(contents, sizes=None, **bounds):
        listed = [
            RemoteFile(
                path, scripted.on(f"/{path}", scripts.answers(200, content)), ID, (sizes or {}).get(path, 0)
            )
            for path, content in contents.items()
        ]
        return RemoteHolding(Client(allow_private=True), listed, limits=Limits(), bounds=Bounds(**bounds))

    return hold


def test_nothing_is_fetched_before_it_is_read(hold, scripted):
    with hold({"a.js": CODE, "b.js": b"b"}) as holding:
        assert (holding.entries, scripted.asked) == ({"a.js": ID, "b.js": ID}, [])

        assert list(holding.read(["b.js", "nowhere.js"])) == [("b.js", b"b")]

    assert [asked.path for asked in scripted.asked] == ["/b.js"]


def test_an_archive_is_looked_into_at_once_and_stands_as_a_folder(hold):
    with hold({"x.tgz": tarball({"src/a.ts": CODE}), "b.js": b"b"}) as holding:
        assert sorted(holding.entries) == ["b.js", "x.tgz/src/a.ts"]
        assert holding.trees["x.tgz/src"]
        assert list(holding.read(["x.tgz/src/a.ts"])) == [("x.tgz/src/a.ts", CODE)]


def test_a_broken_archive_does_not_hide_the_files_beside_it(hold):
    with hold({"x.zip": b"PK\x03\x04", "b.js": b"b"}) as holding:
        assert list(holding.read(["b.js"])) == [("b.js", b"b")]
        assert "x.zip" in holding.skipped[0]


@pytest.mark.parametrize(
    ("bounds", "sizes", "read", "why"),
    [
        ({"reads": 1}, {}, ["a.js"], "1 file: more than we read of one place"),
        ({"read_bytes": len(CODE)}, {}, ["a.js"], "1 file: more than we read of one place"),
        ({"file_bytes": 100}, {"a.js": 101}, ["b.js"], "1 file: more than we read of one place"),
        ({"files": 1}, {}, ["a.js"], "1 file: more files than we list"),
    ],
)
def test_what_passes_a_bound_is_left_out_and_told(hold, bounds, sizes, read, why):
    with hold({"a.js": CODE, "b.js": b"b"}, sizes, **bounds) as holding:
        assert [path for path, _ in holding.read(["a.js", "b.js"])] == read
        assert holding.skipped == [why]


def test_archives_beyond_the_bound_are_files_like_any_other(hold):
    packed = tarball({"a.ts": CODE})

    with hold({"x.tgz": packed, "y.tgz": packed}, archives=1) as holding:
        assert sorted(holding.entries) == ["x.tgz/a.ts", "y.tgz"]
        assert holding.skipped == ["1 file: archives beyond what we unpack of one place"]


def test_a_file_that_lies_about_its_size_fails_the_examination(hold):
    with (
        hold({"a.js": CODE}, {"a.js": 1}, file_bytes=10) as holding,
        pytest.raises(SourceError, match="larger"),
    ):
        list(holding.read(["a.js"]))


def test_a_host_in_trouble_is_told_and_not_taken_for_a_missing_file(hold, scripted):
    with hold({"a.js": CODE}) as holding:
        scripted.on("/a.js", scripts.answers(503))

        with pytest.raises(SourceError, match="503"):
            list(holding.read(["a.js"]))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://h/a/leak.tgz?x=1", "leak.tgz"),
        ("https://h/", "index.html"),
        ("https://h", "index.html"),
        ("https://h/%2e%2e%2f%2e%2e%2fetc", "_.._etc"),
        ("https://h/a%00b", "a\ufffdb"),
    ],
)
def test_an_addresss_last_part_is_the_files_name(url, name):
    assert served.filename(url) == name
