"""What is seen through changes of layout, names and tools."""

import json
import random
import re

import pytest

from monitors.fingerprints import fingerprint
from monitors.matching import Class, Kind, match, match_files

from .conftest import Folder, source

PICTURE = b"\x89PNG\r\n\x1a\n\0" + random.Random(1).randbytes(9000)


def reformatted(content):
    return content.replace(b"\n  ", b"\r\n\t\t ").replace(b"'", b'"').replace(b";", b"")


def minified(content):
    """Local names and layout gone, comments gone; strings and members stay, as with any minifier."""
    text = re.sub(rb"/\*.*?\*/", b"", content, flags=re.DOTALL)
    names = set(re.findall(rb"(?:const|function|input:) (\w+)", text)) | {b"input", b"retries", b"item"}
    for at, name in enumerate(sorted(names)):
        text = re.sub(rb"(?<![.\w])" + name + rb"\b", b"a%d" % at, text)
    text = re.sub(rb": (?:Promise<string>|number|a\d+)", b"", text)
    return re.sub(rb"\s+", b" ", text)


def test_a_reformatted_copy_is_a_copy(leak):
    place = Folder({path: reformatted(content) for path, content in leak.items() if path != "src/empty.ts"})

    found = match(fingerprint(leak.items()), place)

    assert found.klass == Class.COPY
    assert {pair.ours for pair in found.pairs if pair.kind == Kind.TEXT} == {p for p in leak if "/" in p[4:]}


def test_a_minified_copy_is_derived_and_its_files_are_named(leak):
    ours = {path: content for path, content in leak.items() if "/" in path[4:]}
    place = Folder({path.replace(".ts", ".min.js"): minified(content) for path, content in ours.items()})

    found = match(fingerprint(leak.items()), place)

    assert found.klass == Class.DERIVED
    assert {p.ours: p.theirs for p in found.pairs} == {p: p.replace(".ts", ".min.js") for p in ours}


def test_a_bundle_holds_many_of_ours_in_one_of_theirs(leak):
    ours = [content for path, content in leak.items() if path.startswith("src/net")]
    place = Folder({"dist/main.js": b"\n".join([source("theirs", 60), *ours])})

    found = match(fingerprint(leak.items()), place)

    assert found.klass == Class.DERIVED
    assert {(p.theirs, p.ours) for p in found.pairs} == {
        ("dist/main.js", f"src/net/{at}.ts") for at in range(6)
    }
    assert all(pair.share > 0.9 for pair in found.pairs)


def test_an_edited_file_is_found_with_the_share_that_was_left(leak):
    half = leak["src/ui/0.ts"][: len(leak["src/ui/0.ts"]) // 2]
    place = Folder({"src/half.ts": half + source("theirs", 6)})

    [pair] = match(fingerprint(leak.items()), place).pairs

    assert (pair.theirs, pair.ours, pair.kind) == ("src/half.ts", "src/ui/0.ts", Kind.TOKENS)
    assert 0.4 < pair.share < 0.6


def test_others_code_of_the_same_making_is_unrelated(leak):
    place = Folder({f"src/{at}.ts": source(f"theirs{at}") for at in range(30)})

    found = match(fingerprint(leak.items()), place)

    assert (found.klass, found.pairs) == (Class.UNRELATED, [])


def test_files_of_ours_are_asked_for_by_name_first_and_pictures_never(leak):
    names = ["a/photo.PNG", "3.ts.orig", "a/notes.md", "bin/acme", "z/3.ts", "m.js", "yarn.lock", "a.woff2"]
    place = Folder({name: name.encode() for name in names}, ids_only=True)

    match(fingerprint([*leak.items(), ("photo.png", PICTURE)]), place)

    assert place.asked == ["z/3.ts", "a/notes.md", "bin/acme", "m.js", "3.ts.orig"]


@pytest.mark.parametrize("name", ["{}.ts.orig", "{}.es6", "{}.log", "{}", "bin/{}.2026-11-30"])
def test_changed_files_are_found_whatever_they_are_called(leak, name):
    files = {
        name.format(path[:-3]): b"#!/usr/bin/env node\n" + content + b"// end\n"
        for path, content in leak.items()
        if "/" in path[4:]
    }

    index = fingerprint(leak.items())
    assert match(index, Folder(files)).klass == Class.DERIVED
    assert match_files([index], files.items())[0].klass == Class.DERIVED


@pytest.mark.parametrize("magic", [b"\x7fELF\2\0", b"MZ\x90\0", b"\xcf\xfa\xed\xfe\0"])
def test_a_program_that_carries_changed_scripts_is_found(leak, magic):
    script = b"// all in one\n" + b"\n".join(leak[path] + b";" for path in leak if "/" in path[4:])
    program = magic + PICTURE + b"\0" + script + b"\0" + PICTURE

    [found] = match_files([fingerprint(leak.items())], [("acme.bin", program)])

    assert (found.klass, found.files) == (Class.DERIVED, 18)


def test_a_source_map_is_not_compared_beside_its_own_sources(leak):
    files = {
        "a.js.map": json.dumps({"mappings": "", "sourcesContent": [leak["src/ui/0.ts"].decode()]}).encode()
    }

    assert match_files([fingerprint(leak.items())], files.items())[0].klass == Class.UNRELATED
    assert match(fingerprint(leak.items()), Folder(files)).klass != Class.UNRELATED


@pytest.mark.parametrize(
    ("beside", "klass"),
    [
        ({}, Class.SNIPPET),
        ({"own.ts": source("theirs")}, Class.SNIPPET),
        ({"3.ts": "src/ui/3.ts"}, Class.PARTIAL),
    ],
)
def test_a_picture_alone_accuses_nobody(leak, beside, klass):
    index = fingerprint([*leak.items(), ("logo.png", PICTURE)])
    place = Folder({"logo.png": PICTURE} | {name: leak.get(what, what) for name, what in beside.items()})

    found = match(index, place)

    assert found.klass == klass
    assert ("logo.png", "logo.png", Kind.BLOB) in {
        (pair.theirs, pair.ours, pair.kind) for pair in found.pairs
    }


@pytest.mark.parametrize(("held", "klass"), [(1, Class.PARTIAL), (3, Class.COPY)])
def test_of_a_leak_of_pictures_alone_pictures_tell(held, klass):
    pictures = [(f"{at}.png", PICTURE + bytes([at])) for at in range(3)]

    found = match(fingerprint(pictures), Folder(dict(pictures[:held])))

    assert (found.klass, found.files, found.share) == (klass, held, held / 3)


def test_a_shared_licence_header_is_no_evidence():
    header = (
        b"/* Copyright Example. Licensed under these words: "
        + source("terms", 4).replace(b"*/", b"")
        + b" */\n"
    )
    ours = {f"{at}.ts": header + source(at) for at in range(3)}

    found = match(fingerprint(ours.items()), Folder({"theirs.ts": header + source("theirs")}))

    assert (found.klass, found.pairs) == (Class.UNRELATED, [])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-32"])
def test_a_copy_in_a_wide_encoding_is_the_same_text(leak, encoding):
    index = fingerprint(leak.items())
    place = Folder({path: content.decode().encode(encoding) for path, content in leak.items()})

    found = match(index, place)

    assert found.klass == Class.COPY
    assert {pair.ours: pair.kind for pair in found.pairs}["src/core/0.ts"] == Kind.TEXT
