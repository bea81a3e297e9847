"""What time it is in a simulated world: moved by hand, or running faster than ours."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime, timedelta


class Clock:
    """Starts at `start` (aware). Speed 0 stands until advanced; at speed 60 a minute passes each second."""

    def __init__(self, start: datetime, *, speed: float = 0.0, is_shared: bool = False) -> None:
        """`is_shared`: those who ask go by this clock too, as in a test or a bench."""
        self.start = start
        self.speed = speed
        self.is_shared = is_shared or speed == 0
        self._begun = time.monotonic()
        self._begun_at = datetime.now(UTC)
        self._moved = timedelta()
        self._lock = threading.Lock()

    def now(self) -> datetime:
        """The world's moment, aware and in UTC."""
        run = timedelta(seconds=(time.monotonic() - self._begun) * self.speed)
        with self._lock:
            return self.start + run + self._moved

    def advance(self, by: timedelta) -> datetime:
        """Move on by this much, and say what time it is then. Raises ValueError when it would go back."""
        if by < timedelta():
            raise ValueError("Time goes on, not back.")
        with self._lock:
            self._moved += by
        return self.now()

    def move_to(self, at: datetime) -> datetime:
        """Move on to this moment; nothing when it has passed already."""
        return self.advance(max(at - self.now(), timedelta()))

    def told(self, at: datetime) -> datetime:
        """A moment of the world as those who ask must hear it: on a running clock, when it comes for them.

        A host that says "wait until 12:00" must mean the asker's 12:00, or they would wait too long.
        """
        return at if self.is_shared else self._begun_at + (at - self.start - self._moved) / self.speed

    def told_wait(self, wait: timedelta) -> timedelta:
        """The same of a length of time."""
        return wait if self.is_shared else wait / self.speed
