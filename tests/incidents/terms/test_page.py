import html

import pytest

from incidents.models import Event
from monitors.models import SearchTerm
from tests import factories
from tests.incidents.artifacts.test_take_in import take_in
from tests.incidents.terms.leaks import MESSAGE, NAME, PACKAGE, SAFE


@pytest.fixture
def artifact(incident, lead):
    return take_in(incident, lead, PACKAGE)


@pytest.fixture
def npm(db):
    return factories.SourceFactory(name="npm")


@pytest.fixture
def path(incident):
    return f"/i/{incident.ref}/watches/phrases/"


def terms_of(incident):
    return {term.text: term for term in incident.watchlist.search_terms.all()}


def test_phrases_wait_ticked_with_where_they_stand_and_what_happens_to_them(
    visit, artifact, incident, lead, npm, path
):
    term = terms_of(incident)[SAFE]
    file = artifact.files.get(path="src/lid.ts")

    page = visit(lead).get(path).text

    assert "These phrases are sent to third parties." in page
    assert f'value="{term.pk}" id="term-{term.pk}" checked' in page
    assert f'href="/i/{incident.ref}/exposure/{artifact.pk}/file/{file.number}/?line=2#line"' in page
    assert page.count(" checked") == 3 + 1  # the phrases, and the one place


def test_a_line_beyond_the_thousandth_is_led_to(visit, incident, lead, path):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    file = factories.ExposedFileFactory(artifact=artifact)
    SearchTerm.objects.create(
        watchlist=incident.watchlist, text=SAFE, kind="comment", path=file.path, line=1131, blob=file.blob
    )

    assert f"/file/{file.number}/?line=1131#line" in visit(lead).get(path).text


def test_how_a_host_is_sent_less_is_shown(visit, incident, lead, npm, path):
    text = "never lift a hot lid before the whistle has stopped, nor look into the spout"
    SearchTerm.objects.create(watchlist=incident.watchlist, text=text, kind="comment")

    page = html.unescape(visit(lead).get(path).text)

    assert '"never lift a hot lid before the whistle has stopped, nor look"' in page


def test_what_is_confirmed_is_sent_and_what_was_unticked_never(visit, artifact, incident, triager, npm, path):
    every = terms_of(incident)
    sent = {"shown": [term.pk for term in every.values()], "term": [every[SAFE].pk, every[NAME].pk]}

    answer = visit(triager).post(path, sent | {"source": [npm.pk]}, follow=True).text

    states = {text: term.state for text, term in terms_of(incident).items()}
    assert states == {SAFE: "approved", NAME: "approved", MESSAGE: "refused"}
    assert sorted(incident.watchlist.watches.values_list("query", flat=True)) == [f'"{SAFE}"', f'"{NAME}"']
    assert "Confirmed: 2 searches begin now." in answer


def test_unticking_everything_sends_nothing(visit, artifact, incident, lead, npm, path):
    visit(lead).post(path, {"shown": [term.pk for term in terms_of(incident).values()], "source": [npm.pk]})

    assert {term.state for term in terms_of(incident).values()} == {"refused"}
    assert not incident.watchlist.watches.exists()


def test_without_a_place_ticked_nothing_is_confirmed_and_the_ticks_stay(
    visit, artifact, incident, lead, npm, path
):
    every = terms_of(incident)

    answer = visit(lead).post(path, {"shown": [t.pk for t in every.values()], "term": [every[SAFE].pk]})

    assert (answer.status_code, "Tick where to search" in answer.text) == (400, True)
    assert (answer.text.count(" checked"), incident.watchlist.search_terms.proposed().count()) == (1, 3)


def test_without_any_source_what_was_confirmed_waits(visit, artifact, incident, lead, path):
    every = [term.pk for term in terms_of(incident).values()]
    visit(lead).post(path, {"shown": every, "term": every})
    later = factories.SourceFactory(name="npm")

    page = visit(lead).get(path).text
    visit(lead).post(path, {"term": every, "source": [later.pk]})

    assert "Not searched for everywhere: npm can be asked too" in page
    assert incident.watchlist.watches.count() == 3


def test_what_must_not_be_told_stops_all_and_says_which(visit, artifact, incident, lead, npm, path):
    incident.codename = "Whistle"
    incident.save()
    every = [term.pk for term in terms_of(incident).values()]

    answer = visit(lead).post(path, {"shown": every, "term": every, "source": [npm.pk]})

    assert answer.status_code == 400
    assert "would tell our own name, which tells who we are. Untick it." in answer.text
    assert not incident.watchlist.watches.exists()


def test_a_phrase_of_ones_own_is_refused_with_the_reason(visit, incident, lead, path):
    answer = visit(lead).post(f"{path}add/", {"text": "ask kim@acme.example about lids"})

    assert answer.status_code == 400
    assert "It would tell an address." in answer.text
    assert 'value="ask kim@acme.example about lids"' in answer.text


def test_a_phrase_of_ones_own_is_added_to_those_that_wait(visit, incident, lead, npm, path):
    page = visit(lead).post(f"{path}add/", {"text": "the spout whistles at noon"}, follow=True).text

    assert "It waits here to be confirmed with the others." in page
    assert f"added by {lead}" in page


def test_refusing_a_confirmed_phrase_pauses_its_search_and_no_button_wakes_it(
    visit, artifact, incident, lead, npm, path
):
    pk, browser = terms_of(incident)[SAFE].pk, visit(lead)
    browser.post(path, {"term": [pk], "source": [npm.pk]})
    watch = incident.watchlist.watches.get()

    browser.post(f"{path}refuse/", {"term": [pk]})
    answer = browser.post(f"/i/{incident.ref}/watches/{watch.pk}/resume/", follow=True).text

    watch.refresh_from_db()
    assert watch.is_paused
    assert "The phrase it searches for was refused." in answer


def test_anothers_phrase_cannot_be_confirmed(visit, incident, lead, npm, path):
    theirs = SearchTerm.objects.create(watchlist=factories.WatchlistFactory(), text=SAFE, kind="comment")

    answer = visit(lead).post(path, {"term": [theirs.pk], "source": [npm.pk]})

    theirs.refresh_from_db()
    assert (answer.status_code, theirs.state) == (400, "proposed")


def test_a_member_who_may_not_watch_reads_but_cannot_send(visit, artifact, incident, communicator, npm, path):
    page = visit(communicator).get(path).text

    assert SAFE in page
    assert '<input type="checkbox"' not in page
    assert "The lead or triage confirm them." in page


def test_watches_show_the_phrase_they_came_from(visit, artifact, incident, lead, npm, path):
    browser = visit(lead)
    browser.post(path, {"term": [terms_of(incident)[SAFE].pk], "source": [npm.pk]})
    watch = incident.watchlist.watches.get()

    listed = browser.get(f"/i/{incident.ref}/watches/").text
    alone = browser.get(f"/i/{incident.ref}/watches/{watch.pk}/").text

    assert "2 rare phrases of our files wait for a person" in listed
    assert f'for the approved phrase <a href="{path}"><bdi class="wrap mono">{SAFE}</bdi></a>' in listed
    assert "It searches for a phrase of the leak, approved by" in alone


def test_strangers_text_in_a_phrase_is_text(visit, incident, lead, npm, path):
    text = "<img src=x> \u202elid & <b>spout</b>"
    SearchTerm.objects.create(watchlist=incident.watchlist, text=text, kind="comment", path="<i>.ts", line=1)

    page = visit(lead).get(path).text

    assert [tag for tag in ("<img src=x", "<b>spout", "<i>.ts") if tag in page] == []


def test_before_anything_was_taken_in_the_page_says_what_to_do(visit, incident, lead, path):
    page = visit(lead).get(path).text

    assert "No phrase has been proposed." in page


def test_a_page_of_many_phrases_asks_the_database_as_often_as_one_of_few(
    visit, incident, lead, npm, path, django_assert_max_num_queries
):
    for number in range(60):
        SearchTerm.objects.create(watchlist=incident.watchlist, text=f"lid number {number}", kind="comment")
    every = [term.pk for term in terms_of(incident).values()]
    visit(lead).post(path, {"term": every, "source": [npm.pk]})

    browser = visit(lead)
    with django_assert_max_num_queries(30):
        browser.get(path)
    assert incident.events.filter(kind=Event.Kind.WATCH).count() == 1
