"""A leak that lies packed in a repository: as a source map, or in an archive."""

import pytest

from monitors.fingerprints import fingerprint, git_blob_id
from monitors.matching import Class, match
from monitors.sources import opened
from monitors.sources.base import SourceError
from monitors.sources.opened import Opened
from monitors.unpack import Limits
from tests.monitors.unpack.packing import source_map, tarred, zipped

SOURCES = {
    f"src/step{number}.ts": "".join(
        f"export function step{number}x{line}(kettle: number) {{ return kettle * {line} + {number}; }}\n"
        for line in range(30)
    )
    for number in range(6)
}
CONTENTS = {path: content.encode() for path, content in SOURCES.items()}
PACKED = {f"acme/{path}": content for path, content in CONTENTS.items()}


class Listed:
    """A repository, by its files."""

    def __init__(self, files):
        self.files, self.is_closed = files, False
        self.entries = {path: git_blob_id(content) for path, content in files.items()}
        self.trees, self.skipped, self.asked = {"": "a" * 40}, [], []

    def read(self, paths, /):
        self.asked.append(list(paths))
        yield from ((path, self.files[path]) for path in paths if path in self.files)

    def close(self):
        self.is_closed = True


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("cli.js.map", source_map(SOURCES)),
        ("old/acme.tgz", tarred(PACKED)),
        ("acme-src.zip", zipped(PACKED)),
    ],
)
def test_a_leak_that_lies_packed_in_it_is_found_whole(name, content):
    leak, listed = fingerprint(CONTENTS.items()), Listed({name: content, "README.md": b"# mirror\n"})

    with Opened(listed, limits=Limits()) as holding:
        found = match(leak, holding)

    assert (found.klass, found.files, holding.skipped) == (Class.COPY, 6, [])
    assert {pair.theirs.partition("/src/")[0] for pair in found.pairs} == {name}
    assert listed.is_closed


def test_what_is_packed_is_asked_for_at_once_and_else_only_what_is_read():
    listed = Listed({"a.map": source_map(SOURCES), "b.zip": zipped(PACKED), "c.ts": b"let c\n"})

    with Opened(listed, limits=Limits()) as holding:
        read = dict(holding.read(["c.ts", "b.zip/src/step0.ts", "nowhere"]))

    assert read == {"c.ts": b"let c\n", "b.zip/src/step0.ts": CONTENTS["src/step0.ts"]}
    assert listed.asked == [["a.map", "b.zip"], ["c.ts", "nowhere"]]


def test_what_cannot_be_unpacked_is_said_and_hides_nothing():
    listed = Listed({"a.zip": b"PK\x03\x04 no", "b.map": source_map(SOURCES)})

    with Opened(listed, limits=Limits()) as holding:
        assert "b.map/src/step0.ts" in holding.entries

    [said] = holding.skipped
    assert "a.zip" in said


def test_more_than_is_opened_is_said(monkeypatch):
    monkeypatch.setattr(opened, "ARCHIVES", 1)
    monkeypatch.setattr(opened, "MAPS", 2)
    monkeypatch.setattr(opened, "BYTES", 1)
    maps = {f"{name}.map": source_map(SOURCES) for name in "abcd"}
    listed = Listed(maps | {"a.zip": zipped(PACKED), "b.zip": zipped(PACKED)})

    with Opened(listed, limits=Limits()) as holding:
        assert sum(path.startswith("a.map/") for path in holding.entries) == 6

    assert holding.skipped == [
        "2 files: source maps beyond those we open of one place",
        "1 file: archives beyond those we unpack of one place",
        "2 files: packed, beyond the 1 bytes we unpack of one place",
    ]


def test_nothing_is_left_open_when_the_host_fails():
    listed = Listed({"a.map": source_map(SOURCES)})
    listed.read = lambda paths: (_ for _ in ()).throw(SourceError("No."))

    with pytest.raises(SourceError):
        Opened(listed, limits=Limits())

    assert listed.is_closed
