"""A repository that was deleted or blocked while we watched its forks: they go on without it."""

import pytest

from monitors.sources.github import heirs
from tests.monitors.sources.github.forks import LEAK, fork, names


@pytest.fixture
def root(hub):
    return hub.add("eve/leak", files=LEAK)


@pytest.fixture(params=["tok_5ecret", ""], ids=["graphql", "rest"])
def adapter(hub, request):
    return hub.adapter(token=request.param)


@pytest.fixture
def anonymous(hub):
    return hub.adapter(token="")


def test_forks_of_a_deleted_repository_are_listed_below_the_one_that_took_its_place(hub, adapter, root, walk):
    fork(hub, root, 3)
    _, cursor, _ = walk(adapter, "eve/leak")
    heir = hub.delete(root)
    fork(hub, heir, 2, start=4000)
    of_never_forked = fork(hub, heir.forks[0], 1, start=5000)

    found, cursor, _ = walk(adapter, "eve/leak", cursor)
    later = fork(hub, heir, 1, start=9000)
    again, _, _ = walk(adapter, "eve/leak", cursor)

    assert {one.name for one in heir.forks[:4] + of_never_forked} <= set(names(found))
    assert {one.name for one in later} <= set(names(again))


def test_it_is_said_who_took_its_place(hub, adapter, root):
    forks = fork(hub, root, 3)
    cursor = {}
    for _ in range(2):
        cursor = adapter.fetch("forks", "eve/leak", cursor=cursor).cursor
    hub.delete(root)

    gaps = adapter.fetch("forks", "eve/leak", cursor=cursor).gaps

    assert f"eve/leak is gone (404): its forks are {forks[0].name}’s now, which we ask." in gaps


def test_of_a_blocked_repository_forks_of_forks_are_found_all_the_same(hub, adapter, root, walk):
    forks = fork(hub, root, 3)
    fork(hub, forks[0], 1, start=4000)
    _, cursor, _ = walk(adapter, "eve/leak")
    root.gone = (451, {"message": "Blocked", "block": {"reason": "dmca"}})
    new = fork(hub, forks[0], 2, start=5000)

    found, _, gaps = walk(adapter, "eve/leak", cursor)

    assert {one.name for one in new} <= set(names(found))
    assert (
        gaps[0]
        == "eve/leak is gone (451 dmca): its own forks are listed no more; those of one fork of it still are."
    )


def test_one_that_is_deleted_while_its_forks_are_listed_is_missed_at_once(hub, anonymous, root, walk):
    fork(hub, root, 130)
    cursor = {}
    while cursor.get("rest", {}).get("page") != 1:
        cursor = anonymous.fetch("forks", "eve/leak", cursor=cursor).cursor
    cursor["rest"]["waiting"] = []
    heir = hub.delete(root)

    _, cursor, _ = walk(anonymous, "eve/leak", cursor)
    found, _, _ = walk(anonymous, "eve/leak", cursor)

    assert {one.name for one in heir.forks} == set(names(found))


def test_the_family_that_grew_most_is_listed_on_when_the_root_is_blocked(hub, github, root, walk):
    fork(hub, root, 30)
    family = hub.add("mallory/leak", of=root, created=200)
    fork(hub, family, 250, start=300)
    _, cursor, _ = walk(github, "eve/leak")
    fork(hub, family, 60, start=1000)
    _, cursor, _ = walk(github, "eve/leak", cursor)
    root.gone = (451, {"message": "Blocked"})
    new = {one.name for one in fork(hub, family, 130, start=2000)}

    found, _, _ = walk(github, "eve/leak", cursor)

    assert new <= set(names(found))


def test_who_deletes_every_fork_that_we_know_leaves_nobody_to_ask(hub, adapter, root, walk):
    forks = fork(hub, root, 3)
    _, cursor, _ = walk(adapter, "eve/leak")
    for one in (root, *forks):
        one.gone = (404, {"message": "Not Found"})

    found, _, gaps = walk(adapter, "eve/leak", cursor)

    assert (found, gaps[0]) == ([], "eve/leak is gone (404): its own forks are listed no more.")


@pytest.mark.parametrize("name", ["../..", "a b/c", "", "x" * 300 + "/y"])
def test_an_heir_with_a_name_that_is_none_is_not_asked(hub, adapter, root, walk, name):
    fork(hub, root, 3)
    _, cursor, _ = walk(adapter, "eve/leak")
    hub.delete(root).name = name

    _, _, gaps = walk(adapter, "eve/leak", cursor)

    assert gaps[0] == "eve/leak is gone (404): its own forks are listed no more."


def test_of_many_forks_the_first_and_the_last_are_remembered():
    kin = []
    for number in range(0, 1000, 100):
        heirs.keep(kin, (str(one) for one in range(number, number + 100)))
        heirs.keep(kin, ["x" * 200, "", "3"])

    assert kin == [str(one) for one in [*range(25), *range(975, 1000)]]
