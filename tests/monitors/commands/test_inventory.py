"""`manage.py inventory` needs no database: these tests would fail if it asked for one."""

import io

import pytest
from django.core.management import CommandError, call_command

from tests.commands import answered, printed
from tests.monitors.inventory.minted import Mint
from tests.monitors.unpack.packing import source_map, tarred

TOKEN = Mint(3).checked("np" + "m_")
SOURCES = {
    "src/main.ts": f"useFeatureFlag('warm-lid')\nconst token = '{TOKEN}'\n",
    "node_modules/a/a.js": "1\n",
}


@pytest.fixture
def package(tmp_path):
    path = tmp_path / "acme-1.0.0.tgz"
    path.write_bytes(tarred({"cli.js": b"run()\n", "cli.js.map": source_map(SOURCES)}))
    return path


def test_an_archive_is_told_by_owner_and_by_what_it_gives_away(package):
    answer = answered("inventory", str(package))

    assert {name: sums["files"] for name, sums in answer["totals"]["ownership"].items()} == {
        "first": 1,
        "third": 1,
        "shipped": 2,
    }
    assert answer["gives_away"]["items"][:2] == [
        {
            "kind": "credential",
            "value": f"{TOKEN[:4]}…{TOKEN[-2:]}",
            "what": "npm token",
            "path": "src/main.ts",
            "line": 2,
            "confidence": "high",
            "digest": answer["gives_away"]["items"][0]["digest"],
            "times": 1,
        },
        {
            "kind": "flag",
            "value": "warm-lid",
            "what": "",
            "path": "src/main.ts",
            "line": 1,
            "confidence": "medium",
            "digest": "",
            "times": 1,
        },
    ]
    assert [file["path"] for file in answer["files"]] == [
        "cli.js",
        "cli.js.map",
        "src/main.ts",
        "node_modules/a/a.js",
    ]


def test_a_map_and_a_folder_are_read_too(tmp_path):
    (tmp_path / "cli.js.map").write_bytes(source_map(SOURCES))

    of_map, of_folder = (
        answered("inventory", str(tmp_path / "cli.js.map")),
        answered("inventory", str(tmp_path)),
    )

    assert of_map["gives_away"] == of_folder["gives_away"]
    assert of_map["totals"] == of_folder["totals"]


def test_what_a_background_knows_is_not_what_got_out(tmp_path):
    code = "".join(f"export const lid{at} = open('the lid of kettle {at}')\n" for at in range(20))
    for name in ("leak/src/lid.ts", "public/lib/renamed.ts"):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).write_text(code)
    (tmp_path / "leak/own.ts").write_text("useFeatureFlag('warm-lid')\n")
    (tmp_path / "list").write_text(f"{tmp_path}/public\n")

    for given in (["--background", f"{tmp_path}/public"], ["--background-list", f"{tmp_path}/list"]):
        files = answered("inventory", str(tmp_path / "leak"), *given)["files"]
        assert {file["path"]: (file["ownership"], file["why"]) for file in files} == {
            "own.ts": ("first", "a plain file of the artifact"),
            "src/lid.ts": ("shipped", "public already: it stands in published code"),
        }


def test_a_list_of_backgrounds_that_is_not_there_is_a_sentence(tmp_path, package):
    with pytest.raises(CommandError, match="none: No such file"):
        printed("inventory", str(package), "--background-list", str(tmp_path / "none"))


def test_what_was_left_out_is_told(tmp_path):
    (tmp_path / "a.ts").write_text("1\n")
    (tmp_path / "link").symlink_to("/etc/passwd")

    assert answered("inventory", str(tmp_path))["skipped"] == [
        {"path": "link", "reason": "left out: a symbolic link"}
    ]


def test_for_people_it_is_a_few_lines_and_no_credential_whole(package):
    shown = printed("inventory", str(package))

    assert shown.splitlines()[0] == "first          1 files          2 lines"
    assert f"src/main.ts:2: npm token {TOKEN[:4]}…{TOKEN[-2:]} (high)" in shown
    assert TOKEN not in shown


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("none.tgz", "No such file"), ("empty.tgz", "is empty"), ("broken.tgz", "broken.tgz")],
)
def test_what_cannot_be_read_is_a_sentence(tmp_path, name, sentence):
    (tmp_path / "empty.tgz").write_bytes(b"")
    (tmp_path / "broken.tgz").write_bytes(b"\x1f\x8b\x08nonsense")

    with pytest.raises(CommandError, match=sentence):
        printed("inventory", str(tmp_path / name))


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize(("stream", "is_shown"), [(Terminal, True), (io.StringIO, False)])
def test_a_bar_is_drawn_only_on_a_terminal(package, stream, is_shown):
    errors = stream()

    call_command("inventory", str(package), stdout=io.StringIO(), stderr=errors)

    assert ("exposures" in errors.getvalue(), "100%" in errors.getvalue()) == (is_shown, is_shown)
    assert errors.getvalue().endswith("\r\033[K") == is_shown
