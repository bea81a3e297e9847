from monitors.models import Own
from tests import factories


def test_a_lead_lists_an_account_of_ours(visit, lead):
    visit(lead).post("/own/", {"host": "github.com", "name": "acme", "native_id": ""})

    own = Own.objects.get()
    assert (own.host, own.name, own.added_by) == ("github.com", "acme", lead)


def test_an_entry_says_what_it_covers_and_warns_when_that_is_nothing(visit, incident, lead):
    factories.SightingFactory(watchlist=incident.watchlist, host="code.example", native_id="acme/cli")
    browser = visit(lead)

    pages = [
        browser.post("/own/", {"host": "code.example", "name": name, "native_id": ""}, follow=True).text
        for name in ("acme/cli", "acme/cil")
    ]

    assert "acme/cli on code.example is ours, with one sighting: no copy, and never a target." in pages[0]
    assert "acme/cil on code.example is ours, and covers no sighting yet." in pages[1]


def test_an_entry_that_says_too_little_is_refused_with_the_reason(visit, lead):
    answer = visit(lead).post("/own/", {"host": "github.com", "name": "", "native_id": ""})

    assert (answer.status_code, Own.objects.count()) == (400, 0)
    assert "one of the two" in answer.text


def test_listing_the_same_place_twice_is_one_entry(visit, lead):
    for _ in range(2):
        visit(lead).post("/own/", {"host": "github.com", "name": "acme", "native_id": ""})

    assert Own.objects.count() == 1


def test_who_keeps_nothing_sees_the_list_without_buttons(visit, stranger):
    Own.objects.create(host="github.com", name="acme")

    page = visit(stranger).get("/own/").text

    assert "acme" in page
    assert "<form" not in page.partition("<main")[2]


def test_a_sighting_of_ours_says_so_and_cannot_be_confirmed(visit, incident, lead):
    sighting = factories.SightingFactory(watchlist=incident.watchlist, is_ours=True)

    page = visit(lead).get(f"/i/{incident.ref}/sightings/{sighting.pk}/").text

    assert "our own places" in page
    assert 'value="confirmed"' not in page.partition('aria-label="The sighting"')[2]
