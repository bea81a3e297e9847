"""Whole archives and maps, well-formed but for what is damaged on purpose: what random bytes seldom are."""

import bz2
import json
import lzma
import tarfile

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.unpack.decompressors import zstd
from tests.fuzz import contracts
from tests.monitors.unpack.packing import (
    asar,
    asar_of,
    gzipped,
    index_map,
    inlined,
    source_map,
    special,
    tarred,
    zipped,
)

texts = st.text(st.characters(codec="utf-8"), max_size=40)
paths = st.one_of(
    texts.filter(bool),
    st.text("./\\a\u202e:~C", min_size=1, max_size=12),
    st.lists(st.sampled_from(["a", "b.ts", "..", "node_modules", "dist", "x.js.map"]), min_size=1).map(
        "/".join
    ),
    st.integers(500, 600).map(lambda times: "x/" * times),
)
anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)
fields = st.fixed_dictionaries(
    {},
    optional={
        "sourceRoot": paths | anything,
        "ignoreList": st.lists(st.integers(-2, 5)) | anything,
        "x_google_ignoreList": st.lists(st.integers(0, 3)),
        "mappings": texts,
        "sourcesContent": st.lists(st.none() | texts, max_size=3) | anything,
        "sources": st.lists(st.none() | paths, max_size=3) | anything,
    },
)
simple_maps = st.builds(
    lambda sources, more: json.dumps(json.loads(source_map(sources)) | more).encode(),
    st.dictionaries(paths, st.none() | texts, max_size=4),
    fields,
)


def _section(inner):
    urls = inner.map(lambda carried: inlined(carried).decode().partition("=")[2].strip()) | paths
    told = inner.map(json.loads)
    return st.one_of(
        urls.map(lambda url: {"url": url}), told.map(lambda given: {"map": given}), st.just({"map": None})
    )


maps = st.recursive(
    simple_maps,
    lambda inner: st.one_of(
        st.lists(_section(inner), max_size=3).map(lambda sections: index_map(*sections)),
        inner.map(lambda carried: source_map({"a.js.map": carried.decode()})),
        inner.map(lambda carried: source_map({"src/a.ts": inlined(carried).decode()})),
    ),
    max_leaves=4,
)
plain = st.one_of(
    st.binary(max_size=200), maps, maps.map(inlined), maps.map(lambda carried: b"let a\n" + inlined(carried))
)
odd_entries = st.builds(
    special,
    st.sampled_from([tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE, b"S"]),
    paths,
)
odd_nodes = st.one_of(
    st.fixed_dictionaries({"link": paths}),
    st.fixed_dictionaries({"size": st.integers(0, 300), "offset": st.integers(-1, 300).map(str)}),
    st.fixed_dictionaries({"size": st.integers(0, 9), "unpacked": st.booleans()}),
)


def _tree(values):
    return st.dictionaries(paths.filter(lambda path: "\0" not in path), values, max_size=4)


def _asar_tree(tree):
    """Where a name is both file and directory, the first wins."""
    taken = {}
    for path, content in tree.items():
        if path.count("/") < 100 and not any(
            f"{path}/".startswith(f"{other}/") or other.startswith(f"{path}/") for other in taken
        ):
            taken[path] = content
    return asar(taken)


archives = st.recursive(
    plain,
    lambda inner: st.one_of(
        st.builds(
            tarred, _tree(inner | odd_entries), st.sampled_from(["w:", "w:gz", "w:zst", "w:bz2", "w:xz"])
        ),
        _tree(inner).map(zipped),
        _tree(inner | odd_nodes).map(_asar_tree),
        st.tuples(st.sampled_from([gzipped, bz2.compress, lzma.compress, zstd.compress]), inner).map(
            lambda both: both[0](both[1])
        ),
        anything.map(lambda told: asar_of(json.dumps({"files": told}).encode())),
    ),
    max_leaves=6,
)


@st.composite
def damaged(draw, whole=archives):
    """An archive with some of its bytes changed, left out or doubled, or none."""
    content = bytearray(draw(whole))
    for at in draw(st.lists(st.integers(0, 1 << 14), max_size=5)):
        if content:
            content[at % len(content)] = draw(st.integers(0, 255))
    cut = draw(st.none() | st.integers(0, 1 << 14))
    return bytes(content if cut is None else content[:cut] + content[cut + draw(st.integers(-64, 64)) :])


names = st.sampled_from(contracts.NAMES) | paths


@settings(
    deadline=None, database=None, derandomize=True, max_examples=150, suppress_health_check=list(HealthCheck)
)
@given(damaged(), names)
def archives_hold(content, name):
    contracts.files_or_a_sentence(content, name)


@settings(deadline=None, database=None, derandomize=True, max_examples=150)
@given(maps)
def maps_hold(content):
    contracts.recovers(content)
