"""Hosts' limits: who asked how often of what, and who went on asking after being told to stop."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeAlias


@dataclass(frozen=True)
class Limit:
    """So many in so many seconds, in windows that begin with the first request."""

    count: int
    per: float

    def __post_init__(self) -> None:
        if self.count < 1 or self.per <= 0:
            raise ValueError("A limit is at least 1 in more than 0 seconds.")


@dataclass(frozen=True)
class Key:
    """What a host counts by: its kind, who asks ("" is anybody without a token), and the bucket."""

    kind: str
    token: str
    bucket: str


@dataclass(frozen=True)
class Standing:
    """How somebody stands with one bucket. `wait` is what is left of a Retry-After, zero without one."""

    bucket: str
    limit: int
    used: int
    resets_at: datetime
    is_refused: bool = False
    wait: timedelta = timedelta()

    @property
    def remaining(self) -> int:
        return max(self.limit - self.used, 0)


@dataclass
class Window:
    """One window of one key."""

    begins_at: datetime
    used: int = 0
    is_told: bool = False  # that it is over


class Meter:
    """Counts requests by key. Safe to use from many threads."""

    def __init__(self) -> None:
        self._windows: dict[Key, Window] = {}
        self._waits: dict[tuple[str, str, str], datetime] = {}
        self._lock = threading.Lock()
        self.requests: Counter[Key] = Counter()
        self.refusals: Counter[Key] = Counter()
        self.violations: Counter[Key] = Counter()

    def take(self, key: Key, limit: Limit, *, at: datetime, tells: bool) -> Standing:
        """Count one request. It is refused past the limit, and while a wait lasts.

        A refused request is a violation when the asker knew: a wait was told, or the limit's end was
        (`tells`: the host's headers say how many are left), or an earlier one was refused in this window.
        """
        with self._lock:
            self.requests[key] += 1
            wait = self._wait(key, at)
            window = self._window(key, limit, at)
            is_over = window.used >= limit.count
            if wait or (is_over and (tells or window.is_told)):
                self.violations[key] += 1
            if is_over or wait:
                self.refusals[key] += 1
                window.is_told = window.is_told or is_over
            else:
                window.used += 1
            return self._standing(key, limit, window, wait, is_refused=bool(is_over or wait))

    def charge(self, key: Key, limit: Limit, points: int, *, at: datetime) -> Standing:
        """Draw more, or give some back (a negative number), for a request that was taken already."""
        with self._lock:
            window = self._window(key, limit, at)
            window.used = max(window.used + points, 0)
            return self._standing(key, limit, window, self._wait(key, at), is_refused=False)

    def look(self, key: Key, limit: Limit, *, at: datetime) -> Standing:
        """How it stands, without counting anything."""
        return self.charge(key, limit, 0, at=at)

    def hold(self, key: Key, wait: timedelta, *, at: datetime, whole: bool = False) -> None:
        """Tell somebody to wait; `whole` is for everything of that host, not one bucket."""
        with self._lock:
            self._waits[(key.kind, key.token, "*" if whole else key.bucket)] = at + wait

    def facts(self) -> list[dict[str, str | int]]:
        """What was counted, by host, asker and bucket. A token shows only how it begins."""
        with self._lock:
            return [
                {
                    "host": key.kind,
                    "token": key.token[:6],
                    "bucket": key.bucket,
                    "requests": self.requests[key],
                    "refusals": self.refusals[key],
                    "violations": self.violations[key],
                }
                for key in sorted(self.requests, key=lambda key: (key.kind, key.token, key.bucket))
            ]

    def _wait(self, key: Key, at: datetime) -> timedelta:
        until = [self._waits.get((key.kind, key.token, bucket), at) for bucket in (key.bucket, "*")]
        return max(max(until) - at, timedelta())

    def _window(self, key: Key, limit: Limit, at: datetime) -> Window:
        window = self._windows.get(key)
        if window is None or at >= window.begins_at + timedelta(seconds=limit.per):
            window = self._windows[key] = Window(at)
        return window

    def _standing(
        self, key: Key, limit: Limit, window: Window, wait: timedelta, *, is_refused: bool
    ) -> Standing:
        resets_at = window.begins_at + timedelta(seconds=limit.per)
        return Standing(key.bucket, limit.count, window.used, resets_at, is_refused, wait)


# How hosts tell it in headers; `told` turns a moment of the world into one of the asker's.
Told = Callable[[datetime], datetime]
Style: TypeAlias = "staticmethod[[Standing, datetime, Told], Mapping[str, str]]"


def github(standing: Standing, at: datetime, told: Told) -> dict[str, str]:
    """https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api"""
    return {
        "X-RateLimit-Limit": str(standing.limit),
        "X-RateLimit-Remaining": str(standing.remaining),
        "X-RateLimit-Used": str(standing.used),
        "X-RateLimit-Reset": str(_seconds(told(standing.resets_at))),
        "X-RateLimit-Resource": standing.bucket,
    }


def gitlab(standing: Standing, at: datetime, told: Told) -> dict[str, str]:
    """https://docs.gitlab.com/administration/settings/user_and_ip_rate_limits/"""
    return {
        "RateLimit-Limit": str(standing.limit),
        "RateLimit-Remaining": str(standing.remaining),
        "RateLimit-Observed": str(standing.used),
        "RateLimit-Reset": str(_seconds(told(standing.resets_at))),
    }


def structured(standing: Standing, at: datetime, told: Told) -> dict[str, str]:
    """RateLimit: "api";r=0;t=55, as Hugging Face sends it. The window is told in the asker's seconds."""
    left = max((told(standing.resets_at) - told(at)).total_seconds(), 0)
    name = standing.bucket or "api"
    return {
        "RateLimit": f'"{name}";r={standing.remaining};t={left:.0f}',
        "RateLimit-Policy": f'"fixed window";"{name}";q={standing.limit}',
    }


def silent(standing: Standing, at: datetime, told: Told) -> dict[str, str]:
    """A host that says nothing until it refuses."""
    return {}


def _seconds(moment: datetime) -> int:
    return -int(-moment.timestamp() // 1)
