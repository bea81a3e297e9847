"""What a person does with keys and without scripts."""

import pytest

from monitors.models import Sighting
from tests import factories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def three(incident):
    made = factories.SightingFactory.create_batch(3, watchlist=incident.watchlist)
    return sorted(made, key=lambda one: (one.first_seen_at, one.pk), reverse=True)


def current(page) -> str:
    return page.locator(".queue tr.on th a").inner_text()


def test_keys_move_through_the_queue_and_judge(window, incident, lead, three):
    open_one = window(lead, viewport={"width": 1280, "height": 800})
    page = open_one.page
    open_one.go(f"/i/{incident.ref}/sightings/")

    with page.expect_navigation():
        page.keyboard.press("j")
    moved = current(page)
    with page.expect_navigation():
        page.keyboard.press("c")

    three[1].refresh_from_db()
    assert (moved, three[1].triage, current(page)) == (
        three[1].title,
        Sighting.Triage.CONFIRMED,
        three[2].title,
    )
    assert open_one.complaints == []


def test_the_dismiss_key_asks_for_the_reason_first(window, incident, lead, three):
    open_one = window(lead, viewport={"width": 1280, "height": 800})
    page = open_one.page
    open_one.go(f"/i/{incident.ref}/sightings/")

    page.keyboard.press("d")
    page.keyboard.type("Our mirror, j and c")
    with page.expect_navigation():
        page.keyboard.press("Enter")

    three[0].refresh_from_db()
    assert (three[0].triage, three[0].changes.last().facts["why"]) == ("dismissed", "Our mirror, j and c")


def test_selected_sightings_are_counted(window, incident, lead, three):
    open_one = window(lead, viewport={"width": 1280, "height": 800})
    open_one.go(f"/i/{incident.ref}/sightings/")

    open_one.page.keyboard.press("x")

    assert open_one.page.locator("[data-selected]").inner_text() == "1 selected"


def test_a_question_mark_lists_the_keys(window, incident, lead, three):
    open_one = window(lead)
    open_one.go(f"/i/{incident.ref}/sightings/")

    open_one.page.keyboard.press("?")

    assert open_one.page.get_by_role("dialog", name="Keys").is_visible()


def test_on_a_phone_the_sighting_is_a_page_of_its_own(window, incident, lead, three):
    open_one = window(lead, viewport={"width": 390, "height": 844})
    page = open_one.page
    open_one.go(f"/i/{incident.ref}/sightings/")
    before = (page.locator(".queue").is_visible(), page.locator(".detail").is_visible())

    page.get_by_role("link", name=three[1].title, exact=True).click()

    after = (page.locator(".queue").is_visible(), page.locator(".detail").is_visible())
    assert (before, after) == ((True, False), (False, True))


def test_the_clock_goes_on_by_itself(window, incident, lead):
    open_one = window(lead)
    open_one.page.clock.install()
    open_one.go(f"/i/{incident.ref}/")
    clock = open_one.page.locator(".clock time")
    before = clock.inner_text()

    open_one.page.clock.run_for(61_000)

    assert clock.inner_text()[:-3] != before[:-3]


def test_what_cannot_be_taken_back_is_asked_about_first(window, incident, lead):
    watch = factories.WatchFactory(watchlist=incident.watchlist)
    open_one = window(lead)
    open_one.page.on("dialog", lambda dialog: dialog.dismiss())
    open_one.go(f"/i/{incident.ref}/watches/{watch.pk}/")

    open_one.page.get_by_role("button", name="Pause").click()

    watch.refresh_from_db()
    assert not watch.is_paused


def test_the_page_turns_to_the_outcome_when_intake_is_over(window, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, stage="recovering", done=1, total=2)
    open_one = window(lead)
    open_one.go(f"/i/{incident.ref}/exposure/{artifact.pk}/")

    artifact.stage, artifact.failed_in, artifact.error = "failed", "recovering", "The map is not JSON."
    artifact.save()

    open_one.page.get_by_text("It stopped at “Recovering sources from maps”.").wait_for()
    assert open_one.complaints == []


def test_without_scripts_an_incident_is_declared_and_judged(window, stranger):
    open_one = window(stranger, java_script_enabled=False)
    page = open_one.page
    open_one.go("/declare/")

    page.get_by_label("Title").fill("Source of acme-cli is public")
    page.get_by_label("Exposed at").fill("2026-03-31T08:26:00")
    page.get_by_role("button", name="Declare").click()

    assert page.get_by_role("heading", level=1).inner_text() == "Source of acme-cli is public"
    assert "2026-03-31 08:26 UTC" in page.locator(".clock").inner_text()


def test_the_keyboard_reaches_the_page_past_the_rail(window, incident, lead):
    open_one = window(lead)
    open_one.go(f"/i/{incident.ref}/")

    open_one.page.keyboard.press("Tab")
    open_one.page.keyboard.press("Enter")

    assert open_one.page.evaluate("document.activeElement.id") == "main"


def test_print_leaves_the_desk_away(window, incident, executive):
    open_one = window(executive)
    open_one.page.emulate_media(media="print")
    open_one.go(f"/i/{incident.ref}/status/")

    shown = {
        name: open_one.page.locator(name).first.is_visible() for name in (".rail", ".headline", ".clock")
    }

    assert shown == {".rail": False, ".headline": True, ".clock": True}


def test_a_refresh_after_the_session_ended_leads_to_signing_in(window, incident, lead):
    artifact = factories.ArtifactFactory(incident=incident, stage="recovering", done=1, total=2)
    open_one = window(lead)
    open_one.go(f"/i/{incident.ref}/exposure/{artifact.pk}/")

    open_one.context.clear_cookies()

    open_one.page.wait_for_url("**/sign-in/**")
