"""Every page in Chromium: axe, the console and the policy have nothing to complain of; none is too wide."""

from datetime import timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.utils import timezone

from monitors import sightings
from monitors.models import Budget, Change, Lead, Mention, Own
from tests import factories
from tests.incidents.test_access import ROWS, addresses

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# What answers with a page: 200 to the lead, and not plain text or a download.
PAGES = [
    name
    for name, row in ROWS.items()
    if row.get[2] == 200 and not name.endswith(("form", "letter", "healthz"))
]
STAFF_PAGES = ["source-add", "source-edit"]
LOOKS = [(scheme, width) for scheme in ("light", "dark") for width in (1280, 390)]


@pytest.fixture(params=LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def look(request) -> dict:
    scheme, width = request.param
    return {"color_scheme": scheme, "viewport": {"width": width, "height": 844}}


def complaints(window, path: str) -> list[str]:
    """What is wrong with a page, in words."""
    window.complaints.clear()
    status = window.go(path).status
    axe = Axe().run(window.page).response["violations"]
    found = [f"{one['id']}: {node['target']} {node['html'][:160]}" for one in axe for node in one["nodes"]]
    sideways = [f"{window.sideways()} px too wide"] if window.sideways() > 0 else []
    return [f"status {status}"] * (status != 200) + found + sideways + window.complaints


def test_every_page_of_a_full_incident_is_sound(window, furnished, look):
    lead = window(furnished.opened_by, **look)
    paths = {name: path for name, path in addresses(furnished).items() if name in PAGES}

    wrong = {name: found for name, path in paths.items() if (found := complaints(lead, path))}

    assert wrong == {}


def test_a_draft_that_must_not_be_sent_is_sound(window, incident, look):
    notice = factories.NoticeFactory(incident=incident, drafted=True)
    for number in range(3):
        address = f"https://code.example/{'a-long-name-' * 9}{number}"
        target = factories.TargetFactory(notice=notice, url=address)
        target.sighting.triage = "dismissed" if number else "confirmed"
        target.sighting.save()
    Own.objects.create(host="code.example", name="acme")

    lead = window(incident.opened_by, **look)

    assert complaints(lead, f"/i/{incident.ref}/takedowns/{notice.number}/") == []
    assert complaints(lead, "/own/") == []


def test_every_page_of_an_empty_incident_is_sound(window, incident, look):
    lead = window(incident.opened_by, **look)
    names = ["timeline", "sightings", "exposure", "watches", "statements", "takedowns", "status", "people"]
    paths = [f"/i/{incident.ref}/", *(f"/i/{incident.ref}/{name}/" for name in names)]

    wrong = {path: found for path in paths if (found := complaints(lead, path))}

    assert wrong == {}


def test_the_way_in_is_sound(window, db, keeper, incident, look):
    paths = addresses(incident)
    outside, staff = window(**look), window(keeper, **look)

    wrong = {name: complaints(outside, paths[name]) for name in ("sign-in", "welcome", "public")}
    wrong |= {
        name: complaints(staff, paths[name]) for name in ("incidents", "declare", "sources", *STAFF_PAGES)
    }

    assert wrong == {name: [] for name in wrong}


def test_a_copy_and_its_evidence_are_sound(window, incident, look):
    sighting = factories.SightingFactory(
        watchlist=incident.watchlist, title="evil\u202egpj.exe<img src=x>" + "x" * 90
    )
    sighting.fingerprint = factories.FingerprintFactory(watchlist=incident.watchlist)
    before = {"version": "x" * 90, "bytes": 4_900_000}
    sighting.ticket = {"size": {"jump": 12.5, "bytes": 61_000_000, "before": before}}
    sighting.ticket |= {"served": {"digest": sighting.digest}, "is_the_artifact": False}
    sighting.save()
    for kind in ("blob", "tokens", "words"):
        factories.EvidenceFactory(sighting=sighting, kind=kind, theirs="a/" * 60 + kind)
    lead = window(incident.opened_by, **look)

    assert complaints(lead, f"/i/{incident.ref}/sightings/{sighting.pk}/") == []


def test_packages_to_take_as_published_code_are_sound(window, incident, look):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    for name in ("left-pad@1.3.0", "x" * 200, "ky"):
        factories.ExposedItemFactory(
            artifact=artifact, kind="dependency", value=f"pkg:npm/{name}", path="a/" * 80
        )
    asked = {"asked_by": incident.opened_by}
    artifact.publications.create(purl="pkg:npm/ky", due_at=timezone.now(), **asked)
    artifact.publications.create(purl="pkg:npm/gone@1", error="The registry says 404: it is gone.", **asked)
    artifact.publications.create(purl="pkg:npm/got@14.4.3", hashes=1234, **asked)
    lead = window(incident.opened_by, **look)
    path = f"/i/{incident.ref}/exposure/{artifact.pk}/"

    assert complaints(lead, path) == []
    lead.page.get_by_text("Take packages as published code").click()
    axe = Axe().run(lead.page).response["violations"]
    assert (axe, lead.sideways(), lead.complaints) == ([], 0, [])


@pytest.mark.parametrize("stage", ["ready", "failed", "waiting"])
def test_an_artifact_is_sound_at_every_stage(window, incident, look, stage):
    made = {stage: True} if stage != "waiting" else {}
    artifact = factories.ArtifactFactory(incident=incident, **made)
    lead = window(incident.opened_by, **look)

    assert complaints(lead, f"/i/{incident.ref}/exposure/{artifact.pk}/") == []


def test_an_error_page_is_sound(window, lead, look):
    found = complaints(window(lead, **look), "/i/LK-1999-001/")

    assert found[0] == "status 404"
    assert [line for line in found[1:] if "404" not in line] == []


@pytest.fixture
def furnished(crowd):
    """An incident with copies that came, went and returned, and with something wrong."""
    for n in range(3):
        sighting = factories.SightingFactory(watchlist=crowd.watchlist, returned=n == 2)
        sightings.change(sighting, Change.Kind.APPEARED, at=sighting.first_seen_at)
    factories.SightingFactory(watchlist=crowd.watchlist, gone=True)
    factories.WatchFactory(
        watchlist=crowd.watchlist, failures=3, last_error="It did not answer within 20 seconds."
    )
    seen_in_part(crowd)
    factories.FactFactory(incident=crowd, disputed=True)
    return crowd


def seen_in_part(incident):
    """Watches that wait and that are told only a part; a place that cannot be read; talk; a place of ours."""
    now, long = timezone.now(), "x" * 120
    until = now + timedelta(minutes=9)
    watch = factories.WatchFactory(
        watchlist=incident.watchlist, gaps=[f"It counts 120 forks and lists 117 {long}"], gaps_since=now
    )
    factories.WatchFactory(
        watchlist=incident.watchlist, aim="code", limited_until=until, due_at=until, last_error=long
    )
    details = {"watchlist": incident.watchlist, "source": watch.source, "host": "h", "native_id": "1"}
    Lead.objects.create(**details, watch=watch, candidate={"title": long}, key="k", last_error=long)
    factories.WatchFactory(watchlist=incident.watchlist, aim="mentions", query=long)
    Mention.objects.create(**details, title=f"Leaked {long}", url=f"https://news.example/{long}", at=now)
    Own.objects.get_or_create(host="github.com", name=long)
    Budget.objects.create(
        host="127.0.0.1:9", bucket="search", limit=30, remaining=0, resets_at=until, learned_at=now
    )
