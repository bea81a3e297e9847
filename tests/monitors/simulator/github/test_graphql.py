"""GitHub's GraphQL dialect: executed by GitHub's own schema, with its limits and its way of failing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from graphql import validate

from monitors.simulator import Absence, Fault, Limit
from monitors.simulator.customs import Token
from monitors.simulator.dialects.github import graphql
from monitors.simulator.dialects.github.shapes import node_id
from monitors.sources.github import queries

pytestmark = pytest.mark.slow  # the schema takes a second to read, once

FORKS = """
query($first: Int!, $after: String) {
  rateLimit { cost remaining nodeCount }
  repository(owner: "eve", name: "leak") {
    forkCount
    forks(first: $first, after: $after, orderBy: {field: CREATED_AT, direction: DESC}) {
      totalCount pageInfo { hasNextPage endCursor }
      nodes {
        id databaseId nameWithOwner createdAt forkCount
        defaultBranchRef { target { oid ... on Commit { tree { oid } } } }
        src: object(expression: "HEAD:src") { oid }
      }
    }
  }
}
"""


@pytest.mark.verification
def test_the_products_own_queries_are_valid(query):
    each = [queries.FORKS, queries.NESTED, queries.PLACES, queries.CHECKED]

    assert [validate(graphql.schema(), graphql.parse(one)) for one in each] == [[], [], [], []]


def _variables(world) -> dict:
    """For any query of the product: what is there, what was never there, and where a list goes on."""
    host, at = world.host("github"), world.clock.now()
    leak = host.repository("eve/leak", at)
    parents = [node_id("Repository", fork.id) for fork in leak.forks if fork.forks]
    ids = [node_id("Repository", leak.id), node_id("Repository", 5), *parents]
    rounds = {f"of{number}": ids[:1] if number < 3 else [] for number in range(queries.ROUNDS)}
    after = {f"after{number}": None for number in range(queries.ROUNDS)}
    named = {"owner": "eve", "name": "leak", "first": 20, "after": None, "entries": True, "follow": True}
    along = {"pushes": 5, "busiest": ids[:2], "busiestFirst": 3, "parents": ids, "ids": ids}
    return named | along | rounds | after


@pytest.mark.verification
@pytest.mark.parametrize("name", ["FORKS", "NESTED", "PLACES", "CHECKED"])
@pytest.mark.parametrize("entries", [True, False])
def test_answers_are_the_same_whether_held_against_the_schema_or_not(query, world, name, entries):
    text = f"{getattr(queries, name)}# not asked before: {entries}"
    variables = _variables(world) | {"entries": entries}
    held = query(text, **variables).json()
    world.schema_every = 2

    plain = [query(text, **variables).json() for _ in range(2)][1]

    assert held["data"].pop("rateLimit")["cost"] == plain["data"].pop("rateLimit")["cost"]
    assert plain == held
    assert "errors" in held


def test_what_the_simulator_does_not_know_is_an_error_whether_held_against_the_schema_or_not(query, world):
    world.schema_every = 2
    text = (
        'query { repository(owner: "eve", name: "leak") { id licenseInfo { key } codeOfConduct { name } } }'
    )

    each = [query(text).json() for _ in range(2)]

    assert each[0] == each[1]
    assert [one["path"] for one in each[0]["errors"]] == [["repository", "codeOfConduct"]]


@pytest.mark.parametrize(("every", "plainly"), [(None, 0), (3, 4)])
def test_every_answer_is_held_against_the_schema_unless_a_world_says_otherwise(
    query, world, monkeypatch, every, plainly
):
    world.schema_every = every or world.schema_every
    told = []
    monkeypatch.setattr(graphql.Plain, "told", lambda plain, root: told.append(plain) or {})

    for _ in range(6):
        query(f"query {{ viewer {{ login }} }}# every {every}")

    assert len(told) == plainly


def test_pages_hold_every_listed_fork_once_for_a_point_each(query, world):
    after, seen, pages = None, [], 0
    while True:
        told = query(FORKS, first=100, after=after).json()["data"]
        page, pages = told["repository"]["forks"], pages + 1
        seen += [node["databaseId"] for node in page["nodes"]]
        if not page["pageInfo"]["hasNextPage"]:
            break
        after = page["pageInfo"]["endCursor"]

    at = world.clock.now()
    forks = world.host("github").repository("eve/leak", at).forks
    assert seen == [fork.id for fork in forks.newest(at)]
    assert page["totalCount"] == len(seen) < told["repository"]["forkCount"] == 250
    assert told["rateLimit"] == {"cost": 1, "remaining": 5000 - pages, "nodeCount": 100}


def test_trees_are_those_of_each_forks_own_head(query, world):
    nodes = query(FORKS, first=100).json()["data"]["repository"]["forks"]["nodes"]

    at, host = world.clock.now(), world.host("github")
    for node in nodes:
        tree = host.repository_by_id(node["databaseId"], at).head(at).tree
        assert node["defaultBranchRef"]["target"]["tree"]["oid"] == tree.id
        assert (node["src"] or {}).get("oid") == (tree.at("src").id if tree.at("src") else None)


def test_forks_that_were_pushed_to_come_first_when_asked_for(query, world):
    text = FORKS.replace("CREATED_AT", "PUSHED_AT").replace("createdAt", "pushedAt")

    nodes = query(text, first=10).json()["data"]["repository"]["forks"]["nodes"]

    pushed = [node["pushedAt"] for node in nodes]
    assert pushed == sorted(pushed, reverse=True)
    assert pushed[0] > "2026-03-31T08:06"


def test_a_stale_id_is_null_with_an_error_and_the_others_are_told(query, world):
    leak = world.host("github").repository("eve/leak", world.clock.now())
    ids = [node_id("Repository", 5), node_id("Repository", leak.id), "nonsense"]

    told = query("query($ids: [ID!]!) { nodes(ids: $ids) { id } }", ids=ids).json()

    assert told["data"]["nodes"] == [None, {"id": ids[1]}, None]
    assert [(one["type"], one["path"]) for one in told["errors"]] == [
        ("NOT_FOUND", ["nodes", 0]),
        ("NOT_FOUND", ["nodes", 2]),
    ]


def test_a_blocked_repository_is_told_of_but_not_read(query, world):
    at = world.clock.now()
    leak = world.host("github").repository("eve/leak", at)
    leak.leave(Absence(at, None, "dmca"))

    told = query('{ repository(owner: "eve", name: "leak") { isDisabled defaultBranchRef { name } } }').json()

    assert told["data"]["repository"] == {"isDisabled": True, "defaultBranchRef": None}


def test_being_over_the_limit_is_http_200_with_an_error(query, world):
    world.limits = {"github": {"graphql": Limit(2, 3600)}}

    answers = [query("{ rateLimit { remaining } }") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert answers[1].json() == {"data": {"rateLimit": {"remaining": 0}}}
    assert answers[2].json()["errors"][0]["type"] in ("RATE_LIMIT", "RATE_LIMITED")
    assert answers[2].headers["X-RateLimit-Remaining"] == "0"


def test_a_page_that_is_too_large_for_a_troubled_github_is_a_502(query, world):
    world.limits = {"github": {"graphql_page": Limit(25, 1)}}

    assert [query(FORKS, first=size).status_code for size in (100, 50, 25)] == [502, 502, 200]


def test_a_large_page_that_reads_no_commit_is_no_trouble(query, world):
    world.limits = {"github": {"graphql_page": Limit(25, 1)}}
    fragment = 'fragment Read on Repository { object(expression: "HEAD:") { oid } }'
    page = 'query { repository(owner: "eve", name: "leak") { forks(first: %d) { nodes { id %s } } } }'

    statuses = [
        query(page % (size, more) + (fragment if more else "")).status_code
        for size, more in ((100, ""), (100, "...Read"), (25, "...Read"))
    ]

    assert statuses == [200, 502, 200]


def test_more_than_a_hundred_a_page_is_refused(query):
    told = query(FORKS, first=101).json()

    assert "exceeds the limit of 100 records" in told["errors"][0]["message"]


def test_an_answer_with_holes_says_that_something_went_wrong(query, world):
    world.faults.force("github", Fault.PARTIAL)

    told = query(FORKS, first=9).json()

    holes = [node is None for node in told["data"]["repository"]["forks"]["nodes"]]
    assert holes == [False, False, True] * 3
    assert "timeout" in told["errors"][0]["message"]


def test_a_field_that_github_does_not_have_is_refused_by_its_schema(query):
    told = query("{ viewer { shoeSize } }").json()

    assert told == {"errors": [{"message": "Cannot query field 'shoeSize' on type 'User'."}]}


def test_a_user_and_an_organization_are_told_apart(query, world):
    world.host("github").open_account("acme", is_organization=True)

    asked = 'a: user(login: "eve") { login } b: organization(login: "acme") { login }'

    told = query(f'{{ {asked} c: user(login: "acme") {{ login }} d: user(login: "no") {{ login }} }}').json()

    assert told["data"] == {"a": {"login": "eve"}, "b": {"login": "acme"}, "c": None, "d": None}
    assert [(one["type"], one["path"]) for one in told["errors"]] == [
        ("NOT_FOUND", ["c"]),
        ("NOT_FOUND", ["d"]),
    ]


def test_connections_within_connections_cost_more(query, world):
    text = (
        '{ rateLimit { cost } viewer { login } repository(owner: "eve", name: "leak") { forks(first: 100) {'
    )
    nested = text + " nodes { forks(first: 50) { nodes { forks(first: 2) { totalCount } } } } } } }"

    # 1 + 100 + 5,000 requests are 51 points.
    assert query(nested).json()["data"]["rateLimit"] == {"cost": 51}


def test_a_token_for_rest_alone_is_forbidden(query, world):
    world.tokens = {"sesame": Token("watcher", ("rest-only",))}

    assert query("{ viewer { login } }").status_code == 403


def test_time_goes_on_between_pages(query, world):
    world.clock.advance(timedelta(hours=1))

    assert query(FORKS, first=1).status_code == 200
