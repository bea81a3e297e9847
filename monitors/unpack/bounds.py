"""How much an unpacking may cost, and what is said when it would cost more."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB
SMALL = MIB  # below this much output nothing is called a bomb, whatever its ratio
PROGRESS_EVERY = 0.1  # seconds between two calls of the same stage

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Limits:
    """What one unpacking may cost at most. Every layer of a nested archive counts.

    The first three bound the whole; what passes one of the others is left out where it lies within something.
    """

    bytes: int = 2 * GIB  # all that comes out, in total
    files: int = 100_000  # entries of all archives, and sources recovered from source maps
    seconds: float = 300.0  # spent unpacking, without the time the caller takes between two files
    file_bytes: int = 256 * MIB  # one file
    ratio: int = 100  # bytes out for each byte of an archive, once more than 1 MiB is out
    depth: int = 8  # archives within archives; the artifact itself is the first
    directory_bytes: int = 64 * MIB  # what an archive says of its members, where it says that in one place
    header_bytes: int = MIB  # one extended header of a tar: a long name, or a set of pax fields
    memory: int = 128 * MIB  # for what a decompressor looks back at; xz -9 needs 65 MiB
    quotes: int = 20_000_000  # in one source map: each string costs some 60 bytes, however short it is
    sections: int = 10_000  # other maps that one source map is made of
    links: int = 8  # maps made of maps made of maps


class UnpackError(Exception):
    """The artifact cannot be read. The message is a sentence for the person who gave it to us."""


class BoundExceeded(UnpackError):
    """The artifact would cost more than `Limits` allows. `bound` is the name of the field.

    `ends_all` tells a bound on the whole from one on a single archive or map, which others may outlive.
    """

    def __init__(self, bound: str, value: float, message: str) -> None:
        super().__init__(message)
        self.bound = bound
        self.value = value

    @property
    def ends_all(self) -> bool:
        return self.bound in _OF_ALL


_OF_ALL = frozenset({"bytes", "files", "seconds"})
_WHAT = {
    "bytes": "{name} holds more than {value:,} bytes when unpacked",
    "file_bytes": "A file in {name} is larger than {value:,} bytes",
    "ratio": "{name} unpacks to more than {value:,} times its own size, as zip bombs do",
    "files": "{name} holds more than {value:,} files or directories",
    "depth": "{name} holds archives within archives, more than {value:,} deep",
    "seconds": "{name} took longer than {value:,} seconds to unpack",
    "directory_bytes": "{name} takes more than {value:,} bytes to say what it holds",
    "header_bytes": "{name} has a header of more than {value:,} bytes, more than any name needs",
    "memory": "{name} cannot be decompressed in {value:,} bytes of memory",
    "quotes": "{name} holds more strings than any source map: more than {value:,} quotes",
    "sections": "{name} is made of more than {value:,} other maps",
    "links": "{name} is made of maps that are made of maps, more than {value:,} deep",
}
_ADVICE = "Upload only the part that got out, unpacked by hand where you trust it, or raise the bound."


def exceeded(bound: str, limits: Limits, *, name: str) -> BoundExceeded:
    """The error for what is called `name` and would cost more than the bound of that name."""
    value = getattr(limits, bound)
    what = _WHAT[bound].format(name=name, value=value)
    return BoundExceeded(bound, value, f"{what} (the bound on {bound} is {value:,}). {_ADVICE}")


@dataclass
class _Account:
    """An archive that is being read, and how many bytes came out of it and of those within it."""

    name: str
    size: int
    out: int = 0


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
        self._accounts = [_Account(name, size)]
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

    @contextmanager
    def within(self, name: str, size: int) -> Iterator[None]:
        """An archive within the last: what comes out of a bomb is not held against those around it."""
        account = _Account(name, size)
        self._accounts.append(account)
        try:
            yield
        except BoundExceeded as error:
            if error.bound == "ratio":
                for around in self._accounts[:-1]:
                    around.out -= account.out
            raise
        finally:
            self._accounts.pop()

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
        for account in self._accounts:
            account.out += size
        for account in reversed(self._accounts):
            if account.out > max(SMALL, self.limits.ratio * account.size):
                raise exceeded("ratio", self.limits, name=account.name)
        self._check_clock()

    def _check_clock(self) -> None:
        if self._spent + time.monotonic() - self._since > self.limits.seconds:
            self._stop("seconds")

    def _stop(self, bound: str) -> None:
        raise exceeded(bound, self.limits, name=self._name)
