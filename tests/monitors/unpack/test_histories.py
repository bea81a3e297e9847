"""What a version control keeps for itself is none of the files that it keeps."""

import pytest

from monitors.unpack import File
from tests.monitors.unpack.packing import files, noted, tarred, zipped

KEPT = {
    "app/.git/HEAD": b"ref: refs/heads/main\n",
    "app/.git/hooks/pre-push.sample": b"#!/bin/sh\n",
    "app/.hg/store/data/a.ts.i": b"\0",
    "app/src/CVS/Entries": b"/a.ts/1.1///\n",
}


@pytest.mark.parametrize("pack", [tarred, zipped])
def test_the_stores_in_an_archive_are_left_out_each_with_one_note(pack):
    content = pack(KEPT | {"app/src/a.ts": b"a", "app/.gitignore": b"dist\n"})

    assert files(content) == [File("app/src/a.ts", b"a"), File("app/.gitignore", b"dist\n")]
    assert noted(content) == [
        (store, "left out: what a version control keeps for itself")
        for store in ("app/.git", "app/.hg", "app/src/CVS")
    ]


def test_a_file_that_is_only_called_like_a_store_is_a_file():
    assert files(tarred({".git": b"gitdir: ../x\n"})) == [File(".git", b"gitdir: ../x\n")]


def test_the_store_in_an_inner_archive_is_told_by_where_it_lies():
    content = tarred({"lib.zip": zipped({"a.ts": b"a", ".git/HEAD": b"x"})})

    assert files(content) == [File("lib.zip/a.ts", b"a")]
    assert [path for path, _ in noted(content)] == ["lib.zip/.git"]
