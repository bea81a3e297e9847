"""How much an unpacking may cost, and what is said when it would cost more."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB
SMALL = MIB  # below this much output nothing is called a bomb, whatever its ratio
PROGRESS_EVERY = 0.1  # seconds between two calls of the same stage

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Limits:
    """What one unpacking may cost at most. Every layer of a nested archive counts."""

    bytes: int = 2 * GIB  # all that comes out, in total
    file_bytes: int = 256 * MIB  # one file
    ratio: int = 100  # bytes out for each byte of the artifact, once more than 1 MiB is out
    files: int = 100_000  # entries of all archives, and sources recovered from source maps
    depth: int = 8  # archives within archives; the artifact itself is the first
    seconds: float = 300.0  # spent unpacking, without the time the caller takes between two files


class UnpackError(Exception):
    """The artifact cannot be read. The message is a sentence for the person who gave it to us."""


class BoundExceeded(UnpackError):
    """The artifact would cost more than `Limits` allows. `bound` is the name of the field."""

    def __init__(self, bound: str, value: float, message: str) -> None:
        super().__init__(message)
        self.bound = bound
        self.value = value


_WHAT = {
    "bytes": "{name} holds more than {value:,} bytes when unpacked",
    "file_bytes": "A file in {name} is larger than {value:,} bytes",
    "ratio": "{name} unpacks to more than {value:,} times its own size, as zip bombs do",
    "files": "{name} holds more than {value:,} files or directories",
    "depth": "{name} holds archives within archives, more than {value:,} deep",
    "seconds": "{name} took longer than {value:,} seconds to unpack",
}
_ADVICE = "Upload only the part that got out, unpacked by hand where you trust it, or raise the bound."


class Meter:
    """Counts what one unpacking costs, and stops it at its limits by raising BoundExceeded.

    `size` is the artifact's; `position` tells how much of it is read, for the progress.
    """

    def __init__(
        self,
        limits: Limits,
        *,
        name: str,
        size: int,
        position: Callable[[], int] = lambda: 0,
        progress: Progress | None = None,
    ) -> None:
        self.limits = limits
        self._name = name
        self._size = size
        self._position = position
        self._progress = progress
        self._out = 0
        self._entries = 0
        self._directories = 0
        self._spent = 0.0
        self._since = time.monotonic()
        self._told: dict[str, float] = {}

    def produced(self, size: int) -> None:
        """So many bytes more came out of some layer of archives."""
        self._count(size)
        self.tell("unpacking", self._position(), self._size)

    def recovered(self, size: int) -> None:
        """One more source, of so many bytes, came out of a source map."""
        self.entry()
        self._count(size)

    def entry(self) -> None:
        """One more entry of an archive."""
        self._entries += 1
        self.check_entries(0)
        self._check_clock()

    def check_entries(self, more: int) -> None:
        """Whether so many entries more would still be within the limits."""
        if self._entries + more > self.limits.files:
            self._stop("files")

    def directory(self) -> None:
        """One more directory among the paths; these are bound like files, but on their own."""
        self._directories += 1
        if self._directories > self.limits.files:
            self._stop("files")

    def check_file(self, size: int) -> None:
        if size > self.limits.file_bytes:
            self._stop("file_bytes")

    def check_depth(self, depth: int) -> None:
        if depth > self.limits.depth:
            self._stop("depth")

    def pause(self) -> None:
        """The caller works now: its time is not ours."""
        self._spent += time.monotonic() - self._since

    def resume(self) -> None:
        self._since = time.monotonic()

    def tell(self, stage: str, done: int, total: int) -> None:
        """Pass progress on, at most ten times a second for each stage, and always its end."""
        if self._progress is None:
            return
        now = time.monotonic()
        if done >= total > 0 or now - self._told.get(stage, float("-inf")) >= PROGRESS_EVERY:
            self._told[stage] = now
            self._progress(stage, done, total)

    def _count(self, size: int) -> None:
        self._out += size
        if self._out > self.limits.bytes:
            self._stop("bytes")
        if self._out > max(SMALL, self.limits.ratio * self._size):
            self._stop("ratio")
        self._check_clock()

    def _check_clock(self) -> None:
        if self._spent + time.monotonic() - self._since > self.limits.seconds:
            self._stop("seconds")

    def _stop(self, bound: str) -> None:
        value = getattr(self.limits, bound)
        what = _WHAT[bound].format(name=self._name, value=value)
        raise BoundExceeded(bound, value, f"{what} (the bound on {bound} is {value:,}). {_ADVICE}")
