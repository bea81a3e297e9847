"""The things of a world: accounts, repositories, packages, gists, releases, pages, captures, posts, images.

Everything that can vanish is a `Thing`: it lives from `created_at` on, but for its absences.
`holds` is the truth about it, which no dialect tells; `share` is how much of the leak it holds, from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from monitors.simulator.forks import Forks
    from monitors.simulator.network import Network
    from monitors.simulator.objects import Commit


class Holds(StrEnum):
    """The truth about a thing."""

    LEAK = "leak"  # all of it, as it got out
    TOUCHED = "touched"  # all of it, some files changed
    PART = "part"  # some folders of it
    MAP = "map"  # the source map, not unpacked
    REWRITE = "rewrite"  # the same in another language: nothing of ours, byte by byte
    IMPOSTOR = "impostor"  # says it is the leak, and carries programs
    OWN = "own"  # the company's own public code
    NOTHING = "nothing"  # something else
    MENTION = "mention"  # talk

    @property
    def is_copy(self) -> bool:
        """Whether a person would confirm it as a copy."""
        return self in (Holds.LEAK, Holds.TOUCHED, Holds.PART, Holds.MAP)


class Absence(NamedTuple):
    """Why something is not there, from when to when (None: for good)."""

    since: datetime
    until: datetime | None
    reason: str  # "deleted", "private", "dmca", "tos", "unpublished", "quarantined", "yanked"
    notice_url: str = ""


class Account(NamedTuple):
    """Somebody on one kind of host."""

    kind: str
    id: int
    login: str
    created_at: datetime
    is_organization: bool = False
    name: str = ""


class Thing:
    """What is common to all that can come and go."""

    __slots__ = ()
    created_at: datetime
    absences: tuple[Absence, ...]
    holds: Holds
    share: float

    def leave(self, absence: Absence) -> None:
        """Be away for a while, or for good."""
        self.absences = (*self.absences, absence)  # type: ignore[misc]  # heirs have the slot

    def absence(self, at: datetime) -> Absence | None:
        """Why it is not there at this moment; None when it is, or is not yet."""
        return next((a for a in self.absences if a.since <= at and (a.until is None or at < a.until)), None)

    def exists(self, at: datetime) -> bool:
        """Whether it has come into being, gone or not."""
        return self.created_at <= at

    def is_live(self, at: datetime) -> bool:
        return self.created_at <= at and self.absence(at) is None


class Repository(Thing):
    """A repository on the host of one kind; models, datasets and spaces are too (`sort`)."""

    __slots__ = (
        "_heads",
        "_names",
        "absences",
        "created_at",
        "default_branch",
        "description",
        "forks",
        "holds",
        "id",
        "is_hidden",
        "is_own",
        "kind",
        "network",
        "parent",
        "releases",
        "share",
        "since",
        "sort",
        "stars",
        "topics",
    )

    def __init__(
        self,
        kind: str,
        id: int,
        owner: str,
        name: str,
        *,
        created_at: datetime,
        head: Commit | None,
        holds: Holds,
        share: float = 0.0,
        parent: Repository | None = None,
    ) -> None:
        self.kind, self.id, self.created_at, self.parent = kind, id, created_at, parent
        self.holds, self.share, self.since = holds, share, created_at
        self._names: tuple[tuple[datetime, str, str], ...] = ((created_at, owner, name),)
        self._heads: tuple[tuple[datetime, Commit | None], ...] = ((created_at, head),)
        self.absences: tuple[Absence, ...] = ()
        self.forks: Forks | None = None  # None: nobody has forked it
        self.releases: tuple[Release, ...] = ()
        self.network: Network | None = None
        self.description = ""
        self.default_branch = "main"
        self.stars = 0
        self.topics: tuple[str, ...] = ()
        self.sort = "repository"  # on Hugging Face also "model", "dataset", "space"
        self.is_own = False  # the company's
        self.is_hidden = False  # private: counted by its host, never listed

    def head(self, at: datetime) -> Commit | None:
        """The newest commit of the default branch; None of an empty repository."""
        return next((head for since, head in reversed(self._heads) if since <= at), self._heads[0][1])

    def full_name(self, at: datetime) -> str:
        """Its "owner/name" at this moment."""
        named = next((n for n in reversed(self._names) if n[0] <= at), self._names[0])
        return f"{named[1]}/{named[2]}"

    def owner(self, at: datetime) -> str:
        return self.full_name(at).partition("/")[0]

    def name(self, at: datetime) -> str:
        return self.full_name(at).partition("/")[2]

    def pushed_at(self, at: datetime) -> datetime:
        """When its newest commit came. A fork that nobody pushed to has its parent's moment."""
        last = next((since for since, _ in reversed(self._heads) if since <= at), self.created_at)
        is_inherited = self.parent is not None and last == self.created_at
        if is_inherited and self.parent and self._heads[0][1] is self.parent.head(last):
            return self.parent.pushed_at(last)
        return last

    @property
    def heads(self) -> tuple[tuple[datetime, Commit | None], ...]:
        """All its newest commits ever, each with since when, oldest first."""
        return self._heads

    @property
    def named(self) -> tuple[tuple[datetime, str], ...]:
        """All its full names ever, each with since when, oldest first."""
        return tuple((since, f"{owner}/{name}") for since, owner, name in self._names)

    @property
    def names(self) -> tuple[str, ...]:
        """All its full names, ever, oldest first."""
        return tuple(f"{owner}/{name}" for _, owner, name in self._names)

    def is_live(self, at: datetime) -> bool:
        return not self.is_hidden and super().is_live(at)

    def push(self, head: Commit, *, at: datetime) -> None:
        self._heads = (*self._heads, (at, head))
        if self.network:
            self.network.reach(head)
        if self.parent and self.parent.forks and self in self.parent.forks:
            self.parent.forks.note_push(self, at)

    def rename(self, owner: str, name: str, *, at: datetime) -> None:
        self._names = (*self._names, (at, owner, name))

    def leave(self, absence: Absence) -> None:
        """Be away for a while, or for good."""
        self.absences = (*self.absences, absence)
        if self.parent and self.parent.forks:
            self.parent.forks.note_leaver(self)


@dataclass
class Package:
    """A package of one registry ("npm" or "pypi"); it is there while one of its versions is."""

    kind: str
    name: str
    created_at: datetime
    description: str = ""
    author: str = ""
    keywords: tuple[str, ...] = ()
    versions: list[Version] = field(default_factory=list)  # oldest first

    def live(self, at: datetime) -> list[Version]:
        """The versions that can be had, oldest first; yanked ones too, quarantined ones not."""
        return [version for version in self.versions if version.is_served(at)]


@dataclass
class Version(Thing):
    """One version: its files by path, as in the archive."""

    package: Package
    number: str
    created_at: datetime
    archived: Callable[[], Mapping[str, bytes]]
    packed: Callable[[str, Mapping[str, bytes]], bytes]
    holds: Holds = Holds.NOTHING
    share: float = 0.0
    absences: tuple[Absence, ...] = ()

    @cached_property
    def files(self) -> Mapping[str, bytes]:
        """What is in it, by path below the package's folder."""
        return self.archived()

    @cached_property
    def archive(self) -> bytes:
        """The published archive: .tgz for npm, .tar.gz (an sdist) for PyPI. Always the same bytes."""
        return self.packed(f"{self.package.name}-{self.number}", self.files)

    @property
    def unpacked_size(self) -> int:
        return sum(len(content) for content in self.files.values())

    def is_served(self, at: datetime) -> bool:
        """Whether its files can be had: a yanked version's can."""
        absence = self.absence(at)
        return self.exists(at) and (absence is None or absence.reason == "yanked")


@dataclass
class Gist(Thing):
    """Files that somebody pasted."""

    kind: str
    id: str  # 32 hex digits
    owner: str
    description: str
    files: Mapping[str, bytes]
    created_at: datetime
    updated_at: datetime
    holds: Holds = Holds.NOTHING
    share: float = 0.0
    absences: tuple[Absence, ...] = ()


@dataclass
class Release(Thing):
    """A release of a repository, with one archive attached."""

    id: int
    tag: str
    title: str
    created_at: datetime
    asset_name: str
    packed: Callable[[], bytes]
    holds: Holds = Holds.NOTHING
    share: float = 0.0
    absences: tuple[Absence, ...] = ()

    @cached_property
    def asset(self) -> bytes:
        return self.packed()


@dataclass
class Page(Thing):
    """What lies at one address of a mirror, a CDN or anybody's site: `path` below the dialect's prefix."""

    kind: str  # "mirror", "url"
    path: str
    body: Callable[[], bytes]
    created_at: datetime
    type: str = "application/octet-stream"
    redirect: str = ""  # another path of the same kind, or an address
    holds: Holds = Holds.NOTHING
    share: float = 0.0
    absences: tuple[Absence, ...] = ()

    @cached_property
    def content(self) -> bytes:
        return self.body()


@dataclass
class Capture(Thing):
    """A web archive's copy of an address."""

    url: str
    created_at: datetime
    body: Callable[[], bytes]
    status: int = 200
    type: str = "application/octet-stream"
    holds: Holds = Holds.NOTHING
    share: float = 0.0
    absences: tuple[Absence, ...] = ()

    @cached_property
    def content(self) -> bytes:
        return self.body()


@dataclass
class Post(Thing):
    """A story or comment on a board ("hackernews") or an entry of a feed ("feed")."""

    kind: str
    id: int
    title: str
    url: str
    author: str
    created_at: datetime
    text: str = ""
    feed: str = ""  # the feed's name, where kind is "feed"
    points: int = 1
    holds: Holds = Holds.MENTION
    share: float = 0.0
    absences: tuple[Absence, ...] = ()


@dataclass
class Image(Thing):
    """A container image: its layers' files, lowest first."""

    kind: str
    owner: str
    name: str
    tag: str
    created_at: datetime
    layers: tuple[Mapping[str, bytes], ...]
    description: str = ""
    holds: Holds = Holds.NOTHING
    share: float = 0.0
    absences: tuple[Absence, ...] = ()
