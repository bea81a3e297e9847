"""Of a git repository or bundle, the files of one commit come out, as of an archive."""

import pytest

from monitors.sources.repositories import (
    is_repository,
    read_artifact,
    read_bundle,
    read_repository,
)
from monitors.unpack import Limits, Notes, UnpackError
from tests.monitors.sources.histories import checkout, commit, git, needs_git
from tests.monitors.unpack.packing import source_map, tarred

pytestmark = [needs_git, pytest.mark.slow]  # each starts git
TREE = {"a.ts": b"let a\n", "src/ä b.ts": b"let b\n", "empty": b""}


@pytest.fixture
def work(tmp_path):
    return checkout(tmp_path / "work", TREE)


def found(path, **asked):
    return {file.path: file.content for file in read_repository(path, **asked)}


def bundled(work, *names, path="../all.bundle"):
    git(work, "bundle", "create", "-q", path, *names)
    return work / path


def test_a_bare_repository_and_a_checkout_s_own_give_the_files_of_their_head(work, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", "work", "bare.git")

    assert found(tmp_path / "bare.git") == found(work / ".git") == TREE


def test_packed_and_loose_objects_and_references_are_read_alike(work):
    commit(work, {"c.ts": b"let c\n"})
    git(work, "gc", "-q")
    commit(work, {"d.ts": b"let d\n"})
    git(work, "pack-refs", "--all")

    assert found(work / ".git") == TREE | {"c.ts": b"let c\n", "d.ts": b"let d\n"}


def test_a_repository_of_sha_256_is_read(tmp_path):
    checkout(tmp_path / "new", TREE, form="sha256")

    assert found(tmp_path / "new/.git") == TREE


@pytest.mark.parametrize("name", ["old", "v1", "refs/tags/v1", "heads/old"])
def test_a_branch_a_tag_and_an_id_name_an_earlier_commit(work, name):
    git(work, "tag", "-a", "v1", "-m", "v1")
    git(work, "branch", "old")
    first = git(work, "rev-parse", "HEAD")
    commit(work, {"c.ts": b"let c\n"})

    assert found(work / ".git", revision=name) == found(work / ".git", revision=first) == TREE


def test_what_was_taken_and_what_was_not_is_told(work):
    notes = Notes()

    found(work / ".git", notes=notes)

    ((path, reason),) = notes.skipped
    first = git(work, "rev-parse", "HEAD")[:12]
    assert path == ".git"
    assert reason.startswith(f"taken as of refs/heads/main, commit {first}: other branches")


def test_a_detached_head_is_read(work):
    git(work, "checkout", "-q", "--detach")

    assert found(work / ".git") == TREE


@pytest.mark.parametrize("names", [["--all"], ["HEAD"], ["main"], ["main", "other"]])
def test_a_bundle_gives_the_files_of_its_head_or_main_branch(work, names):
    git(work, "branch", "other")

    content = bundled(work, *names).read_bytes()

    assert {file.path: file.content for file in read_artifact(bundled(work, *names), name="a")} == TREE
    with bundled(work, *names).open("rb") as file:
        assert {each.path: each.content for each in read_artifact(file, name="a")} == TREE
    assert content.startswith(b"# v")


def test_a_bundle_s_branch_can_be_named(work):
    git(work, "branch", "old")
    commit(work, {"c.ts": b"let c\n"})
    bundle = bundled(work, "main", "old")

    read = {file.path: file.content for file in read_bundle(bundle, name="a", revision="old")}

    assert read == TREE


def test_a_bundle_that_builds_on_another_says_so(work):
    first = git(work, "rev-parse", "HEAD")
    commit(work, {"a.ts": b"let a\n" + b"// more\n" * 20})

    with pytest.raises(UnpackError, match=r"all\.bundle builds on commits that it does not hold"):
        list(read_bundle(bundled(work, f"{first}..main"), name="all.bundle"))


def test_archives_and_maps_in_a_repository_are_opened_as_anywhere(tmp_path):
    packed = {"lib.tgz": tarred({"b.ts": b"let b"}), "dist/a.js.map": source_map({"../src/a.ts": "let a"})}
    checkout(tmp_path, packed)

    read = found(tmp_path / ".git")

    assert {"lib.tgz/b.ts", "src/a.ts"} < read.keys()


def test_a_checkout_is_a_folder_and_an_archive_an_archive(work, tmp_path):
    (tmp_path / "a.tgz").write_bytes(tarred(TREE))

    assert not is_repository(work)
    assert is_repository(work / ".git")
    assert {file.path: file.content for file in read_artifact(tmp_path / "a.tgz", name="a.tgz")} == TREE


def test_an_empty_repository_says_that_it_has_no_commit(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")

    with pytest.raises(UnpackError, match=r"\.git has no commit at refs/heads/main"):
        found(tmp_path / ".git")


def test_progress_is_told_up_to_the_end(work):
    calls = []

    found(work / ".git", progress=lambda *call: calls.append(call))

    assert {stage for stage, _, _ in calls} == {"unpacking"}
    assert all(0 <= done <= total for _, done, total in calls)
    assert calls[-1][1] == calls[-1][2] > 0


def test_many_files_come_in_batches_and_all_of_them(tmp_path, monkeypatch):
    monkeypatch.setattr("monitors.sources.repositories.BATCH_FILES", 7)
    many = {f"{number}.ts": b"%d" % number for number in range(50)}
    checkout(tmp_path, many | {"same.ts": b"1"})

    assert found(tmp_path / ".git", limits=Limits(files=60)) == many | {"same.ts": b"1"}
