"""Maps that code carries within itself."""

import json
import time
from urllib.parse import quote

import pytest

from monitors.unpack import File
from monitors.unpack.inlinemaps import inline_maps
from tests.monitors.unpack.packing import files, inlined, noted, source_map, tarred, unpacked

MAP = source_map({"../src/a.ts": "it's *a* 'source' ü"})
SOURCE = "it's *a* 'source' ü".encode()


@pytest.mark.parametrize(
    "media",
    [
        "application/json;base64",
        "application/json;charset=utf-8;base64",
        "application/json;charset=UTF8;base64",
    ],
)
@pytest.mark.parametrize("name", ["a.js", "a.mjs", "a.cjs", "a.ts"])
def test_an_inline_map_at_the_end_of_code_gives_its_sources(media, name):
    code = b"let a\n" + inlined(MAP, media)

    assert files(tarred({f"dist/{name}": code})) == [
        File(f"dist/{name}", code, ""),
        File("src/a.ts", SOURCE, f"dist/{name}"),
    ]


@pytest.mark.parametrize(
    ("name", "start"),
    [
        ("index.html", b"<script type=module>let a\n"),
        ("cli", b"#!/usr/bin/env node\nlet a\n"),
        ("main.jsbundle", b"let a\n"),
        ("cli-linux", b"\x7fELF\2\1\1\0\0\0let a\n"),
        ("cli.exe", b"MZ\x90\0\3let a\n"),
    ],
)
def test_a_bundle_in_one_file_gives_its_sources_whatever_carries_it(name, start):
    bundle = start + inlined(MAP) + b"</script>\0\0"

    assert files(tarred({f"dist/{name}": bundle}))[1:] == [File("src/a.ts", SOURCE, f"dist/{name}")]


def test_each_script_of_a_page_has_its_map():
    page = b"".join(
        b"<script>let x\n" + inlined(source_map({f"{name}.ts": name})) + b"</script>" for name in "ab"
    )

    assert unpacked(page, "index.html") == {"index.html": page, "a.ts": b"a", "b.ts": b"b"}


@pytest.mark.parametrize("start", [b"{", b"%7B"])
def test_a_line_of_nothing_but_beginnings_of_maps_is_read_once(start):
    code = b"sourceMappingURL=data:application/json," + start
    began = time.process_time()

    assert len(list(inline_maps(code * 25_000))) == 1
    assert time.process_time() - began < 5  # a hundred times what it takes


@pytest.mark.parametrize("end", [b" */", b"*/\n", b""])
def test_a_style_sheet_s_map_ends_where_its_comment_does(end):
    escaped = quote(MAP.decode(), safe="-_.!~*'()").encode()
    code = b"a{}\n/*# sourceMappingURL=data:application/json;charset=utf-8," + escaped + end

    assert files(code, "dist.css")[1:] == [File("src/a.ts", SOURCE, "dist.css")]


def test_an_unescaped_map_reaches_to_the_end_of_its_line():
    code = b"a{}\n/*# sourceMappingURL=data:application/json;charset=utf-8," + MAP + b" */\nb{}"

    assert files(code, "dist.css")[1:] == [File("src/a.ts", SOURCE, "dist.css")]


def test_a_development_build_carries_a_map_in_each_module():
    maps = [inlined(source_map({f"webpack:///./src/{name}.ts": name})).decode().strip() for name in "ab"]
    modules = [f'eval("x\\n{one}\\n//# sourceURL=y");' for one in maps]

    assert unpacked("\n".join(modules).encode(), "dev.js") | {"dev.js": b""} == {
        "dev.js": b"",
        "src/a.ts": b"a",
        "src/b.ts": b"b",
    }


def test_a_recovered_source_that_carries_a_map_gives_the_original_too():
    compiled = "compiled\n" + inlined(source_map({"App.tsx": "original"})).decode()

    recovered = files(source_map({"../src/App.tsx": compiled}), "dist/a.js.map")[1:]

    assert [(file.path, file.origin) for file in recovered] == [
        ("src/App.tsx", "a.js.map"),
        ("src/App~2.tsx", "src/App.tsx"),
    ]
    assert recovered[1].content == b"original"


def test_a_source_that_is_a_map_gives_its_sources_too():
    inner = source_map({"../../src/deep.ts": "deep"}).decode()

    recovered = files(source_map({"../lib/dist/b.js.map": inner, "../src/a.ts": "a"}), "dist/a.js.map")[1:]

    assert recovered == [
        File("lib/dist/b.js.map", inner.encode(), "a.js.map"),
        File("src/deep.ts", b"deep", "lib/dist/b.js.map"),
        File("src/a.ts", b"a", "a.js.map"),
    ]


def test_an_inline_map_that_is_broken_is_noted():
    code = b"let a\n" + inlined(MAP[:40])

    ((path, reason),) = noted(code, "a.js")

    assert path == "a.js"
    assert reason.startswith("a.js is not a readable source map: ")


@pytest.mark.parametrize(
    "code",
    [
        b'x = "//# sourceMappingURL=data:application/json;base64," + btoa(y)',
        b"//# sourceMappingURL=data:application/json;base64,!!!!",
        b"//# sourceMappingURL=data:application/json;base64,AAAAAAAAAAAAAAAAAAAAAAAAA",
        b"//# sourceMappingURL=data:text/plain;base64,AAAAAAAAAAAAAAAAAAAAAAAA",
        b"//# sourceMappingURL=data:",
        b"//# sourceMappingURL=a.js.map",
    ],
)
def test_code_about_source_maps_is_left_alone(code):
    assert files(code, "a.js") == [File("a.js", code, "")]
    assert noted(code, "a.js") == []


@pytest.mark.parametrize("name", ["bundle.txt", "page.php", "README.md", "cli.js.orig", "cli.dat"])
@pytest.mark.parametrize("media", ["application/json;base64", "text/plain;base64", ";base64"])
def test_any_file_may_carry_a_map_of_any_type(name, media):
    carrier = b"let a\n" + inlined(MAP, media)

    assert files(tarred({f"dist/{name}": carrier}))[1:] == [File("src/a.ts", SOURCE, f"dist/{name}")]


def test_code_in_another_unicode_is_searched_as_well():
    code = ("let a\n" + inlined(MAP).decode()).encode("utf-16")

    assert files(tarred({"dist/a.js": code}))[1:] == [File("src/a.ts", SOURCE, "dist/a.js")]


def test_json_of_another_type_that_is_no_map_is_left_alone():
    code = b"let a\n" + inlined(b'{"a": 1}', "text/plain;base64")

    assert noted(code, "a.js") == []


def test_inline_maps_of_many_forms_in_one_file_are_each_read():
    first = json.dumps({"version": 3, "sources": ["a.ts"], "sourcesContent": ["a"]})
    code = inlined(first.encode()) + inlined(
        source_map({"b.ts": "b"}), "application/json;charset=utf-8;base64"
    )

    assert set(unpacked(code, "x.js")) == {"x.js", "a.ts", "b.ts"}
