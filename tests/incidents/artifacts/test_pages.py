import pytest
from django.core.files.base import ContentFile

from incidents.models import Artifact
from tests import factories


def path(artifact, rest=""):
    return f"/i/{artifact.incident.ref}/exposure/{artifact.pk}/{rest}"


def test_a_failure_says_where_it_stopped_and_offers_to_try_again(visit, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, failed=True, upload="artifacts/kept.bin", size=12)

    page = visit(lead).get(path(artifact)).text

    assert "It stopped at “Unpacking”." in page
    assert "The archive ends in the middle of a file." in page
    assert "What you gave is kept" in page
    assert f'action="{path(artifact, "retry/")}"' in page


def test_those_who_may_not_add_see_the_failure_without_the_button(visit, incident, executive):
    artifact = factories.ArtifactFactory(incident=incident, failed=True)

    page = visit(executive).get(path(artifact)).text

    assert "It stopped at" in page
    assert "retry/" not in page


def test_progress_is_asked_for_while_work_goes_on_and_reloads_when_it_is_over(visit, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, stage="recovering", done=3, total=4)
    browser = visit(lead)

    going = browser.get(path(artifact, "progress/"), headers={"HX-Request": "true"})
    Artifact.objects.filter(pk=artifact.pk).update(stage="failed", failed_in="recovering", error="No.")
    over = browser.get(path(artifact, "progress/"), headers={"HX-Request": "true"})

    assert 'value="75"' in going.text
    assert 'hx-trigger="every 1s"' in going.text
    assert over.headers["HX-Refresh"] == "true"


def test_a_name_inside_the_archive_is_text(visit, incident, lead):
    artifact = factories.ArtifactFactory(
        incident=incident, ready=True, skipped=[["<b>x", "it <i>leads</i> out"]]
    )
    factories.ExposedFileFactory(artifact=artifact, path="<img src=x onerror=alert(1)>.ts")

    page = visit(lead).get(path(artifact)).text

    assert "<img" not in page
    assert "&lt;img src=x onerror=alert(1)&gt;.ts" in page
    assert "<b>x" not in page


def test_files_are_found_by_part_of_their_path_within_their_pile(visit, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    for name, ownership in [
        ("src/loop.ts", "first"),
        ("src/bash.ts", "first"),
        ("node_modules/loop.js", "third"),
    ]:
        factories.ExposedFileFactory(artifact=artifact, path=name, ownership=ownership)

    page = visit(lead).get(path(artifact), {"q": "LOOP"})

    assert [file.path for file in page.context["page"]] == ["src/loop.ts"]


@pytest.fixture
def stored(incident):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    tree = {"0": b"<script>alert(1)</script>\n", "1": b"x" * 300_000, "2": b"\0\1\2binary"}
    artifact.tree.save("tree.zip", ContentFile(factories.tree_of(tree)))
    for number in range(3):
        factories.ExposedFileFactory(artifact=artifact, number=number)
    return artifact


def test_the_text_of_a_file_is_shown_and_not_run(visit, lead, stored):
    page = visit(lead).get(path(stored, "file/0/")).text

    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page


def test_a_long_file_is_cut_and_says_so(visit, lead, stored):
    page = visit(lead).get(path(stored, "file/1/")).text

    assert "Only the first 200 kB are shown." in page
    assert page.count("x" * 1000) == 200


def test_what_is_not_text_is_not_shown(visit, lead, stored):
    page = visit(lead).get(path(stored, "file/2/")).text

    assert "This is not text" in page
    assert "binary" not in page


def test_adding_nothing_is_refused_with_what_to_do(visit, incident, triager):
    answer = visit(triager).post(f"/i/{incident.ref}/exposure/add/", {"locator": ""})

    assert (answer.status_code, "Choose a file, or say where it is." in answer.text) == (400, True)
    assert not Artifact.objects.exists()


def test_a_file_is_shown_as_its_editor_meant_it(visit, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    factories.ExposedFileFactory(artifact=artifact, number=0, path="src/main.ts")
    text = "// никогда не поднимай крышку горячего чайника\n"
    artifact.tree.save("tree.zip", ContentFile(factories.tree_of({"0": text.encode("cp1251")})))

    assert text.strip() in visit(lead).get(path(artifact, "file/0/")).text
