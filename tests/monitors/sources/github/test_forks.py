"""A repository's forks by GraphQL: all of them, once each, and later only what is new."""

import json
from datetime import timedelta

import msgspec
import pytest

from monitors.fingerprints import git_blob_id
from monitors.sources.base import Aim, Candidate, Gone, RateLimited, SourceError
from monitors.sources.github import families
from monitors.sources.github.listings import Count
from tests.monitors.sources.github.forks import LEAK, fork, names


@pytest.fixture
def root(hub):
    return hub.add("eve/leak", files=LEAK)


def test_a_fork_comes_with_the_ids_of_its_head(hub, github, root):
    forked = hub.add("mallory/leak", of=root, created=100, files=LEAK)

    batch = github.fetch(Aim.FORKS, f"{hub.url}/eve/leak.git", cursor={})

    trees = forked.trees
    assert batch.candidates == [
        Candidate(
            host=hub.url.removeprefix("http://"),
            native_id="701",
            path="",
            title="mallory/leak",
            url=f"{hub.url}/mallory/leak",
            version="main",
            digest=trees[""],
            ticket={"what": "repository", "node": "R_701", "name": "mallory/leak", "parent": "eve/leak"},
            trees={"": trees[""], "src": trees["src"]},
            entries={"README.md": git_blob_id(b"# leak")},
        )
    ]
    assert (batch.more, batch.requests, batch.gaps) == (False, 1, [])


def test_a_thousand_forks_and_theirs_take_less_than_fifteen_requests(hub, github, root, walk):
    forks = fork(hub, root, 1000)
    nested = [hub.add(f"deep{number}/leak", of=forks[number * 30], created=5000) for number in range(30)]
    deepest = hub.add("deepest/leak", of=nested[7], created=6000)

    found, _, gaps = walk(github, "eve/leak")

    assert sorted(names(found)) == sorted(one.name for one in [*forks, *nested, deepest])
    assert (len(hub.asked) <= 15, gaps) == (True, [])


def test_once_walked_only_what_is_new_is_listed(hub, github, root, walk):
    fork(hub, root, 450)
    _, cursor, _ = walk(github, "eve/leak")
    hub.asked.clear()
    new = hub.add("new/leak", of=root, created=3000)

    found, _, _ = walk(github, "eve/leak", cursor)

    assert names(found)[0] == new.name
    assert hub.asked == ["Forks"]


def test_when_as_many_are_new_as_github_counts_more_no_page_is_asked_for_to_make_sure(
    hub, github, root, walk
):
    fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    new = fork(hub, root, 90, start=1000)
    hub.asked.clear()

    found, _, _ = walk(github, "eve/leak", cursor)

    assert {one.name for one in new} <= set(names(found))
    assert hub.asked == ["Forks"]


def test_one_that_became_visible_late_is_found_behind_those_that_are_new(hub, github, root, walk):
    fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    fork(hub, root, 90, start=1000)
    late = hub.add("late/leak", of=root, created=387)

    found, _, _ = walk(github, "eve/leak", cursor)

    assert late.name in names(found)


def test_a_walk_goes_on_where_it_stood(hub, github, root):
    fork(hub, root, 250)

    first = github.fetch(Aim.FORKS, "eve/leak", cursor={})
    again = github.fetch(Aim.FORKS, "eve/leak", cursor={})
    second = github.fetch(Aim.FORKS, "eve/leak", cursor=first.cursor)

    assert first == again
    assert (len(first.candidates), first.more, len(second.candidates), second.more) == (100, True, 100, True)
    assert not set(names(first.candidates)) & set(names(second.candidates))


def test_a_fork_made_while_we_walk_is_found_by_the_next_poll(hub, github, root, walk):
    fork(hub, root, 250)
    first = github.fetch(Aim.FORKS, "eve/leak", cursor={})
    hub.add("late/leak", of=root, created=4000)

    _, cursor, _ = walk(github, "eve/leak", first.cursor)
    found, _, _ = walk(github, "eve/leak", cursor)

    assert "late/leak" in names(found)


def test_a_fork_pushed_to_long_after_it_was_made_is_listed_again(hub, github, root, walk):
    old = fork(hub, root, 400)[3]
    _, cursor, _ = walk(github, "eve/leak")
    old.pushed, old.files = 9000, {"src/other.ts": b"now"}

    found, _, _ = walk(github, "eve/leak", cursor)

    again = next(candidate for candidate in found if candidate.title == old.name)
    assert again.digest == old.trees[""]


def test_a_known_fork_that_was_forked_since_is_listed_in_turn(hub, github, root, walk):
    forks = fork(hub, root, 300)
    hub.add("deep1/leak", of=forks[0], created=5000)
    _, cursor, _ = walk(github, "eve/leak")
    hub.add("deep2/leak", of=forks[0], created=7000)

    found, _, _ = walk(github, "eve/leak", cursor)

    assert "deep2/leak" in names(found)


def test_a_fork_that_was_never_forked_before_is_met_by_the_slow_walk(hub, github, root, walk):
    forks = fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    hub.add("deep/leak", of=forks[0], created=7000)

    found = []
    for _ in range(4):
        more, cursor, _ = walk(github, "eve/leak", cursor)
        found += names(more)

    assert "deep/leak" in found


def test_a_family_that_shrank_and_grew_again_is_listed_again():
    kept = families.Kept()
    kept.note([Count("R_1", 3)])
    kept.asked(1)

    kept.note([Count("R_1", 2)])
    kept.note([Count("R_1", 3)])

    assert [waiting.wanted for waiting in kept.waiting] == [3]


def test_in_a_network_that_is_never_quiet_it_is_found_all_the_same(hub, github, root, walk):
    forks = fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    hub.add("deep/leak", of=forks[0], created=7000)
    hub.asked.clear()

    found = []
    for number in range(5):
        hub.add(f"busy{number}/leak", of=root, created=8000 + number)
        more, cursor, _ = walk(github, "eve/leak", cursor)
        found += names(more)

    assert "deep/leak" in found
    assert hub.asked.count("Forks") == 5


def polls_until_found(hub, github, walk, cursor, root, deep):
    """How many polls it takes to find these, while there is a new fork on each."""
    waited = set(deep)
    for number in range(1, 20):
        hub.add(f"busy{len(hub.repos)}/leak", of=root, created=8000 + len(hub.repos))
        found, cursor, _ = walk(github, "eve/leak", cursor)
        waited -= set(names(found))
        if not waited:
            return number, cursor
    return None, cursor


@pytest.mark.slow  # lists hundreds of forks, many times
def test_each_fork_is_counted_every_few_polls_though_new_ones_keep_coming(hub, github, root, walk):
    forks = fork(hub, root, 1600)
    _, cursor, _ = walk(github, "eve/leak")
    for number in (0, 800, 1599):
        hub.add(f"first{number}/leak", of=forks[number], created=7000)
    first, cursor = polls_until_found(
        hub, github, walk, cursor, root, {"first0/leak", "first800/leak", "first1599/leak"}
    )
    _, cursor = polls_until_found(hub, github, walk, cursor, root, {"none/such"})  # all rounds are under way
    for number in (1, 700, 1500):
        hub.add(f"later{number}/leak", of=forks[number], created=7500)

    later, _ = polls_until_found(
        hub, github, walk, cursor, root, {"later1/leak", "later700/leak", "later1500/leak"}
    )

    assert (first, later) == (8, 1)


@pytest.mark.slow  # lists hundreds of forks, many times
def test_forks_of_a_large_family_are_counted_again_too(hub, github, root, walk):
    famous = hub.add("famous/leak", of=root, created=50)
    forks = fork(hub, famous, 450)
    _, cursor, _ = walk(github, "eve/leak")
    hub.add("deep/leak", of=forks[150], created=7000)

    polls, _ = polls_until_found(hub, github, walk, cursor, root, {"deep/leak"})

    assert polls <= 6


def test_a_place_of_a_slow_round_that_github_forgot_begins_anew(hub, github, root, walk):
    fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    _, cursor, _ = walk(github, "eve/leak", cursor)
    assert any(after for after, _, _ in cursor["graphql"]["rounds"])
    fault = {"message": "`100` does not appear to be a valid cursor.", "path": ["round0", 0, "forks"]}
    for _ in range(3):
        hub.answer_next(200, {"data": {"repository": None}, "errors": [fault]})
    hub.add("new/leak", of=root, created=9000)

    found, _, _ = walk(github, "eve/leak", cursor)

    assert "new/leak" in names(found)


def test_few_forks_of_forks_wait_for_more_in_a_large_network(hub, github, root, walk, monkeypatch):
    monkeypatch.setattr(families, "LARGE", 200)
    fork(hub, root, 300)
    _, cursor, _ = walk(github, "eve/leak")
    young = hub.add("young/leak", of=root, created=8000)
    hub.add("deep/leak", of=young, created=8001)
    hub.asked.clear()

    polls = []
    for number in range(10):
        hub.add(f"busy{number}/leak", of=root, created=9000 + number)
        found, cursor, _ = walk(github, "eve/leak", cursor)
        polls.append("deep/leak" in names(found))

    assert polls.index(True) == 8
    assert hub.asked.count("Nested") == 1


def test_the_cursor_stays_within_what_a_row_takes_whatever_github_says():
    kept = families.Kept()
    for number in range(20_000):
        kept.note([Count(f"{number:0>32}", 10**18)])
    for waiting in list(kept.waiting):
        kept.take(waiting, 10**18, 100, "x" * 200)

    assert len(json.dumps(msgspec.to_builtins(kept))) < 250_000
    assert kept.dropped > 0


def test_empty_blocked_and_private_forks_are_no_candidates(hub, github, root, walk):
    fork(hub, root, 1, files={})
    fork(hub, root, 1, start=200, disabled=True)
    fork(hub, root, 1, start=300, private=True)

    assert walk(github, "eve/leak")[0] == []


LIMITS = [
    (200, {"data": None, "errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}),
    (200, {"errors": [{"type": "RATE_LIMIT", "message": "API rate limit already exceeded"}]}),
    (200, {"errors": [{"message": "You have exceeded a secondary rate limit."}]}),
    (403, {"message": "You have exceeded a secondary rate limit. Please wait."}),
    (429, {"message": "Too many"}),
]


@pytest.mark.parametrize(("status", "body"), LIMITS)
def test_a_limit_is_a_limit_in_whatever_form(hub, github, root, status, body):
    hub.answer_next(status, body, Retry_After="420")

    with pytest.raises(RateLimited) as limit:
        github.fetch(Aim.FORKS, "eve/leak", cursor={})

    assert (limit.value.wait, len(hub.asked)) == (timedelta(minutes=7), 1)


def test_a_limit_without_a_word_of_when_waits_a_minute(hub, github, root):
    hub.answer_next(*LIMITS[2])

    with pytest.raises(RateLimited) as limit:
        github.fetch(Aim.FORKS, "eve/leak", cursor={})

    assert limit.value.wait == timedelta(minutes=1)


def test_a_repository_that_never_was_is_an_error(github, hub):
    with pytest.raises(Gone):
        github.fetch(Aim.FORKS, "eve/none", cursor={})


def test_a_repository_that_was_blocked_since_is_a_gap_with_the_reason(hub, github, root, walk):
    fork(hub, root, 3)
    _, cursor, _ = walk(github, "eve/leak")
    notice = "https://github.com/github/dmca/blob/master/2026/n.md"
    root.gone = (451, {"message": "Blocked", "block": {"reason": "dmca", "html_url": notice}})

    found, _, gaps = walk(github, "eve/leak", cursor)

    assert gaps == [f"eve/leak is gone (451 dmca {notice}): its own forks are listed no more."]
    assert found == []


def test_a_repository_renamed_while_another_took_its_name_is_followed(hub, github, root, walk):
    fork(hub, root, 3)
    _, cursor, _ = walk(github, "eve/leak")
    root.name = "eve/renamed"
    other = hub.add("eve/leak", files={"a": b"other"})
    fork(hub, other, 2, start=900)
    new = hub.add("new/leak", of=root, created=3000)

    found, cursor, _ = walk(github, "eve/leak", cursor)
    found += walk(github, "eve/leak", cursor)[0]

    assert new.name in names(found)
    assert not any(name.startswith(f"user{other.id}") for name in names(found))


def test_a_page_whose_place_github_forgot_begins_anew(hub, github, root, walk):
    fork(hub, root, 150)
    first = github.fetch(Aim.FORKS, "eve/leak", cursor={})
    fault = {"message": "`100` does not appear to be a valid cursor.", "path": ["repository", "forks"]}
    for _ in range(3):
        hub.answer_next(200, {"data": {"repository": None}, "errors": [fault]})

    found, _, _ = walk(github, "eve/leak", first.cursor)

    assert len({candidate.native_id for candidate in found}) == 150


HOSTILE = [
    b"[]",
    b"null",
    b'{"data": {"repository": {"forks": {"nodes": [{"databaseId": "x"}]}}}}',
    b'{"data": {"repository": 7}}',
    b"<html>",
    b"[" * 5000,
]


@pytest.mark.parametrize("body", HOSTILE)
def test_an_answer_of_another_shape_is_a_failure(hub, github, root, body):
    hub.answer_next(200, body)

    with pytest.raises(SourceError):
        github.fetch(Aim.FORKS, "eve/leak", cursor={})


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/b/c", "a/..", "a b/c", "‮evil/leak", "x" * 300 + "/y"]
)
def test_a_fork_with_a_name_that_is_none_is_no_candidate(hub, github, root, walk, name):
    hub.add(name, of=root, created=5)
    hub.add("fine/leak", of=root, created=6)

    assert names(walk(github, "eve/leak")[0]) == ["fine/leak"]


def test_a_list_that_never_ends_gives_way_to_the_cursor(hub, github, root):
    hub.add("one/leak", of=root, created=5)
    github.fetch(Aim.FORKS, "eve/leak", cursor={})
    family = hub._forks(hub.variables[-1])[0]
    family["repository"]["forks"]["pageInfo"] = {"hasNextPage": True, "endCursor": "same"}
    for _ in range(2):
        hub.answer_next(200, {"data": family})

    first = github.fetch(Aim.FORKS, "eve/leak", cursor={})
    second = github.fetch(Aim.FORKS, "eve/leak", cursor=first.cursor)

    assert (first.more, second.more) == (True, False)


def test_the_token_goes_to_the_api_and_stands_nowhere_in_the_cursor(hub, github, root, scripted):
    batch = github.fetch(Aim.FORKS, "eve/leak", cursor={})

    assert scripted.asked[0].headers["authorization"] == "Bearer tok_5ecret"
    assert "5ecret" not in str(batch)
