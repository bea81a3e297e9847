"""Whose a token is, and what it may do: each host in its own words, over HTTP."""

import pytest

from monitors.simulator import World, serve
from monitors.simulator.dialects import DIALECTS
from monitors.sources import ADAPTERS
from monitors.sources.base import SignInNeeded, SourceError, Whose
from monitors.sources.http import Client, Limits
from tests.servers import scripted as scripts

TOLD = {
    "bitbucket": Whose("watcher"),
    "dockerhub": Whose(),
    "gitea": Whose("watcher"),
    "gitee": Whose("watcher"),
    "gitlab": Whose("watcher", ("read_api",)),
    "huggingface": Whose("watcher", ("read",)),
    "npm": Whose("watcher"),
    "sourcegraph": Whose("watcher"),
}


@pytest.mark.parametrize("kind", TOLD)
def test_a_host_tells_whose_a_token_is_and_knows_one_that_is_nobodys(kind):
    with serve(World(), dialects={kind: DIALECTS[kind]()}) as server:
        ours, nobodys = (
            ADAPTERS[kind](Client(token=token, allow_private=True), server.address(kind))
            for token in ("sesame", "revoked")
        )

        assert ours.whose() == TOLD[kind]
        with pytest.raises(SignInNeeded):
            nobodys.whose()
    assert server.failures == []


@pytest.mark.parametrize(
    "kind", sorted(TOLD.keys() - {"dockerhub"})
)  # which tells nothing but that it answers
@pytest.mark.parametrize(
    "script",
    [scripts.answers(500), scripts.web_page(), scripts.json_answer(b"[7]"), scripts.half_a_body(b"{}")],
)
def test_a_host_that_tells_it_in_a_way_we_do_not_know_is_a_failure(scripted, kind, script):
    paths = ("/2.0/user", "/v2/access-tokens", "/api/v1/user", "/api/v5/user", "/api/v4/user")
    for path in (*paths, "/api/whoami-v2", "/-/whoami", "/.api/graphql"):
        scripted.on(path, script)
    hub = ADAPTERS[kind](Client(token="x", allow_private=True, limits=Limits(seconds=0.5)), scripted.url)

    with pytest.raises(SourceError):
        hub.whose()


def test_scopes_of_a_token_of_another_sort_are_not_told(scripted):
    scripted.on("/api/v4/user", scripts.json_answer(b'{"username": "project_7_bot"}'))
    scripted.on("/api/v4/personal_access_tokens/self", scripts.answers(403))
    hub = ADAPTERS["gitlab"](Client(token="x", allow_private=True), scripted.url)

    assert hub.whose() == Whose("project_7_bot")


def test_scopes_stand_in_a_header(scripted):
    told = scripts.answers(200, b'{"display_name": "Watcher"}', X_OAuth_Scopes="account, repository")
    scripted.on("/2.0/user", told)
    hub = ADAPTERS["bitbucket"](Client(token="x", allow_private=True), scripted.url)

    assert hub.whose() == Whose("Watcher", ("account", "repository"))


@pytest.mark.parametrize(
    ("kind", "path", "body"),
    [
        ("npm", "/-/whoami", b"{}"),
        ("sourcegraph", "/.api/graphql", b'{"data": {"currentUser": null}}'),
    ],
)
def test_a_host_that_takes_us_for_a_stranger_does_not_know_the_token(scripted, kind, path, body):
    scripted.on(path, scripts.json_answer(body))

    with pytest.raises(SignInNeeded, match="does not know this token"):
        ADAPTERS[kind](Client(token="x", allow_private=True), scripted.url).whose()
