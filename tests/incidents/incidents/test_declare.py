from datetime import UTC, datetime

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from incidents.models import Artifact, Incident

SAID = {
    "title": "Source of acme-cli is public",
    "severity": "1",
    "tlp": "AMBER",
    "exposed_at": "2026-03-31T08:26",
}


def declare(browser, **said):
    return browser.post("/declare/", SAID | said)


def test_an_empty_installation_says_what_to_do_first(visit, stranger):
    page = visit(stranger).get("/").text

    assert "Nothing has been declared" in page
    assert 'href="/declare/"' in page


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-31T08:26",
        "2026-03-31 08:26:00",
        "2026-03-31T10:26+02:00",
        "2026-03-31T08:26Z",
        "2026-03-31t03:26-05:00",
    ],
)
def test_a_time_is_utc_unless_it_names_its_zone(visit, stranger, written):
    declare(visit(stranger), exposed_at=written)

    assert Incident.objects.get().exposed_at == datetime(2026, 3, 31, 8, 26, tzinfo=UTC)


@pytest.mark.parametrize(
    "written", ["31.3.2026 8:26", "2026-03-31", "2026-02-30T08:26", "0001-01-01T00:00+14:00", "now"]
)
def test_a_time_that_cannot_be_read_is_refused_with_an_example(visit, stranger, written):
    answer = declare(visit(stranger), exposed_at=written)

    assert answer.status_code == 400
    assert "Write the time as 2026-03-31T08:26 (UTC)" in answer.text
    assert not Incident.objects.exists()


def test_an_exposure_after_its_detection_is_refused(visit, stranger):
    answer = declare(visit(stranger), detected_at="2026-03-31T08:25")

    assert "It cannot have been detected before it was exposed." in answer.text
    assert not Incident.objects.exists()


def test_declaring_with_a_package_leads_to_its_intake(visit, stranger):
    answer = declare(visit(stranger), locator="pkg:npm/%40acme/cli@1.4.2")

    artifact = Artifact.objects.get()
    assert (artifact.kind, artifact.incident.opened_by) == (Artifact.Kind.PURL, stranger)
    assert answer.url == f"/i/{artifact.incident.ref}/exposure/{artifact.pk}/"


def test_declaring_with_a_file_keeps_the_file(visit, stranger):
    declare(visit(stranger), upload=SimpleUploadedFile("../cli.js.map", b'{"version":3}'))

    artifact = Artifact.objects.get()
    with artifact.upload.open() as kept:
        assert (artifact.name, kept.read()) == ("cli.js.map", b'{"version":3}')


def test_a_locator_that_nobody_can_fetch_opens_nothing(visit, stranger):
    answer = declare(visit(stranger), locator="ftp://files.example/cli.tgz")

    assert "Give a package URL" in answer.text
    assert not Incident.objects.exists()


def test_a_file_and_an_address_at_once_are_refused(visit, stranger):
    answer = declare(
        visit(stranger), locator="https://a.example/x.tgz", upload=SimpleUploadedFile("x.tgz", b"x")
    )

    assert "not both" in answer.text
    assert not Incident.objects.exists()


def test_declaring_without_an_artifact_still_starts_the_clock(visit, stranger):
    answer = declare(visit(stranger))

    assert answer.url == Incident.objects.get().get_absolute_url()


def test_correcting_the_title_does_not_round_the_times(visit, incident, lead):
    before = incident.exposed_at
    form = {name: getattr(incident, name) for name in ("codename", "organisation", "severity", "tlp")}
    times = {name: f"{getattr(incident, name):%Y-%m-%dT%H:%M:%S}" for name in ("exposed_at", "detected_at")}

    visit(lead).post(f"/i/{incident.ref}/settings/", form | times | {"title": "Another title"})

    incident.refresh_from_db()
    assert (incident.title, incident.exposed_at) == ("Another title", before)
    assert incident.events.last().facts["after"] == {"title": "Another title"}


def test_closing_an_incident_is_on_the_record(visit, incident, lead):
    visit(lead).post(f"/i/{incident.ref}/settings/", {"status": "closed"})

    incident.refresh_from_db()
    assert (incident.is_closed, incident.events.last().text) == (True, "Status: Closed")
