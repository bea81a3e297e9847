"""The public corpus of token formats says what it means, and no token that could be one stands in it."""

import pytest

from monitors.inventory import Confidence, credentials
from tests.bench.tokens.corpus import HERE, kinds
from tests.bench.tokens.notation import blank, made
from tests.monitors.inventory.minted import HEX, Mint

KINDS = kinds()


def test_a_form_is_filled_with_dice_and_the_secret_in_it_is_known():
    text, secret = made('key = "<<ab-<hex:8>>>"; // <pad:x:3>', Mint())

    assert text == f'key = "{secret}"; // xxx'
    assert (secret[:3], set(secret[3:]) <= set(HEX), len(secret)) == ("ab-", True, 11)


def test_without_a_mark_all_of_a_form_is_the_secret():
    text, secret = made("<uuid>", Mint())

    assert (text, [len(part) for part in secret.split("-")]) == (secret, [8, 4, 4, 4, 12])


def test_markup_that_is_no_place_stays_as_it_is():
    assert made("<Token><url>", Mint()) == ("<Token><url>", "<Token><url>")


def test_a_blank_form_has_a_letter_for_each_die():
    assert blank("sk-<hex:4>-<uuid>") == "sk-xxxx-" + "x" * 24


def test_no_kind_is_listed_twice():
    names = [kind.name for kind in KINDS]

    assert len(set(names)) == len(names)


def test_what_is_made_of_a_kind_holds_its_secret_once_filled():
    for kind in KINDS:
        for line, secret in kind.samples(Mint()):
            assert secret in line
            assert "<<" not in line
            assert len(secret) >= 8


@pytest.mark.parametrize("path", sorted(HERE.glob("*.*")), ids=lambda path: path.name)
def test_no_file_of_the_corpus_holds_a_token(path):
    sure = [one.name for one in credentials.find(path.read_bytes()) if one.confidence is not Confidence.LOW]

    assert sure == []


@pytest.mark.parametrize("kind", KINDS, ids=[kind.name for kind in KINDS])
def test_no_near_miss_is_said_to_be_a_credential(kind):
    found = [
        (form, one.name)
        for form, text in kind.near_misses(Mint(3))
        for one in credentials.find(text.encode())
        if one.confidence is not Confidence.LOW
    ]

    assert found == []
