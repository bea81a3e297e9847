"""Where the archive of a package URL lies."""

import base64
import hashlib
import io
import json

import pytest

from monitors import sources
from monitors.sources.base import Download, Gone, Refused, SourceError
from monitors.sources.http import Client
from tests.servers import scripted as scripts

HEX = hashlib.sha256(b"archive").hexdigest()
SRI = "sha256-" + base64.b64encode(hashlib.sha256(b"archive").digest()).decode()


@pytest.fixture
def client():
    return Client(allow_private=True)


@pytest.mark.servers
@pytest.mark.slow  # a real registry answers in tens of milliseconds
def test_an_npm_version_is_where_the_registry_says_with_its_digest(client, verdaccio):
    integrity = verdaccio.publish("@locate/cli", "1.4.2", {"a.js": b"code"})

    found = sources.locate("pkg:npm/%40locate/cli@1.4.2", client, verdaccio.url)

    assert found == Download(f"{verdaccio.url}/@locate/cli/-/cli-1.4.2.tgz", "cli-1.4.2.tgz", integrity)
    with client.download(found.url, max_bytes=10_000) as archive:
        sources.verify(archive, found.digest)
        assert archive.read(2) == b"\x1f\x8b"


@pytest.mark.servers
@pytest.mark.slow  # a real registry answers in tens of milliseconds
def test_without_a_version_the_latest_one_is_meant(client, verdaccio):
    verdaccio.publish("locate-latest", "1.0.0", {})
    verdaccio.publish("locate-latest", "2.0.0", {})

    assert (
        sources.locate("pkg:npm/locate-latest", client, verdaccio.url).filename == "locate-latest-2.0.0.tgz"
    )


@pytest.mark.servers
@pytest.mark.slow  # a real registry answers in tens of milliseconds
def test_a_package_or_version_that_is_not_there_is_gone(client, verdaccio):
    verdaccio.publish("locate-one", "1.0.0", {})
    reasons = []

    for purl in ("pkg:npm/locate-none@1.0.0", "pkg:npm/locate-one@9.9.9"):
        with pytest.raises(Gone) as gone:
            sources.locate(purl, client, verdaccio.url)
        reasons.append(gone.value.reason)

    assert reasons == ["404", "unpublished"]


@pytest.mark.parametrize(
    "purl", ["", "left-pad", "pkg:npm", "pkg:npm/", "npm/left-pad@1", "pkg:cargo/serde@1", "\0"]
)
def test_what_is_no_package_url_we_know_is_refused_unasked(client, purl):
    with pytest.raises(Refused):
        sources.locate(purl, client)

    assert client.requests == 0


def pypi_json(*filenames):
    files = [
        {"filename": name, "url": f"../../files/{name}", "hashes": {"sha256": HEX}} for name in filenames
    ]
    body = json.dumps({"meta": {"api-version": "1.0"}, "name": "acme-cli", "files": files}).encode()
    return scripts.answers(200, body, Content_Type="application/vnd.pypi.simple.v1+json")


def pypi_html(*filenames):
    links = "".join(f'<a href="../../files/{name}#sha256={HEX}">{name}</a><br>' for name in filenames)
    return scripts.answers(200, f"<!DOCTYPE html><body>{links}".encode(), Content_Type="text/html")


@pytest.mark.parametrize("index", [pypi_json, pypi_html])
def test_a_python_version_is_its_source_archive_in_either_form_of_the_index(client, scripted, index):
    files = [
        "acme_cli-1.0.tar.gz",
        "acme_cli-1.1-py3-none-any.whl",
        "acme_cli-1.1.tar.gz",
        "acme_cli-1.10.tar.gz",
    ]
    scripted.on("/simple/acme-cli/", index(*files))

    found = sources.locate("pkg:pypi/Acme_CLI@1.1", client, f"{scripted.url}/simple/")

    assert found == Download(f"{scripted.url}/files/acme_cli-1.1.tar.gz", "acme_cli-1.1.tar.gz", SRI)


@pytest.mark.parametrize(
    ("purl", "filename"),
    [
        ("pkg:pypi/acme-cli", "acme_cli-1.10.tar.gz"),
        ("pkg:pypi/acme-cli@2.0rc1", "acme_cli-2.0rc1.tar.gz"),
        ("pkg:pypi/acme-cli@1.9", "acme_cli-1.9-py3-none-any.whl"),
        ("pkg:pypi/acme-cli@1.10?file_name=acme_cli-1.10-py3-none-any.whl", "acme_cli-1.10-py3-none-any.whl"),
    ],
)
def test_the_newest_final_version_its_sources_or_the_file_named(client, scripted, purl, filename):
    files = [
        "acme_cli-2.0rc1.tar.gz",
        "acme_cli-1.10-py3-none-any.whl",
        "acme_cli-1.10.tar.gz",
        "acme_cli-1.9-py3-none-any.whl",
        "acme_cli-docs.pdf",
    ]
    scripted.on("/simple/acme-cli/", pypi_json(*files))

    assert sources.locate(purl, client, f"{scripted.url}/simple").filename == filename


@pytest.mark.parametrize("purl", ["pkg:pypi/acme-cli@9.9", "pkg:pypi/absent@1.0"])
def test_a_python_package_or_version_that_is_not_there_is_gone(client, scripted, purl):
    scripted.on("/simple/acme-cli/", pypi_json("acme_cli-1.0.tar.gz"))

    with pytest.raises(Gone):
        sources.locate(purl, client, f"{scripted.url}/simple")


@pytest.mark.parametrize(
    "script", [scripts.answers(500), scripts.json_answer(b'{"files": 3}'), scripts.half_a_body(b"{}")]
)
def test_a_failing_index_gives_a_sentence(client, scripted, script):
    scripted.on("/simple/acme-cli/", script)

    with pytest.raises(SourceError):
        sources.locate("pkg:pypi/acme-cli", client, f"{scripted.url}/simple")


def test_verify_passes_what_has_the_digest_and_rewinds_it():
    content = io.BytesIO(b"archive")

    sources.verify(content, SRI)

    assert content.read() == b"archive"


def test_default_addresses_come_from_the_packageurl_library():
    addresses = [sources.default_base_url(kind) for kind in ("npm", "git", "unknown")]

    assert addresses[0].startswith("https://")
    assert addresses[0].count("/") == 2
    assert addresses[1:] == ["", ""]


@pytest.mark.parametrize(
    ("purl", "told"),
    [
        ("pkg:npm/kettle@1", {"versions": {"1": {"dist": {"tarball": "http://["}}}}),
        ("pkg:pypi/kettle@1", {"files": [{"filename": "kettle-1.tar.gz", "url": "http://["}]}),
    ],
)
def test_a_malformed_address_is_refused_when_it_is_asked(client, scripted, purl, told):
    for path in ("/kettle", "/kettle/"):
        scripted.on(path, scripts.json_answer(json.dumps(told).encode()))

    found = sources.locate(purl, client, scripted.url)

    with pytest.raises(Refused):
        client.download(found.url, max_bytes=10)
