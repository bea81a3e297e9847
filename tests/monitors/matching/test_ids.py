"""What ids alone decide, without reading a byte."""

import pytest

from monitors.fingerprints import fingerprint
from monitors.matching import Class, Kind, Match, Pair, match, match_all

from .conftest import Folder, source


def test_the_same_files_are_a_copy_and_nothing_is_read(leak):
    place = Folder(leak)

    found = match(fingerprint(leak.items()), place)

    assert (found.klass, found.share_files, found.share_lines) == (Class.COPY, 1.0, 1.0)
    assert {(pair.theirs, pair.ours, pair.kind) for pair in found.pairs} == {(p, p, Kind.BLOB) for p in leak}
    assert place.asked == []


def test_moved_files_are_found_where_they_lie_now(leak):
    place = Folder({f"packages/app/{path}": content for path, content in leak.items()})

    found = match(fingerprint(leak.items()), place)

    assert found.klass == Class.COPY
    assert {pair.ours: pair.theirs for pair in found.pairs} == {path: f"packages/app/{path}" for path in leak}


def test_a_folder_known_only_by_its_tree_id_holds_all_its_files(leak):
    place = Folder({})
    place.trees = {"vendor/net": Folder(leak).trees["src/net"]}

    found = match(fingerprint(leak.items()), place)

    lines = leak["src/net/0.ts"].count(b"\n")
    assert found.klass == Class.PARTIAL
    assert found.pairs[0] == Pair("vendor/net/0.ts", "src/net/0.ts", Kind.TREE, 1.0, lines)
    assert found.files == 6


def test_one_file_of_many_is_a_part(leak):
    place = Folder({"lib/stolen.ts": leak["src/ui/3.ts"], "index.ts": source("theirs")}, ids_only=True)

    found = match(fingerprint(leak.items()), place)

    lines = leak["src/ui/3.ts"].count(b"\n")
    assert found.klass == Class.PARTIAL
    assert found.pairs == [Pair("lib/stolen.ts", "src/ui/3.ts", Kind.BLOB, 1.0, lines)]


def test_empty_files_and_licences_make_nobody_a_hit(leak):
    place = Folder({"src/empty.ts": b"", "pkg/__init__.py": b"", "LICENSE": leak["LICENSE"]})

    assert match(fingerprint(leak.items()), place) == Match(Class.UNRELATED, 0.0, 0.0, 0.0, 0, 0, [])


def test_trees_of_nothing_but_small_files_make_nobody_a_hit():
    trifles = {
        "a/__init__.py": b"",
        "a/b/index.ts": b'export * from "./main"\n',
        "a/LICENSE": b"Permission " * 99,
    }
    leak = {**trifles, "src/main.ts": source("ours")}

    found = match(fingerprint(leak.items()), Folder(trifles, ids_only=True))

    assert found == Match(Class.UNRELATED, 0.0, 0.0, 0.0, 0, 0, [])


def test_small_files_count_beside_others(leak):
    found = match(fingerprint(leak.items()), Folder({p: leak[p] for p in ("src/empty.ts", "src/ui/3.ts")}))

    assert [pair.ours for pair in found.pairs] == ["src/ui/3.ts", "src/empty.ts"]


def test_where_git_names_files_by_sha256_contents_still_tell(leak):
    place = Folder(leak)
    place.entries, place.trees = {path: "0" * 64 for path in leak}, {}

    found = match(fingerprint(leak.items()), place)

    assert (found.klass, found.pairs[0].kind) == (Class.COPY, Kind.SHA256)


def test_an_empty_place_and_an_empty_leak_are_unrelated(leak):
    nothing = Match(Class.UNRELATED, 0.0, 0.0, 0.0, 0, 0, [])

    assert match(fingerprint(leak.items()), Folder({})) == nothing
    assert match(fingerprint([]), Folder(leak)) == nothing


class Reading(Folder):
    """A place that remembers which files it gave."""

    def read(self, paths):
        for path in paths:
            self.asked.append(path)
            yield path, self.files[path]


STRANGERS = {f"node_modules/a/their{at}.ts": source(f"theirs{at}") for at in range(4)}


@pytest.mark.parametrize(("changed", "klass", "read"), [(1, Class.COPY, 1), (3, Class.PARTIAL, 7)])
def test_of_a_copy_only_files_named_like_ours_are_read(changed, klass, read):
    leak = {f"src/part{at}.ts": source(f"part{at}") for at in range(24)}
    edited = {path: leak[path] + b"// mine\n" for path in [*leak][:changed]}
    place = Reading(STRANGERS | leak | edited)

    found = match(fingerprint(leak.items()), place)

    assert (found.klass, len(place.asked), found.files) == (klass, read, 24)


def test_what_is_a_copy_of_one_leak_is_read_for_the_other(leak):
    other = fingerprint([("other.ts", STRANGERS["node_modules/a/their0.ts"] + b"// theirs\n")])
    own = {path: content for path, content in leak.items() if "/" in path[4:]}

    found = match_all([fingerprint(own.items()), other], Reading(STRANGERS | own))

    assert [one.klass for one in found] == [Class.COPY, Class.DERIVED]


def test_a_copy_of_which_nothing_else_is_named_like_ours_is_not_read(leak):
    own = {path: content for path, content in leak.items() if "/" in path[4:]} | {
        "tiny.ts": source("tiny", 1)
    }
    place = Reading(STRANGERS | {path: own[path] for path in own if path != "tiny.ts"})

    assert (match(fingerprint(own.items()), place).klass, place.asked) == (Class.COPY, [])
