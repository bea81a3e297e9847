"""A file of ours that a public code search names is a sighting: real HTTP, real rows."""

from datetime import timedelta

import pytest

from monitors import polling
from monitors.models import Sighting
from monitors.simulator import World, serve
from monitors.sources.base import Aim
from tests import factories

pytestmark = pytest.mark.slow  # real HTTP


def test_a_file_that_holds_our_phrase_is_read_and_sighted(incident):
    factories.FingerprintFactory(watchlist=incident.watchlist)
    path, content = max(factories.LEAK.items(), key=lambda file: len(file[1]))
    phrase = max(content.decode().split("\n"), key=len).strip()[:60]
    world = World()
    tree = world.objects.tree({f"copied/{path}": content})
    kept = world.add_repository("sourcegraph", "eve/a", tree=tree)
    at = world.clock.now() + timedelta(minutes=1)

    with serve(world) as server:
        source = factories.SourceFactory(kind="sourcegraph", base_url=server.address("sourcegraph"))
        asked = {"aim": Aim.CODE, "query": phrase, "every": timedelta(minutes=30)}
        watch = polling.watch(incident.watchlist, source, **asked, at=at)
        poll = polling.poll(watch, at=at)

    sighting = Sighting.objects.get()
    assert (poll.outcome, poll.error, poll.looked_at) == ("answered", "", 1)
    assert (sighting.native_id, sighting.path) == (str(kept.id), f"copied/{path}")
    assert sighting.score > 0
