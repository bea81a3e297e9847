"""What is not there when it is asked for first: an answer, told as such, and no alarm."""

from datetime import timedelta

import pytest
from django.utils import timezone

from monitors import coverage, polling
from monitors.models import Change, Poll
from monitors.sources.base import Aim
from tests import factories

pytestmark = pytest.mark.slow  # real HTTP


@pytest.fixture
def watch(watch, scripted):
    """Of an address that serves nothing."""
    watch.source = factories.SourceFactory(kind="url", base_url="", allow_private=True)
    watch.aim, watch.query = Aim.ADDRESS, f"{scripted.url}/leak.ts"
    watch.save()
    return watch


def test_hours_of_nothing_there_raise_no_alarm_and_are_said(watch):
    start = timezone.now()

    polls = [polling.poll(watch, at=start + timedelta(hours=hours)) for hours in (0, 7, 14)]

    watch.refresh_from_db()
    assert [poll.outcome for poll in polls] == [Poll.Outcome.ANSWERED] * 3
    assert (watch.failures, watch.failing_since, Change.objects.count()) == (0, None, 0)
    assert "is not there (404)" in watch.gaps[0]
    assert [host.words for host in coverage.hosts(watch.watchlist, at=start)] == ["Seeing, with gaps"]
