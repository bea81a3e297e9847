"""GitHub's REST dialect: every answer as GitHub describes it, and what GitHub does that surprises."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from monitors.simulator import Absence, Fault, Holds
from monitors.simulator.dialects.github import repositories
from monitors.simulator.places import Repository
from tests.monitors.simulator.github import description

REPOSITORY = "/repos/{owner}/{repo}"


@pytest.mark.verification
@pytest.mark.parametrize(
    ("route", "path"),
    [
        (REPOSITORY, "/repos/eve/leak"),
        (f"{REPOSITORY}/forks", "/repos/eve/leak/forks?per_page=5"),
        (f"{REPOSITORY}/git/trees/{{tree_sha}}", "/repos/eve/leak/git/trees/HEAD?recursive=1"),
        (f"{REPOSITORY}/git/ref/{{ref}}", "/repos/eve/leak/git/ref/heads/main"),
        (f"{REPOSITORY}/commits", "/repos/eve/leak/commits"),
        (f"{REPOSITORY}/commits/{{ref}}", "/repos/eve/leak/commits/main"),
        (f"{REPOSITORY}/contents/{{path}}", "/repos/eve/leak/contents/src/main.ts"),
        (f"{REPOSITORY}/contents/{{path}}", "/repos/eve/leak/contents/src"),
        (f"{REPOSITORY}/events", "/repos/eve/leak/events?per_page=5"),
        ("/networks/{owner}/{repo}/events", "/networks/eve/leak/events?per_page=5"),
        ("/events", "/events"),
        ("/search/repositories", "/search/repositories?q=leak+fork:true&per_page=5"),
        ("/search/code", "/search/code?q=export+extension:ts&per_page=5"),
        ("/search/commits", "/search/commits?q=initial&per_page=5"),
        ("/gists/public", "/gists/public"),
        ("/rate_limit", "/rate_limit"),
    ],
)
def test_every_answer_is_as_github_describes_it(get, route, path):
    answer = get(path)

    assert answer.status_code == 200
    assert answer.json()
    assert description.problems(route, answer.json()) == []


@pytest.mark.verification
def test_a_fork_a_gist_and_a_blob_are_as_github_describes_them(get, world):
    fork = get("/repos/eve/leak/forks?per_page=1").json()[0]["full_name"]
    gist = get("/gists/public").json()[0]["id"]
    blob = get("/repos/eve/leak/contents/src/main.ts").json()["sha"]

    answers = [
        (REPOSITORY, get(f"/repos/{fork}").json()),
        ("/gists/{gist_id}", get(f"/gists/{gist}").json()),
        ("/gists/{gist_id}/forks", get(f"/gists/{gist}/forks").json()),
        (f"{REPOSITORY}/git/blobs/{{file_sha}}", get(f"/repos/eve/leak/git/blobs/{blob}").json()),
    ]

    assert [description.problems(route, answer) for route, answer in answers] == [[]] * 4


@pytest.fixture
def troubled(world):
    """The same world with what GitHub refuses: nothing pushed yet, an old name, and two that it blocked."""
    at = world.clock.now()
    empty = {"created_at": at, "head": None, "holds": Holds.NOTHING}
    world.adopt(Repository("github", world.next_id(), "eve", "empty", **empty))
    world.rename(world.add_repository("github", "eve/before"), "eve/after", at=at)
    world.add_repository("github", "eve/blocked").leave(Absence(at, None, "tos"))
    world.host("github").gists["b10c"] = gist = world.add_gist("eve", {"a.ts": b"x"})
    gist.leave(Absence(at, None, "tos"))
    return world


@pytest.mark.verification
@pytest.mark.parametrize(
    ("status", "route", "path"),
    [
        (301, REPOSITORY, "/repos/eve/before"),
        (301, "/networks/{owner}/{repo}/events", "/networks/eve/before/events"),
        (400, f"{REPOSITORY}/forks", "/repos/eve/leak/forks"),
        (403, REPOSITORY, "/repos/eve/blocked"),
        (403, f"{REPOSITORY}/git/blobs/{{file_sha}}", "/repos/eve/blocked/git/blobs/0"),
        (403, f"{REPOSITORY}/contents/{{path}}", "/repos/eve/blocked/contents/src"),
        (403, "/networks/{owner}/{repo}/events", "/networks/eve/blocked/events"),
        (403, "/gists/{gist_id}", "/gists/b10c"),
        (403, "/gists/{gist_id}/forks", "/gists/b10c/forks"),
        (403, "/search/code", "/search/code?q=export"),
        (403, "/gists/public", "/gists/public"),
        (403, "/events", "/events"),
        (404, REPOSITORY, "/repos/no/body"),
        (404, f"{REPOSITORY}/git/trees/{{tree_sha}}", "/repos/eve/leak/git/trees/nowhere"),
        (404, f"{REPOSITORY}/git/blobs/{{file_sha}}", "/repos/eve/leak/git/blobs/nowhere"),
        (404, f"{REPOSITORY}/git/ref/{{ref}}", "/repos/eve/leak/git/ref/heads/nowhere"),
        (404, f"{REPOSITORY}/commits", "/repos/no/body/commits"),
        (404, f"{REPOSITORY}/commits/{{ref}}", "/repos/no/body/commits/main"),
        (404, f"{REPOSITORY}/contents/{{path}}", "/repos/eve/leak/contents/nowhere"),
        (404, "/networks/{owner}/{repo}/events", "/networks/no/body/events"),
        (404, "/gists/{gist_id}", "/gists/nothing"),
        (404, "/gists/{gist_id}/forks", "/gists/nothing/forks"),
        (409, f"{REPOSITORY}/git/trees/{{tree_sha}}", "/repos/eve/empty/git/trees/HEAD"),
        (409, f"{REPOSITORY}/git/blobs/{{file_sha}}", "/repos/eve/empty/git/blobs/0"),
        (409, f"{REPOSITORY}/git/ref/{{ref}}", "/repos/eve/empty/git/ref/heads/main"),
        (409, f"{REPOSITORY}/commits", "/repos/eve/empty/commits"),
        (409, f"{REPOSITORY}/commits/{{ref}}", "/repos/eve/empty/commits/main"),
        (422, f"{REPOSITORY}/commits/{{ref}}", "/repos/eve/leak/commits/0000000"),
        (422, "/search/code", "/search/code?q="),
        (422, "/search/repositories", f"/search/repositories?q={'x' * 300}"),
        (503, "/search/repositories", "/search/repositories?q=leak"),
        (503, "/events", "/events"),
    ],
)
def test_every_refusal_is_as_github_describes_it(get, troubled, status, route, path):
    is_told_off = status == 403 and not re.search(r"blocked|b10c", path)
    fault = Fault.SECONDARY if is_told_off else Fault.UNAVAILABLE if status == 503 else None
    troubled.faults.force("github", fault)

    answer = get(path, **({"X-GitHub-Api-Version": "1999-01-01"} if status == 400 else {}))

    assert (answer.status_code, description.problems(route, answer.json(), status=status)) == (status, [])


@pytest.mark.verification
def test_a_wrong_answer_would_be_noticed(get):
    answer = get("/repos/eve/leak").json()

    assert description.problems(REPOSITORY, answer | {"id": "seven"}) == [
        "id: 'seven' is not of type 'integer'"
    ]


def test_pages_of_forks_lead_on_and_hold_every_listed_fork_once(get, world):
    path, seen = "/repos/eve/leak/forks?per_page=100", []
    while path:
        answer = get(path)
        seen += [fork["id"] for fork in answer.json()]
        path = answer.links["next"]["url"].partition("/github")[2] if "next" in answer.links else ""

    at = world.clock.now()
    leak = world.host("github").repository("eve/leak", at)
    assert sorted(seen) == sorted(fork.id for fork in leak.forks.live(at))
    assert len(seen) < get("/repos/eve/leak").json()["forks_count"] == 250


def test_what_has_not_changed_is_free_with_a_token(get):
    first = get("/repos/eve/leak")

    again = get("/repos/eve/leak", **{"If-None-Match": first.headers["ETag"]})
    other = get("/repos/eve/leak", token="other", **{"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.headers["X-RateLimit-Used"]) == (304, "1")
    assert other.status_code == 200  # tags differ per token


def test_what_has_not_changed_costs_those_without_a_token(get):
    first = get("/repos/eve/leak", token="")

    again = get("/repos/eve/leak", token="", **{"If-None-Match": first.headers["ETag"]})

    assert (again.status_code, again.headers["X-RateLimit-Used"]) == (304, "2")


def test_a_long_tree_is_cut_and_says_so(get, monkeypatch):
    monkeypatch.setattr(repositories, "MOST_BYTES", 3_000)

    answer = get("/repos/eve/leak/git/trees/HEAD?recursive=1").json()

    assert answer["truncated"] is True
    assert 0 < len(answer["tree"]) < 15


def test_a_renamed_repository_leads_on_by_its_id(get, world):
    leak = world.host("github").repository("eve/leak", world.clock.now())
    world.rename(leak, "eve/kettle", at=world.clock.now())

    moved = get("/repos/eve/leak/forks?page=2")

    assert moved.status_code == 301
    assert moved.headers["Location"].endswith(f"/github/repositories/{leak.id}/forks?page=2")
    assert get(f"/repositories/{leak.id}").json()["full_name"] == "eve/kettle"


@pytest.mark.parametrize(
    ("reason", "status", "block"),
    [("dmca", 451, "dmca"), ("tos", 403, "tos"), ("deleted", 404, None), ("private", 404, None)],
)
def test_a_repository_that_went_says_why_in_githubs_way(get, world, reason, status, block):
    at = world.clock.now()
    leak = world.host("github").repository("eve/leak", at)
    leak.leave(Absence(at, None, reason, "https://example.org/notice"))

    answer = get("/repos/eve/leak")

    assert answer.status_code == status
    assert answer.json().get("block", {}).get("reason") == block


def test_an_object_resolves_in_the_whole_network_and_nowhere_else(get, world):
    at = world.clock.now()
    leak = world.host("github").repository("eve/leak", at)
    fork = next(one for one in leak.forks if len(one.heads) > 1 and one.is_live(at))
    pushed = fork.head(at).tree.id

    assert get(f"/repos/eve/leak/git/trees/{pushed}").status_code == 200
    assert get(f"/repos/acme/cli/git/trees/{pushed}").status_code == 404


@pytest.mark.verification
def test_somebodys_gists_are_theirs_alone_newest_first(get, world):
    mine = [
        world.add_gist("bob", {"a.ts": b"x"}, at=world.start + timedelta(hours=hour)).id for hour in range(3)
    ]

    first, second = (get(f"/users/bob/gists?per_page=2&page={number}") for number in (1, 2))

    assert [[one["id"] for one in page.json()] for page in (first, second)] == [[mine[2], mine[1]], [mine[0]]]
    assert first.links["next"]["url"].partition("/github")[2] == "/users/bob/gists?per_page=2&page=2"
    assert description.problems("/gists/public", first.json()) == []
    assert [one["id"] for one in get("/users/bob/gists?since=2026-03-31T10:00:00Z").json()] == [mine[2]]


def test_owners_have_accounts_of_their_type_and_nobody_else(get, world):
    world.host("github").open_account("acme", is_organization=True, name="Acme")
    world.host("github").open_account("early", at=world.start + timedelta(days=1))
    crowd = get("/repos/eve/leak/forks?per_page=1").json()[0]["owner"]["login"]

    each = {login: get(f"/users/{login}") for login in ("acme", "eve", crowd, "nobody", "early")}

    assert [one.status_code for one in each.values()] == [200, 200, 200, 404, 404]
    assert [each[login].json()["type"] for login in ("acme", "eve", crowd)] == [
        "Organization",
        "User",
        "User",
    ]
    told = each["acme"].json()
    assert (told["name"], told["public_repos"], told["node_id"][:2]) == ("Acme", 1, "O_")
    assert get("/repos/acme/cli").json()["owner"]["type"] == "Organization"


def test_code_search_needs_a_token_and_leaves_out_forks(get, world):
    phrase = world.material.phrases[0]

    found = get(f'/search/code?q="{phrase}"')

    assert get(f'/search/code?q="{phrase}"', token="").status_code == 401
    assert found.headers["X-RateLimit-Resource"] == "code_search"
    assert [(hit["repository"]["full_name"], hit["path"]) for hit in found.json()["items"]] == [
        ("eve/leak", "src/main.ts")
    ]


@pytest.mark.parametrize("q", ["x" * 300, "a AND b AND c AND d AND e AND f AND g", 'say "half', ""])
def test_queries_that_code_search_does_not_take(get, q):
    assert get(f"/search/code?q={q}").status_code == 422


def test_results_past_the_thousandth_are_not_shown(get):
    assert get("/search/repositories?q=leak&per_page=100&page=11").status_code == 422


def test_a_search_that_ran_out_of_time_says_that_it_is_incomplete(get, world):
    whole = get("/search/repositories?q=leak+fork:true").json()
    world.faults.force("github", Fault.PARTIAL)

    part = get("/search/repositories?q=leak+fork:true").json()

    assert (whole["incomplete_results"], part["incomplete_results"]) == (False, True)
    assert part["total_count"] < whole["total_count"]


def test_searches_can_be_cut_by_time(get, world):
    middle = (world.start + timedelta(minutes=35)).strftime("%Y-%m-%dT%H:%M:%SZ")

    counts = [
        get(f"/search/repositories?q=leak+fork:true+created:{part}").json()["total_count"]
        for part in (f"*..{middle}", f">{middle}", "*..*")
    ]

    assert counts[0] + counts[1] == counts[2] > 200


def test_a_release_has_an_archive_to_download(get, world):
    release = get("/repos/eve/leak/releases").json()[0]

    url = release["assets"][0]["browser_download_url"].partition("/github")[2]
    asset = get(url)

    assert len(asset.content) == release["assets"][0]["size"]
    assert asset.content.startswith(b"\x1f\x8b")


def test_the_little_things_that_github_refuses(get, server, ask):
    nameless = ask(f"{server.address('github')}/events", headers={"User-Agent": ""})

    assert nameless.status_code == 403
    assert get("/events", **{"X-GitHub-Api-Version": "1999-01-01"}).status_code == 400
    assert get("/repos/eve/leak/").status_code == 404


def test_a_limit_that_was_reached_is_a_403_without_retry_after(get, world):
    statuses = [get("/repos/eve/leak", token="") for _ in range(61)]

    last = statuses[-1]
    assert (last.status_code, last.headers["X-RateLimit-Remaining"]) == (403, "0")
    assert "Retry-After" not in last.headers


def test_a_pace_that_is_too_fast_is_a_secondary_limit_for_everything(get, world):
    world.faults.force("github", Fault.SECONDARY)

    refused, search = get("/repos/eve/leak"), get("/search/repositories?q=leak")

    assert (refused.status_code, refused.headers["Retry-After"]) == (403, "30")
    assert "secondary rate limit" in refused.json()["message"]
    assert search.status_code == 403


@pytest.mark.parametrize("fault", [Fault.LIMITED, Fault.SECONDARY])
def test_it_refuses_by_403_and_by_429_in_turn(get, world, fault):
    statuses = []
    for _ in range(4):
        world.faults.force("github", fault)
        statuses.append(get("/repos/eve/leak").status_code)
        world.clock.advance(timedelta(minutes=1))

    assert statuses == [403, 429, 403, 429]
