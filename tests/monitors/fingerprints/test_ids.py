"""Ids that git would give, without git."""

import subprocess

import pytest

from monitors.fingerprints import git_blob_id, git_tree_ids, sha256
from tests.servers import processes


def git(*arguments, cwd, given=None):
    done = subprocess.run(["git", *arguments], cwd=cwd, input=given, capture_output=True, check=True)
    return done.stdout.decode().strip()


@pytest.fixture
def repository(tmp_path):
    processes.need("git")
    git("init", "-q", cwd=tmp_path)
    return tmp_path


def test_a_blob_id_is_what_git_says_it_is(repository):
    content = b"export const answer = 42\r\n\x00"

    assert git_blob_id(content) == git("hash-object", "--stdin", cwd=repository, given=content)


def test_the_empty_file_has_its_famous_ids():
    assert git_blob_id(b"") == "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    assert sha256(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


@pytest.mark.slow  # runs git three times for each folder
@pytest.mark.verification
def test_tree_ids_are_what_git_writes_for_names_that_sort_oddly(repository):
    paths = [
        "a.b/x",
        "a/x",
        "a-b",
        "a0",
        "a/b/c/d",
        "Z",
        "ä/ö",
        "src/index.ts",
        "src/index/a.ts",
        "src.ts",
        "emoji 🙂",
    ]
    for path in paths:
        (repository / path).parent.mkdir(parents=True, exist_ok=True)
        (repository / path).write_text(f"content of {path}")
    git("add", ".", cwd=repository)

    ours = git_tree_ids({path: git_blob_id((repository / path).read_bytes()) for path in paths})

    root = git("write-tree", cwd=repository)
    rows = git("-c", "core.quotePath=false", "ls-tree", "-r", "-t", "-z", root, cwd=repository).split("\0")
    theirs = {row.split("\t")[1]: row.split()[2] for row in rows if " tree " in row}
    assert ours == {"": root, **theirs}


def test_no_files_make_the_empty_tree():
    assert git_tree_ids({}) == {"": "4b825dc642cb6eb9a060e54bf8d69288fbee4904"}
