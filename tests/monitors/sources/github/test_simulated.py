"""The adapter against a GitHub whose answers GitHub's own schemas check, over real HTTP."""

import json
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Fault, Holds, Limit, World, serve
from monitors.sources.base import Aim, Look, RateLimited, SourceError
from monitors.sources.clone import Bounds
from monitors.sources.github import GitHub
from monitors.sources.github.trees import TreeHolding
from monitors.sources.http import Client

pytestmark = pytest.mark.slow  # GraphQL is executed against a schema of 1.2 MB

MINUTE = timedelta(minutes=1)
NOTICE = "https://github.com/github/dmca/blob/master/2026/03/n.md"


@pytest.fixture
def world():
    world = World()
    world.clock.advance(timedelta(hours=2))
    return world


@pytest.fixture
def leak(world):
    return world.add_repository(
        "github", "eve/acme-cli", holds=Holds.LEAK, description="acme cli leaked source"
    )


@pytest.fixture
def server(world):
    with serve(world) as server:
        yield server


@pytest.fixture
def ask(server):
    def ask(token="tok"):
        return GitHub(Client(token=token, allow_private=True), server.address("github"))

    return ask


@pytest.fixture
def github(ask):
    return ask()


def fork(world, of, name, *, minutes, **named):
    return world.add_repository(
        "github", name, at=world.start + minutes * MINUTE, parent=of, holds=of.holds, **named
    )


def crowd(world, of, count):
    return [fork(world, of, f"user{number}/{of.id}", minutes=1 + number / 10) for number in range(count)]


def titles(candidates):
    return sorted({candidate.title for candidate in candidates})


@pytest.mark.parametrize(("token", "walked"), [("tok", "graphql"), ("", "rest")])
def test_forks_and_theirs_are_found_with_the_trees_of_their_head(world, leak, ask, walk, token, walked):
    forks = crowd(world, leak, 12)
    deep = fork(world, forks[3], "deep/er", minutes=30)
    part = fork(world, leak, "other/part", minutes=40, tree=world.tree(Holds.PART, share=0.3))

    found, cursor, gaps = walk(ask(token), "eve/acme-cli")

    at = world.clock.now()
    assert titles(found) == sorted(one.full_name(at) for one in [*forks, deep, part])
    trees = {candidate.title: candidate.trees for candidate in found}
    assert trees["deep/er"] == {"": leak.head(at).tree.id, "src": leak.head(at).tree.at("src").id}
    assert trees["other/part"][""] == part.head(at).tree.id
    assert (list(cursor), gaps) == ([walked], [])


def test_a_new_push_to_an_old_fork_is_listed_within_a_poll(world, leak, github, walk):
    forks = crowd(world, leak, 150)
    _, cursor, _ = walk(github, "eve/acme-cli")
    world.push(forks[0], world.tree(Holds.TOUCHED, share=0.2, seed="x"), at=world.clock.now())
    leak.forks.note_push(forks[0], world.clock.now())
    world.clock.advance(MINUTE)

    found, _, _ = walk(github, "eve/acme-cli", cursor)

    digests = {candidate.title: candidate.digest for candidate in found}
    assert digests["user0/" + str(leak.id)] == forks[0].head(world.clock.now()).tree.id


def test_what_is_counted_and_hidden_is_said(world, leak, github, walk):
    hidden = crowd(world, leak, 12)[5]
    hidden.is_hidden = True

    _, _, gaps = walk(github, "eve/acme-cli")

    assert gaps == ["GitHub counts 12 forks of eve/acme-cli and lists 11."]


def test_checks_tell_live_blocked_terms_deleted_and_renamed(world, leak, github, walk):
    forks = crowd(world, leak, 5)
    places = {candidate.title: candidate for candidate in walk(github, "eve/acme-cli")[0]}
    at = world.clock.now()
    forks[1].leave(Absence(at, None, "dmca", NOTICE))
    forks[2].leave(Absence(at, None, "tos"))
    forks[3].leave(Absence(at, None, "deleted"))
    world.rename(forks[4], "user4/renamed", at=at)
    world.clock.advance(MINUTE)

    looks = github.look_many([places[f"user{number}/{leak.id}"] for number in range(5)])

    digest = leak.head(at).tree.id
    assert looks == [
        Look(live=True, digest=digest),
        Look(live=False, reason=f"451 dmca {NOTICE}"),
        Look(live=False, reason="403 tos"),
        Look(live=False, reason="404"),
        Look(live=True, digest=digest, renamed=looks[4].renamed),
    ]
    assert looks[4].renamed.url == f"{github.base_url}/user4/renamed"


def test_one_that_came_back_is_live_again(world, leak, github, walk):
    one = crowd(world, leak, 1)[0]
    place = walk(github, "eve/acme-cli")[0][0]
    at = world.clock.now()
    one.leave(Absence(at, at + MINUTE, "dmca", NOTICE))

    during = github.look(place)
    world.clock.advance(2 * MINUTE)

    assert (during.live, github.look(place).live) == (False, True)


def test_a_repository_holds_its_files_and_a_rename_keeps_its_place(world, leak, github):
    first = github.fetch(Aim.REPOSITORY, "eve/acme-cli", cursor={})
    world.rename(leak, "eve/moved", at=world.clock.now())
    world.push(leak, world.tree(Holds.TOUCHED, share=0.5), at=world.clock.now())
    world.clock.advance(MINUTE)

    second = github.fetch(Aim.REPOSITORY, "eve/acme-cli", cursor=first.cursor)

    before, after = first.candidates[0], second.candidates[0]
    assert (before.native_id, before.title) == (after.native_id, "eve/acme-cli")
    assert after.title == "eve/moved"
    with github.examine(before) as holding:
        path = next(path for path in holding.entries if path.endswith(".ts"))
        read = dict(holding.read([path]))
    files = leak.head(world.clock.now()).tree.files()
    assert {name: blob.id for name, blob in files.items()} == holding.entries
    assert read == {path: files[path].content}


def test_a_content_that_stands_at_two_paths_is_read_at_both(world, github):
    tree = world.objects.tree({"a.ts": b"same\n", "b/a.ts": b"same\n", "c.ts": b"other\n"})
    world.add_repository("github", "eve/twice", tree=tree)
    place = github.fetch(Aim.REPOSITORY, "eve/twice", cursor={}).candidates[0]

    with TreeHolding(github.api, "eve/twice", Bounds()) as holding:
        read = dict(holding.read(["b/a.ts", "a.ts", "none"]))

    assert read == {"a.ts": b"same\n", "b/a.ts": b"same\n"}
    assert holding.trees == {"b": place.trees["b"]}


@pytest.mark.parametrize(
    ("fault", "problem"), [(Fault.SECONDARY, RateLimited), (Fault.UNAVAILABLE, SourceError)]
)
def test_contents_that_could_not_be_fetched_are_not_taken_for_none(world, leak, github, fault, problem):
    with TreeHolding(github.api, "eve/acme-cli", Bounds()) as holding:
        world.faults.force("github", fault)

        with pytest.raises(problem):
            list(holding.read(list(holding.entries)))


def test_a_web_page_where_gits_answer_was_due_makes_git_ask_for_nothing_more(world, leak, github):
    with TreeHolding(github.api, "eve/acme-cli", Bounds()) as holding:
        before = world.meter.requests.total()
        world.faults.force("github", Fault.PAGE)

        with pytest.raises(SourceError) as problem:
            list(holding.read(list(holding.entries)))

    assert type(problem.value) is SourceError  # not that it is gone
    assert world.meter.requests.total() - before <= 2


def test_what_is_too_large_to_fetch_is_said(leak, github):
    with TreeHolding(github.api, "eve/acme-cli", Bounds(read_bytes=100)) as holding:
        assert list(holding.read(list(holding.entries))) == []
        assert "over the 100 bytes" in holding.skipped[-1]


def test_an_unchanged_repository_is_asked_about_for_free(world, leak, server, github):
    first = github.fetch(Aim.REPOSITORY, "eve/acme-cli", cursor={})
    left = github.probe().remaining

    second = github.fetch(Aim.REPOSITORY, "eve/acme-cli", cursor=first.cursor)

    assert (second.candidates, second.requests, github.probe().remaining) == (
        [],
        1,
        left - 1,
    )  # /user costs one


def test_searches_find_by_name_by_message_and_by_text(world, leak, github, walk):
    world.add_repository("github", "someone/else")
    blob = next(blob for path, blob in leak.head(world.start).tree.files().items() if path.endswith(".ts"))

    by_name = walk(github, "acme leaked", aim=Aim.SEARCH)[0]
    by_text = walk(github, blob.content.decode().split()[1], aim=Aim.CODE)[0]
    by_message = walk(github, "Initial commit", aim=Aim.COMMITS)[0]

    assert titles(by_name) == ["eve/acme-cli"]
    assert "eve/acme-cli" in titles(by_text)
    assert titles(by_message) == ["eve/acme-cli", "someone/else"]


def test_code_is_searched_only_with_a_token(leak, ask):
    with pytest.raises(SourceError, match="Check the token"):
        ask(token="").fetch(Aim.CODE, "kettle", cursor={})


def test_gists_and_attached_archives_hold_what_they_hold(world, leak, github):
    files = {"a.ts": b"export const a = 1;\n", "b.ts": b"export const b = 2;\n"}
    world.add_gist("eve", files, description="acme", holds=Holds.PART)
    world.add_release(leak, "v1", at=world.start, holds=Holds.LEAK)

    gist = github.fetch(Aim.GISTS, "acme", cursor={}).candidates[0]
    asset = github.fetch(Aim.RELEASES, "eve/acme-cli", cursor={}).candidates[0]

    with github.examine(gist) as holding:
        assert dict(holding.read(["a.ts", "b.ts"])) == files
    with github.examine(asset) as holding:
        assert set(holding.entries) == set(leak.head(world.start).tree.files())
    assert [look.live for look in github.look_many([gist, asset])] == [True, True]


FAULTS = [
    (Fault.LIMITED, RateLimited),
    (Fault.SECONDARY, RateLimited),
    (Fault.RESET, SourceError),
    (Fault.TRUNCATED, SourceError),
    (Fault.PAGE, SourceError),
]


@pytest.mark.parametrize(("fault", "error"), FAULTS)
def test_a_fault_fails_the_poll_and_loses_nothing(world, leak, github, walk, fault, error):
    forks = crowd(world, leak, 130)
    first = github.fetch(Aim.FORKS, "eve/acme-cli", cursor={})
    world.faults.force("github", *[fault] * 2)

    with pytest.raises(error):
        github.fetch(Aim.FORKS, "eve/acme-cli", cursor=first.cursor)
    world.faults.force("github")
    world.clock.advance(MINUTE)
    rest, _, _ = walk(github, "eve/acme-cli", first.cursor)

    assert len(titles([*first.candidates, *rest])) == len(forks)


@pytest.mark.parametrize("fault", [Fault.UNAVAILABLE, Fault.PARTIAL])
def test_trouble_with_a_page_makes_it_smaller_and_loses_nothing(world, leak, github, walk, fault):
    forks = crowd(world, leak, 130)
    world.faults.force("github", fault)

    first = github.fetch(Aim.FORKS, "eve/acme-cli", cursor={})
    rest, _, _ = walk(github, "eve/acme-cli", first.cursor)

    assert len(first.candidates) < 100
    assert len(titles([*first.candidates, *rest])) == len(forks)


def test_being_over_the_limit_of_points_is_waited_for(world, leak, server, github):
    world.limits = {"github": {"graphql": Limit(2, 3600)}}
    crowd(world, leak, 250)
    cursor = {}
    for _ in range(2):
        cursor = github.fetch(Aim.FORKS, "eve/acme-cli", cursor=cursor).cursor

    with pytest.raises(RateLimited) as limit:
        github.fetch(Aim.FORKS, "eve/acme-cli", cursor=json.loads(json.dumps(cursor)))

    assert timedelta(minutes=50) <= limit.value.wait <= timedelta(hours=1)


def test_the_probe_tells_whose_token_it_is(github, ask):
    probe, nobody = github.probe(), ask(token="").probe()

    assert (probe.account, probe.limit) == ("watcher", 5000)
    assert (nobody.account, nobody.limit) == ("", 60)
