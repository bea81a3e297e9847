"""A repository of strangers runs nothing here, leads nowhere else, and costs no more than it may."""

import os
import shutil

import pytest

from monitors.sources.repositories import read_bundle, read_repository
from monitors.unpack import BoundExceeded, Limits, Notes, UnpackError
from tests.monitors.sources.histories import checkout, commit_tree, git, needs_git, raw_tree

pytestmark = [needs_git, pytest.mark.slow]  # each starts git
SECRET = b"our own secret, of another repository\n"


@pytest.fixture
def work(tmp_path):
    return checkout(tmp_path / "work", {"a.ts": b"let a\n"})


@pytest.fixture
def other(tmp_path):
    """Another repository on this machine, with an id that a stranger may know."""
    folder = checkout(tmp_path / "other", {"secret": SECRET})
    return folder / ".git", git(folder, "rev-parse", "HEAD:secret")


def found(path, notes=None, **limits):
    return {file.path: file.content for file in read_repository(path, limits=Limits(**limits), notes=notes)}


def noted(path):
    notes = Notes()
    found(path, notes)
    return {tuple(note) for note in notes.skipped if "taken as of" not in note.reason}


def objects(folder):
    kept = (folder / ".git/objects").rglob("*")
    return [path for path in kept if path.is_file()]


def test_nothing_of_its_configuration_attributes_or_hooks_is_run(work, tmp_path):
    mark = tmp_path / "mark"
    run = f"touch {mark}; false"
    for name in ("core.fsmonitor", "core.pager", "core.sshCommand", "diff.external", "filter.x.smudge"):
        git(work, "config", name, run)
    for name in ("diff.x.textconv", "core.alternateRefsCommand", "uploadpack.packObjectsHook"):
        git(work, "config", name, run)
    for hook in ("post-index-change", "reference-transaction", "post-checkout"):
        (work / ".git/hooks" / hook).write_text(f"#!/bin/sh\n{run}\n")
        (work / ".git/hooks" / hook).chmod(0o755)
    (work / ".git/info/attributes").write_text("* filter=x diff=x working-tree-encoding=utf-16 ident\n")

    assert found(work / ".git") == {"a.ts": b"let a\n"}
    assert not mark.exists()


def test_what_is_missing_is_asked_for_nowhere(work, tmp_path):
    mark = tmp_path / "mark"
    git(work, "config", "extensions.partialClone", "origin")
    git(work, "config", "remote.origin.url", f"ext::sh -c touch% {mark}")
    git(work, "config", "remote.origin.promisor", "true")
    git(work, "config", "protocol.ext.allow", "always")
    blob = git(work, "rev-parse", "HEAD:a.ts")
    (work / ".git/objects" / blob[:2] / blob[2:]).unlink()

    assert noted(work / ".git") == {("a.ts", "left out: its content is not here")}
    assert not mark.exists()


def test_alternates_do_not_lead_into_other_repositories(work, other):
    store, secret = other
    commit_tree(work, raw_tree(work, [(b"100644", b"secret", secret)]))
    (work / ".git/objects/info").mkdir(exist_ok=True)
    (work / ".git/objects/info/alternates").write_text(f"{store}/objects\n")

    assert found(work / ".git") == {}
    assert noted(work / ".git") == {
        ("secret", "left out: its content is not here"),
        (".git", "what it shares with another repository is left out"),
    }


@pytest.mark.parametrize("what", ["object", "folder", "pack folder"])
def test_links_among_its_objects_are_not_followed(work, other, what):
    store, secret = other
    commit_tree(work, raw_tree(work, [(b"100644", b"secret", secret)]))
    ours = work / ".git/objects"
    if what == "object":
        (ours / secret[:2]).mkdir(exist_ok=True)
        (ours / secret[:2] / secret[2:]).symlink_to(store / "objects" / secret[:2] / secret[2:])
    elif what == "folder":
        shutil.rmtree(ours / secret[:2], ignore_errors=True)
        (ours / secret[:2]).symlink_to(store / "objects" / secret[:2])
    else:
        git(store, "gc", "-q")
        shutil.rmtree(ours / "pack")
        (ours / "pack").symlink_to(store / "objects/pack")

    read = []
    with pytest.raises(UnpackError) if what == "object" else pytest.MonkeyPatch.context():
        read = found(work / ".git").values()

    assert SECRET not in read


def test_environment_variables_of_ours_do_not_lead_elsewhere(work, other, monkeypatch):
    store, secret = other
    commit_tree(work, raw_tree(work, [(b"100644", b"secret", secret)]))
    for name in ("GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES", "GIT_COMMON_DIR"):
        monkeypatch.setenv(name, str(store / "objects"))

    assert found(work / ".git") == {}


def test_symbolic_links_and_submodules_are_told_and_left_out(work):
    blob = git(work, "hash-object", "-w", "--stdin", given=b"/etc/passwd")
    rows = [(b"120000", b"link", blob), (b"160000", b"module", "1" * 40), (b"100755", b"tool", blob)]
    commit_tree(work, raw_tree(work, rows))

    assert found(work / ".git") == {"tool": b"/etc/passwd"}
    assert noted(work / ".git") == {
        ("link", "left out: a symbolic link"),
        ("module", "left out: a submodule, another repository that is not here"),
    }


def test_names_that_climb_are_cleaned(work):
    blob = git(work, "rev-parse", "HEAD:a.ts")
    inner = raw_tree(work, [(b"100644", b"..", blob), (b"100644", b"a\n\xe2\x80\xaeb", blob)])
    commit_tree(work, raw_tree(work, [(b"40000", b"..", inner), (b"40000", b"d", inner)]))

    assert set(found(work / ".git")) == {"d/a__b", "a__b"}


def test_a_tree_that_names_a_folder_as_a_file_gives_none(work):
    tree = git(work, "rev-parse", "HEAD^{tree}")
    commit_tree(work, raw_tree(work, [(b"100644", b"folder.ts", tree)]))

    assert noted(work / ".git") == {("folder.ts", "left out: its content is not here")}


@pytest.mark.parametrize("name", ["HEAD", "packed-refs", "refs/heads/main"])
def test_a_pipe_where_a_reference_should_be_is_not_waited_for(work, name):
    (work / ".git" / name).unlink(missing_ok=True)
    os.mkfifo(work / ".git" / name)

    with pytest.raises(UnpackError):
        found(work / ".git")


@pytest.mark.parametrize("told", ["ref: HEAD", "ref: ../../etc/passwd", "ref: refs/heads", "x" * 9999, ""])
def test_a_head_that_leads_nowhere_is_told(work, told):
    (work / ".git/HEAD").write_text(told)

    with pytest.raises(UnpackError, match=r"\.git has no commit at"):
        found(work / ".git")


def test_a_tree_of_trees_that_multiply_is_stopped(work):
    tree = git(work, "rev-parse", "HEAD^{tree}")
    for _ in range(12):
        tree = raw_tree(work, [(b"40000", b"%d" % number, tree) for number in range(10)])
    commit_tree(work, tree)

    with pytest.raises(BoundExceeded) as caught:
        found(work / ".git")

    assert caught.value.bound == "files"


def test_a_folder_that_is_missing_hides_no_other(work):
    blob, tree = git(work, "rev-parse", "HEAD:a.ts"), git(work, "rev-parse", "HEAD^{tree}")
    rows = [(b"40000", b"blob", blob), (b"40000", b"here", tree), (b"40000", b"lost", "1" * 40)]
    commit_tree(work, raw_tree(work, rows))

    assert found(work / ".git") == {"here/a.ts": b"let a\n"}
    assert noted(work / ".git") == {
        ("blob", "left out: a folder that is not here"),
        ("lost", "left out: a folder that is not here"),
    }


def test_long_paths_are_bound(work):
    tree = git(work, "rev-parse", "HEAD^{tree}")
    for _ in range(20):
        tree = raw_tree(work, [(b"40000", b"d" * 200, tree)])
    commit_tree(work, tree)

    assert len(found(work / ".git")) == 1
    with pytest.raises(BoundExceeded) as caught:
        found(work / ".git", directory_bytes=20_000)
    assert caught.value.bound == "directory_bytes"


@pytest.mark.parametrize(("bound", "value"), [("bytes", 400), ("files", 3), ("seconds", 0)])
def test_each_bound_holds_and_the_error_names_it(tmp_path, bound, value):
    checkout(tmp_path, {f"{number}.ts": b"let a%d\n" % number * 9 for number in range(9)})

    with pytest.raises(BoundExceeded) as caught:
        found(tmp_path / ".git", **{bound: value})

    assert (caught.value.bound, caught.value.value) == (bound, value)


def test_a_file_that_is_too_large_is_left_out_and_the_rest_is_read(tmp_path):
    checkout(tmp_path, {"a.ts": b"let a\n" * 9, "b.ts": b"b"})
    notes = Notes()

    assert found(tmp_path / ".git", notes, file_bytes=5) == {"b.ts": b"b"}
    assert [path for path, reason in notes.skipped if "larger than 5 bytes" in reason] == ["a.ts"]


def test_one_content_under_many_names_is_a_bomb_all_the_same(work):
    blob = git(work, "hash-object", "-w", "--stdin", given=b"\0" * 500_000)
    commit_tree(work, raw_tree(work, [(b"100644", b"%03d" % number, blob) for number in range(50)]))

    with pytest.raises(BoundExceeded) as caught:
        found(work / ".git")

    assert caught.value.bound == "ratio"


def test_damaged_objects_are_told(work):
    for path in objects(work):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-4])

    with pytest.raises(UnpackError, match=r"\.git (is damaged|does not hold)"):
        found(work / ".git")


def test_damaged_packs_are_told(work):
    git(work, "gc", "-q")
    for path in (work / ".git/objects/pack").glob("*.pack"):
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:-4] + b"abcd")

    with pytest.raises(UnpackError, match=r"\.git is damaged"):
        found(work / ".git")


@pytest.mark.parametrize("cut", [10, 40, 70, -5])
def test_a_bundle_cut_short_is_told(work, tmp_path, cut):
    git(work, "bundle", "create", "-q", "../a.bundle", "main")
    (tmp_path / "b.bundle").write_bytes((tmp_path / "a.bundle").read_bytes()[:cut])

    with pytest.raises(UnpackError):
        list(read_bundle(tmp_path / "b.bundle", name="b.bundle"))


def test_without_git_a_sentence_says_what_is_missing(work, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")

    with pytest.raises(UnpackError, match="git is not installed here"):
        found(work / ".git")


def test_nothing_is_left_behind(work, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    found(work / ".git")
    with pytest.raises(BoundExceeded):
        found(work / ".git", bytes=1)

    assert list((tmp_path / "temporary").iterdir()) == []
