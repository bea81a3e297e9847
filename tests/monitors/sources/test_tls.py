"""https, as every place outside speaks it, by our client and by git: only certificates we trust."""

import pytest

from monitors.sources.base import SourceError
from monitors.sources.clone import Bounds, Clone
from monitors.sources.http import Client, Limits
from tests.servers import certificates, processes
from tests.servers import scripted as scripts

pytestmark = [pytest.mark.servers, pytest.mark.slow]  # makes a certificate


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    return certificates.make(tmp_path_factory.mktemp("certificate"))


@pytest.fixture
def host(certificate):
    server = scripts.Scripted(certificate.server)
    server.on("/x", scripts.answers(200, b"hello"))
    server.on("/slow", scripts.drip())
    yield server
    server.close()


@pytest.fixture
def client(monkeypatch, certificate):
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.path))
    return Client(allow_private=True, limits=Limits(seconds=0.5))


def test_a_certificate_the_environment_trusts_is_trusted(client, host):
    assert client.get(f"{host.url}/x").content == b"hello"


def test_a_certificate_nobody_vouches_for_is_not_trusted(host, monkeypatch):
    monkeypatch.delenv("REQUESTS_CA_BUNDLE", raising=False)
    monkeypatch.delenv("CURL_CA_BUNDLE", raising=False)
    monkeypatch.delenv("SSL_CERT_FILE", raising=False)

    with pytest.raises(SourceError, match="no certificate that we trust"):
        Client(allow_private=True).get(f"{host.url}/x")

    assert host.asked == []


def test_a_dripping_server_meets_the_deadline_over_tls_too(client, host):
    with pytest.raises(SourceError, match="did not answer in time"):
        client.get(f"{host.url}/slow")


def test_git_trusts_the_same_certificates(client, host):
    processes.need("git")
    with Clone(f"{host.url}/acme/leak.git", client, Bounds()) as copy, pytest.raises(SourceError):
        copy.fetch(["HEAD"])

    assert [asked.path for asked in host.asked] == ["/acme/leak.git/info/refs?service=git-upload-pack"]


def test_git_distrusts_the_same_certificates(host, monkeypatch):
    processes.need("git")
    for variable in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(variable, raising=False)

    with (
        Clone(f"{host.url}/acme/leak.git", Client(allow_private=True), Bounds()) as copy,
        pytest.raises(SourceError, match="could not be fetched"),
    ):
        copy.fetch(["HEAD"])

    assert host.asked == []
