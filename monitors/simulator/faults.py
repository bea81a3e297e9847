"""What goes wrong between a host and those who ask it, on a schedule that a seed decides."""

from __future__ import annotations

import random
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Fault(StrEnum):
    """One way to fail. The server does them all; a dialect only says how its refusals look."""

    LIMITED = "limited"  # 429 with Retry-After, though nothing was exceeded
    SECONDARY = "secondary"  # a limit on the pace: on GitHub 403 with Retry-After, elsewhere 429
    UNAVAILABLE = "unavailable"  # 502, 503 or 504
    RESET = "reset"  # the connection is cut before the answer
    TRUNCATED = "truncated"  # half of the body, then nothing
    SLOW = "slow"  # the body in drips
    PARTIAL = "partial"  # an answer with something left out, where the host has a way to say so
    PAGE = "page"  # 200 and a web page where the answer was due


@dataclass(frozen=True)
class Outage:
    """A host that answers 503 for a while."""

    kind: str
    begins_at: datetime
    ends_at: datetime


@dataclass
class Faults:
    """`shares` says per kind of host ("*": all others) which share of requests meets which fault.

    The n-th request of a kind meets the same fault in every run with the same seed.
    """

    seed: int = 0
    shares: Mapping[str, Mapping[Fault, float]] = field(default_factory=dict)
    outages: list[Outage] = field(default_factory=list)
    retry_after: float = 30.0  # seconds of the world
    drip: float = 0.5  # real seconds that a slow body takes
    latency: float = 0.0  # real seconds before each answer, at least
    jitter: float = 0.0  # real seconds more, at most
    met: Counter[str] = field(default_factory=Counter)
    _paused: Counter[str] = field(default_factory=Counter)
    _asked: Counter[str] = field(default_factory=Counter)
    _forced: dict[str, list[Fault | None]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def force(self, kind: str, *faults: Fault | None) -> None:
        """What the next requests of this kind meet, one each (None: nothing), before the schedule goes on."""
        with self._lock:
            self._forced[kind] = list(faults)

    def draw(self, kind: str, *, at: datetime) -> Fault | None:
        """What the next request of this kind meets, if anything."""
        with self._lock:
            fault = self._next(kind, at)
            if fault:
                self.met[f"{kind} {fault}"] += 1
            return fault

    def pause(self, kind: str) -> float:
        """Real seconds before the next answer of this kind: the n-th is as late in every run."""
        with self._lock:
            self._paused[kind] += 1
            lots = random.Random(f"{self.seed}:pause:{kind}:{self._paused[kind]}")  # noqa: S311
        return self.latency + self.jitter * lots.random()

    def _next(self, kind: str, at: datetime) -> Fault | None:
        if self._forced.get(kind):
            return self._forced[kind].pop(0)
        self._asked[kind] += 1
        if any(one.kind == kind and one.begins_at <= at < one.ends_at for one in self.outages):
            return Fault.UNAVAILABLE
        return self._scheduled(kind, self._asked[kind])

    def _scheduled(self, kind: str, number: int) -> Fault | None:
        shares = self.shares.get(kind, self.shares.get("*", {}))
        if not shares:
            return None
        lot = random.Random(f"{self.seed}:{kind}:{number}").random()  # noqa: S311
        for fault, share in shares.items():
            lot -= share
            if lot < 0:
                return fault
        return None
