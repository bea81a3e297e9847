from datetime import timedelta

from django.utils import timezone

from incidents.models import Artifact
from incidents.views.watches import suggestions
from monitors.models import Watch
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
