"""Names that are taken for another one, and who wants to hear of them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitors.sources.base import Refused
from monitors.sources.interests import Interest
from monitors.sources.lookalikes import LONGEST, MOST, likeliest, variants


@pytest.mark.parametrize(
    "squat",
    [
        "ketle-cli",  # a letter left out
        "kettlle-cli",  # doubled
        "ketlte-cli",  # swapped
        "kettke-cli",  # beside it on a keyboard
        "kett1e-cli",  # alike to the eye
        "kettlecli",  # separators
        "kettle_cli",
        "cli-kettle",  # words moved
        "kettle-cli-js",  # additions
        "node-kettle-cli",
        "@kettle-cli/core",
    ],
)
def test_each_way_to_be_taken_for_another_is_thought_of(squat):
    assert squat in variants("kettle-cli")


def test_a_scoped_name_is_copied_without_its_scope():
    assert variants("@acme/cli")[:4] == ["acme-cli", "acme_cli", "acme.cli", "acmecli"]


def test_the_scope_itself_is_misspelt_too():
    assert {"@acne/cli", "@acmee/cli", "@amce/cli"} <= set(variants("@acme/cli"))


def test_a_name_is_no_variant_of_itself_and_nothing_has_none():
    assert "kettle" not in variants("kettle")
    assert (variants(""), variants("@acme/")) == ([], [])


@pytest.mark.parametrize(
    ("name", "squats"),
    [
        ("warm-kettle", {"warmkettle", "kettle-warm", "warm-ketle", "warm-kettles", "warm-kettle-leaked"}),
        ("@acme/cli", {"acme-cli", "@acmecli/cli", "@amce/cli", "acme-cli-source"}),
    ],
)
def test_the_likeliest_are_of_every_way(name, squats):
    found = likeliest(name, most=50)

    assert (len(found), squats - set(found)) == (50, set())


def test_nobody_else_takes_names_in_our_own_scope():
    assert not [one for one in likeliest("@acme/cli", most=50) if one.startswith("@acme/")]


@pytest.mark.parametrize(("query", "most"), [("acme-cli kettle", 25), ("kettle, cli-*", 50)])
def test_an_interest_in_more_names_asks_for_fewer_of_each(query, most):
    assert Interest(query).likeliest()[:most] == likeliest(query.split()[0].strip(","), most=most)
    assert len(Interest(query).likeliest()) <= 50


def test_a_pattern_alone_has_no_look_alikes():
    assert Interest("cli-*").likeliest() == []


@given(st.text(max_size=400))
def test_variants_are_bounded_distinct_and_never_the_name(name):
    found = variants(name)

    assert len(found) == len(set(found)) <= MOST
    assert all(1 < len(one) <= LONGEST for one in found)
    assert name.strip().lower() not in found
    assert len(set(likeliest(name, most=50))) <= 50


@pytest.mark.parametrize(
    "name", ["@acme/cli", "acme-cli", "fork-acme.cli", "@x/acme-cli", "Kettle", "my-kettle-x", "kettl"]
)
def test_an_interest_hears_of_names_words_and_look_alikes(name):
    assert Interest("@acme/cli, kettle").wants(name)


@pytest.mark.parametrize("name", ["acme", "cli", "teakettles", "unrelated", ""])
def test_an_interest_does_not_hear_of_others(name):
    assert not Interest("@acme/cli kettle").wants(name)


def test_a_pattern_is_for_whole_names():
    wants = Interest("@acme/* kett?e").wants

    assert [wants(name) for name in ("@acme/anything", "kettle", "my-kettle", "@acmes/x")] == [
        True,
        True,
        False,
        False,
    ]


@pytest.mark.parametrize("query", ["", " , ", " ".join(f"name{number}" for number in range(21))])
def test_an_interest_in_nothing_or_in_too_much_is_refused(query):
    with pytest.raises(Refused):
        Interest(query)


def test_a_pattern_that_could_be_tried_in_endless_ways_is_told_at_once():
    started = time.process_time()

    Interest(" ".join(["*a" * 100 + "b"] * 20)).wants("a" * 214)

    assert time.process_time() - started < 1


def test_a_short_word_counts_only_as_a_whole_name():
    wants = Interest("ui").wants

    assert (wants("ui"), wants("material-ui-kit")) == (True, False)
