"""An index outlives the journey to another machine, and nothing else passes for one."""

import hashlib
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.fingerprints import BadIndex, FilePrint, Index, fingerprint

LEDGER = (
    b"export class Ledger {\n"
    + b"".join(b"  entry%d = 'of the ledger %d';\n" % (n, n) for n in range(40))
    + b"}\n"
)
SMALL = b"export * from './ledger'\n"
FILES = [("src/ledger.ts", LEDGER), ("src/index.ts", SMALL), ("ä 🙂/LICENSE", b"Permission is granted " * 40)]
FORMATS = Path(__file__).with_name("formats")
WRITTEN = fingerprint(FILES).to_bytes()


def sealed(body):
    """Malformed bytes whose checksum fits, as an attacker would send them."""
    return body[:80] + hashlib.blake2b(body[:80] + body[96:], digest_size=16).digest() + body[96:]


def test_an_index_knows_its_files():
    index = fingerprint(FILES)

    assert index.files[1] == FilePrint(
        path="src/index.ts",
        size=25,
        lines=1,
        weight=16,
        blob="b7b4c70abb66460481d640e0d13e4569084aae25",
        sha256=hashlib.sha256(SMALL).hexdigest(),
        text="",
    )
    assert (index.total_files, index.total_lines) == (3, 44)
    assert [file.is_telling for file in index.files] == [True, False, False]


def test_only_folders_that_tell_something_are_kept():
    assert sorted(fingerprint(FILES).trees.values()) == ["", "src"]


def test_an_index_is_read_back_as_it_was_written():
    index, again = fingerprint(FILES), Index.from_bytes(WRITTEN)

    assert (again.files, again.trees) == (index.files, index.trees)
    assert again.to_bytes() == WRITTEN


def test_an_index_is_opened_where_it_lies(tmp_path):
    (tmp_path / "index").write_bytes(WRITTEN)

    index = Index.open(tmp_path / "index")

    assert index.to_bytes() == WRITTEN
    assert not index.parts.files.flags.owndata


def test_an_empty_file_is_a_bad_index(tmp_path):
    (tmp_path / "index").touch()

    with pytest.raises(BadIndex, match="empty"):
        Index.open(tmp_path / "index")


def test_pieces_know_their_lines():
    index = fingerprint([("src/licensed.ts", b"/* Copyright\n   ours\n*/\n" + LEDGER)])

    lines = sorted(index.grams.lines.tolist())

    assert (lines[0], lines[-1]) == (4, 40)


def test_the_bytes_are_the_same_in_every_release():
    assert (
        hashlib.sha256(WRITTEN).hexdigest()
        == "3b2c9e03f8ad46e7132581f21255beec5711c7454d4245b86e8f8f347955e634"
    )


def test_no_files_make_an_index_too():
    again = Index.from_bytes(fingerprint([]).to_bytes())

    assert (again.files, again.trees, again.total_lines) == ([], {}, 0)


def test_what_many_files_repeat_is_left_out():
    boilerplate = b"\n".join(b"this.logger.information('opened the ledger number %d')" % n for n in range(20))
    files = [(f"{n}.ts", boilerplate) for n in range(9)]

    assert len(fingerprint(files).grams.keys) == 0
    assert len(fingerprint(files[:8]).grams.keys) > 0


def test_tables_that_everybody_copies_are_left_out():
    table = (
        b"export const SAMPLES = [\n"
        + b"".join(b"  0x%04x, %d,\n" % (n * 977, n * n) for n in range(90))
        + b"]\n"
    )

    mixed = fingerprint([("src/mixed.ts", LEDGER + table + LEDGER)])

    assert len(fingerprint([("src/table.ts", table)]).grams.keys) == 0
    assert set(fingerprint(FILES[:1]).grams.keys.tolist()) <= set(mixed.grams.keys.tolist())
    assert all(line < 45 or line > 130 for line in mixed.grams.lines.tolist())


def test_no_source_is_in_the_index():
    assert b"of the ledger" not in WRITTEN
    assert b"src/ledger.ts" in WRITTEN


def test_progress_is_told_and_ends_at_the_total():
    told = []

    fingerprint(FILES, progress=lambda *step: told.append(step))

    assert told == [("fingerprinting", 1, 3), ("fingerprinting", 3, 3)]


@pytest.mark.slow  # a hundred examples
@given(at=st.integers(0, len(WRITTEN) - 1), bit=st.integers(0, 7))
def test_one_changed_bit_is_a_bad_index(at, bit):
    changed = bytearray(WRITTEN)
    changed[at] ^= 1 << bit

    with pytest.raises(BadIndex, match=r"Fingerprint the leak again\.$"):
        Index.from_bytes(bytes(changed))


@pytest.mark.slow  # a hundred examples
@given(st.integers(0, len(WRITTEN) - 1))
def test_a_cut_index_is_a_bad_index(length):
    with pytest.raises(BadIndex):
        Index.from_bytes(WRITTEN[:length])


@pytest.mark.slow  # a hundred examples
@given(st.binary(max_size=200).map(lambda tail: WRITTEN[:12] + tail) | st.binary(max_size=300))
def test_other_bytes_are_a_bad_index(content):
    with pytest.raises(BadIndex):
        Index.from_bytes(content)


@pytest.mark.slow  # a hundred examples
@given(at=st.integers(12, len(WRITTEN) - 1), value=st.integers(0, 255))
def test_forged_bytes_are_a_bad_index_or_one_that_can_be_used(at, value):
    forged = bytearray(WRITTEN)
    forged[at] = value

    try:
        index = Index.from_bytes(sealed(bytes(forged)))
    except BadIndex:
        return
    assert index.to_bytes() != b""
    assert len(index.files) == 3
    for postings in (index.grams, index.words):
        _, at = postings.spread(np.arange(len(postings.keys)))
        assert (postings.numbers[at] < 3).all()


def test_an_index_of_an_earlier_release_finds_the_same():
    written = (FORMATS / "2.index").read_bytes()

    index, now = Index.from_bytes(written), fingerprint(FILES)

    assert (index.files, index.trees) == (now.files, now.trees)
    for before, after in ((index.grams, now.grams), (index.words, now.words)):
        assert [table.tolist() for table in before.tables] == [table.tolist() for table in after.tables]
    assert index.to_bytes() == WRITTEN


def test_a_lock_of_an_earlier_release_is_said_to_be_one():
    with pytest.raises(BadIndex, match=r"locked by an earlier release.*Fingerprint the leak again"):
        Index.from_bytes((FORMATS / "2-locked.index").read_bytes())


@pytest.mark.slow  # a hundred examples
@given(at=st.integers(12, 1783), value=st.integers(0, 255))
def test_forged_bytes_of_an_earlier_release_can_be_used_or_are_refused(at, value):
    forged = bytearray((FORMATS / "2.index").read_bytes())
    forged[at] = value
    seal = hashlib.blake2b(forged[:104] + forged[120:], digest_size=16).digest()

    try:
        index = Index.from_bytes(bytes(forged[:104] + seal + forged[120:]))
    except BadIndex:
        return
    assert Index.from_bytes(index.to_bytes()).files == index.files


def test_the_message_names_the_version_it_cannot_read():
    with pytest.raises(BadIndex, match="version 9"):
        Index.from_bytes(WRITTEN[:8] + b"\x09\0\0\0" + WRITTEN[12:])


def test_a_path_that_is_no_unicode_is_kept():
    index = fingerprint([("src/\udcff.ts", LEDGER)])

    assert Index.from_bytes(index.to_bytes()).files == [
        replace(fingerprint(FILES).files[0], path="src/\udcff.ts")
    ]
