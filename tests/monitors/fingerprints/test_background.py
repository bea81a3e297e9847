"""What strangers' code holds too is no sign of ours."""

import pytest

from monitors.fingerprints import NOTHING, BadIndex, fingerprint, learn
from monitors.fingerprints.background import Background
from tests.monitors.matching.conftest import source

OURS, THEIRS = source("ours"), source("theirs")
FILES = [("src/ours.ts", OURS), ("src/both.ts", OURS + THEIRS), ("src/polyfill.js", THEIRS)]
PUBLIC = learn([("lib/theirs.js", THEIRS)])


def test_a_file_that_strangers_have_too_tells_nothing():
    index = fingerprint(FILES, background=PUBLIC)

    assert {file.path: file.is_telling for file in index.files} == {
        "src/ours.ts": True,
        "src/both.ts": True,
        "src/polyfill.js": False,
    }


def test_no_piece_of_strangers_code_stays_in_an_index():
    index = fingerprint(FILES, background=PUBLIC)

    assert not PUBLIC.has_grams(index.grams.keys).any()
    assert not PUBLIC.has_words(index.words.keys).any()
    assert len(index.grams.keys) > 50
    assert len(index.words.keys) > 50


def test_a_picture_that_strangers_have_too_tells_nothing_and_teaches_nothing_else():
    picture = b"\x89PNG\0" + OURS

    public = learn([("logo.png", picture)])

    assert [len(public.grams), len(public.words), len(public.texts)] == [0, 0, 1]
    assert fingerprint([("a/logo.png", picture)], background=public).telling == frozenset()
    assert len(fingerprint([("a/logo.png", picture)]).grams.keys) == 0


def test_without_a_background_nothing_is_left_out():
    assert fingerprint(FILES, background=NOTHING).to_bytes() == fingerprint(FILES).to_bytes()


def test_backgrounds_add_up():
    both = PUBLIC | learn([("lib/other.js", OURS)])

    assert both.to_bytes() == learn([("a", OURS), ("b", THEIRS)]).to_bytes()


def test_a_background_is_kept_and_used_again():
    again = Background.from_bytes(PUBLIC.to_bytes())

    assert fingerprint(FILES, background=again).to_bytes() == fingerprint(FILES, background=PUBLIC).to_bytes()


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"x" * 100,
        PUBLIC.to_bytes()[:-8],
        PUBLIC.to_bytes() + bytes(8),
        PUBLIC.to_bytes()[:60] + b"\xff" + PUBLIC.to_bytes()[61:],
    ],
)
def test_a_broken_background_is_refused(broken):
    with pytest.raises(BadIndex, match="Make it again"):
        Background.from_bytes(broken)
