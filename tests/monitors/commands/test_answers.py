import argparse
from datetime import UTC, datetime, timedelta, timezone

import pytest

from monitors.management.answers import duration, moment


@pytest.mark.parametrize(
    "text", ["2026-03-31T08:26:00Z", "2026-03-31T10:26:00+02:00", "2026-03-31 08:26:00Z"]
)
def test_a_time_with_a_zone_is_that_moment(text):
    assert moment(text) == datetime(2026, 3, 31, 8, 26, tzinfo=UTC)


def test_a_time_keeps_the_zone_it_was_given_in():
    assert moment("2026-03-31T10:26:00+02:00").tzinfo == timezone(timedelta(hours=2))


@pytest.mark.parametrize("text", ["2026-03-31T08:26:00", "2026-03-31", "yesterday", ""])
def test_a_time_without_a_zone_is_refused_with_an_example(text):
    with pytest.raises(argparse.ArgumentTypeError, match="write it as 2026-03-31T08:26:00Z"):
        moment(text)


@pytest.mark.parametrize(("text", "seconds"), [("90s", 90), ("5m", 300), ("6h", 21_600), ("2d", 172_800)])
def test_durations_are_a_number_and_a_unit(text, seconds):
    assert duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize("text", ["0s", "-5m", "5", "m", "", "1.5h", "9999999d", "5 minutes"])
def test_other_durations_are_refused_with_an_example(text):
    with pytest.raises(argparse.ArgumentTypeError, match="write it as 90s, 5m, 6h or 2d"):
        duration(text)
