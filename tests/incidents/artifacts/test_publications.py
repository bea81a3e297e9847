"""Packages beside a leak are taken for published code by a person, and fetched by a worker."""

import pytest
from django.core.files.base import ContentFile
from django.utils import timezone

from incidents import publications
from incidents.models import Artifact, Publication
from monitors import backgrounds
from monitors.models import Background
from monitors.sources.base import Gone
from tests import factories

from .test_make_again import HELPER, PACKAGE
from .test_pages import path
from .test_take_in import take_in

EARLIER = "earlier:pkg:npm/%40acme/cli@1.4.2"


@pytest.fixture
def artifact(incident):
    made = factories.ArtifactFactory(incident=incident, ready=True)
    for value, confidence in (
        ("pkg:npm/left-pad@1.3.0", "high"),
        ("pkg:cargo/serde@1.0.210", "high"),
        ("pkg:npm/guess", "low"),
    ):
        factories.ExposedItemFactory(artifact=made, kind="dependency", value=value, confidence=confidence)
    return made


def fetched(artifact):
    """What came of each, in the order they were asked for."""
    for publication in artifact.publications.all():
        assert publication.claim(at=timezone.now())
        publications.fetch(publication)
    return [(str(one), one.hashes, one.error) for one in artifact.publications.all()]


def learnt(purl):
    hashes, files = backgrounds.learned([("debounce.js", HELPER.encode())])
    return backgrounds.keep(hashes, origin=Background.Origin.PACKAGE, name=purl, files=files)


def test_the_owner_s_earlier_releases_and_what_a_manifest_names_are_offered(artifact):
    assert [(one.id, one.is_sure) for one in publications.offered(artifact)] == [
        (EARLIER, True),
        ("pkg:npm/left-pad@1.3.0", True),
    ]


@pytest.mark.parametrize(
    ("manifest", "offers"),
    [
        ('{"name": "@acme/cli", "version": "1.4.2"}', [(EARLIER, False)]),
        ('{"name": "@acme/cli", "version": "1.4.2", "private": true}', []),
        ('{"name": "@acme/cli"}', []),
        ("{", []),
    ],
)
def test_of_an_upload_a_person_has_to_say_that_its_name_is_public(incident, manifest, offers):
    artifact = factories.ArtifactFactory(incident=incident, ready=True, kind="upload", locator="")
    factories.ExposedFileFactory(artifact=artifact, number=0, path="package/package.json")
    artifact.tree.save("tree.zip", ContentFile(factories.tree_of({"0": manifest.encode()})))

    assert [(one.id, one.is_sure) for one in publications.offered(artifact)] == offers


def test_a_package_of_the_owner_s_scope_is_not_ticked(artifact):
    factories.ExposedItemFactory(
        artifact=artifact, kind="dependency", value="pkg:npm/%40acme/lid", confidence="high"
    )

    assert [one.purl for one in publications.offered(artifact) if not one.is_sure] == ["pkg:npm/%40acme/lid"]


def test_what_is_ticked_waits_for_a_worker_and_is_on_the_record_once(artifact, lead):
    publications.take(artifact, ["pkg:npm/left-pad@1.3.0", "pkg:npm/never-offered"], by=lead)

    [row] = Publication.objects.all()
    assert (row.purl, row.is_waiting, row.asked_by) == ("pkg:npm/left-pad@1.3.0", True, lead)
    [event] = artifact.incident.events.filter(text__startswith="Taken as published code", by=lead)
    assert event.facts["packages"] == ["pkg:npm/left-pad@1.3.0"]
    assert [one.id for one in publications.offered(artifact)] == [EARLIER]
    with pytest.raises(publications.NotReady):
        publications.take(artifact, ["pkg:npm/left-pad@1.3.0"], by=lead)


def test_the_last_one_has_the_index_made_again(incident, lead, monkeypatch):
    artifact = take_in(incident, lead, PACKAGE)
    monkeypatch.setattr(backgrounds, "fetch", learnt)

    publications.take(artifact, ["pkg:npm/left-pad@1.3.0"], by=lead)
    [(name, hashes, error)] = fetched(artifact)

    artifact.refresh_from_db()
    assert (name, hashes > 0, error) == ("pkg:npm/left-pad@1.3.0", True, "")
    assert artifact.stage == Artifact.Stage.WAITING
    assert incident.events.filter(text__startswith="Reading again", by=lead).count() == 1


def test_each_earlier_release_is_fetched(artifact, lead, monkeypatch):
    asked = []
    monkeypatch.setattr(backgrounds, "earlier", lambda purl: [f"{purl}-2", f"{purl}-1"])
    monkeypatch.setattr(backgrounds, "fetch", asked.append)

    publications.take(artifact, [EARLIER], by=lead)

    assert fetched(artifact) == [("releases before pkg:npm/%40acme/cli@1.4.2", 0, "")]
    assert asked == ["pkg:npm/%40acme/cli@1.4.2-2", "pkg:npm/%40acme/cli@1.4.2-1"]
    assert Artifact.objects.get().stage == Artifact.Stage.READY


def test_what_failed_says_why_and_is_offered_again(artifact, lead, monkeypatch):
    def gone(_purl):
        raise Gone("It is not there.", reason="404")

    monkeypatch.setattr(backgrounds, "fetch", gone)
    publications.take(artifact, ["pkg:npm/left-pad@1.3.0"], by=lead)

    assert fetched(artifact) == [("pkg:npm/left-pad@1.3.0", 0, "It is not there.")]
    assert publications.take(artifact, ["pkg:npm/left-pad@1.3.0"], by=lead)[0].error == ""


@pytest.mark.parametrize("sure", ["", "yes"])
def test_nothing_is_taken_before_somebody_says_that_registries_may_be_asked(visit, artifact, lead, sure):
    browser, form = visit(lead), {"package": ["pkg:npm/left-pad@1.3.0"], "sure": sure}

    page = browser.get(path(artifact)).text
    answer = browser.post(path(artifact, "published/"), form, follow=True).text

    assert f'action="{path(artifact, "published/")}"' in page
    assert Publication.objects.exists() == bool(sure)
    assert ("being fetched" in answer) == bool(sure)


def test_who_may_not_add_is_offered_nothing(visit, artifact, executive):
    assert "Take packages as published code" not in visit(executive).get(path(artifact)).text
