"""Git repositories as the tests need them, made by git itself."""

import os
import shutil
import subprocess

import pytest

QUIET = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    **{f"GIT_{who}_{what}": "a@b.c" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")},
}

needs_git = pytest.mark.skipif(not shutil.which("git"), reason="git is not installed here")


def git(folder, *arguments, given=b"") -> str:
    ran = subprocess.run(
        ["git", *arguments],
        cwd=folder,
        input=given,
        capture_output=True,
        check=True,
        env={"PATH": os.environ["PATH"], "HOME": str(folder)} | QUIET,
    )
    return ran.stdout.decode().strip()


def checkout(folder, files, form="sha1"):
    """A checkout of one commit on the branch main."""
    folder.mkdir(parents=True, exist_ok=True)
    git(folder, "init", "-q", "-b", "main", f"--object-format={form}")
    return commit(folder, files)


def commit(folder, files):
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "a")
    return folder


def raw_tree(folder, rows):
    """The id of a tree of (mode, name, id), however odd; git itself would refuse some."""
    packed = b"".join(b"%s %s\0" % (mode, name) + bytes.fromhex(oid) for mode, name, oid in rows)
    return git(folder, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", given=packed)


def commit_tree(folder, tree):
    """Put a tree at HEAD that nothing checked."""
    git(folder, "update-ref", "HEAD", git(folder, "commit-tree", tree, "-m", "a"))
