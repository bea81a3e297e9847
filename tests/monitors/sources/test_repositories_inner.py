"""Repositories and bundles within archives are read as what they hold, not as objects of git."""

import io
import shutil
import tarfile

import pytest

from monitors.sources import repositories
from monitors.sources.archives import hold
from monitors.sources.repositories import read_artifact, read_repository
from monitors.unpack import Limits, Notes
from tests.monitors.sources.histories import checkout, commit, git, needs_git
from tests.monitors.unpack.packing import tarred, zipped

pytestmark = [needs_git, pytest.mark.slow]  # each starts git
TREE = {"a.ts": b"let a\n", "src/b.ts": b"let b\n"}


@pytest.fixture
def work(tmp_path):
    """A checkout whose second commit took away one file and emptied another."""
    folder = checkout(tmp_path / "work", TREE | {"secret.ts": b"let secret\n"})
    (folder / "secret.ts").unlink()
    return commit(folder, {"src/b.ts": b""})


HEAD = {"a.ts": b"let a\n", "src/b.ts": b""}


def packed(folder, name, pack=tarred):
    return pack(
        {
            f"{name}{path.relative_to(folder)}": path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
    )


def found(content, notes=None, name="a.tgz", **asked):
    read = read_artifact(io.BytesIO(content), name=name, notes=notes, **asked)
    return {file.path: file.content for file in read}


def noted(content, **asked):
    notes = Notes()
    found(content, notes, **asked)
    return [tuple(note) for note in notes.skipped]


@pytest.mark.parametrize("pack", [tarred, zipped])
def test_of_a_checkout_in_an_archive_each_file_comes_once(work, pack):
    content = packed(work, "app/", pack)

    assert found(content) == {f"app/{path}": content for path, content in HEAD.items()}
    ((path, reason),) = noted(content)
    assert (path, reason.partition(",")[0]) == ("app/.git", "taken as of refs/heads/main")


def test_what_was_taken_away_before_comes_too_when_asked_for(work):
    earlier = found(packed(work, "app/"), earlier=True).items() - found(packed(work, "app/")).items()

    assert dict(earlier) == {"app/.git/secret.ts": b"let secret\n", "app/.git/src/b.ts": b"let b\n"}


def test_what_a_registry_gives_is_held_with_what_was_taken_away_before(work):
    with hold(io.BytesIO(packed(work, "package/")), name="a.tgz") as holding:
        assert "secret.ts" in {path.rpartition("/")[2] for path in holding.entries}


@pytest.mark.parametrize("name", ["", "x/store/", "x.git/"])
def test_a_bare_repository_in_an_archive_gives_its_files_and_none_of_its_own(work, tmp_path, name):
    git(tmp_path, "clone", "-q", "--bare", "work", "bare.git")
    (tmp_path / "bare.git/hooks").mkdir(exist_ok=True)
    (tmp_path / "bare.git/hooks/pre-push.sample").write_text("#!/bin/sh\n")

    assert found(packed(tmp_path / "bare.git", name)) == {
        f"{name}{path}": content for path, content in HEAD.items()
    }


def test_a_bundle_in_an_archive_stands_as_a_folder_of_its_name(work):
    git(work, "bundle", "create", "-q", "all.bundle", "main")
    bundle = (work / "all.bundle").read_bytes()

    assert found(zipped({"x/all.bundle": bundle}), name="a.zip") == {
        f"x/all.bundle/{path}": content for path, content in HEAD.items()
    }


def test_what_only_looks_like_a_repository_is_given_as_files():
    files = {"HEAD": b"the head\n", "refs/tags.ts": b"let tags\n", "config": b"a = 1\n", "a.ts": b"let a\n"}

    assert found(tarred(files)) == files
    assert noted(tarred(files)) == []


def test_a_bare_repository_beside_its_checkout_adds_nothing(work, tmp_path):
    git(tmp_path, "clone", "-q", "--bare", "work", "bare.git")
    kept = {
        f"b/{path.relative_to(tmp_path / 'bare.git')}": path for path in (tmp_path / "bare.git").rglob("*")
    }
    parts = {path: file.read_bytes() for path, file in kept.items() if file.is_file()}

    assert found(tarred(HEAD | parts)) == HEAD


def test_what_is_made_to_look_like_a_repository_hides_nothing():
    files = {"HEAD": b"ref: refs/heads/main\n", "objects/info/a.ts": b"let a\n", "refs/b.ts": b"let b\n"}

    assert found(tarred(files)) == files
    assert [reason[:19] for _, reason in noted(tarred(files))] == ["not read to its end"]


def test_an_archive_that_a_checkout_holds_comes_once(work):
    commit(work, {"lib.zip": zipped({"lib.ts": b"let lib\n"})})

    assert found(packed(work, "app/")) == {
        f"app/{path}": content for path, content in (HEAD | {"lib.zip/lib.ts": b"let lib\n"}).items()
    }


def test_a_repository_that_cannot_be_read_is_told_and_the_rest_is_read(work):
    shutil.rmtree(work / ".git/objects")
    (work / ".git/objects/info").mkdir(parents=True)
    (work / ".git/objects/info/packs").write_text("")

    content = packed(work, "app/")

    assert found(content) == {f"app/{path}": content for path, content in HEAD.items()}
    assert [(path, reason[:24]) for path, reason in noted(content)] == [
        ("app/.git", "not read to its end: app")
    ]


def test_one_that_is_too_large_is_told_and_the_rest_is_read(work):
    content = packed(work, "app/")

    ((path, reason),) = noted(content, limits=Limits(directory_bytes=10))

    assert (path, "(the bound on directory_bytes is 10)" in reason) == ("app/.git", True)


def test_nothing_of_its_configuration_or_hooks_is_run(work, tmp_path):
    mark = tmp_path / "mark"
    git(work, "config", "core.fsmonitor", f"touch {mark}; false")
    git(work, "config", "remote.origin.promisor", "true")
    git(work, "config", "remote.origin.url", f"ext::sh -c touch% {mark}")
    (work / ".git/hooks").mkdir(exist_ok=True)
    (work / ".git/hooks/post-index-change").write_text(f"#!/bin/sh\ntouch {mark}\n")

    assert found(packed(work, "app/"), earlier=True)
    assert not mark.exists()


def test_nothing_is_left_behind(work, tmp_path, monkeypatch):
    (tmp_path / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))

    found(packed(work, "app/"), earlier=True)
    found(packed(work, "app/"), limits=Limits(directory_bytes=10))

    assert list((tmp_path / "temporary").iterdir()) == []


def test_of_a_repository_by_its_path_other_commits_and_branches_come_too_when_asked_for(work):
    git(work, "checkout", "-q", "-b", "side")
    commit(work, {"side.ts": b"let side\n"})
    git(work, "checkout", "-q", "main")

    read = {file.path: file.content for file in read_repository(work / ".git", earlier=True)}

    assert read == HEAD | {"side.ts": b"let side\n", "secret.ts": b"let secret\n", "src/b~2.ts": b"let b\n"}


def test_a_head_that_leads_nowhere_hides_no_other_branch(work):
    git(work, "symbolic-ref", "HEAD", "refs/heads/none")

    assert {file.path for file in read_repository(work / ".git", earlier=True)} > HEAD.keys()
    assert found(packed(work / ".git", "bare/")) == {
        f"bare/{path}": content for path, content in HEAD.items()
    }


def test_of_a_long_history_the_newest_comes_and_the_rest_is_told(work, monkeypatch):
    monkeypatch.setattr(repositories, "EARLIER_BYTES", 12)
    notes = Notes()

    read = list(read_repository(work / ".git", earlier=True, notes=notes))

    assert len(read) == 3
    assert notes.skipped[-1].reason == "1 of the oldest contents are left out: they are too many"


def test_a_shallow_history_is_read_as_far_as_it_goes(work, tmp_path):
    commit(work, {"a.ts": b"let again\n"})
    git(tmp_path, "clone", "-q", "--bare", "--depth=2", f"file://{work}", "bare.git")
    notes = Notes()

    read = {
        file.path: file.content for file in read_repository(tmp_path / "bare.git", earlier=True, notes=notes)
    }

    assert read == HEAD | {"a.ts": b"let again\n", "a~2.ts": b"let a\n"}
    assert len(notes.skipped) == 1


def test_a_tar_that_links_within_a_repository_is_read_all_the_same(work):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        archive.add(work, "app")
        link = tarfile.TarInfo("app/.git/refs/remotes")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(link)

    assert found(out.getvalue()) == {f"app/{path}": content for path, content in HEAD.items()}
