"""Source maps give their sources away, each once."""

import json

import pytest

from monitors.unpack import File, Note, Notes, UnpackError
from monitors.unpack.sourcemaps import recover
from tests.monitors.unpack.packing import files, index_map, inlined, noted, source_map, tarred, unpacked

MAP = source_map({"../src/a.ts": "let a\n", "../src/b.ts": "let b"})


def test_a_map_as_the_artifact_gives_itself_and_its_sources():
    assert files(MAP, "cli.js.map") == [
        File("cli.js.map", MAP, ""),
        File("src/a.ts", b"let a\n", "cli.js.map"),
        File("src/b.ts", b"let b", "cli.js.map"),
    ]


def test_a_map_in_an_archive_is_followed_by_its_sources():
    content = tarred({"package/dist/a.js": b"1", "package/dist/a.js.map": MAP, "package/z.txt": b"z"})

    assert files(content) == [
        File("package/dist/a.js", b"1", ""),
        File("package/dist/a.js.map", MAP, ""),
        File("package/src/a.ts", b"let a\n", "package/dist/a.js.map"),
        File("package/src/b.ts", b"let b", "package/dist/a.js.map"),
        File("package/z.txt", b"z", ""),
    ]


def test_a_map_is_known_by_its_beginning_too():
    assert [file.path for file in files(MAP, "download")] == ["download", "src/a.ts", "src/b.ts"]


@pytest.mark.parametrize("guard", [b")]}'\n", b")]}\n", b"\xef\xbb\xbf", b"\xef\xbb\xbf)]}'\n", b" \n"])
def test_guards_and_byte_order_marks_before_a_map_are_skipped(guard):
    assert [file.path for file in recover(guard + MAP, path="a.js.map")] == ["src/a.ts", "src/b.ts"]


def test_the_same_source_in_two_maps_comes_once_and_another_content_gets_a_suffix():
    notes = Notes()
    content = tarred(
        {
            "dist/a.js.map": source_map({"../src/a.ts": "one", "../src/b.ts": "b"}),
            "dist/sub/c.js.map": source_map({"../../src/a.ts": "one", "../../src/b.ts": "other"}),
        }
    )

    recovered = [file for file in files(content, notes=notes) if file.origin]

    assert recovered == [
        File("src/a.ts", b"one", "dist/a.js.map"),
        File("src/b.ts", b"b", "dist/a.js.map"),
        File("src/b~2.ts", b"other", "dist/sub/c.js.map"),
    ]
    assert notes.merged == 1


def test_parts_of_one_file_are_told_apart_by_suffix():
    parts = {"webpack:///./src/App.vue?1": "whole", "webpack:///./src/App.vue?2": "script"}

    assert [(file.path, file.content) for file in recover(source_map(parts), path="a.map")] == [
        ("src/App.vue", b"whole"),
        ("src/App~2.vue", b"script"),
    ]


def test_an_index_map_gives_the_sources_of_all_its_sections():
    inner = json.loads(source_map({"b.ts": "b"}, sourceRoot="../lib"))
    nested = json.loads(index_map({"map": json.loads(source_map({"c.ts": "c"}))}))
    content = index_map({"map": json.loads(MAP)}, {"map": inner}, {"map": nested})

    assert [file.path for file in recover(content, path="dist/a.js.map")] == [
        "src/a.ts",
        "src/b.ts",
        "lib/b.ts",
        "dist/c.ts",
    ]


@pytest.mark.parametrize("order", [1, -1])
def test_a_section_by_url_is_read_from_the_file_beside_wherever_it_comes(order):
    members = {"dist/all.js.map": index_map({"url": "parts/a.json"}), "dist/parts/a.json": MAP}
    content = tarred(dict(list(members.items())[::order]))

    recovered = [file for file in files(content) if file.origin]

    assert {file.path for file in recovered} == {"dist/src/a.ts", "dist/src/b.ts"}
    assert noted(content) == []


def test_a_section_whose_url_holds_the_map_is_read():
    url = inlined(MAP, "application/json;charset=utf-8;base64").decode().partition("=")[2].strip()
    content = index_map({"url": url}, {"url": "data:application/json;base64,AAAA"})

    assert [file.path for file in recover(content, path="dist/a.js.map")] == ["src/a.ts", "src/b.ts"]
    assert noted(content, "a.js.map") == [
        ("a.js.map", "is made of another map that is not here: data:application/json;base64,AAAA")
    ]


def test_a_section_whose_file_is_not_here_is_noted():
    content = tarred({"dist/all.js.map": index_map({"url": "a.map"}, {"map": json.loads(MAP)})})

    assert set(unpacked(content)) == {"dist/all.js.map", "src/a.ts", "src/b.ts"}
    assert noted(content) == [("dist/all.js.map", "is made of another map that is not here: dist/a.map")]


def test_maps_that_point_at_each_other_come_to_an_end():
    maps = {"a.map": index_map({"url": "b.map"}), "b.map": index_map({"url": "a.map"})}

    with pytest.raises(UnpackError, match="includes the text of none"):
        recover(maps["a.map"], path="a.map", siblings=maps.get)
    assert unpacked(tarred(maps)) == maps


def test_sources_named_only_are_noted_unless_they_lie_in_the_archive():
    content = tarred(
        {
            "dist/a.js.map": source_map({"../src/a.ts": None, "../src/b.ts": None, "../src/c.ts": "c"}),
            "src/a.ts": b"a",
        }
    )

    assert [file.path for file in files(content)] == ["dist/a.js.map", "src/c.ts", "src/a.ts"]
    assert noted(content) == [("dist/a.js.map", "1 source is named but not included: src/b.ts")]


def test_many_sources_named_only_are_one_note():
    content = tarred({"a.js.map": source_map({f"{number}.ts": None for number in range(1200)})})

    assert noted(content) == [
        ("a.js.map", "1,200 sources are named but not included: 0.ts, 1.ts, 2.ts and 1,197 more")
    ]


def test_recover_takes_siblings_for_what_a_map_names_only():
    notes = Notes()
    content = source_map({"a.ts": None, "b.ts": None, "c.ts": "c"})

    recovered = recover(content, path="x.map", notes=notes, siblings={"a.ts": b"a"}.get)

    assert recovered == [File("c.ts", b"c", "x.map")]
    assert notes.skipped == [Note("x.map", "1 source is named but not included: b.ts")]


@pytest.mark.parametrize(
    "broken",
    [
        b'{"version":3,"sources":["a"',
        b"{",
        b"",
        b"[1]",
        b'{"sources":[1]}',
        b"<html>",
        b"[" * 100_000,
    ],
)
def test_a_broken_map_is_an_error_as_the_artifact_and_a_note_in_an_archive(broken):
    with pytest.raises(
        UnpackError, match=r"a\.js\.map is (not a readable source map: .* fetch it again|empty)"
    ):
        files(broken, "a.js.map")
    assert unpacked(tarred({"a.js.map": broken, "b.ts": b"b"})) == {"a.js.map": broken, "b.ts": b"b"}
    ((path, reason),) = noted(tarred({"a.js.map": broken}))
    assert path == "a.js.map"
    assert reason.startswith("a.js.map is not a readable source map: ")


@pytest.mark.parametrize(
    "absent", [{}, {"sourcesContent": None}, {"sourcesContent": []}, {"sourcesContent": [None]}]
)
def test_a_map_without_its_sources_is_an_error_as_the_artifact_and_a_note_in_an_archive(absent):
    content = json.dumps({"version": 3, "sources": ["../src/a.ts"], "mappings": ""} | absent).encode()

    with pytest.raises(
        UnpackError, match=r"names 1 sources but includes the text of none .* Upload the package"
    ):
        files(content, "a.js.map")
    assert noted(tarred({"dist/a.js.map": content})) == [
        ("dist/a.js.map", "1 source is named but not included: src/a.ts")
    ]


@pytest.mark.parametrize("content", [b'{"islands": 3}', b'{"sections":[{}]}'])
def test_json_that_is_no_map_is_told_apart(content):
    assert noted(tarred({"sea.map": content})) == [
        ("sea.map", "sea.map is not a source map: it names no sources.")
    ]


@pytest.mark.parametrize(
    ("text", "content"),
    [
        (b"\\ud800x", "\ufffdx".encode()),
        (b"\\uDC00\\ud800", "\ufffd\ufffd".encode()),
        (rb"\ud83d\ude00 \ud83dx \\ud800 \\\ud800", "\N{GRINNING FACE} \ufffdx \\ud800 \\\ufffd".encode()),
        (b"\xffx", "\ufffdx".encode()),
    ],
)
def test_broken_characters_do_not_lose_a_map(text, content):
    raw = b'{"version":3,"sources":["a.ts"],"sourcesContent":["' + text + b'"]}'

    assert recover(raw, path="a.js.map") == [File("a.ts", content, "a.js.map")]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-32"])
@pytest.mark.parametrize("name", ["a.js.map", "a.txt"])
def test_a_map_in_another_unicode_is_read_like_any_text(codec, name):
    content = MAP.decode().encode(codec)

    assert [file.path for file in files(tarred({f"dist/{name}": content}))[1:]] == ["src/a.ts", "src/b.ts"]


@pytest.mark.parametrize("name", ["order.json", "cli.js.map.txt"])
@pytest.mark.parametrize("others", ["b", None])
def test_a_map_under_another_name_is_known_by_its_texts(name, others):
    told = {"mappings": "", "sourcesContent": [others, "a"], "sources": ["b.ts", "a.ts"], "version": 3}

    assert "a.ts" in unpacked(tarred({name: json.dumps(told).encode()}))


def test_what_tells_about_maps_is_no_map():
    schema = b'{"properties": {"sources": {"type": "array"}, "sourcesContent": {"type": "array"}}}'

    assert noted(tarred({"schema.json": schema, "tsconfig.json": b'{"inlineSources": true}'})) == []


def test_sections_need_no_offset():
    content = json.dumps({"version": 3, "sections": [{"map": json.loads(MAP)}]}).encode()

    assert [file.path for file in recover(content, path="dist/a.js.map")] == ["src/a.ts", "src/b.ts"]


WIDE = source_map({"../src/a.ts": 'say("sources": [1])', "../src/b.ts": "b"}, sourceRoot="lib")


@pytest.mark.parametrize(
    ("broken", "paths"),
    [
        (WIDE[: WIDE.index(b'"mappings"')], ["src/a.ts", "src/b.ts"]),
        (WIDE.replace(b'"version": 3', b'"version": 3,,'), ["dist/src/a.ts", "dist/src/b.ts"]),
        (MAP[: MAP.index(b"let b") + 3], ["src/a.ts"]),
        (MAP.replace(b'"../src/a.ts"', b"7"), ["_virtual/unnamed", "src/b.ts"]),
        (MAP[: MAP.index(b"let b")].replace(b'"sources"', b'"names"'), ["_virtual/unnamed"]),
    ],
)
def test_of_a_broken_map_what_is_whole_is_taken_and_the_rest_is_told(broken, paths):
    notes = Notes()

    recovered = recover(broken, path="dist/a.js.map", notes=notes)

    assert [file.path for file in recovered] == paths
    assert "The sources that are whole in it are taken." in notes.skipped[0].reason


def test_half_a_character_in_a_name_does_not_lose_a_map():
    raw = rb'{"version":3,"sources":["a\ud800.ts"],"sourcesContent":["\ud800"]}'

    assert recover(raw, path="a.js.map") == [File("a\ufffd.ts", "\ufffd".encode(), "a.js.map")]


@pytest.mark.parametrize("odd", [b"3", b"true", b'"' + b"\xff" * 9000 + b'"'])
def test_a_text_that_cannot_be_read_leaves_the_others(odd):
    raw = b'{"version":3,"sources":["a.ts","b.ts"],"sourcesContent":[' + odd + b',"b"]}'
    notes = Notes()

    assert recover(raw, path="a.js.map", notes=notes) == [File("b.ts", b"b", "a.js.map")]
    assert notes.skipped == [Note("a.js.map", "1 source is named but not included: a.ts")]


@pytest.mark.parametrize("most", [0, 3_000_000])
def test_texts_are_the_same_however_many_commas_a_map_has(monkeypatch, most):
    monkeypatch.setattr("monitors.unpack.sourcemaps.MOST_COMMAS", most)
    texts = {"a.ts": 'say("\\n", [1, 2])', "b.ts": None, "c.ts": "", "d.ts": "\\", "e.ts": '"é\U0001f600,'}

    recovered = recover(source_map(texts), path="a.js.map")

    assert {file.path: file.content.decode() for file in recovered} | {"b.ts": None} == texts


def test_an_empty_source_is_a_source_and_a_source_without_a_name_too():
    content = json.dumps({"version": 3, "sources": ["a.ts", None], "sourcesContent": ["", "x"]}).encode()

    assert recover(content, path="m.map") == [
        File("a.ts", b"", "m.map"),
        File("_virtual/unnamed", b"x", "m.map"),
    ]


def test_sources_with_hostile_names_stay_inside():
    names = [
        "../../../../etc/passwd",
        "/etc/shadow",
        "file:///../x",
        "webpack:///%2e%2e/%2e%2e/y",
        "a\u202eb\x07",
    ]
    content = source_map(dict.fromkeys(names, "x"))

    assert [file.path for file in recover(content, path="dist/a.map")] == [
        "etc/passwd",
        "etc/shadow",
        "x",
        "y",
        "dist/a_b_",
    ]
