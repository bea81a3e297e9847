"""Talk, from the place where it was said to the count of an hour: real HTTP, real rows."""

from datetime import timedelta

import pytest

from monitors import mentions, polling
from monitors.models import Mention, Sighting
from monitors.simulator import World, serve
from monitors.simulator.places import Post
from monitors.sources.base import Aim
from tests import factories

pytestmark = pytest.mark.slow  # real HTTP


@pytest.fixture
def world():
    """Three stories in one hour and one in the next, and as much in the press."""
    world = World()
    for kind in ("hackernews", "feed"):
        for number, minutes in enumerate((5, 20, 40, 70)):
            at = world.start + timedelta(minutes=minutes)
            title, url = f"Acme CLI leaked \u202e{number}", f"https://a.example/{number}"
            posts = world.host(kind).posts
            posts.append(Post(kind, 100 + number, title, url, "eve", at, feed="press"))
    world.clock.advance(timedelta(hours=2))
    return world


@pytest.fixture
def listen(world, incident):
    """Polls one kind of place for these words, at the world's time."""
    with serve(world) as server:

        def asked(kind, query, path=""):
            source = factories.SourceFactory(
                kind=kind, base_url=server.address(kind) + path, allow_private=True
            )
            at = world.clock.now()
            watch = polling.watch(
                incident.watchlist,
                source,
                aim=Aim.MENTIONS,
                query=query,
                every=timedelta(minutes=10),
                at=at,
            )
            return watch, polling.poll(watch, at=at)

        yield asked


@pytest.mark.parametrize(("kind", "path"), [("hackernews", ""), ("feed", "/press.xml")])
def test_what_is_said_is_counted_by_the_hour_and_is_no_copy(world, incident, listen, kind, path):
    _, poll = listen(kind, "acme-cli", path)

    hours = mentions.by_hour(incident.watchlist, at=world.clock.now())
    assert (poll.outcome, poll.mentions, poll.error) == ("answered", 4, "")
    assert hours == [(world.start, 3), (world.start + timedelta(hours=1), 1)]
    assert not Sighting.objects.exists()
    assert {mention.title[:-1] for mention in Mention.objects.all()} == {"Acme CLI leaked \ufffd"}


def test_asking_again_counts_nothing_twice(world, incident, listen):
    watch, _ = listen("hackernews", "acme-cli")
    world.clock.advance(timedelta(hours=1))

    watch.refresh_from_db()
    polling.poll(watch, at=world.clock.now())

    assert Mention.objects.count() == 4


def test_other_words_are_another_watch_of_the_same_talk(incident, listen):
    listen("hackernews", "kettle")

    assert not Mention.objects.exists()
