"""The words that a leak is known by: where they stand, and how what was said is shown."""

import pytest

from monitors.sources.base import Aim, Candidate, Refused, SourceError
from monitors.sources.http import Client
from monitors.sources.talk import Talk, Words, plain


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("acme-cli", "Source of the Acme CLI has leaked"),
        ("acme-cli", "acme_cli 2.1.88"),
        ("@acme/cli", "npm i @acme/cli"),
        ("kettle acme", "Acme leaked"),
        ('"tea kettle", acme', "A tea-kettle"),
        ("ACME", "ＡＣＭＥ"),
        ("straße", "STRASSE"),
        ("漏洩", "漏洩 のニュース"),
    ],
)
def test_one_of_the_words_stands_in_it(query, text):
    assert Words(query).stand_in("something else", text)


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("acme-cli", "acme-client"),
        ("acme-cli", "acme"),
        ("acme", "pacmen"),
        ('"tea kettle"', "kettle of tea"),
        ("acme", ""),
    ],
)
def test_no_word_stands_in_it(query, text):
    assert not Words(query).stand_in(text)


@pytest.mark.parametrize("query", ["", " , ", "!? ...", '""', "one two three four five six seven eight nine"])
def test_no_words_and_too_many_are_refused(query):
    with pytest.raises(Refused):
        Words(query)


def test_a_long_text_is_shown_where_the_word_stands():
    shown = Words("acme").around(f"{'before ' * 50}Acme leaked{' after' * 50}")

    assert "Acme leaked" in shown
    assert (shown[0], shown[-1], len(shown) < 210) == ("…", "…", True)


def test_what_a_page_says_is_told_without_its_tags():
    said = '<p>Acme &amp; co<br/>leaked <a href="https://x.example/">here</a>:\n a < b'

    assert plain(said, 100) == "Acme & co leaked here : a < b"


def test_directions_and_controls_are_taken_out():
    assert plain("a&#8238;b\x00", 100) == "a\ufffdb\ufffd"


def test_what_is_no_text_says_nothing():
    assert (plain(None, 100), plain(7, 100)) == ("", "")


def test_endless_tags_take_no_time():
    assert plain("<a " * 100_000, 1000)


def test_talk_is_asked_for_mentions_only_and_is_no_place():
    place = Candidate("h", "1", "", "t", "", "", "")

    for ask in (
        lambda talk: talk.fetch(Aim.CODE, "acme", cursor={}),
        lambda talk: talk.examine(place),
        lambda talk: talk.look(place),
    ):
        with pytest.raises(SourceError):
            ask(Talk(Client()))
