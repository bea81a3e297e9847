import tarfile
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError

from incidents.models import Artifact, Incident
from tests import factories
from tests.commands import answered, printed

pytestmark = pytest.mark.django_db

DETAILS = ["--title", "A leak", "--by", "ada", "--exposed-at", "2026-03-31T08:26:00Z"]


@pytest.fixture(autouse=True)
def ada(db):
    return factories.UserFactory(username="ada")


@pytest.fixture
def leak(tmp_path):
    """A package on disk that holds the leak."""
    folder = tmp_path / "package"
    for path, content in factories.LEAK.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    with tarfile.open(tmp_path / "leak.tgz", "w:gz") as archive:
        archive.add(folder, "package")
    return tmp_path / "leak.tgz"


def test_an_incident_is_opened_with_what_was_said(ada):
    opened = answered(
        "open_incident", *DETAILS, "--severity", "1", "--tlp", "RED", "--detected-at", "2026-03-31T08:45:00Z",
        "--organisation", "Acme Ltd", "--codename", "Copper Kettle",
    )  # fmt: skip

    incident = Incident.objects.get()
    assert opened == {
        "ref": incident.ref,
        "title": "A leak",
        "severity": 1,
        "tlp": "RED",
        "exposed_at": "2026-03-31T08:26:00Z",
        "detected_at": "2026-03-31T08:45:00Z",
        "artifact": None,
    }
    assert (incident.organisation, incident.codename) == ("Acme Ltd", "Copper Kettle")
    assert incident.role_of(ada) == "lead"


def test_an_address_waits_for_a_worker():
    opened = answered("open_incident", "pkg:npm/%40acme/cli@1.4.2", *DETAILS)

    assert (opened["artifact"]["kind"], opened["artifact"]["stage"]) == ("purl", "waiting")
    assert Artifact.objects.due(datetime.now(UTC)).count() == 1


@pytest.mark.slow  # unpacks, takes the inventory, fingerprints, stores
def test_a_file_is_taken_in_here_when_no_worker_does(leak):
    opened = answered("open_incident", str(leak), "--wait", *DETAILS)

    assert (opened["artifact"]["stage"], opened["artifact"]["error"]) == ("ready", "")
    fingerprint = Incident.objects.get().watchlist.fingerprints.get()
    assert fingerprint.files == len(factories.LEAK)


@pytest.mark.slow  # as above
def test_a_file_that_cannot_be_read_is_kept_and_said(tmp_path):
    (tmp_path / "leak.tgz").write_bytes(b"\x1f\x8b half of an archive")

    with pytest.raises(CommandError) as refused:
        printed("open_incident", str(tmp_path / "leak.tgz"), "--wait", *DETAILS)

    failed = Artifact.objects.get()
    assert str(refused.value) == failed.error
    with failed.upload.open() as kept:
        assert kept.read() == b"\x1f\x8b half of an archive"


def test_a_time_without_a_zone_is_refused():
    with pytest.raises(CommandError, match="no time with a zone: write it as 2026-03-31T08:26:00Z"):
        printed("open_incident", "--title", "A leak", "--by", "ada", "--exposed-at", "2026-03-31T08:26:00")


def test_nothing_is_opened_for_an_artifact_that_is_refused():
    with pytest.raises(CommandError, match="Give a package URL"):
        printed("open_incident", "no such file", *DETAILS)

    assert not Incident.objects.exists()


def test_a_folder_has_to_be_packed_first(tmp_path):
    with pytest.raises(CommandError, match=r"is a folder\. Pack it first: tar -czf leak\.tar\.gz"):
        printed("open_incident", str(tmp_path), *DETAILS)


def test_somebody_unknown_cannot_open_one():
    with pytest.raises(
        CommandError, match=r"There is nobody called eve\. Add them: manage\.py add_person eve"
    ):
        printed("open_incident", *DETAILS[:3], "eve", *DETAILS[4:])
