"""Which addresses may be asked, in every spelling and by whichever way a stranger makes us go there."""

import socket

import pytest

from monitors.sources import addresses
from monitors.sources.base import Refused, SourceError
from monitors.sources.http import Client
from tests.servers.scripted import Scripted, answers

LOOPBACK_AND_PRIVATE = [
    "127.0.0.1",
    "::1",
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "192.0.2.1",
    "240.0.0.1",
    "fd00:ec2::254",
    "::ffff:127.0.0.1",
    "::ffff:10.0.0.1",
    "::127.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::808:808",
    "2002:7f00:1::",
]
NEVER = [
    "169.254.169.254",
    "fe80::1%1",
    "::ffff:169.254.169.254",
    "0.0.0.0",
    "::",
    "224.0.0.1",
    "168.63.129.16",
]


@pytest.mark.parametrize("address", LOOPBACK_AND_PRIVATE)
def test_a_private_address_is_refused_unless_allowed(address):
    with pytest.raises(Refused, match="private, loopback or reserved"):
        addresses.check(address)

    addresses.check(address, allow_private=True)


@pytest.mark.parametrize("address", NEVER)
def test_metadata_and_link_local_addresses_are_refused_even_when_private_ones_are_allowed(address):
    with pytest.raises(Refused, match="never asked"):
        addresses.check(address, allow_private=True)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"])
def test_a_public_address_is_permitted(address):
    addresses.check(address)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "[::1]", "2130706433", "0x7f000001", "017700000001", "127.1", "[::ffff:7f00:1]"]
)
def test_no_spelling_of_loopback_is_asked(scripted, host):
    port = scripted.url.rpartition(":")[2]

    with pytest.raises(Refused):
        Client().get(f"http://{host}:{port}/")

    assert scripted.asked == []


def test_one_private_address_among_public_ones_refuses_the_name(monkeypatch):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [_found("8.8.8.8"), _found("127.0.0.1")])

    with pytest.raises(Refused):
        Client().get("http://two-faced.example/")


def test_a_name_is_resolved_once_so_it_cannot_rebind_after_the_check(monkeypatch, scripted):
    port = int(scripted.url.rpartition(":")[2])
    faces = iter(["8.8.8.8", "127.0.0.1"])
    connected = []
    monkeypatch.setattr(socket, "getaddrinfo", lambda *a, **k: [_found(next(faces), port)])
    monkeypatch.setattr(socket.socket, "connect", lambda self, address: connected.append(address) or _fail())

    with pytest.raises(SourceError):
        Client().get(f"http://rebinding.example:{port}/")

    assert connected == [("8.8.8.8", port)]


def test_a_redirect_to_a_metadata_address_is_refused(scripted):
    url = scripted.on("/away", answers(302, Location="http://169.254.169.254/latest/meta-data/"))

    with pytest.raises(Refused):
        Client(allow_private=True).get(url)


def test_a_public_host_cannot_redirect_us_to_a_private_address(monkeypatch):
    inside, outside = Scripted(), Scripted()
    inside.on("/secret", answers(200, b"secret"))
    url = outside.on("/away", answers(302, Location=f"{inside.url}/secret"))
    _pretend_public(monkeypatch, outside)

    with pytest.raises(Refused):
        Client().get(url)

    assert (len(outside.asked), inside.asked) == (1, [])
    inside.close()
    outside.close()


@pytest.mark.parametrize("location", ["file:///etc/passwd", "ftp://example.org/x", "gopher://example.org/"])
def test_a_redirect_to_another_scheme_is_refused(scripted, location):
    url = scripted.on("/away", answers(302, Location=location))

    with pytest.raises(Refused):
        Client(allow_private=True).get(url)


def _found(address, port=80):
    return (socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port))


def _fail():
    raise ConnectionRefusedError


def _pretend_public(monkeypatch, server):
    """Let exactly this server's port count as public."""
    port = int(server.url.rpartition(":")[2])
    real = addresses.resolve

    def resolve(host, asked, *, allow_private=False):
        return real(host, asked, allow_private=allow_private or asked == port)

    monkeypatch.setattr(addresses, "resolve", resolve)
