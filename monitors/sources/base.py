"""What every kind of place speaks: candidates, batches, what a place holds, and why it could not be read."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, Self
from urllib.parse import unquote, urlsplit

from monitors.unpack import Limits

if TYPE_CHECKING:
    from monitors.sources.http import Client

LONGEST_TEXT = 300
EMPTIED = "emptied"  # of a repository that stands and holds no commit: what it held is gone

# C0, C1, bidirectional overrides and marks, line and paragraph separators, lone surrogates.
_UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]")


class SourceError(Exception):
    """A place could not be asked or did not answer sensibly. The message is a sentence for the person."""


class Refused(SourceError):
    """We did not even ask: the address or the answer is one we never touch."""


class RateLimited(SourceError):
    """The host told us to wait; `wait` is from 1 second to 1 day, a guess where it did not say how long."""

    def __init__(self, message: str, *, wait: timedelta, is_guess: bool = False) -> None:
        super().__init__(message)
        self.wait = wait
        self.is_guess = is_guess


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

    PACKAGE = "package"  # versions of one package
    SEARCH = "search"  # names and descriptions that fit these words
    REPOSITORY = "repository"  # one repository, by its address
    FORKS = "forks"  # forks of one repository, and theirs
    CODE = "code"  # files that hold a phrase
    COMMITS = "commits"  # commits whose message holds a phrase
    GISTS = "gists"  # public gists, as they appear
    RELEASES = "releases"  # archives attached to the releases of one repository
    FEED = "feed"  # everything new there, by its name
    ADDRESS = "address"  # one web address, a mirror's or anybody's: is it served, and what
    CAPTURES = "captures"  # an archive's captures of one address
    IDS = "ids"  # an archive that is asked for the ids of our files
    MENTIONS = "mentions"  # talk about it, which is no copy


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
    # Ids that came with the answer, of folders and files by their path from HEAD: they may settle what it
    # holds without another request. Never ids that were looked up alone, as forks share objects.
    trees: dict[str, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)

    @property
    def told(self) -> Look:
        """What the last look told that has something to show to the host; one without anything else."""
        kept = self.ticket.get("look", {})
        return Look.from_json(kept if kept.get("title") == self.title else {})


@dataclass(frozen=True)
class Mention:
    """Talk about it: counted and shown, never taken for a copy. (host, native_id) is its identity."""

    host: str
    native_id: str
    title: str
    url: str  # for a person
    at: datetime


@dataclass(frozen=True)
class Batch:
    """New candidates, and the cursor to hand in next time; `more` means that asking again at once pays.

    `gaps` says in whole sentences what the host left out of its answer, as a page shows them. `limited` is
    the limit that ended it half way: what was told before it is here, and the host is left alone for so long.
    """

    candidates: list[Candidate]
    cursor: dict[str, Any]
    more: bool = False
    requests: int = 0
    mentions: list[Mention] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    limited: RateLimited | None = None


def missing(what: str, gone: Gone, *, cursor: dict[str, Any], kept: dict[str, Any]) -> Batch:
    """The batch of a thing that is not there: an answer, and no failure. What comes, or comes back, is found.

    Its cursor is `kept` where there was something before, else {"never": True}.
    """
    was_there = bool(cursor) and "never" not in cursor
    name, reason = clean(what, 140), clean(gone.reason, 80)
    never = f"{name} is not there ({reason}), and never was while we asked: is it spelled right?"
    said = f"{name} is not there any more ({reason})." if was_there else never
    return Batch([], kept if was_there else {"never": True}, gaps=[f"{said} We go on asking."])


@dataclass(frozen=True)
class Look:
    """One re-check: is the place live, why (not), and the digest of what it holds now.

    `renamed` is the same place by the name and address that it has now, where the host tells of others than
    the candidate says: whoever has the old ones by now may be somebody else. `kept`, of a live one that is
    called as before, is what lets the host say next time that this still holds (304): texts by name, of at
    most 300 characters each. The caller keeps the look in the candidate's ticket, as `as_json` gives it.
    """

    live: bool
    reason: str = ""
    digest: str = ""
    renamed: Candidate | None = None
    kept: dict[str, str] = field(default_factory=dict, compare=False)

    def as_json(self, *, title: str) -> dict[str, Any]:
        """What the candidate's `told` is made of, as long as it has this title."""
        return {"title": title, "reason": self.reason, "digest": self.digest, "kept": self.kept}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self:
        return cls(live=True, **{name: kept[name] for name in ("reason", "digest", "kept") if name in kept})


@dataclass(frozen=True)
class Ours:
    """What a host may be asked about by id: files and folders of ours that tell, as git names them."""

    blobs: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()


@dataclass(frozen=True)
class Probe:
    """What one cheap question to the source told: `says` is for the person who configured it."""

    says: str
    account: str = ""  # whom the token belongs to, "" without one
    scopes: tuple[str, ...] = ()
    limit: int | None = None  # requests a window
    remaining: int | None = None


@dataclass(frozen=True)
class Whose:
    """Whom a token belongs to and what it may do, as far as its host tells."""

    account: str = ""
    scopes: tuple[str, ...] = ()


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
    longest_query: ClassVar[int] = 64  # characters of a search; the shortest limit known, a registry's
    # The name of the host's own count that an aim draws on, where it keeps several ("search", "graphql").
    buckets: ClassVar[Mapping[Aim, str]] = {}
    # Requests a minute to the source's own address where the host tells no limit; 0: as many as it bears.
    pace: ClassVar[int] = 0
    free: ClassVar[frozenset[int]] = frozenset()  # statuses that the host does not count, with a token
    # How soon an aim is asked again at the soonest, unless a person chose less; and how many finds of one
    # poll make the next one sooner. Fewer leave the pace as it was chosen; fewer than a few, half as fast.
    # And how many times as long as was chosen it waits at most while nothing is found.
    floors: ClassVar[Mapping[Aim, timedelta]] = {}
    plenty: ClassVar[Mapping[Aim, int]] = {}
    few: ClassVar[Mapping[Aim, int]] = {}
    idle: ClassVar[Mapping[Aim, int]] = {}
    placed: ClassVar[frozenset[Aim]] = frozenset()  # aims whose query names a place there besides the words
    bulk: ClassVar[int] = 1  # places that one request of `look_many` tells of
    unpacking: ClassVar[Limits] = Limits()  # what an archive may cost; the settings', where Django runs

    def __init__(self, client: Client, base_url: str = "") -> None:
        self.client = client
        self.base_url = base_url.rstrip("/")
        self.ours = Ours()  # set by whoever asks, for hosts that are asked by id
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

    def repository(self, query: str) -> str:
        """What the repository is called here that is given by its name or address. Raises Refused."""
        raise Refused(f"{clean(query, 100) or 'This'} cannot be asked for as a repository here.")

    @classmethod
    def repository_of(cls, candidate: Candidate) -> str:
        """The address of the repository that a place is or lies in, maybe on another host; "" for none."""
        return ""

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """Each (host, name) that its owner would list the place by, such as ("github.com", "acme/cli"):
        whoever has a beginning of the name, up to a slash, has the place.

        Only what the host vouches for; never a stranger's own words, which could say that it is ours.
        """
        for host in hosts(place):
            yield host, below(place.url, place.host).removesuffix(".git")

    def bucket_of(self, url: str, bucket: str) -> str:
        """The host's own count that a request to this address draws on, for an aim with this bucket."""
        return bucket

    def look_many(self, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
        """The same of many, in their order; what could not be told of one is its error.

        Of those behind a limit it is a RateLimited. Raises RateLimited when it came before the first.
        """
        return [self._told(candidate) for candidate in candidates]

    def probe(self) -> Probe:
        """Whether the source answers. One request or two. Raises SourceError.

        NotImplementedError for one that has no address of its own, and nothing to say.
        """
        if not self.base_url:
            raise NotImplementedError
        try:
            self.client.get(self.base_url)
        except Gone:
            return Probe("Answers, with nothing at this very address.")
        return Probe("Answers.")

    def whose(self) -> Whose:
        """Whom our token belongs to. Raises SourceError: SignInNeeded for a token that the host refuses.

        NotImplementedError where the host does not tell, or `probe` told it already.
        """
        raise NotImplementedError

    def _told(self, candidate: Candidate) -> Look | SourceError:
        try:
            return self.look(candidate)
        except RateLimited:
            raise
        except Gone as gone:
            return Look(live=False, reason=gone.reason)
        except SourceError as error:
            return error


def hosts(place: Candidate) -> list[str]:
    """What people call its host: as we know it, and as it stands in the address, with and without "www."."""
    shown = _split(place.url)[0]
    return list(dict.fromkeys((place.host, shown, shown.removeprefix("www."))))


def below(url: str, host: str) -> str:
    """The path of the address below the host, which may itself have one: many registries may lie at one."""
    path, above = unquote(_split(url)[1]).strip("/"), host.partition("/")[2]
    return path.removeprefix(f"{above}/") if above else path


def _split(url: str) -> tuple[str, str]:
    try:
        parts = urlsplit(url)
    except ValueError:
        return "", ""
    return parts.netloc.rpartition("@")[2].lower(), parts.path


def clean(text: object, longest: int = LONGEST_TEXT) -> str:
    """A stranger's text on one line: no control or direction characters, at most `longest` characters."""
    return _UNSAFE.sub("�", str(text))[:longest]
