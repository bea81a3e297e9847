"""Pieces of text are chosen alike wherever the text lies."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.fingerprints import grams, sequence
from monitors.fingerprints.winnow import GRAM, WINDOW

ALPHABET = b"abcdefghijklmnopqrstuvwxyz0123456789"


def text(seed, length):
    return bytes(np.random.default_rng(seed).choice(np.frombuffer(ALPHABET, np.uint8), length))


def test_the_hashes_are_the_same_in_every_release():
    assert grams(ALPHABET * 3).tolist() == [122001453771111983]


def test_fewer_letters_than_a_gram_give_none_and_as_many_give_one():
    assert len(grams(b"a" * (GRAM - 1))) == 0
    assert len(grams(b"a" * GRAM)) == 1


@pytest.mark.slow  # a hundred examples
@given(before=st.integers(0, 300), after=st.integers(0, 300), seed=st.integers(0, 99))
def test_texts_that_share_79_letters_share_a_hash(before, after, seed):
    shared = text(seed, GRAM + WINDOW - 1)

    around = text(1000 + seed, before) + shared + text(2000 + seed, after)

    assert np.isin(grams(shared), grams(around)).all()


def test_long_texts_are_chosen_from_as_if_in_one_piece():
    long = text(3, 200_000)

    parts = [grams(long[at : at + 1000 + GRAM + WINDOW - 2]) for at in range(0, len(long), 1000)]

    assert grams(long).tolist() == np.unique(np.concatenate(parts)).tolist()


def test_about_one_gram_is_chosen_for_24_letters():
    assert 3700 < len(grams(text(4, 100_000))) < 4500


def test_texts_of_their_own_share_nothing():
    assert not np.isin(grams(text(5, 100_000)), grams(text(6, 100_000))).any()


@pytest.mark.slow  # a hundred examples
@given(st.lists(st.sampled_from([0, 31, 32, 33, 78, 79, 80, 200, 40_000]), max_size=9), st.integers(0, 99))
def test_what_is_chosen_from_a_text_does_not_depend_on_its_neighbours(lengths, seed):
    texts = [text(seed + at, length) for at, length in enumerate(lengths)]

    chosen = sequence(texts)

    assert [np.unique(chosen.hashes[chosen.owners == at]).tolist() for at in range(len(texts))] == [
        grams(one).tolist() for one in texts
    ]
    assert (np.diff(chosen.owners) >= 0).all()
    assert all((np.diff(chosen.offsets[chosen.owners == at]) > 0).all() for at in range(len(texts)))
