"""A token goes to its own source and nowhere else: no other host, no message, no log."""

import logging
import traceback

import pytest

from monitors.sources.base import SourceError
from monitors.sources.http import Client
from tests.servers import scripted as scripts
from tests.servers.scripted import Scripted

TOKEN = "tok_5ecret"


def client_of(server):
    client = Client(token=TOKEN, allow_private=True)
    client.home = server.url
    return client


def test_the_token_goes_to_its_own_source(scripted):
    url = scripted.on("/x", scripts.answers(200))

    client_of(scripted).get(url)

    assert scripted.asked[0].headers["authorization"] == f"Bearer {TOKEN}"


def test_the_token_does_not_follow_a_redirect_to_another_host(scripted):
    other = Scripted()
    other.on("/x", scripts.answers(200))
    url = scripted.on("/away", scripts.answers(302, Location=f"{other.url}/x"))

    client_of(scripted).get(url)

    assert "authorization" in scripted.asked[0].headers
    assert "authorization" not in other.asked[0].headers
    other.close()


def test_a_client_without_a_home_tells_nobody_the_token(scripted):
    url = scripted.on("/x", scripts.answers(200))

    Client(token=TOKEN, allow_private=True).get(url)

    assert "authorization" not in scripted.asked[0].headers


def test_cookies_netrc_and_proxies_of_the_environment_are_ignored(scripted, monkeypatch, tmp_path):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password mine")
    monkeypatch.setenv("NETRC", str(netrc))
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    url = scripted.on("/x", scripts.answers(200, Set_Cookie="a=b; Path=/"))
    client = Client(allow_private=True)

    client.get(url)
    client.get(url)

    assert [set(asked.headers) & {"authorization", "cookie"} for asked in scripted.asked] == [set(), set()]


def test_the_certificates_the_environment_names_are_used(scripted, monkeypatch):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", "/nonexistent/bundle.pem")

    with pytest.raises(SourceError):
        Client(allow_private=True).get(scripted.url.replace("http:", "https:"))


FAILURES = [*(scripts.answers(status) for status in (401, 404, 500)), scripts.half_a_body(b"12")]
SIGNATURE = "s1gned"


@pytest.mark.parametrize("script", [*FAILURES, scripts.web_page()])
def test_no_message_or_log_line_holds_the_token_or_the_query(scripted, script, caplog):
    caplog.set_level(logging.DEBUG)
    url = scripted.on("/x", script)

    with pytest.raises(SourceError) as failure:
        client_of(scripted).get_json(url, params={"signature": SIGNATURE})

    told = "".join(traceback.format_exception(failure.value)) + repr(vars(failure.value))
    assert TOKEN not in told + caplog.text
    assert SIGNATURE not in told


def test_an_address_with_a_password_in_it_is_refused_without_showing_it(scripted):
    with pytest.raises(SourceError, match="Give the source a token") as failure:
        Client(allow_private=True).get("http://me:hunter2@127.0.0.1/x")

    assert "hunter2" not in str(failure.value)
