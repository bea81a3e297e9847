"""What of a program outlives a minifier, and how it is scanned."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.fingerprints import weights, words, words_of


def made_of(*texts):
    return sorted(hash_ for text in texts for hash_ in words(b"'" + text + b"'").tolist())


def test_strings_and_members_are_found_and_local_names_are_not():
    code = b"const localVariable = session.refreshToken('Token has expired', \"x\").then(someCallback)"

    assert words(code).tolist() == made_of(b"refreshToken", b"Token has expired")


def test_a_member_and_a_string_of_its_name_are_one_word():
    assert words(b"a.refreshToken").tolist() == words(b"a['refreshToken']").tolist()


def test_a_template_and_what_es5_makes_of_it_share_their_words():
    template = b"throw Error(`could not open ${ session.identifier } in workspace\\n`)"
    es5 = b'throw Error("could not open ".concat(session.identifier," in workspace\\n"))'

    assert (
        words(template).tolist()
        == words(es5).tolist()
        == made_of(b"couldnotopen", b"inworkspace", b"identifier")
    )


@pytest.mark.parametrize(
    "before",
    [
        b"/* don't */",
        b"// don't\n",
        rb"x=/['\"]/g;",
        rb"f=o=>/^https?:\/\//.test(o);",
        b"a=`${b?`one`:'two'}`;",
        rb"x=[/[/'\"]/];",
        b"<p>don't</p>;",
    ],
)
def test_quotes_and_slashes_elsewhere_do_not_derail_the_scan(before):
    code = before + b"throw new Error('the ledger is closed');y='a',z=\"b\""

    assert made_of(b"the ledger is closed") == words(code).tolist()


def test_paths_of_imports_are_left_out():
    assert words(b"import a from './session/store.js'; import b from '../../session/store.js'").tolist() == []


def test_longer_words_weigh_more():
    found = [weights(words(b"'" + b"x" * length + b"'")).tolist() for length in (7, 8, 9, 10, 37, 38, 999)]

    assert found == [[], [1], [1], [2], [15], [16], [16]]


def test_the_hashes_are_the_same_in_every_release():
    assert words(b"'Token has expired'").tolist() == [18063785149600601635]


def test_words_of_many_files_are_told_apart():
    contents = [b"", b"'the first of them'", b"x = 1", b"a.theSecondOne('and the third one')"]

    hashes, owners = words_of(contents)

    assert owners.tolist() == [1, 3, 3]
    assert sorted(hashes[1:].tolist()) == words(contents[3]).tolist()


def test_a_hole_that_is_not_closed_swallows_nothing_of_what_follows():
    code = b"a = '${ the first of them'; b = 'and the second of them'; c = 'and then the third one'"

    assert set(made_of(b"and the second of them", b"and then the third one")) <= set(words(code).tolist())


def test_a_very_long_word_is_known_by_its_beginning():
    long = b"ab" * 10_000

    assert words(b"'" + long + b"'").tolist() != words(b"'" + long + b"b'").tolist()
    assert len(words(b"'" + long + b"'")) == 1


@pytest.mark.slow  # a hundred examples
@given(st.binary(max_size=300) | st.text("\"'`\\/*${}[]\n.aZ ", max_size=300).map(str.encode))
def test_any_bytes_can_be_scanned(content):
    assert words(content).tolist() == sorted(set(words(content).tolist()))


@pytest.mark.slow  # a megabyte of each; a scan that goes back over its steps would take hours
@pytest.mark.parametrize(
    "unit", [b'"\\', b"'a\\'", b"`", b"`${", b"${`", b"/*", b"=/[", b"\\`${{", b".aaaaaaaa", b"//"]
)
def test_hostile_repetition_is_scanned_in_passing(unit):
    began = time.monotonic()

    words(unit * (1_000_000 // len(unit)))

    assert time.monotonic() - began < 20
