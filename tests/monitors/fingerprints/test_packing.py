"""Postings are packed into few bytes, and what is no postings is not believed."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.fingerprints.packing import Packed, Senseless, packed, unpacked
from monitors.fingerprints.postings import KEY_BITS, keys_of, post

LINES_OF = np.array([3, 0, 400], np.uint32)


def posted(held, *, by_line):
    """Postings of (key, file, line), of which there may be any."""
    held = sorted(held, key=lambda one: one[1])
    columns = [[one[at] for one in held] for at in range(3)]
    kinds = (np.uint64, np.uint32, np.uint32)
    keys, numbers, lines = (np.array(column, kind) for column, kind in zip(columns, kinds, strict=True))
    return post(keys, numbers, lines if by_line else lines[:0], most=9)


def rows(*values, width):
    return np.array(values, "<u8").view(np.uint8).reshape(-1, 8)[:, :width]


KEYS = st.integers(0, (1 << KEY_BITS) - 1) | st.integers(0, 5)
PLACES = st.tuples(st.just(0), st.integers(1, 3)) | st.tuples(st.just(2), st.integers(1, 400))


@given(
    held=st.lists(st.builds(lambda key, place: (key, *place), KEYS, PLACES)),
    by_line=st.booleans(),
    more=st.sampled_from([0, 1 << 25]),
)
def test_postings_come_back_as_they_were(held, by_line, more):
    postings, lines_of = posted(held, by_line=by_line), LINES_OF + np.array([0, more, 0], np.uint32)

    again = unpacked(packed(postings, lines_of), lines_of, by_line=by_line)

    for before, after in zip(postings.tables, again.tables, strict=True):
        assert before.tolist() == after.tolist()


def test_a_piece_takes_as_many_bytes_as_its_largest_number_needs():
    postings = posted([(70_000, 0, 1), (70_255, 2, 4), (70_255, 0, 3)], by_line=True)

    gaps, holders = packed(postings, LINES_OF)

    assert gaps.tolist() == [[0x70, 0x11, 0x01], [255, 0, 0], [0, 0, 0]]
    assert holders.tolist() == [[0], [2], [6]]


def test_a_key_is_the_lowest_bits_of_a_hash():
    assert hex(keys_of(np.array([0xFEDCBA9876543215], np.uint64))[0]) == "0x1876543215"


@pytest.mark.parametrize(
    ("gaps", "holders", "by_line", "reason"),
    [
        (rows(1 << KEY_BITS, width=6), rows(0, width=1), True, "out of order"),
        (rows(5, (1 << 64) - 2, width=8), rows(0, 0, width=1), True, "out of order"),
        (rows(1, width=1), rows(403, width=2), True, "does not hold"),
        (rows(1, width=1), rows(3, width=1), False, "does not hold"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(gaps, holders, by_line, reason):
    with pytest.raises(Senseless, match=reason):
        unpacked(Packed(gaps, holders), LINES_OF, by_line=by_line)


def test_files_that_are_not_there_hold_nothing():
    with pytest.raises(Senseless, match="does not hold"):
        unpacked(Packed(rows(1, width=1), rows(0, width=1)), LINES_OF[:0], by_line=True)
