"""Whatever the bytes: files under clean paths, or an UnpackError; nothing else."""

import io
import json
import tarfile
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.unpack import Limits, UnpackError, unpack
from monitors.unpack.paths import LONGEST, Paths, clean
from monitors.unpack.sourcepaths import source_path
from tests.monitors.unpack.packing import gzipped, index_map, inlined, source_map, tarred, zipped

pytestmark = pytest.mark.slow  # each test is a hundred or more inputs

SMALL = Limits(bytes=4_000_000, file_bytes=1_000_000, files=200, seconds=10)
SUFFIX = 10  # characters that keeping paths apart may add

texts = st.text(st.characters(codec="utf-8"), max_size=40)
names = st.one_of(
    texts, st.text("./\\a\0\u202e:~C", max_size=12), st.integers(500, 600).map(lambda times: "x/" * times)
)
sources = st.dictionaries(names, st.none() | texts, max_size=4)
json_like = st.recursive(
    st.none() | st.booleans() | st.integers() | texts,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["sources", "sourcesContent", "sections", "map", "url", "offset"]), inner
        )
    ),
    max_leaves=8,
)
maps = st.one_of(
    sources.map(source_map),
    json_like.map(lambda told: json.dumps(told).encode()),
    st.builds(lambda a, b: index_map({"map": json.loads(source_map(a))}, {"url": b}), sources, names),
)
plain = st.one_of(st.binary(max_size=200), maps, maps.map(inlined))
members = st.dictionaries(names.filter(bool), plain, max_size=5)


def tar_of(content):
    encodable = {name.replace("\0", "\x01"): value for name, value in content.items()}
    return tarred(encodable, "w:gz")


archives = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.dictionaries(names.filter(bool), inner, max_size=4).map(tar_of),
        st.dictionaries(names.filter(lambda name: name.split("\0")[0]), inner, max_size=4).map(zipped),
        inner.map(gzipped),
    ),
    max_leaves=6,
)
artifact_names = st.one_of(names, st.sampled_from(["a.js.map", "a.js", "a.css", "a.tgz", "a.zip"]))


def check(content, name):
    """Read all of it; UnpackError is fine."""
    paths = []
    try:
        for file in unpack(content, name=name, limits=SMALL):
            assert isinstance(file.content, bytes)
            paths.append(file.path)
    except UnpackError:
        pass
    for path in paths:
        check_path(path)
    assert len(set(paths)) == len(paths)
    directories = {path[:at] for path in paths for at in range(len(path)) if path[at] == "/"}
    assert directories.isdisjoint(paths)


def check_path(path):
    assert path
    assert len(path) <= LONGEST + SUFFIX
    assert not {"", ".", ".."} & set(path.split("/"))
    assert "\\" not in path
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in path)
    assert not any(
        unicodedata.bidirectional(c) in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")
        for c in path
    )


@given(archives, artifact_names)
@settings(max_examples=150, deadline=None, derandomize=True)
def test_any_archive_gives_clean_unique_paths(content, name):
    check(content, name)


@given(st.binary(max_size=3000), artifact_names)
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_bytes_are_files_or_an_error(content, name):
    check(content, name)


@given(
    st.data(), archives.filter(lambda content: len(content) > 50), st.sampled_from(["a", "a.zip", "a.tar"])
)
@settings(max_examples=300, deadline=None, derandomize=True)
def test_any_damage_to_an_archive_is_files_or_an_error(data, content, name):
    damaged = bytearray(content)
    for at in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=6)):
        damaged[at] = data.draw(st.integers(0, 255))

    check(bytes(damaged[: data.draw(st.integers(1, len(content)))]), name)
    check(bytes(damaged), name)


@given(st.data())
@settings(max_examples=200, deadline=None, derandomize=True)
def test_any_damage_to_a_tar_s_headers_is_files_or_an_error(data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for name in ("ä" * 120, "b.ts"):
            entry = tarfile.TarInfo(name)
            entry.size = 5
            archive.addfile(entry, io.BytesIO(b"12345"))
    content = bytearray(out.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 4000))] = data.draw(st.integers(0, 255))
    for at in range(0, 4096, 512):  # make the damage pass for a header
        if content[at + 257 : at + 262] == b"ustar":
            content[at + 148 : at + 156] = b" " * 8
            content[at + 148 : at + 156] = b"%06o\0 " % sum(content[at : at + 512])

    check(bytes(content), "a.tar")


@given(names)
@settings(deadline=None, derandomize=True)
def test_any_name_is_cleaned_to_itself_or_nothing(name):
    path = clean(name).path

    if path:
        check_path(path)
    assert clean(path).path == path


@given(names, names, names)
@settings(deadline=None, derandomize=True)
def test_any_source_gets_a_clean_path(source, source_root, map_name):
    check_path(source_path(source, map_path=clean(map_name).path or "a.map", source_root=source_root))


@given(
    st.lists(st.tuples(st.sampled_from(["a", "a/b", "a/b/c", "a~2", "a~2/b", "b"]), st.binary(max_size=1)))
)
@settings(deadline=None, derandomize=True)
def test_any_sequence_of_paths_stays_unique(sequence):
    paths = Paths()

    given_away = [path for asked, content in sequence if (path := paths.settle(asked, content)) is not None]

    assert len(given_away) == len(set(sequence))
    assert len(set(given_away)) == len(given_away)
    assert not any(one.startswith(f"{other}/") for one in given_away for other in given_away)
