"""One kind of host, and what lies there."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import islice
from typing import NamedTuple
from zlib import crc32

from monitors.simulator.objects import Blob
from monitors.simulator.places import Account, Capture, Gist, Image, Package, Page, Post, Repository
from monitors.simulator.words import NOUNS, VERBS

EPOCH = datetime(2014, 1, 1, tzinfo=UTC)


class Change(NamedTuple):
    """One entry of a registry's feed of changes."""

    seq: int
    at: datetime
    name: str
    is_deleted: bool = False


class Noise(NamedTuple):
    """Other people's packages in a registry's feed: so many an hour, from when on."""

    since: datetime
    per_hour: int
    seed: int


class Host:
    """What one dialect serves. Nothing is hidden here: ask each thing whether it `is_live(at)`."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.accounts: dict[str, Account] = {}  # by login in lower case; all but the crowd's
        self.repositories: list[Repository] = []  # in the order they were made known
        self.packages: dict[str, Package] = {}
        self.gists: dict[str, Gist] = {}
        self.pages: dict[str, Page] = {}
        self.captures: list[Capture] = []
        self.posts: list[Post] = []
        self.images: list[Image] = []
        self.noise: Noise | None = None
        self.feed_resets: list[datetime] = []  # when the registry's sequence began anew
        self._by_name: dict[str, Repository] = {}
        self._by_id: dict[int, Repository] = {}
        self._bulk: set[int] = set()

    def add(self, repository: Repository, *, in_bulk: bool = False) -> None:
        """Make it known; `in_bulk` to those who fork in crowds, whom no search finds."""
        self._by_id[repository.id] = repository
        if in_bulk:
            self._bulk.add(repository.id)
        else:
            self.repositories.append(repository)
            self._take_in(repository)
        for name in repository.names:
            self._by_name[name.lower()] = repository

    def named_anew(self, repository: Repository) -> None:
        """It has another name now; the old one still leads to it."""
        self._take_in(repository)
        for name in repository.names:
            self._by_name.setdefault(name.lower(), repository)

    def repository(self, full_name: str, at: datetime) -> Repository | None:
        """By its present or a former name, whatever became of it. Compare `full_name(at)` to see a rename."""
        found = self._by_name.get(full_name.lower())
        return found if found and found.exists(at) else None

    def repository_by_id(self, id: int, at: datetime) -> Repository | None:
        found = self._by_id.get(id)
        return found if found and found.exists(at) else None

    def all_repositories(self) -> Iterator[Repository]:
        """Every one ever, the crowd's too."""
        return iter(self._by_id.values())

    def search(
        self, words: list[str], at: datetime, *, forks: bool = False, readme: bool = False
    ) -> list[Repository]:
        """Live repositories whose name, description, topics (and readme) hold every word, newest first."""
        wanted = [word.lower() for word in words if word]
        pool = self._by_id.values() if forks else self.repositories
        found = [
            one
            for one in pool
            if (forks or one.parent is None) and one.is_live(at) and _tells(one, wanted, at, readme)
        ]
        return sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)

    def open_account(
        self, login: str, *, at: datetime | None = None, is_organization: bool = False, name: str = ""
    ) -> Account:
        """Somebody who is here from now on, whether they own anything or not; since long ago, if not said."""
        known = self.account(login)
        account = Account(self.kind, known.id, login, at or known.created_at, is_organization, name)
        self.accounts[login.lower()] = account
        return account

    def account(self, login: str) -> Account:
        """Whoever has this name; made up, the same each time, for one of the crowd."""
        known = self.accounts.get(login.lower())
        if known:
            return known
        id = 10_000_000 + crc32(f"{self.kind}:{login.lower()}".encode()) % 190_000_000
        born = random.Random(id).randrange(10 * 365)  # noqa: S311
        return Account(self.kind, id, login, EPOCH + timedelta(days=born))

    def has_account(self, login: str, at: datetime) -> bool:
        """Whether somebody has this name: who was stated, or owns something, or was in the crowd."""
        wanted = login.lower()
        known = self.accounts.get(wanted)
        if known:
            return known.created_at <= at
        owns = any(name.startswith(f"{wanted}/") for name in self._by_name)
        return owns or any(gist.owner.lower() == wanted for gist in self.gists.values())

    def owned(self, login: str, at: datetime) -> list[Repository]:
        """The live repositories of an account, but the crowd's."""
        return [
            one for one in self.repositories if one.is_live(at) and one.owner(at).lower() == login.lower()
        ]

    def _take_in(self, repository: Repository) -> None:
        """Whoever owns a repository, or did, has an account."""
        for name in repository.names:
            login = name.partition("/")[0]
            self.accounts.setdefault(login.lower(), self.account(login))

    def changes(self, at: datetime, *, since: int = 0, limit: int = 10_000) -> list[Change]:
        """The feed after this number, oldest first. The sequence began anew at the last reset before `at`."""
        begins = max((reset for reset in self.feed_resets if reset <= at), default=EPOCH)
        events = sorted(event for event in self._events(at) if begins <= event[0] <= at)
        numbered = (Change(seq, *event) for seq, event in enumerate(events, 1))
        return list(islice((change for change in numbered if change.seq > since), limit))

    def feed_id(self, at: datetime) -> str:
        """Which feed this is: another one after each reset."""
        return f"{self.kind}-{sum(reset <= at for reset in self.feed_resets)}"

    def _events(self, at: datetime) -> Iterator[tuple[datetime, str, bool]]:
        """When a package came, changed or went."""
        for package in self.packages.values():
            for version in package.versions:
                yield version.created_at, package.name, False
                for absence in version.absences:
                    yield absence.since, package.name, not package.live(absence.since)
        yield from _others(self.noise, at) if self.noise else ()


def _others(noise: Noise, at: datetime) -> Iterator[tuple[datetime, str, bool]]:
    hours = max((at - noise.since) / timedelta(hours=1), 0)
    for number in range(int(hours * noise.per_hour)):
        name = random.Random(noise.seed * 1_000_003 + number // 3)  # noqa: S311
        yield (
            noise.since + number * timedelta(hours=1) / noise.per_hour,
            f"{name.choice(VERBS)}-{name.choice(NOUNS)}-{name.randrange(10_000)}",
            False,
        )


def _tells(repository: Repository, words: list[str], at: datetime, readme: bool) -> bool:
    told = f"{repository.full_name(at)} {repository.description} {' '.join(repository.topics)}".lower()
    head = repository.head(at) if readme else None
    page = head.tree.at("README.md") if head else None
    text = _readme(page) if isinstance(page, Blob) else ""
    return all(word in told or word in text for word in words)


@lru_cache(maxsize=20_000)
def _readme(page: Blob) -> str:
    return page.content[:16_384].decode("utf-8", "replace").lower()
