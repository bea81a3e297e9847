from datetime import timedelta

import pytest
from django.core.management import CommandError
from django.utils import timezone

from incidents.models import Event
from monitors.models import Change
from monitors.sources.base import Mention
from tests import factories
from tests.commands import answered, printed


@pytest.fixture
def asked(incident, shelf):
    """A watch of the incident that is due; the outside world holds a copy."""
    factories.FingerprintFactory(watchlist=incident.watchlist)
    shelf.packages["open-kettle"] = factories.LEAK
    return factories.WatchFactory(watchlist=incident.watchlist)


def _later(watch):
    type(watch).objects.filter(pk=watch.pk).update(due_at=timezone.now() + timedelta(hours=1))


def test_what_is_due_is_asked_and_what_is_found_is_on_the_record(incident, asked):
    [polled] = answered("poll")

    asked.refresh_from_db()
    assert polled.pop("next_at") == asked.due_at.isoformat().replace("+00:00", "Z")
    assert polled == {
        "watch": asked.pk,
        "source": asked.source.name,
        "aim": "package",
        "query": asked.query,
        "outcome": "answered",
        "error": "",
        "requests": 0,
        "looked_at": 1,
        "found": 1,
        "unread": [],
        "put_off": 0,
        "mentions": 0,
        "gaps": [],
    }
    assert incident.events.filter(kind=Event.Kind.SIGHTING_APPEARED).count() == 1
    assert not Change.objects.unread().exists()


def test_of_talk_it_says_how_many_mentions_were_heard(incident, asked, shelf):
    _later(asked)
    at = timezone.now()
    shelf.mentions = [Mention("news.example", "1", "Leaked", "https://news.example/1", at)]
    factories.WatchFactory(watchlist=incident.watchlist, source=asked.source, aim="mentions", query="acme")

    assert "acme: answered, 1 mention\n" in printed("poll")


def test_what_is_not_due_is_left_alone(asked, shelf):
    _later(asked)

    assert answered("poll") == []
    assert shelf.asked == []


@pytest.mark.parametrize("how", [["--all"], ["--watch"]])
def test_what_is_not_due_is_asked_when_forced(asked, shelf, how):
    _later(asked)

    polled = answered("poll", *how, *([str(asked.pk)] if how == ["--watch"] else []))

    assert [one["watch"] for one in polled] == [asked.pk]
    assert shelf.asked == [asked.query]


@pytest.mark.parametrize("how", [["--all"], ["--watch"]])
def test_what_a_worker_asks_at_this_moment_is_left_to_it_and_told(asked, shelf, how):
    asked.claim(at=timezone.now())

    said = printed("poll", *how, *([str(asked.pk)] if how == ["--watch"] else []))

    assert said == f"{asked.pk}  {asked.query}: taken by a worker, 0 found\n0 asked\n"
    assert shelf.asked == []


def test_naming_one_watch_leaves_the_others_alone(asked, shelf):
    other = factories.WatchFactory(watchlist=asked.watchlist)

    assert [one["watch"] for one in answered("poll", "--watch", str(other.pk))] == [other.pk]
    assert shelf.asked == [other.query]


def test_a_source_that_fails_is_said_and_ends_nothing(asked, shelf):
    shelf.fail("It does not answer.")

    assert printed("poll") == f"{asked.pk}  {asked.query}: It does not answer., 0 found\n1 asked\n"


def test_the_one_that_was_named_and_fails_ends_in_an_error(asked, shelf):
    shelf.fail("It does not answer.")

    with pytest.raises(CommandError, match="It does not answer"):
        printed("poll", "--watch", str(asked.pk))


def test_a_paused_watch_cannot_be_named(asked):
    type(asked).objects.update(paused_at=timezone.now())

    with pytest.raises(CommandError, match=rf"There is no watch {asked.pk} that is not paused\."):
        printed("poll", "--watch", str(asked.pk))


def test_what_the_host_left_out_is_said(asked, shelf):
    shelf.gaps = ["GitHub counts 120 forks and lists 117."]

    assert "    GitHub counts 120 forks and lists 117.\n" in printed("poll")


def test_places_that_were_put_off_are_read_here_and_now(incident, asked, shelf):
    shelf.packages = {f"copy-{n}": factories.LEAK | {"n": b"%d" % n} for n in range(21)}

    [polled] = answered("poll")

    assert (polled["found"], polled["put_off"], incident.watchlist.sightings.count()) == (0, 21, 21)
    assert incident.events.filter(kind=Event.Kind.SIGHTING_APPEARED).exists()


def test_a_token_is_in_nothing_that_is_printed(asked, shelf, monkeypatch, caplog):
    monkeypatch.setenv("OUR_TOKEN", "ghp_0123456789SECRET")
    asked.source.token_env = "OUR_TOKEN"
    asked.source.save()
    shelf.fail("It refused Bearer ghp_0123456789SECRET.")

    said = printed("poll", "--json")
    asked.refresh_from_db()
    with pytest.raises(CommandError) as failed:
        printed("poll", "--watch", str(asked.pk))

    assert "It refused Bearer ***." in said
    assert str(failed.value) == "It refused Bearer ***."
    assert "SECRET" not in said + caplog.text
