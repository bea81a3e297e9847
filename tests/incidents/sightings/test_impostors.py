from incidents.queue import Queue
from monitors.models import Sighting
from tests import factories

HOSTILE = "executable: </bdi><script>alert(1)</script>\u202egpj.exe (runs on Windows)"


def impostor(incident, **how):
    return factories.SightingFactory(watchlist=incident.watchlist, impostor=True, **how)


def page(browser, incident, query=""):
    return browser.get(f"/i/{incident.ref}/sightings/{query}").text


def test_an_impostor_waits_in_the_queue_with_a_warning_first(visit, incident, triager):
    impostor(incident)

    shown = page(visit(triager), incident)

    assert "Do not open it: it holds an executable." in shown
    assert '<bdi class="wrap">executable: Setup.exe (runs on Windows)</bdi>' in shown
    assert "says it is the leak, and holds none of it" in shown
    assert "No takedown notice names it" in shown
    assert "Confirm <kbd" in shown


def test_what_it_carries_is_told_as_far_as_it_was_seen(visit, incident, lead):
    script = impostor(incident, warnings=["install script: package.json (postinstall: node x.js)"])
    nothing = impostor(incident, warnings=[])

    browser = visit(lead)
    assert "Do not open or install it." in browser.get(f"/i/{incident.ref}/sightings/{script.pk}/").text
    assert "which proves nothing" in browser.get(f"/i/{incident.ref}/sightings/{nothing.pk}/").text


def test_a_strangers_file_name_in_a_warning_is_text(visit, incident, lead):
    impostor(incident, warnings=[HOSTILE])

    shown = page(visit(lead), incident)

    assert "<script>alert" not in shown
    assert "&lt;/bdi&gt;&lt;script&gt;" in shown


def test_impostors_have_a_queue_of_their_own(incident):
    there = impostor(incident)
    impostor(incident, dismissed=True)
    factories.SightingFactory(watchlist=incident.watchlist)

    assert list(Queue.of(incident, {"state": "impostors"}).rows) == [there]


def test_an_impostor_is_a_hit_but_no_copy_even_when_it_is_confirmed(incident):
    new, confirmed = impostor(incident), impostor(incident, confirmed=True)
    copy = factories.SightingFactory(watchlist=incident.watchlist)

    assert set(Sighting.objects.hits()) == {new, confirmed, copy}
    assert set(Sighting.objects.copies()) == {copy}
    assert set(Sighting.objects.impostors()) == {new, confirmed}


def test_the_list_of_incidents_does_not_count_it_as_a_live_copy(visit, incident, lead):
    impostor(incident)

    answer = visit(lead).get("/")

    [row] = answer.context["incidents"]
    assert (row.live, row.new) == (0, 1)
