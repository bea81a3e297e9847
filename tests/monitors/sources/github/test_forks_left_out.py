"""What GitHub leaves out of a list of forks: pages too large, holes, counts that nothing listed explains."""

import pytest

from monitors.sources.base import Aim, SourceError
from tests.monitors.sources.github.forks import LEAK, fork, names


@pytest.fixture
def root(hub):
    return hub.add("eve/leak", files=LEAK)


def test_what_github_counts_and_does_not_list_is_said(hub, github, root, walk):
    forks = fork(hub, root, 120)
    hub.add("deep/leak", of=forks[5], created=5000)
    root.hidden = 2
    forks[5].hidden = 1

    _, cursor, gaps = walk(github, "eve/leak")
    _, _, later = walk(github, "eve/leak", cursor)

    sentence = "GitHub counts 124 forks of eve/leak and lists 121."
    assert (gaps, later) == ([sentence], [sentence])


def test_nothing_is_said_to_be_left_out_when_nothing_is(hub, github, root, walk):
    forks = fork(hub, root, 120)
    _, cursor, _ = walk(github, "eve/leak")
    hub.add("deep/leak", of=forks[119], created=5000)
    fork(hub, root, 30, start=6000)

    _, _, gaps = walk(github, "eve/leak", cursor)

    assert gaps == []


@pytest.mark.parametrize("most", [25, 50, 99])
def test_a_page_that_is_too_much_for_github_is_halved(hub, github, root, walk, most):
    fork(hub, root, 260)
    hub.most = most

    found, _, _ = walk(github, "eve/leak")

    assert len({candidate.native_id for candidate in found}) == 260


def test_a_page_grows_back(hub, github, root):
    fork(hub, root, 200)
    hub.answer_next(502, {})

    first = github.fetch(Aim.FORKS, "eve/leak", cursor={})
    github.fetch(Aim.FORKS, "eve/leak", cursor=first.cursor)

    assert [asked["first"] for asked in hub.variables] == [100, 50, 60]


def test_while_a_page_is_too_much_nothing_is_counted_beside_it(hub, github, root, walk):
    fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    hub.variables.clear()
    for _ in range(2):
        hub.answer_next(502, {})

    github.fetch(Aim.FORKS, "eve/leak", cursor=cursor)

    counted = [(asked["first"], asked["of0"]) for asked in hub.variables]
    assert counted == [(100, [root.node]), (50, [root.node]), (25, [])]


def test_when_even_the_smallest_page_fails_the_poll_fails(hub, github, root):
    hub.most = 0

    with pytest.raises(SourceError, match="answered 502"):
        github.fetch(Aim.FORKS, "eve/leak", cursor={})

    assert [asked["first"] for asked in hub.variables] == [100, 50, 25, 25]


def test_an_answer_with_holes_is_asked_for_again_and_what_stays_out_is_said(hub, github, root):
    fork(hub, root, 30)
    hub.holes = 2

    batch = github.fetch(Aim.FORKS, "eve/leak", cursor={})

    assert [asked["first"] for asked in hub.variables] == [100, 50, 25]
    assert len(batch.candidates) == 23
    assert batch.gaps[0] == "GitHub left 2 forks of eve/leak out of its answer."


@pytest.mark.parametrize("of_a_family", [False, True])
def test_what_was_left_out_of_a_page_is_listed_by_the_next_poll(hub, github, root, walk, of_a_family):
    fork(hub, root, 30)
    family = hub.add("mallory/leak", of=root, created=200)
    of = family if of_a_family else root
    fork(hub, family, 250, start=300)
    _, cursor, _ = walk(github, "eve/leak")
    fork(hub, family, 30, start=1000)
    _, cursor, _ = walk(github, "eve/leak", cursor)
    new = {one.name for one in fork(hub, of, 10, start=2000)}
    hub.holes = 2
    first, cursor, _ = walk(github, "eve/leak", cursor)
    hub.holes = 0

    second, _, _ = walk(github, "eve/leak", cursor)

    assert (len(new - set(names(first))), new <= set(names(second))) == (2, True)


def test_a_fork_of_a_fork_that_was_left_out_is_listed_when_its_family_is_next_counted(
    hub, github, root, walk
):
    fork(hub, root, 30)
    family = hub.add("mallory/leak", of=root, created=200)
    fork(hub, family, 2, start=300)
    _, cursor, _ = walk(github, "eve/leak")
    new = {one.name for one in fork(hub, family, 1, start=2000)}
    hub.holes = 1
    first, cursor, _ = walk(github, "eve/leak", cursor)
    hub.holes = 0

    second, _, _ = walk(github, "eve/leak", cursor)

    assert (new & set(names(first)), new <= set(names(second))) == (set(), True)


def test_a_family_that_a_timeout_left_out_is_listed_when_it_is_next_counted(hub, github, root, walk):
    fork(hub, root, 30)
    family = hub.add("mallory/leak", of=root, created=200)
    fork(hub, family, 2, start=300)
    _, cursor, _ = walk(github, "eve/leak")
    new = {one.name for one in fork(hub, family, 1, start=2000)}
    hub.silent = {family.node}
    first, cursor, _ = walk(github, "eve/leak", cursor)
    hub.silent = set()

    second, _, _ = walk(github, "eve/leak", cursor)

    assert (new & set(names(first)), new <= set(names(second))) == (set(), True)


def test_a_family_with_a_fork_that_is_always_left_out_is_left_alone_after_a_few_tries(
    hub, github, root, walk
):
    family = hub.add("mallory/leak", of=root, created=200)
    fork(hub, family, 3, start=300)
    _, cursor, _ = walk(github, "eve/leak")
    fork(hub, family, 1, start=900)
    hub.holes, asked = 1, []
    for _ in range(8):
        hub.asked.clear()
        _, cursor, _ = walk(github, "eve/leak", cursor)
        asked.append("Nested" in hub.asked)

    assert asked == [True] * 4 + [False] * 4


def test_what_is_always_left_out_is_not_asked_for_again_for_ever(hub, github, root, walk):
    fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    fork(hub, root, 30, start=1000)
    hub.holes = 2
    marks = []
    for _ in range(4):
        _, cursor, _ = walk(github, "eve/leak", cursor)
        marks.append(cursor["graphql"]["mark"][14:19])

    assert marks == ["06:39", "06:39", "06:39", "17:07"]
