"""One repository: whether it changed, and what it holds, by git and by REST where git cannot tell."""

import json

import pytest

from monitors.fingerprints import git_blob_id
from monitors.sources.base import Aim, Batch, Refused, SourceError
from monitors.sources.github import GitHub, shapes, trees
from monitors.sources.github.site import Site
from monitors.sources.http import Client

FILES = {"src/main.ts": b"leak\n", "README.md": b"# leak\n"}


@pytest.fixture
def root(hub):
    return hub.add("eve/leak", files=FILES)


def poll(github, query, cursor=None):
    return github.fetch(Aim.REPOSITORY, query, cursor=json.loads(json.dumps(cursor or {})))


def test_a_repository_is_one_place_known_by_its_number(hub, github, root):
    batch = poll(github, "eve/leak")

    place = batch.candidates[0]
    assert (place.native_id, place.title, place.digest) == ("700", "eve/leak", root.trees[""])
    assert place.trees == root.trees
    assert batch.requests == 2


def test_a_repository_that_did_not_change_costs_one_free_request(hub, github, root):
    first = poll(github, "eve/leak")
    hub.answer_next(304)

    second = poll(github, "eve/leak", first.cursor)

    assert second == Batch([], first.cursor, requests=1)


def test_a_push_makes_it_a_candidate_again(hub, github, root):
    first = poll(github, "eve/leak")
    root.files = {"new.ts": b"new"}

    second = poll(github, "eve/leak", first.cursor)

    assert [place.digest for place in second.candidates] == [root.trees[""]]


def test_a_renamed_repository_is_the_same_place(hub, github, root):
    first = poll(github, "eve/leak")
    root.name, root.files = "eve/other", {"new.ts": b"new"}

    second = poll(github, "eve/leak", first.cursor)

    assert [(place.native_id, place.title) for place in second.candidates] == [("700", "eve/other")]


def test_one_that_is_not_there_is_asked_on_and_found_when_it_comes(hub, github, root):
    first = poll(github, "eve/leak")
    root.gone = (404, {"message": "Not Found"})
    went, never = poll(github, "eve/leak", first.cursor), poll(github, "eve/leak")
    still = poll(github, "eve/leak", went.cursor)
    root.gone = None

    back = [poll(github, "eve/leak", one.cursor).candidates for one in (went, never)]

    says = ["eve/leak is not there any more (404). We go on asking."]
    assert went == still == Batch([], {"id": 700, "digest": ""}, requests=1, gaps=says)
    assert (never.candidates, never.cursor) == ([], {"never": True})
    assert back == [first.candidates] * 2


def test_one_that_went_is_followed_by_its_number_until_it_is_back(hub, github, root):
    first = poll(github, "eve/leak")
    root.name, root.gone = "eve/kettle", (451, {"message": "Blocked", "block": {"reason": "dmca"}})
    hub.add("eve/leak", files={"somebody/elses.ts": b"x"})
    gone = poll(github, "eve/leak", first.cursor)

    still = poll(github, "eve/leak", gone.cursor)
    root.gone = None
    back = poll(github, "eve/leak", still.cursor)

    assert (gone.candidates, still) == ([], gone)
    assert [place.title for place in back.candidates] == ["eve/kettle"]


def test_an_empty_repository_holds_nothing_yet(hub, github):
    hub.add("eve/empty", files={})

    assert poll(github, "eve/empty").candidates == []


def test_it_holds_what_git_says_it_holds(github, git_host, walk):
    git_host.create("hold/leak").commit(FILES)
    candidate = _candidate(git_host, "hold/leak")

    with github_at(git_host).examine(candidate) as holding:
        read = dict(holding.read(["src/main.ts"]))

    assert holding.entries == {path: git_blob_id(content) for path, content in FILES.items()}
    assert read == {"src/main.ts": b"leak\n"}


def test_git_is_shown_the_token_its_way_and_the_api_its_own(git_host):
    git_host.create("token/leak").commit(FILES)
    github = github_at(git_host, token="tok")

    github.examine(_candidate(git_host, "token/leak")).close()

    assert git_host.asked[-1].headers["authorization"].startswith("Basic ")
    assert github.client.authorization(git_host.url) == "Bearer tok"


def github_at(git_host, token=""):
    return GitHub(Client(token=token, allow_private=True), git_host.url)


def _candidate(git_host, name):
    return shapes.place(Site(git_host.url), id=1, node="R_1", name=name, branch="main", tree="a" * 40)


def listed(files):
    """A folder as REST lists it."""
    return [
        {"path": path, "type": "blob", "sha": git_blob_id(content), "mode": "100644"}
        for path, content in files.items()
    ]


def folder(path, oid):
    return {"path": path, "type": "tree", "sha": oid, "mode": "040000"}


def test_where_git_does_not_answer_the_list_of_files_is_asked_for(hub, github, root):
    hub.pages["/repos/eve/leak/git/trees/HEAD"] = {"tree": [*listed(FILES), folder("src", "a" * 40)]}

    with github.examine(poll(github, "eve/leak").candidates[0]) as holding, pytest.raises(SourceError):
        list(holding.read(["src/main.ts"]))

    assert holding.entries == {path: git_blob_id(content) for path, content in FILES.items()}
    assert holding.trees == {"src": "a" * 40}
    assert holding.skipped == ["Branches and tags besides the main one."]


def test_a_list_cut_short_is_walked_folder_by_folder(hub, github, root):
    src, api = "a" * 40, "/repos/eve/leak/git/trees"
    candidate = poll(github, "eve/leak").candidates[0]
    cut = {"tree": [*listed({"README.md": b"# leak\n"}), folder("src", src)], "truncated": True}
    whole = cut | {"truncated": False}
    hub.rest = _recursive({f"{api}/HEAD": (cut, whole)}, hub.rest)
    hub.pages[f"{api}/{src}"] = {"tree": listed({"main.ts": b"leak\n"})}

    with github.examine(candidate) as holding:
        assert holding.entries == {path: git_blob_id(content) for path, content in FILES.items()}
        assert holding.skipped == ["Branches and tags besides the main one."]


def test_folders_beyond_the_bound_are_said_to_be_left_out(hub, github, root, monkeypatch):
    monkeypatch.setattr(trees, "REQUESTS", 4)
    deep = {"tree": [folder("d", "d" * 40)], "truncated": True}
    candidate = poll(github, "eve/leak").candidates[0]
    hub.rest = lambda path, query: (200, deep, {}) if "trees" in path else (404, {}, {})

    with github.examine(candidate) as holding:
        assert holding.skipped[-1] == "d/d/: more folders than we walk."


def test_when_neither_git_nor_the_list_answers_gits_words_are_told(hub, github, root):
    candidate = poll(github, "eve/leak").candidates[0]
    hub.rest = lambda path, query: (500, {}, {})

    with pytest.raises(SourceError, match="in trouble"):
        github.examine(candidate)


def _recursive(pages, otherwise):
    """Answers with the first of a pair to who asks for all at once, else with the second."""

    def rest(path, query):
        if path in pages:
            return 200, pages[path][0 if "recursive" in query else 1], {}
        return otherwise(path, query)

    return rest


PUBLIC, ENTERPRISE = Site(), Site("https://git.acme.example/api/v3")


def test_every_installation_has_its_own_addresses():
    assert (PUBLIC.host, PUBLIC.graphql) == ("github.com", "https://api.github.com/graphql")
    assert PUBLIC.clone_url("a/b") == "https://github.com/a/b.git"
    assert (ENTERPRISE.host, ENTERPRISE.graphql) == (
        "git.acme.example",
        "https://git.acme.example/api/graphql",
    )
    assert ENTERPRISE.page("a/b") == "https://git.acme.example/a/b"


@pytest.mark.parametrize(
    "query",
    [
        "eve/leak",
        " eve/leak.git ",
        "https://github.com/eve/leak",
        "http://www.github.com/eve/leak/",
        "git+https://github.com/eve/leak.git#main",
        "https://github.com/eve/leak/tree/main/src?tab=1",
    ],
)
def test_a_repository_may_be_named_in_many_ways(query):
    assert PUBLIC.repository(query) == "eve/leak"


@pytest.mark.parametrize(
    "query",
    [
        "",
        "eve",
        "a/b/c",
        "../x",
        "a/..",
        "https://gitlab.com/a/b",
        "https://github.com.evil.example/a/b",
        "é/b",
    ],
)
def test_what_names_no_repository_here_is_refused(query):
    with pytest.raises(Refused):
        PUBLIC.repository(query)
