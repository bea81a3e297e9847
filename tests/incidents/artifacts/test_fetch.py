"""Artifacts that have to be fetched first: from real servers, and from ones that answer badly."""

import pytest
from django.utils import timezone

from incidents import artifacts
from incidents.models import Artifact
from tests.incidents.artifacts.test_take_in import MAIN, PACKAGE, source_map
from tests.servers.scripted import answers, half_a_body, web_page

CLI = {
    "cli.js": b"run()\n//# sourceMappingURL=cli.js.map\n",
    "cli.js.map": source_map(**{"src/main.ts": MAIN}),
}


@pytest.fixture(autouse=True)
def _servers_are_on_loopback(settings):
    settings.ALLOW_PRIVATE_ARTIFACTS = True


@pytest.fixture
def take_in(incident, lead):
    def from_address(locator: str) -> Artifact:
        artifact = artifacts.accept(incident, by=lead, locator=locator)
        assert artifact.claim(at=timezone.now())
        artifacts.take_in(artifact)
        artifact.refresh_from_db()
        return artifact

    return from_address


def first_party(artifact):
    return [file.path for file in artifact.files.filter(ownership="first")]


@pytest.mark.servers
@pytest.mark.slow
def test_a_package_is_fetched_from_its_registry(take_in, verdaccio, settings):
    verdaccio.publish("@leaky/cli", "1.4.2", CLI)
    settings.REGISTRY_URLS = {"npm": verdaccio.url}

    artifact = take_in("pkg:npm/%40leaky/cli@1.4.2")

    assert (artifact.error, artifact.stage) == ("", Artifact.Stage.READY)
    assert first_party(artifact) == ["src/main.ts"]
    assert artifact.size == artifact.upload.size > 0


@pytest.mark.servers
@pytest.mark.slow
def test_a_package_that_does_not_exist_says_so(take_in, verdaccio, settings):
    settings.REGISTRY_URLS = {"npm": verdaccio.url}

    artifact = take_in("pkg:npm/never-published@1.0.0")

    assert (artifact.stage, artifact.failed_in) == (Artifact.Stage.FAILED, Artifact.Stage.FETCHING)
    assert "never-published" in artifact.error


@pytest.mark.servers
@pytest.mark.slow
def test_a_repository_is_read_through_git(take_in, git_host):
    repository = git_host.create("leaky/intake")
    repository.commit({"src/main.ts": MAIN.encode(), "vendor/left-pad/index.js": b"module.exports = 1\n"})

    artifact = take_in(repository.url)

    assert (artifact.error, artifact.stage) == ("", Artifact.Stage.READY)
    assert first_party(artifact) == ["src/main.ts"]


def test_a_web_address_is_downloaded(take_in, scripted):
    artifact = take_in(scripted.on("/leak.tgz", answers(200, PACKAGE)))

    assert (artifact.error, first_party(artifact)) == ("", ["src/main.ts"])


@pytest.mark.parametrize(
    ("script", "said"),
    [(answers(500), "500"), (answers(404), "404"), (half_a_body(PACKAGE), "only a part")],
    ids=["500", "404", "half"],
)
def test_a_server_that_answers_badly_is_a_sentence(take_in, scripted, script, said):
    artifact = take_in(scripted.on("/leak.tgz", script))

    assert (artifact.stage, artifact.failed_in) == (Artifact.Stage.FAILED, Artifact.Stage.FETCHING)
    assert said in artifact.error


def test_a_web_page_in_place_of_a_package_is_no_leak_of_ours(take_in, scripted):
    artifact = take_in(scripted.on("/leak.tgz", web_page()))

    assert artifact.stage == Artifact.Stage.FAILED


def test_a_private_address_is_refused_unless_it_is_allowed(take_in, scripted, settings):
    settings.ALLOW_PRIVATE_ARTIFACTS = False

    artifact = take_in(scripted.on("/leak.tgz", answers(200, PACKAGE)))

    assert artifact.stage == Artifact.Stage.FAILED
    assert "private" in artifact.error
    assert scripted.asked == []
