"""What the text of an artifact gives away: stored at intake, listed, and never a credential whole."""

import pytest
from django.utils import timezone

from incidents import artifacts, attention, status
from incidents.models import Artifact, Event, ExposedItem, Fact
from monitors.inventory import exposures
from tests import factories
from tests.incidents.artifacts.test_take_in import source_map, take_in, tarball
from tests.monitors.inventory.minted import Mint

TOKEN = Mint(7).checked("gh" + "p_")
MAIN = (
    "// src\nif (useFeatureFlag('warm-lid')) fetch('https://wiki.acme.corp/x', process.env.LID);\n"
    f"const token = '{TOKEN}'; // ask jane@acme.io\n"
)
PACKAGE = tarball(
    package__cli=b"(()=>{run()})();\n//# sourceMappingURL=cli.js.map\n",
    **{"package/cli.js.map": source_map(**{"../src/main.ts": MAIN})},
)


@pytest.fixture
def leaked(incident, lead):
    return take_in(incident, lead, PACKAGE)


def found(artifact):
    return [(item.kind, item.value, item.line) for item in artifact.items.all()]


def test_items_are_kept_with_their_places(leaked):
    assert found(leaked) == [
        ("credential", f"{TOKEN[:4]}…{TOKEN[-2:]}", 3),
        ("personal", "jane@acme.io", 3),
        ("internal_host", "wiki.acme.corp", 2),
        ("flag", "warm-lid", 2),
        ("endpoint", "https://wiki.acme.corp/x", 2),
        ("variable", "LID", 2),
    ]


def test_a_credential_is_in_no_row_whole(leaked):
    rows = [*ExposedItem.objects.values(), *Event.objects.values()]

    assert TOKEN[4:-2] not in repr(rows)


def test_credentials_are_on_the_record_and_no_fact_is_settled_by_them(leaked, incident):
    event = incident.events.get(kind="credentials_found")

    assert event.text == (
        "1 possible credential in acme-cli-1.4.2.tgz: GitHub token. Nobody has checked yet whether it works."
    )
    assert event.facts == {"artifact": leaked.pk, "credentials": 1, "kinds": {"GitHub token": 1}}
    assert not incident.facts.filter(topic="credentials", state="verified").exists()


def test_without_credentials_nothing_is_said_about_them(incident, lead):
    take_in(incident, lead, tarball(**{"src/a.ts": b"process.env.LID\n" * 20}))

    assert not incident.events.filter(kind="credentials_found").exists()
    assert [one.label for one in attention.waiting(incident, lead)] == ["Watch"]


def test_credentials_need_somebody_until_a_person_settles_the_fact(leaked, incident, lead):
    before = attention.waiting(incident, lead)[0]
    incident.facts.update_or_create(
        topic="credentials", defaults={"sentence": "One was, and is revoked", "number": 90}
    )
    Fact.objects.filter(topic="credentials").update(state="verified", source="IT")

    assert (before.label, before.text) == ("Revoke", "1 possible credential in what got out")
    assert (before.url_name, before.args) == ("artifact-items", [incident.ref, leaked.pk])
    assert "Revoke" not in [one.label for one in attention.waiting(incident, lead)]


def test_the_page_of_items_begins_with_credentials_and_shows_one_kind(visit, leaked, incident, lead):
    browser = visit(lead)
    path = f"/i/{incident.ref}/exposure/{leaked.pk}/items/"

    first, flags = browser.get(path), browser.get(path, {"kind": "flag"})

    assert f"{TOKEN[:4]}…{TOKEN[-2:]}" in first.text
    assert "warm-lid" not in first.text
    assert [item.value for item in flags.context["page"]] == ["warm-lid"]
    assert TOKEN not in first.text


def test_an_item_leads_to_its_line_in_the_file(visit, leaked, incident, lead):
    item = leaked.items.get(kind="flag")
    path = f"/i/{incident.ref}/exposure/{leaked.pk}/file/{item.file}/?line=2"

    page = visit(lead).get(f"/i/{incident.ref}/exposure/{leaked.pk}/items/?kind=flag").text
    shown = visit(lead).get(path).text

    assert f'href="{path}#line"' in page
    assert '<mark class="open" id="line">if (useFeatureFlag' in shown


def test_a_line_beyond_a_thousand_is_led_to_as_well(visit, incident, lead):
    beyond = source_map(**{"../src/long.ts": "\n" * 1233 + "useFeatureFlag('warm-lid')\n"})
    artifact = take_in(incident, lead, tarball(**{"package/cli.js.map": beyond}))
    item = artifact.items.get(kind="flag")
    path = f"/i/{incident.ref}/exposure/{artifact.pk}/file/{item.file}/?line=1234"

    page = visit(lead).get(f"/i/{incident.ref}/exposure/{artifact.pk}/items/?kind=flag").text
    shown = visit(lead).get(path).text

    assert f'href="{path}#line"' in page
    assert f"{item.path}</bdi>:1234</a>" in page
    assert '<mark class="open" id="line">useFeatureFlag' in shown


@pytest.mark.parametrize("line", ["0", "99999", "x", "-1", "9" * 400, "²"])
def test_a_line_that_is_none_marks_nothing(visit, leaked, incident, lead, line):
    item = leaked.items.get(kind="flag")

    shown = visit(lead).get(f"/i/{incident.ref}/exposure/{leaked.pk}/file/{item.file}/", {"line": line})

    assert (shown.status_code, "<mark" in shown.text) == (200, False)


def test_what_was_beyond_the_bounds_is_told(visit, incident, lead, monkeypatch):
    monkeypatch.setattr(exposures, "PER_FILE", 2)
    text = b"process.env.LID(process.env.POT, process.env.TEA)"
    artifact = take_in(incident, lead, tarball(**{"src/a.ts": text}))

    page = visit(lead).get(f"/i/{incident.ref}/exposure/{artifact.pk}/items/").text

    assert [value for _, value, _ in found(artifact)] == ["LID", "POT"]
    assert "1 more place was left out: there were too many." in page


def test_before_anything_is_read_nothing_is_said_about_what_it_gives_away(visit, incident, lead):
    factories.ArtifactFactory(incident=incident)

    page = visit(lead).get(f"/i/{incident.ref}/exposure/").text

    assert "Nothing was found" not in page


def test_items_are_found_by_part_of_their_value_or_path(visit, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    for value, path in [("kettle", "a.ts"), ("lid", "kettle.ts"), ("spout", "b.ts")]:
        factories.ExposedItemFactory(artifact=artifact, value=value, path=path)

    page = visit(lead).get(f"/i/{incident.ref}/exposure/{artifact.pk}/items/", {"q": "KETTLE"})

    assert [item.value for item in page.context["page"]] == ["kettle", "lid"]


def test_a_value_from_the_files_is_text(visit, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    factories.ExposedItemFactory(artifact=artifact, value="<img src=x>", path="<b>.ts", what="<i>")

    page = visit(lead).get(f"/i/{incident.ref}/exposure/{artifact.pk}/items/").text

    assert [tag for tag in ("<img src=x", "<b>.ts", "<i>") if tag in page] == []


def test_the_executive_page_counts_what_is_out(visit, leaked, incident, executive):
    browser = visit(executive)
    path = f"/i/{incident.ref}/status/"

    before = browser.get(path).text
    Fact.objects.filter(incident=incident, topic="credentials").update(state="verified", source="IT")

    assert '<th scope="row">Credentials</th><td class="n">1 being checked</td>' in before
    assert '<th scope="row">Feature flags</th><td class="n">1</td>' in before
    assert '<th scope="row">Internal hosts</th><td class="n">1</td>' in before
    assert '<th scope="row">Personal data</th><td class="n">1 entr' in before


def test_reading_an_artifact_again_replaces_its_items(leaked):
    before = found(leaked)
    Artifact.objects.update(stage="waiting", ready_at=None, due_at=timezone.now())
    leaked.refresh_from_db()
    assert leaked.claim(at=timezone.now())

    artifacts.take_in(leaked)

    assert found(leaked) == before


def test_what_a_name_alone_calls_a_secret_is_listed_but_not_shouted_about(incident, lead):
    """A credential that stands in two places is one to revoke."""
    said = f"const again = '{TOKEN}';\nconst GET_TOKEN_SILENTLY_LOCK_KEY = 'acme0.lock.7f3a9c2e1b8d4056';\n"
    artifact = take_in(
        incident,
        lead,
        tarball(**{"package/cli.js.map": source_map(**{"../src/a.ts": MAIN, "../src/b.ts": said})}),
    )

    listed = artifact.items.filter(kind="credential")
    assert listed.count() > 2
    assert listed.filter(confidence="low").exists()
    assert status.exposure(incident).items["credential"] == 1
    assert incident.events.get(kind="credentials_found").facts["credentials"] == 1
