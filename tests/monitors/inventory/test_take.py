"""The inventory counts what came, each thing once."""

import json

from monitors.inventory import Entry, Inventory, Ownership, take
from monitors.unpack import File
from tests.monitors.inventory.trees import CODE, taken


def test_an_entry_says_all_there_is_to_know_of_a_file():
    inventory = take([File("src/a.ts", CODE, "dist/a.js.map")])

    assert inventory == Inventory(
        [
            Entry(
                path="src/a.ts",
                size=26,
                lines=1,
                language="TypeScript",
                ownership=Ownership.FIRST,
                why="recovered from dist/a.js.map",
                origin="dist/a.js.map",
                binary=False,
                content=CODE,
            )
        ]
    )
    assert "export" not in repr(inventory)


def test_the_same_path_and_content_is_taken_once_and_counted():
    files = [File("a.ts", b"1"), File("a.ts", b"1"), File("a.ts", b"2"), File("b.ts", b"1")]

    inventory = take(files)

    assert [(entry.path, entry.content) for entry in inventory.entries] == [
        ("a.ts", b"1"),
        ("a~2.ts", b"2"),
        ("b.ts", b"1"),
    ]
    assert inventory.merged == 1


def test_totals_are_plain_json_by_ownership_and_language():
    inventory = taken(
        {
            "src/a.ts": b"1\n2\n3\n",
            "src/b.ts": b"1",
            "src/c.css": b"1\n2\n3\n4\n5\n",
            "node_modules/x/i.js": b"1\n",
            "yarn.lock": b"1\n",
        }
    )

    totals = inventory.totals()

    assert json.loads(json.dumps(totals)) == totals
    assert totals == {
        "files": 5,
        "lines": 11,
        "bytes": 21,
        "merged": 0,
        "ownership": {
            "first": {
                "files": 3,
                "lines": 9,
                "bytes": 17,
                "languages": {
                    "CSS": {"files": 1, "lines": 5, "bytes": 10},
                    "TypeScript": {"files": 2, "lines": 4, "bytes": 7},
                },
            },
            "third": {
                "files": 1,
                "lines": 1,
                "bytes": 2,
                "languages": {"JavaScript": {"files": 1, "lines": 1, "bytes": 2}},
            },
            "shipped": {
                "files": 1,
                "lines": 1,
                "bytes": 2,
                "languages": {"YAML": {"files": 1, "lines": 1, "bytes": 2}},
            },
        },
    }
    assert list(totals["ownership"]["first"]["languages"]) == ["CSS", "TypeScript"]


def test_nothing_is_an_empty_inventory():
    assert taken({}) == Inventory([])
    assert taken({}).totals()["files"] == 0


def test_progress_counts_files_up_to_all_of_them():
    calls = []

    take([File(f"{number}.ts", CODE) for number in range(120)], progress=lambda *call: calls.append(call))

    assert len(calls) == 60
    assert calls[-1] == ("inventory", 120, 120)
