"""Work that takes longer than a lease: kept while its host answers, and ended in a row of its own."""

import time
from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import polling
from monitors.asking import Asking
from monitors.models import LeaseLost, Poll, Sighting, Watch
from monitors.models.work import renew
from monitors.sources.http import Client, Limits
from tests import factories
from tests.servers import scripted as scripts

LEASE = timedelta(seconds=0.2)


@pytest.fixture
def slow(watch, scripted, monkeypatch):
    """A watch of a package that its registry tells byte by byte, without end; claimed."""
    monkeypatch.setattr(Watch, "LEASE", LEASE)
    scripted.on("/kettle", scripts.drip())
    watch.source.base_url, watch.query = scripted.url, "kettle"
    watch.source.save()
    watch.save()
    watch.claim(at=timezone.now())
    return watch


def client(seconds):
    return Client(allow_private=True, limits=Limits(seconds=seconds))


@pytest.mark.slow  # waits for the deadline
def test_the_lease_is_kept_while_a_host_answers(slow, monkeypatch):
    stolen, missed = [], polling._missed

    def late(*told, **named):
        stolen.append(Watch.objects.get().claim(at=timezone.now()))
        return missed(*told, **named)

    monkeypatch.setattr(polling, "_missed", late)

    poll = polling.poll_claimed(slow, client=client(2.5 * LEASE.total_seconds()))

    assert (stolen, poll.outcome, poll.error[-8:]) == ([False], Poll.Outcome.FAILED, "in time.")


@pytest.mark.slow  # waits for the deadline
def test_work_that_goes_on_too_long_ends_in_a_failure(slow, settings):
    settings.LONGEST_WORK = timedelta(seconds=0.3)

    poll = polling.poll_claimed(slow, client=client(30))

    assert poll.error == "It took more than 0 minutes in all, and was left."


def test_whoever_lost_the_lease_stops(slow):
    began = time.monotonic()
    Watch.objects.update(due_at=timezone.now() + timedelta(hours=1))

    with pytest.raises(LeaseLost):
        polling.poll_claimed(slow, client=client(5))

    assert time.monotonic() - began < 3
    assert not Poll.objects.exists()


def test_a_lease_of_many_rows_is_kept_for_those_still_under_it(db):
    lease = timezone.now()
    mine, settled, taken = factories.SightingFactory.create_batch(3, due_at=lease)
    settled.settle(due_at=None)
    Sighting.objects.filter(pk=taken.pk).update(due_at=lease + timedelta(hours=1))

    until = renew([mine, settled, taken], lease=lease, at=lease)

    assert until == lease + Sighting.LEASE
    assert list(Sighting.objects.filter(due_at=until)) == [mine]
    with pytest.raises(LeaseLost):
        taken.settle(due_at=None)


def test_the_lease_is_kept_while_git_is_at_work(watch, git_host, monkeypatch):
    kept = []
    monkeypatch.setattr("monitors.sources.commands.GLANCE", 0.001)
    monkeypatch.setattr(Asking, "_at_work", lambda asking: kept.append(asking))
    source = factories.SourceFactory(kind="git", base_url="")
    repository = git_host.create("long/work")
    repository.commit({"a.js": b"x"})
    asking = Asking(source)
    place = asking.adapter.fetch("repository", repository.url, cursor={}).candidates[0]
    kept.clear()

    with asking.adapter.examine(place):
        pass

    assert len(kept) > asking.client.requests
