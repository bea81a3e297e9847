"""GitLab: what only it has: files by phrase, where the installation lets us, and pages without an end."""

import json

import pytest

from monitors.simulator import Holds, World, serve
from monitors.simulator.dialects import gitlab as dialect
from monitors.sources import walk as walks
from monitors.sources.base import Aim
from monitors.sources.gitlab import GitLab
from monitors.sources.http import Client, Limits
from tests.servers import scripted as scripts


@pytest.fixture
def world():
    return World()


@pytest.fixture
def spoken():
    return dialect.Dialect()


@pytest.fixture
def hub(world, spoken):
    with serve(world, dialects={"gitlab": spoken}) as server:
        yield GitLab(Client(allow_private=True, limits=Limits(seconds=5)), server.address("gitlab"))


def test_a_project_with_many_files_that_hold_a_phrase_is_one_place(world, hub):
    leak = world.add_repository("gitlab", "eve/leak", holds=Holds.LEAK)

    batch = hub.fetch(Aim.CODE, "export function", cursor={})

    assert [(one.title, one.native_id) for one in batch.candidates] == [("eve/leak", str(leak.id))]
    assert batch.candidates[0].digest == leak.head(world.start).tree.id


def test_a_host_that_searches_no_files_is_a_gap_and_no_failure(hub, spoken):
    spoken.has_code_search = False

    batch = hub.fetch(Aim.CODE, "export function", cursor={})

    assert (batch.candidates, batch.more) == ([], False)
    assert batch.gaps == [f"{hub.host} does not search the files of all its projects."]


def test_pages_that_repeat_themselves_come_to_an_end(scripted):
    rows = json.dumps([{"id": 7, "path_with_namespace": "eve/leak", "forks_count": 0}]).encode()
    scripted.on("/api/v4/projects", scripts.answers(200, rows, X_Next_Page="2", X_Total="999999999"))
    scripted.on("/api/v4/projects/7", scripts.missing)
    hub, cursor, asked = GitLab(Client(allow_private=True), scripted.url), {}, 0

    while asked < 10:
        batch, asked = hub.fetch(Aim.SEARCH, "acme", cursor=cursor), asked + 1
        cursor = batch.cursor
        if not batch.more:
            break

    assert asked == 2
    assert batch.gaps == ["GitLab counts 999,999,999 repositories and lists 2."]


def test_pages_without_an_end_are_read_up_to_a_bound(scripted, monkeypatch):
    monkeypatch.setattr(walks, "PAGES", 4)

    def endless(exchange):
        number = len(scripted.asked)
        row = {"id": number, "path_with_namespace": f"eve/leak{number}"}
        exchange.answer(200, json.dumps([row]).encode(), Content_Type="application/json", X_Next_Page="9")

    scripted.on("/api/v4/projects", endless)
    hub, cursor, asked = GitLab(Client(allow_private=True), scripted.url), {}, 0
    while asked < 10:
        batch, asked = hub.fetch(Aim.SEARCH, "acme", cursor=cursor), asked + 1
        cursor = batch.cursor
        if not batch.more:
            break

    assert asked == 4
    assert batch.gaps[0] == "GitLab lists more than we read: 4 were read."


def test_odd_rows_are_left_out(scripted):
    odd = ["\u202e/x", "../..", "a", "x" * 999 + "/y", "eve/\x00"]
    rows = [{"id": number, "path_with_namespace": name} for number, name in enumerate(odd, 1)]
    scripted.on("/api/v4/projects", scripts.json_answer(json.dumps(rows).encode()))

    batch = GitLab(Client(allow_private=True), scripted.url).fetch(Aim.SEARCH, "acme", cursor={})

    assert (batch.candidates, batch.more, len(scripted.asked)) == ([], False, 1)


def test_what_is_private_to_others_is_no_place_of_the_public(scripted):
    rows = [{"id": 7, "path_with_namespace": "us/own", "visibility": "private", "default_branch": "main"}]
    scripted.on("/api/v4/projects", scripts.json_answer(json.dumps(rows).encode()))

    batch = GitLab(Client(allow_private=True), scripted.url).fetch(Aim.SEARCH, "own", cursor={})

    assert batch.candidates == []
