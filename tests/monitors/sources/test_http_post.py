"""A question too long for an address: what is sent, to whom, and what a redirect makes of it."""

import json

import pytest

from monitors.sources.base import Refused, SourceError
from monitors.sources.http import Client
from tests.servers import scripted as scripts
from tests.servers.scripted import Scripted


@pytest.fixture
def client(scripted):
    client = Client(token="tok_5ecret", allow_private=True)
    client.home = scripted.url
    return client


@pytest.fixture
def other():
    server = Scripted()
    yield server
    server.close()


def test_a_question_is_sent_as_json_with_the_token(client, scripted):
    url = scripted.on("/graphql", scripts.json_answer(b'{"data": 1}'))

    answer = client.post(url, json={"query": "{ é }"}, headers={"X-One": "1"})

    asked = scripted.asked[0]
    assert (json.loads(asked.body), answer.json()) == ({"query": "{ é }"}, {"data": 1})
    assert (asked.headers["content-type"], asked.headers["x-one"]) == ("application/json", "1")
    assert asked.headers["authorization"] == "Bearer tok_5ecret"


@pytest.mark.parametrize("status", [307, 308])
def test_a_redirect_that_keeps_the_question_is_followed(client, scripted, status):
    url = scripted.on("/old", scripts.answers(status, Location="/new"))
    scripted.on("/new", scripts.json_answer(b"[]"))

    client.post(url, json=[1])

    assert [(asked.path, asked.body) for asked in scripted.asked] == [("/old", b"[1]"), ("/new", b"[1]")]


def test_a_redirect_that_drops_the_question_is_asked_without_it(client, scripted):
    url = scripted.on("/old", scripts.answers(303, Location="/new"))
    scripted.on("/new", scripts.json_answer(b"[]"))

    client.post(url, json=[1])

    assert [(asked.path, asked.body) for asked in scripted.asked] == [("/old", b"[1]"), ("/new", b"")]


@pytest.mark.parametrize("status", [301, 307])
def test_a_question_is_never_carried_to_another_host(client, scripted, other, status):
    url = scripted.on("/old", scripts.answers(status, Location=f"{other.url}/x"))

    with pytest.raises(Refused, match="another host"):
        client.post(url, json=["rare string of ours"])

    assert other.asked == []


def test_credentials_given_for_one_request_do_not_follow_it_to_another_host(client, scripted, other):
    other.on("/x", scripts.answers(200, b"file"))
    url = scripted.on("/away", scripts.answers(302, Location=f"{other.url}/x"))

    client.download(url, max_bytes=100, headers={"Authorization": "Bearer other", "X-One": "1"}).close()

    assert "authorization" not in other.asked[0].headers
    assert other.asked[0].headers["x-one"] == "1"


def test_an_answer_to_a_question_is_bounded_too(client, scripted):
    url = scripted.on("/graphql", scripts.json_answer(b" " * 2000))

    with pytest.raises(SourceError, match="larger than the 1,000 bytes"):
        client.post(url, json={}, max_bytes=1000)
