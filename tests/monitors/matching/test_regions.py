"""Where in a file of theirs our lines stand, to be looked at side by side."""

from monitors.fingerprints import fingerprint
from monitors.matching import Kind, match

from .conftest import Folder, source

OURS = source("ours", 30)
INDEX = fingerprint([("src/ours.ts", OURS), ("src/other.ts", source("other", 30))])


def lines(content, first, last):
    return b"\n".join(content.split(b"\n")[first - 1 : last])


def regions(content):
    (pair,) = match(INDEX, Folder({"theirs.ts": content})).pairs
    assert (pair.ours, pair.kind) == ("src/ours.ts", Kind.TOKENS)
    return pair.regions


def test_a_passage_is_located_in_both_files():
    theirs = source("theirs", 10)
    above = theirs.count(b"\n") + 1

    (region,) = regions(theirs + b"\n" + lines(OURS, 101, 240))

    assert abs(region.ours_from - 101) <= 3
    assert abs(region.ours_to - 240) <= 6
    assert abs(region.theirs_from - region.ours_from - (above - 100)) <= 3
    assert abs(region.theirs_to - region.ours_to - (above - 100)) <= 3


def test_two_passages_are_two_regions_in_the_order_of_their_file():
    first, second = regions(
        lines(OURS, 200, 290) + b"\n" + source("theirs", 20) + b"\n" + lines(OURS, 20, 120)
    )

    assert first.theirs_to < second.theirs_from
    assert first.ours_from > second.ours_to


def test_a_file_that_is_there_whole_needs_no_regions():
    (pair,) = match(INDEX, Folder({"theirs.ts": OURS})).pairs

    assert (pair.kind, pair.regions) == (Kind.BLOB, ())


def test_of_many_passages_the_longest_are_shown():
    scattered = b"\n".join(
        lines(OURS, at, at + 9 + at // 20) + b"\n" + source(f"between{at}", 2) for at in range(1, 400, 26)
    )

    shown = regions(scattered)

    assert len(shown) == 8
    assert list(shown) == sorted(shown)
