import tarfile

import pytest
from django.core.management import CommandError

from incidents.models import Artifact
from monitors import backgrounds
from monitors.fingerprints import learn
from monitors.models import Background
from tests import factories
from tests.commands import answered, printed

pytestmark = pytest.mark.django_db

CODE = b"".join(b"export const part%d = combine('part %d', %d);\n" % (n, n, n * n) for n in range(60))


@pytest.fixture
def folder(tmp_path):
    made = tmp_path / "public"
    made.mkdir()
    (made / "a.js").write_bytes(CODE)
    return made


@pytest.fixture
def artifact(incident):
    made = factories.ArtifactFactory(incident=incident)
    for value, confidence in (("pkg:npm/left-pad@1.3.0", "high"), ("pkg:npm/guess", "low")):
        factories.ExposedItemFactory(artifact=made, kind="dependency", value=value, confidence=confidence)
    return made


def test_a_folder_is_kept_and_listed(folder):
    [kept] = answered("add_background", str(folder))

    [listed] = answered("backgrounds")
    assert (kept["what"], kept["files"], kept["error"]) == (str(folder), 1, "")
    assert (listed["id"], listed["origin"], listed["name"]) == (kept["id"], "files", "public")
    assert listed["hashes"] == kept["hashes"] > 50


def test_an_archive_and_a_list_are_kept_and_nothing_twice(folder, tmp_path):
    with tarfile.open(tmp_path / "public.tgz", "w:gz") as archive:
        archive.add(folder, "package")
    (tmp_path / "list.txt").write_text(f"# what is public\n\n{folder}\n{folder}\n")

    kept = answered("add_background", str(tmp_path / "public.tgz"), "--list", str(tmp_path / "list.txt"))

    assert [(one["what"], bool(one["id"])) for one in kept] == [
        (str(tmp_path / "public.tgz"), True),
        (str(folder), False),
    ]


def test_a_background_that_the_fingerprint_command_kept_is_kept_here_too(folder, tmp_path):
    (tmp_path / "kept.bin").write_bytes(learn([("a.js", CODE)]).to_bytes())

    [kept] = answered("add_background", str(tmp_path / "kept.bin"))

    assert kept["hashes"] > 50
    assert answered("add_background", str(folder))[0]["id"] is None


def test_what_cannot_be_read_does_not_keep_the_rest_from_being_kept(folder, tmp_path):
    with pytest.raises(CommandError, match="1 of 2 could not be kept"):
        printed("add_background", str(tmp_path / "missing"), str(folder))

    assert Background.objects.count() == 1


def test_the_registry_is_asked_for_dependencies_only_when_a_person_agrees(artifact, monkeypatch):
    asked = []
    monkeypatch.setattr(backgrounds, "fetch", lambda purl, sure: asked.append(purl))

    with pytest.raises(
        CommandError, match=r"pkg:npm/left-pad@1.3.0\nIf it may know, run it again with --yes"
    ):
        answered("add_background", "--from-artifact", str(artifact.pk))
    assert asked == []

    answered("add_background", "--from-artifact", str(artifact.pk), "--yes")
    assert asked == ["pkg:npm/left-pad@1.3.0"]


@pytest.mark.servers
@pytest.mark.slow
def test_a_package_is_fetched_from_the_registry(verdaccio, settings):
    settings.ALLOW_PRIVATE_ARTIFACTS = True
    settings.REGISTRY_URLS = {"npm": verdaccio.url}
    verdaccio.publish("left-padding", "1.0.0", {"index.js": CODE})

    [kept] = answered("add_background", "pkg:npm/left-padding@1.0.0")

    assert (kept["error"], kept["files"] >= 1) == ("", True)
    assert Background.objects.get().name == "pkg:npm/left-padding@1.0.0"


@pytest.mark.parametrize("purl", ["pkg:", "pkg:npm", "pkg:cargo/serde@1", "pkg:%%%"])
def test_what_is_no_package_is_said_to_be_none(purl):
    with pytest.raises(CommandError, match="1 of 1 could not be kept"):
        printed("add_background", purl)


def test_some_of_it_can_be_forgotten(folder):
    [kept] = answered("add_background", str(folder))

    assert answered("backgrounds", "--forget", str(kept["id"])) == []
    with pytest.raises(CommandError, match="There is no background"):
        answered("backgrounds", "--forget", "999")


def test_an_artifact_that_is_not_there_is_said_so():
    assert not Artifact.objects.exists()
    with pytest.raises(CommandError, match="There is no artifact 7"):
        answered("add_background", "--from-artifact", "7")
