"""What a look may show to the host next time is kept with the place."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import checks, polling
from monitors.models import Budget, Sighting
from monitors.simulator import Holds, World, serve
from monitors.simulator.dialects import DIALECTS
from monitors.sources.github.api import Api
from tests import factories


@pytest.fixture
def outside():
    world = World()
    for number in range(2):
        world.add_repository("github", f"eve/leak-{number}", holds=Holds.LEAK)
    with serve(world, dialects={"github": DIALECTS["github"]()}) as server:
        yield server


@pytest.fixture
def places(db, outside, monkeypatch):
    """Two repositories, as REST tells of them, with a token."""
    monkeypatch.setenv("OUR_TOKEN", "sesame")
    monkeypatch.setattr(Api, "has_graphql", False)
    address = outside.address("github")
    source = factories.SourceFactory(kind="github", base_url=address, token_env="OUR_TOKEN")
    for number in range(2):
        watch = factories.WatchFactory(
            watchlist=factories.FingerprintFactory().watchlist,
            source=source,
            aim="repository",
            query=f"eve/leak-{number}",
        )
        polling.poll(watch)
    Sighting.objects.update(watchlist=watch.watchlist)
    return list(Sighting.objects.order_by("pk"))


def left() -> int:
    return Budget.objects.get(bucket="").remaining


@pytest.mark.slow
@pytest.mark.parametrize("many", [False, True])
def test_a_second_visit_to_what_stands_takes_nothing_off_the_limit(places, many):
    def visit() -> None:
        at = timezone.now() + timedelta(hours=9)
        Sighting.objects.update(due_at=at)
        lease = Sighting.objects.claim(at=at, most=9)
        claimed = list(Sighting.objects.filter(due_at=lease).select_related("source", "watchlist"))
        if many:
            checks.check_many(claimed)
        else:
            for sighting in claimed:
                checks.check_claimed(sighting)

    visit()
    before = left()
    visit()

    now = list(Sighting.objects.order_by("pk"))
    assert (left(), [one.digest for one in now]) == (before, [one.digest for one in places])
    assert [one.ticket["look"]["digest"] for one in now] == [one.digest for one in now]
    assert [(one.visits, one.last_error, one.is_live) for one in now] == [(2, "", True)] * 2
