"""A locked index is of use to who holds its key, and tells nobody else whether a guess is in it."""

import numpy as np
import pytest

from monitors.fingerprints import BadIndex, Index, fingerprint, git_blob_id
from monitors.fingerprints.binary import pack
from monitors.fingerprints.locks import Lock, siphash
from monitors.matching import Class, match, match_all
from tests.monitors.matching.conftest import Folder, source

KEY, OTHER = bytes(range(32)), bytes(32)
FILES = {f"src/secret_{at}.ts": source(f"locked{at}") for at in range(6)}
OPEN = fingerprint(FILES.items())
LOCKED = OPEN.locked(KEY)


def sent(index):
    return Index.from_bytes(index.to_bytes())


def test_siphash_gives_what_its_authors_publish():
    # https://github.com/veorq/SipHash/blob/master/vectors.h, the message of eight bytes
    low, high = np.frombuffer(bytes(range(16)), "<u8").tolist()

    assert siphash(np.frombuffer(bytes(range(8)), "<u8"), low, high).tolist() == [0x93F5F5799A932462]


def test_with_its_key_a_locked_index_finds_the_same():
    place = Folder({"a.ts": FILES["src/secret_1.ts"], "b.ts": FILES["src/secret_2.ts"] + b"// edited"})

    plain, locked = match(OPEN, place), match(sent(LOCKED).unlocked(KEY), place)

    assert (locked.score, locked.share, locked.klass) == (plain.score, plain.share, plain.klass)
    assert [(pair.theirs, pair.kind, pair.lines, pair.regions) for pair in locked.pairs] == [
        (pair.theirs, pair.kind, pair.lines, pair.regions) for pair in plain.pairs
    ]


def test_ids_of_files_and_folders_are_enough_for_a_locked_index_too():
    place = Folder({f"copy/{path}": content for path, content in FILES.items()}, ids_only=True)

    assert match(LOCKED, place).klass == Class.COPY


def test_open_and_locked_indexes_are_asked_together():
    other = fingerprint([("lib/a.ts", source("other", 40))])
    place = Folder(FILES)

    assert [one.klass for one in match_all([other, LOCKED, OPEN], place)] == ["unrelated", "copy", "copy"]


def test_without_its_key_it_is_refused():
    with pytest.raises(BadIndex, match="only with the key"):
        match(sent(LOCKED), Folder(FILES))


def test_another_key_is_refused():
    with pytest.raises(BadIndex, match="not the key"):
        sent(LOCKED).unlocked(OTHER)


def test_a_key_that_could_be_guessed_is_refused():
    with pytest.raises(ValueError, match="16 bytes"):
        OPEN.locked(b"short")


def test_nothing_that_could_be_guessed_is_in_it():
    shown = LOCKED.to_bytes()

    content = FILES["src/secret_1.ts"]
    for guess in (b"secret", b"src", bytes.fromhex(git_blob_id(content)), bytes.fromhex(OPEN.files[1].text)):
        assert guess in OPEN.to_bytes()
        assert guess not in shown
    assert not np.isin(LOCKED.grams.keys, OPEN.grams.keys).any()
    assert not np.isin(LOCKED.words.keys, OPEN.words.keys).any()


def test_without_its_key_neither_numbers_nor_sizes_nor_lines_of_files_are_seen():
    shut = sent(LOCKED)

    assert OPEN.files[0].size.to_bytes(8, "little") in OPEN.to_bytes()
    assert OPEN.files[0].size.to_bytes(8, "little") not in LOCKED.to_bytes()
    assert (shut.total_files, shut.total_lines, shut.files, shut.trees) == (0, 0, [], {})
    assert len(shut.grams.keys) + len(shut.words.keys) == 0
    assert shut.to_bytes() == LOCKED.to_bytes()


def test_leaks_of_about_one_size_are_equally_long():
    other = fingerprint([*FILES.items(), ("src/another.txt", b"one more file")])

    assert len(other.to_bytes()) != len(OPEN.to_bytes())
    assert len(other.locked(KEY).to_bytes()) == len(LOCKED.to_bytes()) < 1.2 * len(OPEN.to_bytes())


def test_with_its_key_all_of_it_is_read_again():
    again = sent(LOCKED).unlocked(KEY)

    assert (again.files, again.trees) == (LOCKED.files, LOCKED.trees)
    assert again.to_bytes() == LOCKED.to_bytes()


@pytest.mark.parametrize("at", [-1, 32, 60])
def test_a_changed_one_is_refused(at):
    changed = bytearray(LOCKED.to_bytes())
    changed[at] ^= 1

    with pytest.raises(BadIndex, match="its seal does not fit"):
        Index.from_bytes(bytes(changed)).unlocked(KEY)


def test_one_of_an_earlier_release_is_still_of_use():
    earlier = Index.from_bytes(pack(LOCKED.parts))

    assert match(earlier.unlocked(KEY), Folder(FILES)).klass == Class.COPY


def test_what_is_longer_than_a_piece_is_enciphered_all_through():
    lock, long = Lock(KEY), bytes(3 << 20)

    shut = lock.shut(long)

    assert lock.opened(shut) == long
    assert len({shut[at : at + 4096] for at in range(48, len(shut) - 4096, 4096)}) == len(shut) // 4096 - 1


def test_every_key_locks_in_another_way():
    assert not np.isin(OPEN.locked(OTHER).grams.keys, LOCKED.grams.keys).any()
