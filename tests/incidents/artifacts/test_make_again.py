import pytest
from django.core.management import CommandError
from django.utils import timezone

from incidents import artifacts, indexes
from incidents.models import Artifact
from monitors import backgrounds
from monitors.models import Background, Fingerprint
from tests.commands import answered

from .test_take_in import MAIN, source_map, take_in, tarball

HELPER = "export const debounce = (wait, call) => later(wait, call);\n" * 12
PACKAGE = tarball(
    **{
        "package/package.json": b'{"name": "acme-cli", "dependencies": {"left-pad": "1.3.0"}}',
        "package/cli.js.map": source_map(**{"../src/main.ts": MAIN, "../src/copied.ts": HELPER}),
    }
)


def read_again(artifact, by):
    indexes.make_again(artifact, by=by)
    artifact.refresh_from_db()
    assert artifact.claim(at=timezone.now())
    artifacts.take_in(artifact)
    artifact.refresh_from_db()


def learn_helper():
    hashes, files = backgrounds.learned([("debounce.js", HELPER.encode())])
    backgrounds.keep(hashes, origin=Background.Origin.FILES, name="debounce", files=files)


def weights(artifact):
    return {file.path: file.weight > 0 for file in artifact.fingerprint.open().files}


def test_what_has_become_known_as_public_is_no_sign_of_ours_any_more(incident, lead):
    artifact = take_in(incident, lead, PACKAGE)
    assert weights(artifact) == {"src/main.ts": True, "src/copied.ts": True}

    learn_helper()
    read_again(artifact, lead)

    assert artifact.stage == Artifact.Stage.READY
    assert weights(artifact) == {"src/main.ts": True}
    assert artifact.files.get(path="src/copied.ts").ownership == "shipped"
    assert list(incident.watchlist.fingerprints.all()) == [artifact.fingerprint]
    assert incident.events.filter(text__startswith="Reading again", by=lead).count() == 1


def test_when_nothing_new_is_known_the_index_stays_the_same(incident, lead):
    artifact = take_in(incident, lead, PACKAGE)
    before = artifact.fingerprint

    read_again(artifact, lead)

    assert artifact.fingerprint == before


def test_an_index_that_another_artifact_needs_stays(incident, lead):
    artifact, other = (take_in(incident, lead, PACKAGE, name=name) for name in ("one.tgz", "two.tgz"))
    learn_helper()

    read_again(artifact, lead)

    assert set(Fingerprint.objects.all()) == {artifact.fingerprint, other.fingerprint}


def test_only_what_is_ready_is_read_again(incident, lead):
    artifact = take_in(incident, lead, b"\x1f\x8b broken", name="broken.tgz")

    with pytest.raises(indexes.NotReady):
        indexes.make_again(artifact, by=lead)


def test_dependencies_are_fetched_and_the_artifact_is_read_again_on_the_record(incident, lead, monkeypatch):
    artifact = take_in(incident, lead, PACKAGE)
    monkeypatch.setattr(backgrounds, "fetch", lambda purl, sure: None)

    both = ("--from-artifact", str(artifact.pk), "--yes", "--again", str(artifact.pk))
    with pytest.raises(CommandError, match="Say who has it read again"):
        answered("add_background", *both)
    answered("add_background", *both, "--by", lead.username)

    artifact.refresh_from_db()
    assert artifact.stage == Artifact.Stage.WAITING
