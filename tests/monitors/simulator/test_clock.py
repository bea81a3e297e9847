"""The world's time, and how those who ask hear it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from monitors.simulator import Clock

START = datetime(2026, 3, 31, 8, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_standing_clock_moves_only_by_hand():
    clock = Clock(START)

    moved = clock.advance(MINUTE)

    assert (moved, clock.now()) == (START + MINUTE, START + MINUTE)


def test_time_does_not_go_back():
    clock = Clock(START)
    clock.advance(MINUTE)

    with pytest.raises(ValueError, match="not back"):
        clock.advance(-MINUTE)

    assert clock.move_to(START) == START + MINUTE


def test_a_running_clock_tells_moments_as_they_come_for_those_who_ask():
    clock = Clock(START, speed=3600)

    in_an_hour = clock.told(clock.now() + timedelta(hours=1))

    assert timedelta() < in_an_hour - datetime.now(UTC) < timedelta(seconds=2)
    assert clock.told_wait(timedelta(hours=1)) == timedelta(seconds=1)


def test_a_moment_is_told_the_same_after_the_clock_was_moved():
    clock = Clock(START, speed=60)
    clock.advance(timedelta(hours=5))

    told = clock.told(clock.now())

    assert abs(told - datetime.now(UTC)) < timedelta(seconds=1)


def test_those_who_share_a_clock_hear_its_own_moments():
    clock = Clock(START, speed=60, is_shared=True)

    assert clock.told(START + MINUTE) == START + MINUTE
    assert clock.told_wait(MINUTE) == MINUTE
