"""What hosts of repositories have in common, each spoken to in its own dialect over HTTP."""

import json
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import pytest

from monitors.simulator import Absence, Holds, World, serve
from monitors.simulator.dialects import DIALECTS
from monitors.sources import ADAPTERS, forge
from monitors.sources import walk as walks
from monitors.sources.base import Aim, Candidate, Look, Refused, SourceError, clean
from monitors.sources.http import Client, Limits
from monitors.sources.listings import Repo
from tests.servers import scripted as scripts

KINDS = ["gitlab", "gitea", "bitbucket", "gitee"]


@pytest.fixture
def world():
    return World()


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


@pytest.fixture
def hub(world, kind):
    with serve(world, dialects={kind: DIALECTS[kind]()}) as server:
        yield ADAPTERS[kind](
            Client(token="sesame", allow_private=True, limits=Limits(seconds=5)), server.address(kind)
        )
    assert server.failures == []


@pytest.fixture
def leak(world, kind):
    return world.add_repository(kind, "eve/leak", holds=Holds.LEAK, description="acme cli source")


def fork(world, parent, name, **named):
    return world.add_repository(parent.kind, name, parent=parent, holds=Holds.LEAK, **named)


def walk(hub, aim, query, cursor=None):
    """All candidates and gaps of one round, and the cursor after it."""
    found, gaps, cursor = [], [], cursor or {}
    for _ in range(200):  # Bitbucket counts no forks, so that each fork is asked for its own
        batch = hub.fetch(aim, query, cursor=json.loads(json.dumps(cursor)))
        found, gaps, cursor = found + batch.candidates, gaps + batch.gaps, batch.cursor
        if not batch.more:
            return found, gaps, cursor
    raise AssertionError("There is no end to it.")


def titles(found):
    return sorted(one.title for one in found)


def test_a_search_brings_each_repository_with_the_ids_of_its_top_folder(world, hub, leak):
    world.add_repository(hub.kind, "someone/else", holds=Holds.NOTHING)

    found, gaps, _ = walk(hub, Aim.SEARCH, "eve acme" if hub.kind == "bitbucket" else "acme")

    tree = leak.head(world.start).tree
    id = f"{{{UUID(int=leak.id)}}}" if hub.kind == "bitbucket" else str(leak.id)
    assert [(one.title, one.native_id, one.path, one.version) for one in found] == [
        ("eve/leak", id, "", "main")
    ]
    if hub.kind == "bitbucket":  # which tells no ids but the commit's
        assert found[0].digest == leak.head(world.start).id
    else:
        assert found[0].digest == tree.id
        assert found[0].trees == {"": tree.id, "src": tree.at("src").id}
        assert found[0].entries["README.md"] == tree.at("README.md").id
    assert gaps == []


@pytest.mark.parametrize("kind", ["gitlab", "gitea"], indirect=True)
@pytest.mark.parametrize("description", ["acme cli source", "Source of acme-cli"])
def test_a_name_is_found_with_blanks_and_with_hyphens(world, hub, description):
    world.add_repository(hub.kind, "copies/one", holds=Holds.NOTHING, description=description)

    found, _, _ = walk(hub, Aim.SEARCH, "acme-cli")

    assert titles(found) == ["copies/one"]


def test_a_repository_is_examined_by_git(git_host, kind):
    git_host.create(f"{kind}/leak").commit({"src/a.ts": b"code", "README.md": b"# Leak"})
    hub = ADAPTERS[kind](Client(token="sesame", allow_private=True), git_host.url)
    place = Candidate("host", "7", "", "leak", "", "main", "", {"name": f"{kind}/leak"})

    with hub.examine(place) as holding:
        assert sorted(holding.entries) == ["README.md", "src/a.ts"]
        assert dict(holding.read(["src/a.ts"])) == {"src/a.ts": b"code"}

    shown = {one.headers.get("authorization", "").partition(" ")[0] for one in git_host.asked}
    assert "Basic" in shown
    assert "Bearer" not in shown


@pytest.mark.parametrize("kind", ["gitlab", "gitea", "gitee"], indirect=True)
def test_where_git_fails_the_host_itself_tells_the_files(world, hub, leak, monkeypatch):
    def refuse(*arguments):
        raise SourceError("It answers git in a way we cannot use.")

    monkeypatch.setattr(forge.Git, "examine", refuse)
    found, _, _ = walk(hub, Aim.SEARCH, "acme")
    tree = leak.head(world.start).tree

    with hub.examine(found[0]) as holding:
        assert holding.entries == {path: blob.id for path, blob in tree.files().items()}
        assert holding.trees["src"] == tree.at("src").id
        assert dict(holding.read(["README.md"])) == {"README.md": tree.at("README.md").content}
        assert holding.skipped == ["Branches and tags besides the main one."]


def test_bitbucket_tells_no_files_so_that_the_trouble_with_git_is_told(world, monkeypatch):
    def refuse(*arguments):
        raise SourceError("It answers git in a way we cannot use.")

    monkeypatch.setattr(forge.Git, "examine", refuse)
    with serve(world, dialects={"bitbucket": DIALECTS["bitbucket"]()}) as server:
        leak = world.add_repository("bitbucket", "eve/leak", holds=Holds.LEAK)
        hub = ADAPTERS["bitbucket"](Client(token="sesame", allow_private=True), server.address("bitbucket"))
        place = hub.fetch(Aim.REPOSITORY, leak.full_name(world.start), cursor={}).candidates[0]

        with pytest.raises(SourceError, match="answers git in a way"):
            hub.examine(place)


def test_forks_of_forks_are_found_over_many_pages(world, hub, leak):
    first = [fork(world, leak, f"a{number}/leak") for number in range(130)]
    second = [fork(world, first[3], f"b{number}/leak") for number in range(3)]
    third = fork(world, second[0], "c/leak")

    found, gaps, _ = walk(hub, Aim.FORKS, "eve/leak")

    assert titles(found) == sorted(one.full_name(world.start) for one in [*first, *second, third])
    assert {one.ticket["parent"] for one in found if one.title.startswith("b")} == {"a3/leak"}
    assert gaps == []


def test_a_fork_comes_again_only_when_somebody_pushed_to_it(world, hub, leak):
    one = fork(world, leak, "mallory/leak")
    fork(world, leak, "carol/leak")
    first, _, cursor = walk(hub, Aim.FORKS, "eve/leak")
    second, _, cursor = walk(hub, Aim.FORKS, "eve/leak", cursor)
    world.push(one, world.tree(Holds.PART), at=world.start + timedelta(hours=1))
    world.clock.advance(timedelta(hours=2))

    third, _, _ = walk(hub, Aim.FORKS, "eve/leak", cursor)

    assert [titles(found) for found in (first, second, third)] == [
        ["carol/leak", "mallory/leak"],
        [],
        ["mallory/leak"],
    ]


def test_forks_that_are_counted_and_not_listed_are_told(world, hub, leak):
    fork(world, leak, "mallory/leak")
    fork(world, leak, "hidden/leak").is_hidden = True

    _, gaps, _ = walk(hub, Aim.FORKS, "eve/leak")

    counted = [f"{hub.name} counts 2 forks of eve/leak and lists 1."]
    assert gaps == ([] if hub.kind == "bitbucket" else counted)  # which tells no count


def test_a_repository_is_watched_under_any_name(world, hub, leak):
    first = hub.fetch(Aim.REPOSITORY, f"{hub.web}/eve/leak.git", cursor={})
    world.rename(leak, "eve/not-a-leak", at=world.start + timedelta(hours=1))
    world.clock.advance(timedelta(hours=2))

    second = hub.fetch(Aim.REPOSITORY, "eve/leak", cursor=first.cursor)

    place, ticket = first.candidates[0], {"name": "eve/not-a-leak", "parent": ""}
    url = f"{hub.web}/eve/not-a-leak"
    now = replace(place, title="eve/not-a-leak", url=url, ticket=ticket)
    assert (titles(first.candidates), second.candidates) == (["eve/leak"], [])
    assert hub.look(place) == Look(True, digest=place.digest, renamed=now)
    assert hub.look(now) == Look(True, digest=place.digest)


def test_one_that_was_emptied_holds_nothing_of_ours_any_more(hub, leak, monkeypatch):
    [place] = hub.fetch(Aim.REPOSITORY, "eve/leak", cursor={}).candidates
    monkeypatch.setattr(hub, "head", lambda repo: None)

    assert hub.look(place) == Look(live=False, reason="emptied")


def test_whoever_takes_over_the_name_of_a_watched_repository_is_not_followed(world, hub, leak):
    first = hub.fetch(Aim.REPOSITORY, "eve/leak", cursor={})
    world.rename(leak, "eve/kettle", at=world.start)
    world.add_repository(hub.kind, "eve/leak", holds=Holds.LEAK)
    world.clock.advance(timedelta(hours=2))

    second = hub.fetch(Aim.REPOSITORY, "eve/leak", cursor=first.cursor)

    assert (second.cursor["id"], second.candidates) == (first.cursor["id"], [])


@pytest.mark.parametrize("aim", [Aim.REPOSITORY, Aim.FORKS])
def test_a_repository_that_went_is_gone_and_one_that_never_was_is_asked_on(world, hub, leak, aim):
    first, place = hub.fetch(aim, "eve/leak", cursor={}), hub.candidate(hub.about("eve/leak"))
    leak.leave(Absence(world.start + timedelta(hours=1), None, "deleted"))
    world.clock.advance(timedelta(hours=2))

    went, never = hub.fetch(aim, "eve/leak", cursor=first.cursor), hub.fetch(aim, "a/b", cursor={})

    assert (went.candidates, never.candidates, never.cursor) == ([], [], {"never": True})
    assert went.gaps == ["eve/leak is not there any more (404). We go on asking."]
    assert hub.look(place) == Look(live=False, reason="404")


@pytest.mark.parametrize(
    "query", ["", "eve", "../x", "eve/..", "https://elsewhere.example/eve/leak", "a/\x00"]
)
def test_what_names_no_repository_here_is_refused(hub, query):
    with pytest.raises(Refused):
        hub.fetch(Aim.FORKS, query, cursor={})


def test_a_probe_answers(hub):
    assert hub.probe().says.startswith("Answers")


def test_more_repositories_than_a_cursor_holds_are_told(world, hub, leak, monkeypatch):
    monkeypatch.setattr(walks, "KNOWN", 2)
    for number in range(5):
        fork(world, leak, f"a{number}/leak")

    found, gaps, _ = walk(hub, Aim.FORKS, "eve/leak")

    assert len(found) == 2
    assert gaps == [f"{hub.name} lists 3 repositories more than the 2 we follow."]


def test_one_odd_repository_does_not_hide_the_others(world, hub, leak, monkeypatch):
    for number in range(3):
        fork(world, leak, f"a{number}/leak")
    real = hub.head

    def head(repo):
        if repo.name == "a1/leak":
            raise SourceError("It answered with something odd.")
        return real(repo)

    monkeypatch.setattr(hub, "head", head)
    found, gaps, cursor = walk(hub, Aim.FORKS, "eve/leak")
    monkeypatch.setattr(hub, "head", real)
    later, _, _ = walk(hub, Aim.FORKS, "eve/leak", cursor)

    assert (titles(found), titles(later)) == (["a0/leak", "a2/leak"], ["a1/leak"])
    assert gaps == [f"{hub.name} did not tell what 1 repositories hold: asked again."]


@pytest.mark.parametrize(
    "script",
    [scripts.answers(500), scripts.web_page(), scripts.json_answer(b"7"), scripts.half_a_body(b"[]")],
)
def test_a_failing_host_is_told_in_a_sentence(scripted, kind, script):
    class All(dict):
        def get(self, path, default=None):
            return script

    scripted._server.scripts = All()
    hub = ADAPTERS[kind](Client(allow_private=True, limits=Limits(seconds=0.5)), scripted.url)

    for aim, query in ((Aim.SEARCH, "acme"), (Aim.FORKS, "eve/leak"), (Aim.REPOSITORY, "eve/leak")):
        with pytest.raises(SourceError):
            hub.fetch(aim, query, cursor={})


def test_bitbucket_is_searched_one_workspace_at_a_time(scripted):
    hub = ADAPTERS["bitbucket"](Client(allow_private=True), scripted.url)

    for query in ("acme", "", "../x cli", 'acme "'):
        with pytest.raises(Refused):
            hub.fetch(Aim.SEARCH, query, cursor={})
    assert scripted.asked == []


ODD = "\u202e\x00\n<script>" + "x" * 9000
BODIES = {
    "null": None,
    "number": 7,
    "projects": [{"id": 1, "path_with_namespace": ODD, "full_name": ODD, "default_branch": ODD}] * 300,
    "negative": [{"id": -1, "path_with_namespace": "a/b", "full_name": "a/b", "forks_count": -5}],
    "data": {"data": [{"id": 10**30, "full_name": "a/b"}], "ok": ODD},
    "values": {"values": [{"uuid": ODD, "full_name": "a/b"}], "next": ODD, "size": 1e300},
    "one": {"id": 1, "uuid": "{1}", "path_with_namespace": "a/b", "full_name": "a/b", "default_branch": ODD},
    "tree": {"tree": [{"path": "../../x", "type": "tree", "mode": "1", "sha": ODD}] * 9, "truncated": True},
}


@pytest.mark.parametrize("odd", [{"id": "7" * 65}, {"name": "a/" + "b" * 300}, {"name": ODD}, {"mark": ODD}])
@pytest.mark.parametrize("aim", [Aim.REPOSITORY, Aim.FORKS])
def test_a_repository_that_cannot_be_kept_is_told_in_a_sentence(hub, leak, monkeypatch, aim, odd):
    told = Repo(**{"id": "7", "name": "eve/leak", "branch": "main"} | odd)
    monkeypatch.setattr(hub, "about", lambda name, id="": told)

    with pytest.raises(SourceError, match="what no repository is like"):
        hub.fetch(aim, "eve/leak", cursor={})


def test_an_absurd_count_of_forks_is_not_kept(hub, leak, monkeypatch):
    real = hub.about("eve/leak")
    real.forks = 10**300
    monkeypatch.setattr(hub, "about", lambda name, id="": real)

    assert hub.fetch(Aim.FORKS, "eve/leak", cursor={}).cursor["total"] == 10**9


@pytest.mark.parametrize("body", BODIES)
def test_whatever_a_host_answers_ends_in_a_bounded_batch_or_a_sentence(scripted, kind, body):
    class Everywhere(dict):
        def get(self, path, default=None):
            return scripts.json_answer(json.dumps(BODIES[body]).encode())

    scripted._server.scripts = Everywhere()
    hub = ADAPTERS[kind](Client(allow_private=True, limits=Limits(seconds=2)), scripted.url)

    for aim, query in ((Aim.SEARCH, "a b"), (Aim.FORKS, "a/b"), (Aim.REPOSITORY, "a/b")):
        try:
            batch = hub.fetch(aim, query, cursor={})
        except SourceError:
            continue
        assert len(json.dumps(batch.cursor)) < 300_000
        assert all(clean(gap, 500) == gap for gap in batch.gaps)
        for one in batch.candidates:
            assert all(clean(text) == text for text in (one.native_id, one.title, one.version, one.digest))
