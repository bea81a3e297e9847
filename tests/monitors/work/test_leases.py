from datetime import timedelta

import pytest
from django.utils import timezone

from monitors.models import LeaseLost, Watch


def test_exactly_one_of_two_workers_gets_a_row(watch):
    at = timezone.now()
    one, other = Watch.objects.get(), Watch.objects.get()

    assert [one.claim(at=at), other.claim(at=at)] == [True, False]


def test_a_dead_workers_row_falls_due_again(watch):
    at = timezone.now()
    watch.claim(at=at)

    assert list(Watch.objects.due(at + Watch.LEASE - timedelta(seconds=1))) == []
    assert list(Watch.objects.due(at + Watch.LEASE)) == [watch]


def test_what_a_worker_found_after_losing_its_lease_is_not_written(watch):
    at = timezone.now()
    slow, fast = Watch.objects.get(), Watch.objects.get()
    slow.claim(at=at)
    fast.claim(at=at + Watch.LEASE)

    with pytest.raises(LeaseLost):
        slow.settle(due_at=at, cursor={"seen": "too late"})

    watch.refresh_from_db()
    assert watch.cursor == {}


def test_renewing_keeps_others_out(watch):
    at = timezone.now()
    watch.claim(at=at)

    watch.renew(at=at + timedelta(seconds=30))

    assert not Watch.objects.get().claim(at=at + Watch.LEASE)


def test_a_paused_watch_is_never_due(watch):
    watch.paused_at = timezone.now()
    watch.save()

    assert not watch.claim(at=timezone.now())
