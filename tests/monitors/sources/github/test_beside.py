"""What a request counts beside what it lists, on rounds that follow each other through a whole network."""

import pytest

from monitors.sources.github.beside import Counting, Round
from monitors.sources.github.bulk import Page
from monitors.sources.github.families import Kept
from monitors.sources.github.listings import Beside, Circled, Count, Counted, Link
from monitors.sources.github.queries import ROUNDS


def counting(rounds, *, total=10_000, families=None):
    return Counting(rounds, families or Kept(), root="R_1", total=total)


def under_way():
    return [Round(after=str(number), pages=5 * number) for number in range(ROUNDS)]


def asked(one, page=None):
    variables = one.variables(page or Page())
    return [variables[f"after{number}"] for number in range(ROUNDS) if variables[f"of{number}"]]


def answer(count, **named):
    """A page for each of so many rounds."""
    page = [Circled(Counted(Link(**named), [Count("R_2", 1)]))]
    return Beside(**{f"round{number}": page for number in range(count)})


@pytest.mark.parametrize(("size", "rounds"), [(100, 24), (60, 8), (25, 0)])
def test_less_is_counted_while_github_has_trouble_with_pages(size, rounds):
    assert len(asked(counting(under_way()), Page(size=size))) == rounds


def test_when_not_all_rounds_fit_each_goes_on_in_turn():
    rounds, seen = under_way(), []
    for _ in range(3):
        one = counting(rounds)
        seen += asked(one, Page(size=60))
        one.note(answer(8, has_next_page=True, end_cursor="on"))

    assert seen == [str(number) for number in range(24)]


def test_rounds_that_follow_too_closely_since_the_network_grew_begin_anew():
    rounds = [Round(after=str(pages), pages=pages) for pages in (60, 57, 54, 30, 12, 9, 6)]

    one = counting(rounds, total=24 * 2_000)

    assert [round.pages for round in one.rounds] == [60, 30, 12]


def test_a_round_goes_on_through_each_large_family_and_ends_behind_the_last():
    families = Kept(known={"R_5": (300, 300), "R_6": (3, 3), "R_7": (900, 900)})
    rounds, places = [Round()], []
    for _ in range(3):
        one = counting(rounds, families=families, total=100_000)
        places.append(one.variables(Page())["of0"])
        one.note(answer(1))

    assert (places, rounds) == ([["R_1"], ["R_5"], ["R_7"]], [])


def test_another_round_begins_when_all_are_far_enough_apart():
    rounds = [Round(after="x", pages=3)]

    near = len(counting(rounds, total=10_000).rounds)
    rounds[0].pages = 4

    assert (near, len(counting(rounds, total=10_000).rounds)) == (1, 2)


def test_no_round_begins_or_goes_on_before_the_repository_is_known():
    """As with a cursor that was written before rounds knew of whom they ask."""
    fresh, old = (
        Counting([], Kept(), root="", total=500),
        Counting([Round("x", 3)], Kept(), root="", total=500),
    )

    assert (fresh.rounds, asked(old)) == ([], [])
