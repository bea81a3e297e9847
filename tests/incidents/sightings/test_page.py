import pytest

from incidents.models import Event
from incidents.queue import Queue, detail
from monitors.models import Sighting
from tests import factories

HOSTILE = '</bdi><script>alert(1)</script>\u202egpj.exe"'


@pytest.fixture
def sighting(incident):
    return factories.SightingFactory(watchlist=incident.watchlist)


def page(browser, incident, query=""):
    return browser.get(f"/i/{incident.ref}/sightings/{query}").text


def test_a_strangers_name_is_text_and_cannot_turn_the_line_around(visit, incident, lead):
    factories.SightingFactory(watchlist=incident.watchlist, title=HOSTILE, host=HOSTILE, version=HOSTILE)

    shown = page(visit(lead), incident)

    assert "<script>alert" not in shown
    assert "<bdi>&lt;/bdi&gt;&lt;script&gt;alert(1)&lt;/script&gt;\u202egpj.exe&quot;</bdi>" in shown


def test_a_strangers_address_is_shown_but_never_a_link(visit, incident, lead):
    factories.SightingFactory(watchlist=incident.watchlist, url="javascript:alert(1)")

    shown = page(visit(lead), incident)

    assert "<bdi>javascript:alert(1)</bdi>" in shown
    assert 'href="javascript:' not in shown


def test_those_who_may_not_triage_see_no_buttons(visit, incident, sighting, executive):
    shown = page(visit(executive), incident)

    assert sighting.title in shown
    assert [
        word
        for word in ("Confirm <kbd", "Reason to dismiss", "Check again", 'type="checkbox"')
        if word in shown
    ] == []


def test_what_is_found_is_at_least_that_much(visit, incident, lead):
    factories.SightingFactory(watchlist=incident.watchlist, share_files=0.999, share_lines=0.004)

    assert "at least 99% of our files (2) and under 1% of our lines" in page(visit(lead), incident)


def test_each_state_has_its_count_and_its_rows(incident):
    def of(**traits):
        return factories.SightingFactory(watchlist=incident.watchlist, **traits)

    made = {
        "new": [of()],
        "confirmed": [of(confirmed=True), of(confirmed=True, gone=True), of(confirmed=True, returned=True)],
        "dismissed": [of(dismissed=True, gone=True)],
        "unrelated": [of(unrelated=True)],
    }
    made |= {"gone": made["confirmed"][1:2], "returned": made["confirmed"][2:]}
    queues = {name: Queue.of(incident, {"state": name}) for name in made}

    assert {name: set(queue.rows) for name, queue in queues.items()} == {
        name: set(rows) for name, rows in made.items()
    }
    counts = {tab.name: tab.count for tab in queues["new"].tabs}
    assert counts == {name: len(rows) for name, rows in made.items()} | {"impostors": 0, "ours": 0, "all": 6}


def test_dismissing_needs_a_reason(visit, incident, sighting, lead):
    answer = visit(lead).post(
        f"/i/{incident.ref}/sightings/{sighting.pk}/triage/", {"to": "dismissed"}, follow=True
    )

    sighting.refresh_from_db()
    assert sighting.triage == Sighting.Triage.NEW
    assert "Say why it is dismissed" in answer.text


def test_after_one_sighting_comes_the_next_of_the_same_queue(visit, incident, triager):
    newest_last = [factories.SightingFactory(watchlist=incident.watchlist) for _ in range(3)]
    url = f"/i/{incident.ref}/sightings"

    answer = visit(triager).post(f"{url}/{newest_last[1].pk}/triage/", {"to": "confirmed", "state": "new"})

    assert answer.url == f"{url}/{newest_last[0].pk}/?state=new"


def test_after_the_last_one_comes_the_empty_queue(visit, incident, sighting, triager):
    url = f"/i/{incident.ref}/sightings"

    answer = visit(triager).post(
        f"{url}/{sighting.pk}/triage/", {"to": "confirmed", "state": "new"}, follow=True
    )

    assert answer.redirect_chain == [(f"{url}/?state=new", 302)]
    assert "The queue is empty." in answer.text


def judge(browser, incident, sightings):
    form = {"sighting": [one.pk for one in sightings], "to": "dismissed", "why": "Our own mirror"}
    return browser.post(f"/i/{incident.ref}/sightings/triage/", form, follow=True)


def test_many_are_judged_at_once(visit, incident, triager):
    made = factories.SightingFactory.create_batch(3, watchlist=incident.watchlist)

    answer = judge(visit(triager), incident, made[:2])

    assert set(Sighting.objects.filter(triage="dismissed")) == set(made[:2])
    assert "2 dismissed." in answer.text


def test_another_incidents_sightings_are_never_judged_along(visit, incident, triager, sighting):
    theirs = factories.SightingFactory()

    judge(visit(triager), incident, [sighting, theirs])

    assert not Sighting.objects.filter(pk=theirs.pk, triage="dismissed").exists()


def test_checking_again_makes_it_due(visit, incident, triager):
    sighting = factories.SightingFactory(watchlist=incident.watchlist, due_at=factories.utc(2999, 1, 1))

    visit(triager).post(f"/i/{incident.ref}/sightings/{sighting.pk}/check/")

    sighting.refresh_from_db()
    assert sighting.due_at < factories.utc(2999, 1, 1)


def test_a_sighting_deep_in_the_queue_is_shown_with_its_neighbours(incident):
    made = factories.SightingFactory.create_batch(60, watchlist=incident.watchlist)
    oldest = min(made, key=lambda one: (one.first_seen_at, one.pk))

    shown = Queue.of(incident, {"state": "all"}).page_of(oldest)

    assert (shown.number, oldest in shown.object_list) == (2, True)


def test_the_evidence_is_counted_by_kind_and_listed_to_a_bound(incident, sighting):
    sighting.fingerprint = factories.FingerprintFactory(watchlist=incident.watchlist, files=400)
    factories.EvidenceFactory.create_batch(201, sighting=sighting)
    factories.EvidenceFactory.create_batch(3, sighting=sighting, kind="words")

    held = detail(sighting)

    assert [(band.files, band.words) for band in held.bands] == [
        (201, "byte for byte"),
        (3, "with our rare strings"),
    ]
    assert (len(held.pairs), held.more, held.total) == (200, 4, 204)


def test_nobody_looking_is_said_on_the_empty_page(visit, incident, lead):
    assert "Nobody is looking for copies." in page(visit(lead), incident)
    assert not Event.objects.filter(kind=Event.Kind.SIGHTING_APPEARED).exists()


def test_passages_are_shown_with_their_lines_on_both_sides(visit, incident, sighting, lead):
    regions = [[12, 80, 30, 98], [200, 230, 300, 330], [400, 410, 500, 510], [900, 910, 920, 930]]
    factories.EvidenceFactory(sighting=sighting, kind="tokens", regions=regions)

    shown = page(visit(lead), incident, f"{sighting.pk}/")

    assert "about lines 12–80" in shown
    assert "lines 30–98" in shown
    assert "and 1 more passage" in shown
    assert "lines 900" not in shown
    assert "lines 920" not in shown


def test_a_release_that_grew_suddenly_says_by_how_much(visit, incident, sighting, lead):
    before = {"version": HOSTILE, "bytes": 4_900_000, "files": 12}
    sighting.ticket = {"size": {"jump": 1234.5, "bytes": 6_049_050_000, "files": 15, "before": before}}
    sighting.save()

    shown = page(visit(lead), incident, f"{sighting.pk}/")

    assert "<b>1,234.5 times as large</b> as version" in shown
    assert "5.6\xa0GB after 4.7\xa0MB" in shown
    assert "<script>alert" not in shown


@pytest.mark.parametrize("size", [{}, {"bytes": 10, "files": 1}, {"bytes": 10, "before": {"bytes": 9}}])
def test_a_release_that_grew_as_usual_says_nothing_of_it(visit, incident, sighting, lead, size):
    sighting.ticket = {"size": size} if size else {}
    sighting.save()

    assert "times as large" not in page(visit(lead), incident, f"{sighting.pk}/")


@pytest.mark.parametrize(
    ("told", "served", "words"),
    [
        (True, "sha512-now", "The withdrawn artifact itself"),
        (False, "sha512-now", "Not the withdrawn artifact"),
        (True, "sha512-before", ""),
        (None, "sha512-now", ""),
    ],
)
def test_a_mirror_says_whether_it_serves_the_artifact(visit, incident, sighting, lead, told, served, words):
    sighting.digest = "sha512-now"
    sighting.ticket = {"served": {"digest": served}} | ({} if told is None else {"is_the_artifact": told})
    sighting.save()

    shown = page(visit(lead), incident, f"{sighting.pk}/")

    said = [one for one in ("The withdrawn artifact itself", "Not the withdrawn artifact") if one in shown]
    assert said == [words] * bool(words)
