"""Search phrases in Chromium: sound at every width, and confirmed with and without scripts."""

import pytest
from django.utils import timezone

from monitors.models import SearchTerm
from tests import factories
from tests.browser.test_every_page import complaints, look  # noqa: F401

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SAFE = "never lift a hot lid before the whistle has stopped, nor look into the spout"
HOSTILE = "<b>lid and spout " + "x" * 50


@pytest.fixture
def phrases(incident):
    """Some that wait, one confirmed, one refused; a name without a space, and a stranger's markup."""
    decided = {"decided_by": incident.opened_by, "decided_at": timezone.now()}
    of = {
        "watchlist": incident.watchlist,
        "kind": "comment",
        "path": "src/" + "deep/" * 30 + "lid.ts",
        "line": 1131,
    }
    factories.SourceFactory(name="npm")
    SearchTerm.objects.create(**of, text="the lid is on", state="approved", **decided)
    SearchTerm.objects.create(**of, text="the lid is off", state="refused", **decided)
    return [
        SearchTerm.objects.create(**of, text=text) for text in (SAFE, HOSTILE, "whistleUntilSteamHasLeft" * 3)
    ]


def test_phrases_are_sound(window, incident, phrases, look):  # noqa: F811
    lead = window(incident.opened_by, **look)

    assert complaints(lead, f"/i/{incident.ref}/watches/phrases/") == []


@pytest.mark.parametrize("scripts", [True, False])
def test_a_person_unticks_one_and_confirms_once(window, incident, phrases, scripts):
    open_one = window(incident.opened_by, java_script_enabled=scripts)
    page = open_one.page
    open_one.go(f"/i/{incident.ref}/watches/phrases/")

    page.get_by_label(SAFE).uncheck()
    page.get_by_role("button", name="Confirm, and send the ticked ones").click()
    page.get_by_text("Each is on the record, with your name.").wait_for()

    states = [SearchTerm.objects.get(pk=term.pk).state for term in phrases]
    assert states == ["refused", "approved", "approved"]
