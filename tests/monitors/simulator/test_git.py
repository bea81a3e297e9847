"""Git itself clones from the world."""

from __future__ import annotations

import os
import subprocess

import pytest

from monitors.fingerprints.ids import git_tree_ids
from monitors.simulator import Absence, Holds, git, serve
from monitors.simulator.dialects.base import Dialect
from monitors.sources.http import Client
from monitors.sources.refs import advertised
from tests.servers import processes

pytestmark = [pytest.mark.servers, pytest.mark.slow]  # git runs as a process of its own


class Git(Dialect):
    kind = "git"

    def answer(self, request, world, at):
        name, _ = git.split(request.path)
        return git.answer(request, world.host("github").repository(name, at), world, at)


@pytest.fixture
def host(world):
    with serve(world, dialects={"git": Git()}) as server:
        yield server


@pytest.fixture
def run(tmp_path):
    processes.need("git")
    safe = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "GIT_CONFIG_NOSYSTEM": "1"}
    safe["GIT_TERMINAL_PROMPT"] = "0"

    def run(*arguments, cwd=tmp_path, check=True):
        done = subprocess.run(
            ["git", *arguments], cwd=cwd, env=safe, capture_output=True, text=True, check=False
        )
        if check and done.returncode:
            raise AssertionError(done.stderr)
        return done

    return run


@pytest.fixture
def copy(world):
    return world.add_repository("github", "eve/copy", holds=Holds.LEAK)


def test_git_lists_the_newest_commit(world, host, run, copy):
    listed = run("ls-remote", f"{host.address('git')}/eve/copy.git").stdout

    head = copy.head(world.start).id
    assert listed == f"{head}\tHEAD\n{head}\trefs/heads/main\n"


def test_git_clones_every_file_as_it_is(world, host, run, copy, tmp_path):
    run("clone", "--quiet", f"{host.address('git')}/eve/copy.git", "taken")

    taken = {
        str(path.relative_to(tmp_path / "taken")): path.read_bytes()
        for path in (tmp_path / "taken").rglob("*")
        if path.is_file() and ".git" not in path.parts
    }
    assert taken == world.files(Holds.LEAK)
    run("fsck", "--strict", cwd=tmp_path / "taken")


@pytest.mark.parametrize(("filter", "types"), [("tree:0", {"commit"}), ("blob:none", {"commit", "tree"})])
def test_a_partial_fetch_brings_what_was_asked(world, host, run, copy, tmp_path, filter, types):
    run("init", "--quiet", "--bare", "part")
    run(
        "fetch",
        "--quiet",
        "--depth=1",
        f"--filter={filter}",
        f"{host.address('git')}/eve/copy.git",
        "HEAD",
        cwd=tmp_path / "part",
    )

    all_objects = run("cat-file", "--batch-check", "--batch-all-objects", cwd=tmp_path / "part").stdout
    assert {line.split()[1] for line in all_objects.splitlines()} == types


def test_trees_have_the_ids_that_the_product_computes(world, copy):
    tree = copy.head(world.start).tree
    blobs = {path: blob.id for path, blob in tree.files().items()}

    assert git_tree_ids(blobs)[""] == tree.id
    assert git_tree_ids(blobs)["src"] == tree.at("src").id


def test_objects_of_another_network_do_not_resolve(world, host, run, copy, tmp_path):
    other = world.add_repository("github", "bob/other")
    run("init", "--quiet", "--bare", "part")

    done = run(
        "fetch",
        f"{host.address('git')}/eve/copy.git",
        other.head(world.start).id,
        cwd=tmp_path / "part",
        check=False,
    )

    assert "not our ref" in done.stderr


def test_a_blocked_repository_says_so(world, host, run, copy):
    copy.leave(Absence(world.start, None, "dmca", "https://example.org/notice"))

    done = run("ls-remote", f"{host.address('git')}/eve/copy.git", check=False)

    assert "returned error: 403" in done.stderr


def test_who_only_reads_the_list_is_told_the_same_in_the_first_version(world, host, copy):
    client = Client(allow_private=True)

    found = advertised(client, f"{host.address('git')}/eve/copy.git")

    head = copy.head(world.start).id
    assert (found.refs, found.head) == ({"HEAD": head, "refs/heads/main": head}, "main")
