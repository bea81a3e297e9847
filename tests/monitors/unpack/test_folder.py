"""A folder is read like an archive, and nothing it links to is followed."""

import os

import pytest

from monitors.unpack import BoundExceeded, File, Limits, Notes, UnpackError, read_folder
from tests.monitors.unpack.packing import source_map, zipped


def laid_out(root, members):
    for name, content in members.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root


def noted(root):
    notes = Notes()
    list(read_folder(root, notes=notes))
    return [tuple(note) for note in notes.skipped]


def test_files_come_by_their_paths_below_the_folder(tmp_path):
    laid_out(tmp_path, {"src/b.ts": b"2", "src/a.ts": b"1", "readme.md": b"0", "src/deep/c.ts": b"3"})

    assert list(read_folder(tmp_path)) == [
        File("readme.md", b"0"),
        File("src/a.ts", b"1"),
        File("src/b.ts", b"2"),
        File("src/deep/c.ts", b"3"),
    ]


def test_archives_and_maps_in_it_are_opened(tmp_path):
    laid_out(tmp_path, {"a.zip": zipped({"x.ts": b"1"}), "b.js.map": source_map({"src/y.ts": "2"})})

    found = list(read_folder(tmp_path))

    assert [(file.path, file.origin) for file in found] == [
        ("a.zip/x.ts", ""),
        ("b.js.map", ""),
        ("src/y.ts", "b.js.map"),
    ]


def test_links_are_noted_and_not_followed(tmp_path):
    outside = laid_out(tmp_path / "outside", {"secret.ts": b"x"})
    inside = laid_out(tmp_path / "inside", {"a.ts": b"1"})
    (inside / "file").symlink_to(outside / "secret.ts")
    (inside / "folder").symlink_to(outside)
    os.mkfifo(inside / "pipe")

    assert list(read_folder(inside)) == [File("a.ts", b"1")]
    assert noted(inside) == [
        ("file", "left out: a symbolic link"),
        ("folder", "left out: a symbolic link"),
        ("pipe", "left out: a named pipe"),
    ]


def test_a_file_that_becomes_a_link_while_it_is_read_is_not_followed(tmp_path):
    outside = laid_out(tmp_path / "outside", {"secret.ts": b"x"})
    inside = laid_out(tmp_path / "inside", {"a.ts": b"1", "b.ts": b"2"})
    files = read_folder(inside)
    first = next(files)
    (inside / "b.ts").unlink()
    (inside / "b.ts").symlink_to(outside / "secret.ts")

    assert [first, *files] == [File("a.ts", b"1")]


def test_what_version_control_keeps_is_left_out(tmp_path):
    laid_out(tmp_path, {"a.ts": b"1", ".git/HEAD": b"ref: refs/heads/main"})

    assert [file.path for file in read_folder(tmp_path)] == ["a.ts"]
    assert noted(tmp_path) == [(".git", "left out: what a version control keeps for itself")]


@pytest.mark.parametrize(("bound", "value"), [("files", 2), ("bytes", 15)], ids=["files", "bytes"])
def test_a_folder_beyond_the_limits_is_refused_by_the_name_of_the_bound(tmp_path, bound, value):
    laid_out(tmp_path, {"a": b"x" * 10, "b": b"y" * 10, "c": b""})

    with pytest.raises(BoundExceeded) as caught:
        list(read_folder(tmp_path, Limits(**{bound: value})))

    assert caught.value.bound == bound


def test_a_file_that_is_too_large_is_left_out_and_the_rest_is_read(tmp_path):
    laid_out(tmp_path, {"a": b"x" * 10, "b": b"y"})
    notes = Notes()

    assert list(read_folder(tmp_path, Limits(file_bytes=9), notes)) == [File("b", b"y")]
    assert [(path, "larger than 9 bytes" in reason) for path, reason in notes.skipped] == [("a", True)]


def test_a_folder_within_the_limits_tells_how_far_it_is(tmp_path):
    laid_out(tmp_path, {"a": b"x" * 10})
    told = []

    list(read_folder(tmp_path, progress=lambda *step: told.append(step)))

    assert told[-1] == ("unpacking", 10, 10)


def test_what_is_no_folder_is_refused(tmp_path):
    laid_out(tmp_path, {"a": b"x"})

    with pytest.raises(UnpackError, match="cannot be read as a folder: Not a directory"):
        list(read_folder(tmp_path / "a"))
    with pytest.raises(UnpackError, match="cannot be read as a folder: No such file"):
        list(read_folder(tmp_path / "none"))


def test_a_file_that_grows_while_the_folder_is_read_is_read_whole(tmp_path):
    (tmp_path / "a.log").write_bytes(b"first\n")
    (tmp_path / "b.log").write_bytes(b"second\n")

    files = read_folder(tmp_path)
    first = next(files)
    (tmp_path / "b.log").write_bytes(b"second\n" * 2_000)

    assert first.content == b"first\n"
    assert next(files).content == b"second\n" * 2_000


def test_a_file_that_outgrows_its_bound_is_left_out(tmp_path):
    (tmp_path / "a.log").touch()
    (tmp_path / "b.log").write_bytes(b"x")

    files = read_folder(tmp_path, Limits(file_bytes=1000))
    next(files)
    (tmp_path / "b.log").write_bytes(b"x" * 1001)

    assert list(files) == []
