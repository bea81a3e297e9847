"""What is no regular file is reported and never followed."""

import stat
import tarfile
import zipfile

import pytest

from tests.monitors.unpack.packing import noted, special, tarred, unpacked, zipped


@pytest.mark.parametrize(
    ("kind", "target", "reason"),
    [
        (tarfile.SYMTYPE, "/etc/passwd", "left out: a symbolic link to /etc/passwd"),
        (tarfile.LNKTYPE, "../../a\u202e", "left out: a hard link to ../../a\\u202e"),
        (tarfile.CHRTYPE, "", "left out: a character device"),
        (tarfile.BLKTYPE, "", "left out: a block device"),
        (tarfile.FIFOTYPE, "", "left out: a named pipe"),
        (b"Z", "", "left out: an entry of unknown type b'Z'"),
    ],
)
def test_an_entry_of_a_tar_that_is_no_file_is_noted(kind, target, reason):
    content = tarred({"before.ts": b"1", "odd": special(kind, target), "after.ts": b"2"})

    assert unpacked(content) == {"before.ts": b"1", "after.ts": b"2"}
    assert noted(content) == [("odd", reason)]


@pytest.mark.parametrize(
    ("mode", "reason"),
    [
        (stat.S_IFLNK, "left out: a symbolic link"),
        (stat.S_IFCHR, "left out: a character device"),
        (stat.S_IFIFO, "left out: a named pipe"),
    ],
)
def test_an_entry_of_a_zip_that_is_no_file_is_noted(mode, reason):
    entry = zipfile.ZipInfo("odd")
    entry.create_system, entry.external_attr = 3, (mode | 0o777) << 16
    content = zipped([(entry, b"/etc/passwd"), ("after.ts", b"2")])

    assert unpacked(content) == {"after.ts": b"2"}
    assert noted(content) == [("odd", reason)]


def test_writing_through_a_link_is_nothing_but_a_path():
    content = tarred({"out": special(tarfile.SYMTYPE, "/tmp"), "out/evil.ts": b"x"})

    assert unpacked(content) == {"out/evil.ts": b"x"}
    assert noted(content) == [("out", "left out: a symbolic link to /tmp")]


def test_directories_are_no_files_and_no_news():
    content = tarred({"src": special(tarfile.DIRTYPE), "src/a.ts": b"x"})

    assert unpacked(content) == {"src/a.ts": b"x"}
    assert noted(content) == []


def test_a_sparse_file_is_left_out_and_what_follows_is_read(tmp_path):
    entry = tarfile.TarInfo("sparse")
    entry.pax_headers = {"GNU.sparse.major": "1", "GNU.sparse.minor": "0", "GNU.sparse.name": "big"}
    content = tarred({"sparse": entry, "after.ts": b"2"})

    assert unpacked(content) == {"after.ts": b"2"}
    assert noted(content) == [("big", "left out: a sparse file")]
