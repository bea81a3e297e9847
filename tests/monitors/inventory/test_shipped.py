"""What was published on purpose is told from what got out."""

import pytest

from monitors.inventory import take
from monitors.unpack import unpack
from tests.monitors.inventory.trees import CODE, leaked, manifest, ownerships, taken, whys
from tests.monitors.unpack.packing import inlined, source_map, tarred

MINIFIED = b"var a=1;" * 1000
SOURCE = "export const secret = 1;\n" * 20


def test_beside_a_map_that_gives_sources_away_everything_else_was_shipped():
    inventory = leaked(
        {
            "package/package.json": manifest(name="cli"),
            "package/README.md": b"# cli\n",
            "package/cli.js": MINIFIED,
            "package/cli.d.ts": b"export {};\n",
            "package/yarn.lock": b"x\n",
            "package/logo.png": b"\x89PNG\0",
            "package/install.sh": b"echo\n",
        },
        {"../src/a.ts": SOURCE},
    )

    assert whys(inventory) == {
        "package/package.json": "published, beside the map that gives the sources away",
        "package/README.md": "published, beside the map that gives the sources away",
        "package/cli.js": "build output, minified",
        "package/cli.d.ts": "type declarations, beside the map that gives the sources away",
        "package/yarn.lock": "a lockfile, written by a package manager",
        "package/logo.png": "published, beside the map that gives the sources away",
        "package/install.sh": "published, beside the map that gives the sources away",
        "package/cli.js.map": "a source map",
        "package/src/a.ts": "recovered from package/cli.js.map",
    }
    assert [path for path, owner in ownerships(inventory).items() if owner == "first"] == ["package/src/a.ts"]
    assert "third" not in ownerships(inventory).values()


def test_without_such_a_map_the_plain_files_are_the_leak():
    inventory = taken(
        {
            "app/main.py": CODE,
            "app/README.md": b"# app\n",
            "app/logo.png": b"\x89PNG\0",
            "app/cache.pyc": b"\0",
            "app/LICENSE": b"MIT\n",
            "app/poetry.lock": b"x\n",
            "app/static/site.min.js": MINIFIED,
            "app-1.dist-info/METADATA": b"x\n",
        }
    )

    assert ownerships(inventory) == {
        "app/main.py": "first",
        "app/README.md": "first",
        "app/logo.png": "first",
        "app/cache.pyc": "shipped",
        "app/LICENSE": "third",
        "app/poetry.lock": "shipped",
        "app/static/site.min.js": "shipped",
        "app-1.dist-info/METADATA": "shipped",
    }


def test_minified_code_is_ours_where_it_is_all_the_code_there_is():
    inventory = taken({"package/cli.js": MINIFIED, "package/README.md": b"# cli\n"})

    assert ownerships(inventory) == {"package/cli.js": "first", "package/README.md": "first"}
    assert whys(inventory)["package/cli.js"] == "minified, but the only code here"


def test_a_map_that_gives_only_others_code_away_changes_nothing():
    inventory = leaked({"package/src/a.ts": CODE}, {"../node_modules/react/index.js": SOURCE})

    assert ownerships(inventory) == {
        "package/src/a.ts": "first",
        "package/cli.js.map": "shipped",
        "package/node_modules/react/index.js": "third",
    }


def test_a_stray_map_in_a_repository_does_not_hide_the_repository():
    repository = {f"repo/src/{number}.py": b"x = 1\n" * 100 for number in range(10)}

    inventory = leaked(repository, {"widget.ts": SOURCE}, "repo/docs/widget.js.map")

    owners = ownerships(inventory)
    assert [path for path, owner in owners.items() if owner != "first"] == ["repo/docs/widget.js.map"]


@pytest.mark.parametrize("order", ["map first", "map last"])
def test_a_source_that_was_shipped_too_is_ours_in_either_order(order):
    tree = {
        "package/dist/a.js": CODE,
        "package/dist/a.js.map": source_map(
            {"../src/a.ts": SOURCE, "../src/b.ts": SOURCE, "../package.json": "{}"}
        ),
        "package/package.json": b"{}",
        "package/src/a.ts": SOURCE.encode(),
    }
    members = tree if order == "map first" else dict(reversed(tree.items()))

    inventory = take(unpack(tarred(members), name="a.tgz"))

    assert ownerships(inventory) == {
        "package/dist/a.js": "shipped",
        "package/dist/a.js.map": "shipped",
        "package/package.json": "shipped",
        "package/src/a.ts": "first",
        "package/src/b.ts": "first",
    }


def test_a_source_named_without_its_text_is_ours_when_it_lies_beside():
    inventory = leaked(
        {"package/src/a.ts": SOURCE.encode()},
        {"../src/a.ts": None, "../src/b.ts": "b\n"},
        "package/dist/a.js.map",
    )

    assert ownerships(inventory)["package/src/a.ts"] == "first"
    assert whys(inventory)["package/src/a.ts"] == "named as a source by a map in the artifact"


@pytest.mark.parametrize("order", ["map first", "map last"])
def test_one_map_s_source_that_is_another_s_output_was_shipped(order):
    tree = {
        "package/cli.js": SOURCE.encode(),
        "package/cli.js.map": source_map({"src/a.ts": SOURCE}),
        "package/cli.min.js": MINIFIED,
        "package/cli.min.js.map": source_map({"cli.js": SOURCE}),
    }
    members = tree if order == "map first" else dict(reversed(tree.items()))

    inventory = take(unpack(tarred(members), name="a.tgz"))

    assert [path for path, owner in ownerships(inventory).items() if owner == "first"] == ["package/src/a.ts"]
    assert whys(inventory)["package/cli.js"] == "build output: a map of its own says what it was made of"


def test_an_inline_map_counts_like_a_file():
    code = CODE + inlined(source_map({"../src/a.ts": SOURCE}))

    inventory = take(unpack(tarred({"dist/a.js": code, "README.md": b"x\n"}), name="a.tgz"))

    assert ownerships(inventory) == {"dist/a.js": "shipped", "src/a.ts": "first", "README.md": "shipped"}


def test_a_lone_map_is_shipped_and_its_sources_are_the_leak():
    inventory = take(unpack(source_map({"../src/a.ts": SOURCE, "../package.json": "{}"}), name="cli.js.map"))

    assert ownerships(inventory) == {"cli.js.map": "shipped", "src/a.ts": "first", "package.json": "first"}


def test_minified_code_among_recovered_sources_is_somebody_else_s():
    inventory = leaked({}, {"../src/a.ts": SOURCE, "../src/lib/chart.min.js": "x"})

    assert ownerships(inventory)["package/src/lib/chart.min.js"] == "third"


@pytest.mark.parametrize("name", ["cli.js.map.txt", "order.json"])
def test_a_map_under_another_name_is_a_map(name):
    content = source_map({"../src/a.ts": SOURCE}).replace(b'"version": 3, ', b"")

    inventory = take(unpack(tarred({f"package/{name}": content}), name="a.tgz"))

    assert whys(inventory) == {
        f"package/{name}": "a source map",
        "package/src/a.ts": f"recovered from package/{name}",
    }
