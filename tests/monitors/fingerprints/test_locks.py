"""A locked index is of use to who holds its key, and tells nobody else whether a guess is in it."""

import numpy as np
import pytest

from monitors.fingerprints import BadIndex, Index, fingerprint, git_blob_id
from monitors.fingerprints.locks import siphash
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


def test_every_key_locks_in_another_way():
    assert not np.isin(OPEN.locked(OTHER).grams.keys, LOCKED.grams.keys).any()
