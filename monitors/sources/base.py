"""What every kind of place speaks: candidates, batches, what a place holds, and why it could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self

if TYPE_CHECKING:
    from monitors.sources.http import Client

LONGEST_TEXT = 300

# C0, C1, bidirectional overrides and marks, line and paragraph separators, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class SourceError(Exception):
    """A place could not be asked or did not answer sensibly. The message is a sentence for the person."""


class Refused(SourceError):
    """We did not even ask: the address or the answer is one we never touch."""


class RateLimited(SourceError):
    """The host told us to wait; `wait` is from 1 second to 1 day."""

    def __init__(self, message: str, *, wait: timedelta) -> None:
        super().__init__(message)
        self.wait = wait


class SignInNeeded(SourceError):
    """The host answers only those it knows, and does not know us."""


class Gone(SourceError):
    """The host says that this is not there (any more); `reason` is short: "404", "451 dmca", "unpublished".

    `is_page` when the answer was a web page, which an API does not send for a thing it lost.
    """

    def __init__(self, message: str, *, reason: str, is_page: bool = False) -> None:
        super().__init__(message)
        self.reason = reason
        self.is_page = is_page


class Aim(StrEnum):
    """What a watch asks a source about."""

    PACKAGE = "package"
    SEARCH = "search"
    REPOSITORY = "repository"


@dataclass(frozen=True)
class Candidate:
    """A place that may hold our material; (host, native_id, path) is its identity, never its content."""

    host: str
    native_id: str
    path: str
    title: str
    url: str  # for a person
    version: str
    digest: str  # changes when the content does
    ticket: dict[str, Any] = field(default_factory=dict)  # plain JSON that the same adapter examines it by


@dataclass(frozen=True)
class Batch:
    """New candidates, and the cursor to hand in next time; `more` means that asking again at once pays."""

    candidates: list[Candidate]
    cursor: dict[str, Any]
    more: bool = False
    requests: int = 0


@dataclass(frozen=True)
class Look:
    """One re-check: is the place live, why (not), and the digest of what it holds now."""

    live: bool
    reason: str = ""
    digest: str = ""


@dataclass(frozen=True)
class Download:
    """Where a package's archive lies; `digest` in Subresource Integrity form, "" when none is published."""

    url: str
    filename: str
    digest: str


class Holding(Protocol):
    """What a place holds. Close it when done: it keeps a temporary file or folder until then."""

    entries: dict[str, str]  # every file's path: its git blob id
    trees: dict[str, str]  # folders' paths: git tree ids
    skipped: list[str]  # what was not looked at, and why; reading may add to it

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(self, *failure: object) -> None: ...


class Adapter:
    """One dialect. It asks through the given client only, and keeps nothing between calls."""

    kind: ClassVar[str] = ""
    aims: ClassVar[frozenset[Aim]] = frozenset()

    def __init__(self, client: Client, base_url: str = "") -> None:
        self.client = client
        self.base_url = base_url.rstrip("/")
        client.home = self.base_url

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """The next at most 20 or so candidates that the cursor has not seen. Raises SourceError."""
        raise NotImplementedError

    def examine(self, candidate: Candidate) -> Holding:
        """What the candidate holds. Raises SourceError."""
        raise NotImplementedError

    def look(self, candidate: Candidate) -> Look:
        """Whether the candidate is still there. Never guesses: raises SourceError when it cannot be told."""
        raise NotImplementedError


def clean(text: object, longest: int = LONGEST_TEXT) -> str:
    """A stranger's text on one line: no control or direction characters, at most `longest` characters."""
    return _UNSAFE.sub("�", str(text))[:longest]
