from datetime import timedelta

import pytest
from django.utils import timezone

from incidents.templatetags.leakline import ago, every, percent, short


@pytest.mark.parametrize(
    ("share", "shown"),
    [(0.0, "0%"), (0.0001, "under 1%"), (0.014, "1%"), (0.9999, "99%"), (1.0, "100%")],
)
def test_a_share_is_never_rounded_up(share, shown):
    assert percent(share) == shown


@pytest.mark.parametrize(
    ("length", "shown"),
    [
        (timedelta(seconds=38), "38 s"),
        (timedelta(minutes=11, seconds=59), "11 min"),
        (timedelta(hours=28), "28 h"),
        (timedelta(days=3), "3 d"),
    ],
)
def test_how_long_ago_is_told_in_one_unit(length, shown):
    assert ago(timezone.now() - length - timedelta(milliseconds=1)) == shown


def test_what_never_happened_says_so():
    assert ago(None) == "never"


@pytest.mark.parametrize(
    ("seconds", "shown"), [(30, "30 s"), (300, "5 min"), (90, "90 s"), (21_600, "6 h"), (86_400, "1 d")]
)
def test_how_often_is_told_exactly(seconds, shown):
    assert every(timedelta(seconds=seconds)) == shown


def test_a_digest_is_shortened_to_its_ends():
    assert (short("9f2c" + "0" * 56 + "41ab"), short("9f2c")) == ("9f2c…41ab", "9f2c")
