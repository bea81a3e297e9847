"""The family that grows most is listed along with the repository's own forks, in the same request."""

import pytest

from monitors.sources.base import Aim

LEAK = {"src/main.ts": b"leak", "README.md": b"# leak"}


@pytest.fixture
def root(hub):
    return hub.add("acme/own", files=LEAK)


@pytest.fixture
def family(hub, root):
    return hub.add("eve/leak", of=root, created=50)


def grow(hub, of, count, *, at):
    return {
        hub.add(f"user{of.id}-{at}-{number}/x", of=of, created=at + number).name for number in range(count)
    }


@pytest.fixture
def cursor(hub, github, root, family, walk):
    """After two polls between which the family grew from 250 forks to 280."""
    grow(hub, family, 250, at=100)
    _, cursor, _ = walk(github, "acme/own")
    grow(hub, family, 30, at=400)
    _, cursor, _ = walk(github, "acme/own", cursor)
    hub.asked.clear()
    hub.variables.clear()
    return cursor


def found_in(batch):
    return {candidate.title for candidate in batch}


def test_its_new_forks_come_with_the_repositorys_own(hub, github, root, family, walk, cursor):
    new = grow(hub, family, 30, at=1000) | grow(hub, root, 2, at=1000)

    found, _, gaps = walk(github, "acme/own", cursor)

    assert new <= found_in(found)
    assert (hub.asked, gaps) == (["Forks"], [])


def test_what_does_not_fit_is_walked_to_where_it_was_known(hub, github, family, walk, cursor):
    new = grow(hub, family, 330, at=1000)

    found, cursor, _ = walk(github, "acme/own", cursor)
    hub.asked.clear()
    more = grow(hub, family, 80, at=1500)
    again, _, _ = walk(github, "acme/own", cursor)

    assert (new <= found_in(found), more <= found_in(again)) == (True, True)
    assert hub.asked == ["Forks"]


def test_all_that_are_new_are_found_when_others_were_deleted(hub, github, family, walk, cursor):
    del family.forks[:60]
    new = grow(hub, family, 70, at=1000)

    found, _, _ = walk(github, "acme/own", cursor)

    assert new <= found_in(found)


def test_what_it_lists_is_told_from_what_is_counted(hub, github, family, walk, cursor):
    family.hidden = 3
    grow(hub, family, 30, at=1000)

    _, _, gaps = walk(github, "acme/own", cursor)

    assert gaps == ["GitHub counts 314 forks of acme/own and lists 311."]


def test_one_that_grows_more_takes_its_place_and_the_first_is_still_counted(
    hub, github, root, family, walk, cursor
):
    other = hub.add("mallory/leak", of=root, created=60)
    grow(hub, other, 250, at=400)
    found, cursor, _ = walk(github, "acme/own", cursor)
    for at in (1200, 1500):
        grow(hub, other, 90, at=at)
        _, cursor, _ = walk(github, "acme/own", cursor)
    new = grow(hub, family, 25, at=1800) | grow(hub, other, 90, at=1800)

    found = []
    for _ in range(2):
        more, cursor, _ = walk(github, "acme/own", cursor)
        found += more

    assert cursor["graphql"]["busiest"]["id"] == other.node
    assert new <= found_in(found)


def test_when_it_is_gone_the_others_are_listed_as_before(hub, github, root, family, walk, cursor):
    family.gone = (451, {"message": "Blocked"})
    new = grow(hub, root, 3, at=1000)

    found, cursor, _ = walk(github, "acme/own", cursor)

    assert new <= found_in(found)
    assert "busiest" not in cursor["graphql"]


def test_it_is_listed_by_itself_while_github_has_trouble_with_pages(hub, github, family, walk, cursor):
    hub.most = 25
    new = grow(hub, family, 60, at=1000)

    found, _, _ = walk(github, "acme/own", cursor)

    assert new <= found_in(found)
    assert [asked["busiest"] for asked in hub.variables if "busiest" in asked][-1] == []


def test_holes_in_its_page_are_asked_for_again_in_smaller_ones(hub, github, family, cursor):
    grow(hub, family, 60, at=1000)
    hub.holes = 1

    github.fetch(Aim.FORKS, "acme/own", cursor=cursor)

    assert [asked["first"] for asked in hub.variables] == [20, 20, 25]


def test_while_it_grows_nothing_is_walked_through_again(hub, github, root, family, walk, cursor):
    grow(hub, root, 150, at=60)
    _, cursor, _ = walk(github, "acme/own", cursor)
    grow(hub, family, 2, at=1000)
    hub.asked.clear()

    _, cursor, _ = walk(github, "acme/own", cursor)
    busy = list(hub.asked)
    walk(github, "acme/own", cursor)

    assert (busy, hub.asked[len(busy) :]) == (["Forks"], ["Forks", "Forks"])


def test_one_that_a_timeout_left_out_loses_none_of_its_new_forks(hub, github, family, cursor, walk):
    new = grow(hub, family, 30, at=1000)
    hub.silent = {family.node}
    missed, cursor, _ = walk(github, "acme/own", cursor)
    hub.silent = set()

    found, _, _ = walk(github, "acme/own", cursor)

    assert new & {one.title for one in missed} == set()
    assert new <= {one.title for one in found}
