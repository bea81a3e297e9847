"""Whatever GitHub answers, the adapter ends in a batch within bounds or in a sentence, never in a bug."""

import json

import pytest

from monitors.sources.base import Aim, Batch, Candidate, SourceError, clean
from monitors.sources.github import GitHub
from monitors.sources.http import Client, Limits
from tests.monitors.sources.test_any_answer import BODIES, ODD
from tests.servers import scripted as scripts

ASKED = {
    Aim.REPOSITORY: "a/b",
    Aim.FORKS: "a/b",
    Aim.CODE: "rare",
    Aim.SEARCH: "rare",
    Aim.COMMITS: "rare",
    Aim.GISTS: "*",
    Aim.RELEASES: "a/b",
}
NODE = {
    "id": ODD,
    "databaseId": 10**18,
    "nameWithOwner": ODD,
    "createdAt": ODD,
    "pushedAt": ODD,
    "forkCount": 10**18,
    "defaultBranchRef": {"name": ODD, "target": {"oid": ODD, "tree": {"oid": "a" * 40}}},
    "root": {"oid": ODD, "entries": [{"name": "‮", "type": "tree", "oid": "b" * 40, "mode": 10**9}] * 50},
}
FINE = NODE | {"nameWithOwner": "a/b", "id": "R" * 5000}
PAGE = {
    "totalCount": -5,
    "pageInfo": {"hasNextPage": True, "endCursor": "x" * 9000},
    "nodes": [NODE, FINE, None],
}
FAMILY = FINE | {"forks": PAGE, "pushed": PAGE}
REPO = {"id": -1, "node_id": ODD, "full_name": ODD, "created_at": ODD, "pushed_at": ODD, "forks_count": -9}
GITHUB = {
    "graphql": {
        "data": {"repository": FAMILY, "parents": [None, {"id": ODD, "forkCount": 9}], "nodes": [FAMILY] * 3}
    },
    "graphql-errors": {"data": None, "errors": [{"message": ODD, "type": ODD, "path": [ODD]}]},
    "graphql-empty": {"data": {}},
    "repository": REPO | {"id": 5},
    "tree": {
        "tree": [{"path": "../" * 50, "type": "blob", "sha": "c" * 40, "mode": "100644"}],
        "truncated": True,
    },
    "search": {"items": [{"repository": REPO, "sha": ODD, **REPO}] * 3, "total_count": 10**15},
    "gists": [
        {"id": "a" * 32, "files": {ODD: {"filename": ODD, "raw_url": ODD, "size": -1}}, "description": ODD}
    ],
    "malformed": [{"id": "a" * 32, "files": {"x": {"filename": "x", "raw_url": "http://["}}}],
    "releases": [{"tag_name": ODD, "assets": [{"id": 5, "name": ODD, "size": -1, "digest": ODD}] * 3}],
    "rates": {"resources": {"core": {"limit": -1, "remaining": 10**30}}},
}
ALL = {**BODIES, **GITHUB}
PLACES = [
    {"what": "repository", "node": "R_1", "name": "a/b"},
    {"what": "gist", "id": "a" * 32},
    {"what": "asset", "repository": 1, "asset": 2, "filename": "x.tgz"},
]


@pytest.fixture
def answering(scripted):
    """Every question is answered alike."""

    class Alike(dict):
        def get(self, path, default=None):
            return self["any"]

    scripted._server.scripts = Alike()
    return scripted


def github(server, token):
    limits = Limits(seconds=2, download_seconds=2)
    return GitHub(Client(token=token, allow_private=True, limits=limits), server.url)


def body(name):
    told = ALL[name]
    return told if isinstance(told, bytes) else json.dumps(told).encode()


def told(ask, *arguments, **named):
    try:
        return ask(*arguments, **named)
    except SourceError as error:
        return str(error)


@pytest.mark.slow  # every odd answer in turn
@pytest.mark.parametrize("token", ["tok", ""])
@pytest.mark.parametrize("aim", ASKED)
def test_polls_end_in_bounded_batches_or_in_a_sentence(answering, aim, token):
    for name in ALL:
        answering.on("any", scripts.answers(200, body(name), Link='<http://[>; rel="next"', ETag='"one"'))
        cursor = {}
        for _ in range(4):
            batch = told(github(answering, token).fetch, aim, ASKED[aim], cursor=cursor)
            assert batch
            if not isinstance(batch, Batch):
                break
            check(batch)
            cursor = json.loads(json.dumps(batch.cursor))


def check(batch):
    assert len(json.dumps(batch.cursor)) < 256 * 1024
    assert len(batch.candidates) <= 300
    assert all(clean(gap, 500) == gap for gap in batch.gaps)
    for found in batch.candidates:
        assert len(json.dumps(found.ticket)) < 2_000
        assert len(found.trees) + len(found.entries) <= 4_001
        for text in (found.host, found.native_id, found.path, found.title, found.version, *found.trees):
            assert clean(text, 1000) == text


@pytest.mark.slow  # every odd answer in turn
@pytest.mark.parametrize("token", ["tok", ""])
@pytest.mark.parametrize("ticket", PLACES, ids=lambda ticket: ticket["what"])
def test_a_look_a_probe_and_an_examination_end_in_an_answer_or_in_a_sentence(answering, ticket, token):
    place = Candidate("host", "5", "", "title", "", "1", "", ticket)
    adapter = github(answering, token)

    for name in ALL:
        answering.on("any", scripts.answers(200, body(name)))
        assert told(adapter.probe)
        assert told(adapter.look, place)
        if not isinstance(holding := told(adapter.examine, place), str):
            with holding:
                assert len(holding.entries) < 400
                assert len(list(holding.read(list(holding.entries)[:3]))) <= 3
