"""Whatever a server sends or does not send, a request ends in time, in memory, and with a sentence."""

import gzip
import time

import pytest

from monitors.sources.base import Refused, SourceError
from monitors.sources.http import Client, Limits
from tests.servers import scripted as scripts

MIB = 1024 * 1024


@pytest.fixture
def client():
    return Client(allow_private=True, limits=Limits(seconds=0.4, download_seconds=0.4))


@pytest.mark.slow  # waits for the deadline
@pytest.mark.parametrize("script", [scripts.drip(), scripts.drip_headers(), scripts.never])
def test_a_server_that_drips_or_says_nothing_meets_the_deadline(client, scripted, script):
    url = scripted.on("/slow", script)
    started = time.monotonic()

    with pytest.raises(SourceError, match="did not answer in time"):
        client.get(url)

    assert time.monotonic() - started < 2


@pytest.mark.slow  # waits for the deadline
def test_a_dripping_download_meets_the_deadline(client, scripted):
    url = scripted.on("/slow", scripts.drip())

    with pytest.raises(SourceError, match="did not answer in time"):
        client.download(url, max_bytes=MIB * 10)


def test_half_a_body_is_not_taken_for_the_whole(client, scripted):
    url = scripted.on("/half", scripts.half_a_body(b'{"whole": true}' * 10))

    with pytest.raises(SourceError, match="only a part"):
        client.get(url)
    with pytest.raises(SourceError, match="only a part"):
        client.download(url, max_bytes=MIB)


def test_an_announced_size_over_the_bound_is_refused_before_reading(client, scripted):
    url = scripted.on("/big", scripts.drip())

    with pytest.raises(SourceError, match="larger than the 1,000 bytes"):
        client.get(url, max_bytes=1000)


@pytest.mark.slow  # inflates 16 MiB
def test_a_compressed_bomb_stops_at_the_bound(scripted):
    bomb = gzip.compress(b"\0" * 200 * MIB, compresslevel=1)
    url = scripted.on("/bomb", scripts.answers(200, bomb, Content_Encoding="gzip"))

    with pytest.raises(SourceError, match="larger than the 16,777,216 bytes"):
        Client(allow_private=True).get(url)


def test_a_body_that_is_not_what_its_encoding_says_is_a_failure(client, scripted):
    url = scripted.on("/odd", scripts.answers(200, b"plain", Content_Encoding="gzip"))

    with pytest.raises(SourceError, match="cannot be decompressed"):
        client.get(url)


def test_redirects_end(client, scripted):
    url = scripted.on("/loop", scripts.answers(302, Location="/loop"))

    with pytest.raises(Refused, match="more than 5 times"):
        client.get(url)

    assert (client.requests, len(scripted.asked)) == (6, 6)


NOT_JSON = [b"not json", b"[" * 100_000, b'{"a": ', b'"\xff"', b'"\\ud800"', b"NaN", b""]


@pytest.mark.parametrize("body", NOT_JSON)
def test_what_is_not_json_is_a_failure(client, scripted, body):
    url = scripted.on("/json", scripts.json_answer(body))

    with pytest.raises(SourceError, match="not JSON"):
        client.get_json(url)


def test_a_web_page_where_json_was_due_is_named_as_such(client, scripted):
    url = scripted.on("/json", scripts.web_page())

    with pytest.raises(SourceError, match="a web page where JSON was due"):
        client.get_json(url)


@pytest.mark.parametrize(
    ("url", "sentence"),
    [
        ("http://127.0.0.1:1/", "refuses connections"),
        ("http://nowhere.invalid/", "does not resolve"),
        ("ftp://example.org/", "not an http or https address"),
        ("file:///etc/passwd", "not an http or https address"),
        ("http://[::1", "not a valid web address"),
        ("http://example.org:99999/", "not a valid web address"),
        ("", "not an http or https address"),
    ],
)
def test_an_address_that_cannot_be_asked_gives_a_sentence(client, url, sentence):
    with pytest.raises(SourceError, match=sentence):
        client.get(url)


def test_tls_with_a_plain_server_gives_a_sentence(client, scripted):
    with pytest.raises(SourceError, match="no certificate that we trust"):
        client.get(scripted.url.replace("http:", "https:"))


def test_a_download_is_told_about_and_starts_at_its_beginning(client, scripted):
    url = scripted.on("/file", scripts.answers(200, b"x" * 200_000))
    told = []

    with client.download(url, max_bytes=MIB, progress=lambda *now: told.append(now)) as file:
        content = file.read()

    assert content == b"x" * 200_000
    assert told[-1] == (200_000, 200_000)


def test_a_connection_the_host_closed_between_two_requests_is_opened_anew(client, scripted):
    url = scripted.on("/hang-up", scripts.hangs_up_after(b"fine"))

    contents = [client.get(url).content for _ in range(20)]

    assert contents == [b"fine"] * 20
