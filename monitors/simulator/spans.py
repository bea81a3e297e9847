"""Lengths of time as people write them in world files: "90s", "20m", "1h30m", "-400d"."""

from __future__ import annotations

import re
from datetime import timedelta

LONGEST = 100 * 365 * 86_400  # seconds
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_SPAN = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?[smhd])+)")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


class Span(timedelta):
    """A time from the start on, or before it: "90m", "1h30m", "-400d"."""


class Length(Span):
    """A length of time, which is never below zero."""


class Pause(Length):
    """A length of time that somebody really waits: a minute at most."""


def span(text: str) -> Span:
    """A length of time from "90m", "+1h30m" or "-400d". Raises ValueError."""
    match = _SPAN.fullmatch(text)
    seconds = sum(float(number) * UNITS[unit] for number, unit in _PIECE.findall(match[2])) if match else 0
    if not match or seconds > LONGEST:
        raise ValueError(f'"{text}" is no length of time; write "90s", "20m", "1h30m" or "-400d".')
    return Span(seconds=-seconds if match[1] == "-" else seconds)


def read(wanted: type, value: object) -> object:
    """A value of a world file as the kind of span that is wanted. Raises ValueError, NotImplementedError."""
    if not issubclass(wanted, Span):
        raise NotImplementedError
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no length of time; write "90s", "20m", "1h30m" or "-400d".')
    long = span(value)
    if issubclass(wanted, Length) and long < timedelta():
        raise ValueError(f'"{value}" is below zero; write "{value.removeprefix("-")}".')
    if wanted is Pause and long > timedelta(minutes=1):
        raise ValueError(f'"{value}" is longer than a minute that one would really wait.')
    return wanted(seconds=long.total_seconds())
