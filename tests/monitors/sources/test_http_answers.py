"""What a status and its headers mean."""

from datetime import timedelta
from email.utils import formatdate

import pytest

from monitors.sources import statuses
from monitors.sources.base import Gone, RateLimited, SourceError
from monitors.sources.http import Client
from monitors.sources.statuses import Answered
from tests.servers import scripted as scripts

NOW = 1_790_000_000
NOTICE = "https://github.com/github/dmca/blob/master/2026/03/2026-03-31-acme.md"


@pytest.fixture
def client():
    return Client(allow_private=True)


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_host_in_trouble_is_neither_gone_nor_a_limit(client, scripted, status):
    url = scripted.on("/x", scripts.answers(status))

    with pytest.raises(Answered, match=f"answered {status}") as failure:
        client.get(url)

    assert failure.value.status == status


@pytest.mark.parametrize("status", [429, 403, 503])
def test_a_limit_waits_as_long_as_the_host_says(client, scripted, status):
    url = scripted.on("/x", scripts.answers(status, Retry_After="420"))

    with pytest.raises(RateLimited) as limit:
        client.get(url)

    assert (limit.value.wait, limit.value.is_guess) == (timedelta(minutes=7), False)


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({}, timedelta(minutes=1)),
        ({"Retry-After": "0"}, timedelta(seconds=1)),
        ({"Retry-After": "99999999999999999999"}, timedelta(days=1)),
        ({"Retry-After": "-5"}, timedelta(minutes=1)),
        ({"Retry-After": "soon"}, timedelta(minutes=1)),
        ({"Retry-After": formatdate(NOW + 90, usegmt=True)}, timedelta(seconds=90)),
        ({"Retry-After": formatdate(NOW - 90, usegmt=True)}, timedelta(seconds=1)),
        ({"Retry-After": str(NOW + 90)}, timedelta(seconds=90)),
        ({"X-Retry-After": str(NOW + 90)}, timedelta(seconds=90)),
        ({"X-RateLimit-Reset": str(NOW + 300)}, timedelta(minutes=5)),
        ({"X-RateLimit-Reset": str(NOW + 300), "X-RateLimit-Remaining": "0"}, timedelta(minutes=5)),
        ({"X-RateLimit-Reset": str(NOW + 300), "X-RateLimit-Remaining": "7"}, timedelta(minutes=1)),
        ({"RateLimit-Reset": str(NOW + 300)}, timedelta(minutes=5)),
        ({"RateLimit-Reset": "300"}, timedelta(minutes=5)),
        ({"RateLimit": '"api";r=0;t=55'}, timedelta(seconds=55)),
        ({"RateLimit": '"api";r=7;t=55'}, timedelta(minutes=1)),
        ({"RateLimit": '"burst";r=0;t=5, "day";r=0;t=90, "api";r=7;t=500'}, timedelta(seconds=90)),
        ({"RateLimit": "limit=500, remaining=0, reset=55"}, timedelta(seconds=55)),
        ({"RateLimit": "=;;=r=0;t"}, timedelta(minutes=1)),
    ],
)
def test_a_wait_is_read_in_every_form_and_bounded(headers, wait):
    assert statuses.asked_wait(headers, at=NOW) == wait


def test_a_moment_is_held_against_the_hosts_own_clock():
    headers = {"Date": formatdate(1000, usegmt=True), "Retry-After": formatdate(1090, usegmt=True)}

    assert statuses.asked_wait(headers, at=NOW) == timedelta(seconds=90)


@pytest.mark.parametrize(
    "words",
    [
        b'{"message": "You have exceeded a secondary rate limit. Please wait a few minutes."}',
        b'{"message": "API rate limit exceeded for 192.0.2.7."}',
        b'{"message": "You have triggered an abuse detection mechanism."}',
    ],
)
def test_a_limit_that_stands_in_words_only_waits_a_minute(client, scripted, words):
    url = scripted.on("/x", scripts.answers(403, words, X_RateLimit_Remaining="4000"))

    with pytest.raises(RateLimited) as limit:
        client.get(url)

    assert (limit.value.wait, limit.value.is_guess) == (timedelta(minutes=1), True)


def test_a_403_with_nothing_left_of_the_allowance_is_a_limit(client, scripted):
    url = scripted.on("/x", scripts.answers(403, X_RateLimit_Remaining="0"))

    with pytest.raises(RateLimited):
        client.get(url)


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (404, b"", "404"),
        (410, b"", "410"),
        (451, b"", "451"),
        (451, b'{"block": {"reason": "dmca"}}', "451 dmca"),
        (403, b"Repository unavailable due to DMCA takedown.", "403 dmca"),
        (451, b'{"block": {"reason": "dmca", "html_url": "%s"}}' % NOTICE.encode(), f"451 dmca {NOTICE}"),
        (403, b'{"block": {"reason": "tos"}}', "403 tos"),
        (403, b'{"block": {"reason": "tos", "html_url": null}}', "403 tos"),
        (451, b'{"block": {"reason": "dmca", "html_url": "javascript:alert(1)"}}', "451 dmca"),
        (451, b'{"block": {"reason": "dmca", "html_url": "https://a/ b"}}', "451 dmca"),
        (451, b'{"block": {"reason": "<b>because</b>"}}', "451"),
        (451, b'{"block": ["reason"]}', "451"),
        (451, b"[" * 4000, "451"),
    ],
)
def test_what_is_not_there_says_why(client, scripted, status, body, reason):
    url = scripted.on("/x", scripts.answers(status, body))

    with pytest.raises(Gone) as gone:
        client.get(url)

    assert gone.value.reason == reason


def test_a_refusal_whose_page_merely_mentions_the_dmca_is_not_gone(client, scripted):
    url = scripted.on("/x", scripts.answers(403, b'<a href="/dmca">DMCA</a>'))

    with pytest.raises(Answered, match="refused us"):
        client.get(url)


def test_an_etag_that_still_holds_saves_the_content(client, scripted):
    url = scripted.on("/x", _unless_matching)

    first = client.get(url)
    second = client.get(url, etag=first.etag)

    assert (first.etag, first.content, first.is_unchanged) == ('"v1"', b"content", False)
    assert (second.content, second.is_unchanged) == (b"", True)


def test_every_answer_is_counted_and_told_redirects_too(scripted):
    told = []
    client = Client(allow_private=True, on_answer=lambda host, status, headers: told.append((host, status)))
    url = scripted.on("/old", scripts.answers(301, Location="/new"))
    scripted.on("/new", scripts.answers(200, b"here"))

    answer = client.get(url, params={"q": "a b"})

    host = scripted.url.removeprefix("http://")
    assert (answer.content, answer.url) == (b"here", scripted.url + "/new")
    assert told == [(host, 301), (host, 200)]
    assert [asked.path for asked in scripted.asked] == ["/old?q=a+b", "/new"]


def _unless_matching(exchange):
    known = exchange.headers.get("If-None-Match") == '"v1"'
    exchange.answer(304 if known else 200, b"" if known else b"content", ETag='"v1"')


def test_a_last_modification_that_still_holds_saves_the_content(client, scripted):
    url = scripted.on("/x", _unless_older)

    first = client.get(url)
    second = client.get(url, modified=first.last_modified)

    assert (first.last_modified, first.content) == ("Tue, 31 Mar 2026 08:26:00 GMT", b"content")
    assert (second.content, second.is_unchanged) == (b"", True)


def _unless_older(exchange):
    known = exchange.headers.get("If-Modified-Since") == "Tue, 31 Mar 2026 08:26:00 GMT"
    body = b"" if known else b"content"
    exchange.answer(304 if known else 200, body, Last_Modified="Tue, 31 Mar 2026 08:26:00 GMT")


def test_nothing_changed_is_no_answer_to_who_did_not_ask_that(client, scripted):
    scripted.on("/x", scripts.answers(304, ETag='"v1"'))

    with pytest.raises(SourceError, match="was not asked whether"):
        client.get(f"{scripted.url}/x")
