from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.models import Artifact
from incidents.views.watches import suggestions
from monitors import mentions
from monitors.models import Watch
from monitors.sources import base
from tests import factories


def test_nothing_being_watched_cannot_be_missed(visit, incident, lead):
    factories.SourceFactory()

    overview = visit(lead).get(f"/i/{incident.ref}/").text

    assert "Nobody is looking for copies." in overview
    assert f'action="/i/{incident.ref}/watches/"' in overview


def test_the_first_watch_is_suggested_from_what_got_out(incident):
    source = factories.SourceFactory(kind="npm")
    factories.ArtifactFactory(incident=incident, locator="pkg:npm/%40acme/cli@1.4.2")

    assert suggestions(incident).initial == {"ask": f"{source.pk}:package", "query": "@acme/cli"}


def test_a_leaked_repository_suggests_watching_itself(incident):
    source = factories.SourceFactory(kind="git", base_url="")
    address = "git+https://code.example/acme/cli.git"
    factories.ArtifactFactory(incident=incident, kind=Artifact.Kind.GIT, locator=address)

    hint = suggestions(incident).initial

    assert hint == {"ask": f"{source.pk}:repository", "query": "https://code.example/acme/cli.git"}


def test_a_watch_starts_due_at_once(visit, incident, triager):
    source = factories.SourceFactory()
    form = {"ask": f"{source.pk}:package", "query": " @acme/cli ", "minutes": "15"}

    visit(triager).post(f"/i/{incident.ref}/watches/", form)

    watch = Watch.objects.get()
    assert (watch.source, watch.query, watch.every) == (source, "@acme/cli", timedelta(minutes=15))
    assert watch.due_at <= timezone.now()


def test_a_source_is_only_asked_what_it_can_answer(visit, incident, triager):
    source = factories.SourceFactory(kind="npm")
    form = {"ask": f"{source.pk}:repository", "query": "x", "minutes": "5"}

    answer = visit(triager).post(f"/i/{incident.ref}/watches/", form)

    assert (answer.status_code, Watch.objects.count()) == (400, 0)


def test_a_failing_watch_says_why_on_the_overview(visit, incident, lead):
    factories.WatchFactory(
        watchlist=incident.watchlist, failures=3, last_error="It did not answer in 20 seconds."
    )

    overview = visit(lead).get(f"/i/{incident.ref}/").text

    assert "It did not answer in 20 seconds." in overview
    assert '<li class="bad">' in overview


def test_a_watch_that_sees_says_what_its_last_look_could_not_read(visit, incident, lead):
    at = timezone.now()
    error = "broken could not be read: it is no archive."
    watch = factories.WatchFactory(watchlist=incident.watchlist, last_polled_at=at, last_error=error)

    for page in ("watches/", f"watches/{watch.pk}/"):
        assert error in visit(lead).get(f"/i/{incident.ref}/{page}").text


def test_pausing_and_resuming_a_watch(visit, incident, lead):
    watch = factories.WatchFactory(watchlist=incident.watchlist)
    browser, of = visit(lead), f"/i/{incident.ref}/watches/{watch.pk}"

    paused = browser.post(f"{of}/pause/", follow=True).text
    resumed = browser.post(f"{of}/resume/", follow=True).text

    assert ("Nobody looks there now." in paused, "Looking again" in resumed) == (True, True)
    watch.refresh_from_db()
    assert not watch.is_paused


def test_another_incidents_watch_is_not_here(visit, incident, lead):
    theirs = factories.WatchFactory()

    assert visit(lead).post(f"/i/{incident.ref}/watches/{theirs.pk}/pause/").status_code == 404
    theirs.refresh_from_db()
    assert not theirs.is_paused


@pytest.fixture
def talk(incident):
    """A watch on talk that heard two mentions in its one look, and one of another incident that heard one."""
    source = factories.SourceFactory(kind="hackernews")
    watch = factories.WatchFactory(watchlist=incident.watchlist, source=source, aim="mentions", query="acme")
    hear(watch, 2)
    hear(factories.WatchFactory(source=source, aim="mentions"), 1)
    return watch


def hear(watch, count):
    at = timezone.now()
    said = [
        base.Mention("news.example", str(number), "Leaked", "https://n.example", at)
        for number in range(count)
    ]
    mentions.record(watch, said, at=at)
    factories.PollFactory(watch=watch, mentions=count)


def test_a_watch_on_talk_says_how_many_mentions_it_brought(visit, incident, lead, talk):
    browser = visit(lead)

    rows = browser.get(f"/i/{incident.ref}/watches/").text
    one = browser.get(f"/i/{incident.ref}/watches/{talk.pk}/").text

    link = f'<a href="/i/{incident.ref}/mentions/">'
    assert f"<b>2</b> {link}mentions</a>" in rows
    assert "<b>0</b> found" not in rows
    assert f"<dt>Mentions</dt><dd>{link}2 heard</a></dd>" in one
    assert '<td class="n" data-label="mentions">2</td>' in one


def test_the_watches_lead_to_the_mentions_once_there_are_any(visit, incident, lead):
    browser, link = visit(lead), f'<a class="button" href="/i/{incident.ref}/mentions/">Mentions</a>'
    without = browser.get(f"/i/{incident.ref}/watches/").text

    watch = factories.WatchFactory(watchlist=incident.watchlist, aim="mentions")
    listening = browser.get(f"/i/{incident.ref}/watches/").text
    hear(watch, 1)
    watch.delete()
    heard = browser.get(f"/i/{incident.ref}/watches/").text

    assert [link in page for page in (without, listening, heard)] == [False, True, True]
