"""A source map may mark sources that its authors did not write."""

import json

import pytest

from monitors.inventory import take
from monitors.unpack import unpack
from tests.monitors.inventory.trees import CODE, manifest, ownerships, taken, whys
from tests.monitors.unpack.packing import index_map, inlined, source_map, tarred

SOURCES = {
    "../src/a.ts": "let ours\n" * 9,
    "../lib/theirs.ts": "let theirs\n" * 9,
    "../src/b.ts": "let b\n" * 9,
}


def of_map(**fields):
    """Ownership of the sources of a map that is all of a package."""
    content = tarred({"package/dist/a.js.map": source_map(SOURCES, **fields)})
    found = take(unpack(content, name="a.tgz"))
    return {entry.path: entry.ownership.value for entry in found.entries if entry.origin}


@pytest.mark.parametrize("name", ["ignoreList", "x_google_ignoreList"])
def test_what_a_map_marks_is_somebody_else_s(name):
    assert of_map(**{name: [1]}) == {
        "package/src/a.ts": "first",
        "package/lib/theirs.ts": "third",
        "package/src/b.ts": "first",
    }


def test_the_reason_is_told():
    content = tarred({"a.js.map": source_map(SOURCES, ignoreList=[1])})
    found = take(unpack(content, name="a.tgz"))

    assert whys(found)["lib/theirs.ts"] == "marked as somebody else's by its map (ignoreList)"


@pytest.mark.parametrize("listed", [[0, 1, 2], [7, -1], ["1"], "1", None, {"1": 1}, [1.5]])
def test_a_list_that_marks_all_or_cannot_be_read_tells_nothing_apart(listed):
    assert set(of_map(ignoreList=listed).values()) == {"first"}


def test_maps_in_sections_mark_their_own_sources():
    section = json.loads(source_map({"c.ts": "let c\n", "d.ts": "let d\n"}, ignoreList=[0]))
    content = index_map({"map": json.loads(source_map(SOURCES))}, {"map": section})
    found = take(unpack(tarred({"dist/a.js.map": content}), name="a.tgz"))

    assert {path for path, whose in ownerships(found).items() if whose == "third"} == {"dist/c.ts"}


def test_a_map_within_code_marks_too():
    code = b"let a\n" + inlined(source_map(SOURCES, ignoreList=[1]))
    found = take(unpack(tarred({"dist/a.js": code}), name="a.tgz"))

    assert ownerships(found)["lib/theirs.ts"] == "third"


def test_our_own_packages_stay_ours_though_bundlers_mark_all_of_node_modules():
    sources = {
        "../src/a.ts": "let a\n",
        "../node_modules/@acme/core/x.ts": "let x\n",
        "../lib/y.ts": "let y\n",
    }
    plain = {"package/package.json": manifest(name="@acme/cli")}
    content = tarred({**plain, "package/dist/a.js.map": source_map(sources, ignoreList=[1, 2])})
    found = ownerships(take(unpack(content, name="a.tgz")))

    assert found["package/node_modules/@acme/core/x.ts"] == "first"
    assert found["package/lib/y.ts"] == "third"


def test_a_mark_is_for_the_source_of_that_map_alone():
    content = tarred(
        {
            "a.js.map": source_map({"src/a.ts": "let one\n", "src/b.ts": "let b\n"}),
            "b.js.map": source_map({"src/a.ts": "let other\n", "src/c.ts": "let c\n"}, ignoreList=[0]),
        }
    )

    assert ownerships(take(unpack(content, name="a.tgz")))["src/a.ts"] == "first"


def test_plain_files_are_not_marked():
    tree = {
        "a.js.map": source_map({"src/a.ts": None, "src/b.ts": "let b\n"}, ignoreList=[0]),
        "src/a.ts": CODE,
    }

    assert ownerships(taken(tree))["src/a.ts"] == "first"
