"""What hosts of repositories have in common: searches, forks of forks, HEAD's ids by API, files by git.

A dialect says how its host lists, names and shows a repository; the walk through the lists is this module's.
"""

from __future__ import annotations

import dataclasses
import hashlib
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import msgspec

from monitors.sources import identity
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Look,
    RateLimited,
    Refused,
    SourceError,
    clean,
)
from monitors.sources.folders import Folder
from monitors.sources.git import Git, GitHolding
from monitors.sources.http import Client, basic, bearer

BATCH = 20  # repositories whose HEAD one poll asks for
PAGE = 100
PAGES = 200  # of one list
KNOWN = 6_000  # repositories that a cursor remembers
FAMILIES = 500  # forks that were forked, to be listed in one round
LONGEST_NAME = 250

_NAME = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.+~-]{1,100}(?:/[\w.+~-]{1,100}){1,20}", re.ASCII)


class Repo(msgspec.Struct, array_like=True):
    """A repository as lists tell of it. `mark` changes with each push; `forks` is -1 where it is not told."""

    id: str
    name: str
    branch: str = ""
    mark: str = ""
    forks: int = 0
    parent: str = ""
    is_public: bool = True

    @property
    def is_sound(self) -> bool:
        is_id = 0 < len(self.id) <= 64 and clean(self.id) == self.id
        return is_id and is_name(self.name) and len(self.branch) <= 250 and len(self.mark) <= 64


@dataclasses.dataclass(frozen=True)
class Listing:
    """One page of a list. `total` is how many the host counts, -1 where it does not say."""

    repos: list[Repo]
    is_last: bool
    total: int = -1


class NotOffered(SourceError):
    """This host does not answer such questions. That is a gap in what we see, and no failure."""


class State(msgspec.Struct, omit_defaults=True):
    """The cursor of a walk. At most about 290 KB: 6,000 marks, 100 rows and 500 families."""

    root: str = ""  # the id of the repository whose forks are walked
    seen: dict[str, str] = msgspec.field(default_factory=dict)  # short ids and marks
    pending: list[Repo] = msgspec.field(default_factory=list)
    families: list[tuple[str, str]] = msgspec.field(default_factory=list)  # ids and names, to be listed
    family: tuple[str, str] = ("", "")  # that is listed now
    met: list[str] = msgspec.field(default_factory=list)  # families of this round
    page: int = 0  # the last one listed; 0 between lists
    echo: str = ""  # what the page before listed
    listed: int = 0  # of the list that is walked now
    total: int = -1
    left_out: int = 0  # repositories that a full cursor has no room for
    is_cut: bool = False


class Forge(Adapter):
    """A host of repositories. Each is one place, by the id the host gave it: names change."""

    name: ClassVar[str] = ""  # what people call it
    public: ClassVar[str] = ""  # the address of its API's host, and of its pages where they differ
    pages: ClassVar[str] = ""
    aims = frozenset({Aim.SEARCH, Aim.FORKS, Aim.REPOSITORY})

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or self.public)
        client.authorize = _shown

    @property
    def web(self) -> str:
        """Where people and git go."""
        return self.pages if self.pages and self.base_url == self.public else self.base_url

    @property
    def host(self) -> str:
        return identity.host(self.web)

    def search_page(self, text: str, page: int) -> Listing:
        """One page of the repositories whose names or descriptions hold the text. Raises SourceError."""
        raise NotImplementedError

    def code_page(self, text: str, page: int) -> Listing:
        """One page of the repositories with files that hold the text. Raises SourceError."""
        raise NotOffered(f"{self.name} searches no files.")

    def forks_page(self, id: str, name: str, page: int) -> Listing:
        """One page of the direct forks of a repository. Raises SourceError."""
        raise NotImplementedError

    def about(self, name: str, id: str = "") -> Repo:
        """One repository; by its id, where that is known and the host can. Raises SourceError, Gone."""
        raise NotImplementedError

    def head(self, repo: Repo) -> Folder | None:
        """The top folder of its main branch; None when it is empty. Raises SourceError, Gone."""
        raise NotImplementedError

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """One page of a list, and what up to 20 repositories of it hold.

        Cursor: {"id", "mark"} of one repository, else a `State`. Raises SourceError; Gone for a repository
        that was never there, Refused for a query that names none.
        """
        if aim not in self.aims:
            raise SourceError(f"{self.name} cannot be asked for a {aim}.")
        before = self.client.requests
        batch = (
            self._repository(query, cursor)
            if aim is Aim.REPOSITORY
            else Walk(self, aim, query, cursor).step()
        )
        return dataclasses.replace(batch, requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> GitHolding:
        """All files of HEAD and of up to 20 branches and tags, by git. Raises SourceError."""
        address = f"{self.web}/{candidate.ticket['name']}.git"
        cloned = dataclasses.replace(candidate, ticket={"url": address})
        with self._as_git():
            return Git(self.client, self.base_url).examine(cloned)

    def look(self, candidate: Candidate) -> Look:
        """Whether everybody can read it, and HEAD's digest. Raises SourceError."""
        name = str(candidate.ticket["name"])
        try:
            repo = self.about(name, candidate.native_id)
            if repo.id != candidate.native_id:
                return Look(live=False, reason="404 another repository has its name")
            if not repo.is_public:
                return Look(live=False, reason="private")
            folder = self.head(repo)
        except Gone as gone:
            return Look(live=False, reason=gone.reason)
        renamed = f"renamed to {clean(repo.name)}" if repo.name.lower() != name.lower() else ""
        return Look(live=True, reason=renamed, digest=folder.digest if folder else "")

    def candidate(self, repo: Repo) -> Candidate | None:
        """The repository with what its HEAD tells; None of one that holds nothing everybody can read.

        Raises SourceError, Gone.
        """
        folder = self.head(repo) if repo.is_public and repo.branch else None
        return self._place(repo, folder) if folder else None

    def repository(self, query: str) -> str:
        """The "owner/name" that a person gave, bare or as an address of this host. Raises Refused."""
        given = query.strip().removeprefix("git+").partition("?")[0].partition("#")[0].rstrip("/")
        if "://" in given:
            given = self._below(given, query)
        found = given.removesuffix(".git")
        if not is_name(found):
            raise Refused(
                f"{clean(query, 100) or 'This'} is not a repository: give owner/name or its address."
            )
        return found

    def _below(self, url: str, query: str) -> str:
        bare = re.sub(r"^https?://(www\.)?", "", url)
        root = re.sub(r"^https?://", "", self.web)
        if not bare.lower().startswith(f"{root.lower()}/"):
            raise Refused(
                f"{clean(query, 100)} is not at {root}. Watch it through a source for its own host."
            )
        return bare[len(root) + 1 :].partition("/-/")[0]

    def _repository(self, query: str, cursor: dict[str, Any]) -> Batch:
        name, id = self.repository(query), str(cursor.get("id", ""))
        try:
            repo = self.about(name, id)
            if repo.id == id and repo.mark and repo.mark == cursor.get("mark"):
                return Batch([], cursor)
            found = self.candidate(repo)
        except Gone:
            if not cursor:
                raise
            return Batch([], {"id": id, "mark": ""})
        return Batch([found] if found else [], {"id": repo.id, "mark": repo.mark})

    def _place(self, repo: Repo, folder: Folder) -> Candidate:
        return Candidate(
            host=self.host,
            native_id=repo.id,
            path="",
            title=clean(repo.name),
            url=f"{self.web}/{repo.name}"[:1000],
            version=clean(repo.branch, 200),
            digest=folder.digest,
            ticket={"name": repo.name, "parent": clean(repo.parent)},
            trees=folder.trees,
            entries=folder.entries,
        )

    @contextmanager
    def _as_git(self) -> Iterator[None]:
        """Show the token as git hosts take it, in the meantime."""
        before = self.client.authorize
        try:
            yield
        finally:
            self.client.authorize = before


class Walk:
    """One poll of a list, and of the forks of what is listed: a page of it, or the HEADs of 20 repositories.

    Every round lists everything anew, so that what moved from page to page is met in the next one.
    """

    def __init__(self, forge: Forge, aim: Aim, query: str, cursor: dict[str, Any]) -> None:
        self.forge, self.aim = forge, aim
        self.text = forge.repository(query) if aim is Aim.FORKS else query.strip()
        self.state = msgspec.convert(cursor, State)
        self.gaps: list[str] = []
        self.unread = 0

    def step(self) -> Batch:
        """What it brought. Raises SourceError; what came before an error is brought again."""
        state = self.state
        if not state.pending:
            self._list()
        now, state.pending = state.pending[:BATCH], state.pending[BATCH:]
        candidates = [found for repo in now if (found := self._resolved(repo))]
        if self.unread:
            self.gaps.append(
                f"{self.forge.name} did not tell what {self.unread} repositories hold: asked again."
            )
        more = bool(state.pending or state.page or state.families)
        return Batch(candidates, msgspec.to_builtins(state), more=more, gaps=self.gaps)

    def _list(self) -> None:
        state = self.state
        if not state.page and not state.families:
            self._begin()
        if not state.page and state.families:
            state.family, state.families = state.families[0], state.families[1:]
        try:
            listing = self._asked(state.page + 1)
        except NotOffered as refusal:
            self.gaps.append(str(refusal))
            state.page = 0
            return
        except Gone:
            if self.aim is Aim.FORKS and state.family[0] == state.root and not state.seen:
                raise
            self._end()  # a fork that went away while its own forks waited to be listed
            return
        self._take(listing)

    def _begin(self) -> None:
        """A new round; of forks: what the repository is called now."""
        state = self.state
        state.met, state.left_out, state.is_cut, state.total = [], 0, False, -1
        if self.aim is Aim.FORKS:
            root = self.forge.about(self.text, state.root)
            state.root, state.families = root.id, [(root.id, root.name)]
            state.total = root.forks

    def _asked(self, page: int) -> Listing:
        if self.aim is Aim.FORKS:
            return self.forge.forks_page(*self.state.family, page)
        ask = self.forge.code_page if self.aim is Aim.CODE else self.forge.search_page
        return ask(self.text, page)

    def _take(self, listing: Listing) -> None:
        """Keep what is new of a page. One that repeats the page before is the end, whatever it says."""
        state = self.state
        repos = [repo for repo in listing.repos[:PAGE] if repo.is_sound]
        echo = _short(" ".join(repo.id for repo in listing.repos[:PAGE]))
        state.page, state.listed = state.page + 1, state.listed + len(repos)
        if listing.total >= 0:
            state.total = max(state.total, listing.total) if self.aim is not Aim.FORKS else state.total
        for repo in repos:
            self._note(repo)
        is_over = state.page >= PAGES and not listing.is_last
        if is_over:
            self.gaps.append(f"{self.forge.name} lists more than we read: {state.listed:,} were read.")
        if listing.is_last or not listing.repos or echo == state.echo or is_over:
            self._end()
        else:
            state.echo = echo

    def _note(self, repo: Repo) -> None:
        state, key, mark = self.state, _short(repo.id), _short(repo.mark)[:8]
        if self.aim is Aim.FORKS and repo.forks and repo.is_public:
            self._note_family(repo, key)
        if state.seen.get(key) == mark or not repo.is_public:
            return
        if key not in state.seen and len(state.seen) >= KNOWN:
            state.left_out += 1
            return
        state.seen[key] = mark
        repo.parent = repo.parent or state.family[1]
        state.pending.append(repo)

    def _note_family(self, repo: Repo, key: str) -> None:
        state = self.state
        if key in state.met or repo.id == state.root:
            return
        if len(state.met) >= FAMILIES:
            state.is_cut = True
            return
        state.met.append(key)
        state.families.append((repo.id, repo.name))

    def _end(self) -> None:
        """The end of one list."""
        state, name = self.state, self.forge.name
        is_root = self.aim is not Aim.FORKS or state.family[0] == state.root
        if is_root and state.page and state.listed < state.total:
            what = f"forks of {clean(state.family[1])}" if self.aim is Aim.FORKS else "repositories"
            self.gaps.append(f"{name} counts {state.total:,} {what} and lists {state.listed:,}.")
        if not state.families and state.left_out:
            self.gaps.append(
                f"{name} lists {state.left_out:,} repositories more than the {KNOWN:,} we follow."
            )
        if not state.families and state.is_cut:
            self.gaps.append(
                f"{name} has forks of more than {FAMILIES} forks; those of the others are not listed."
            )
        state.page, state.listed, state.echo = 0, 0, ""

    def _resolved(self, repo: Repo) -> Candidate | None:
        """The candidate; None when it went away meanwhile, or cannot be read now."""
        try:
            if not repo.branch:
                repo = self.forge.about(repo.name, repo.id)
            return self.forge.candidate(repo)
        except Gone:
            return None
        except RateLimited:
            raise
        except SourceError:
            # One odd repository must not hide the others. It is asked for again in the next round.
            self.state.seen.pop(_short(repo.id), None)
            self.unread += 1
            return None


def is_name(name: str) -> bool:
    """Whether this may stand in an address as "owner/name", with groups between where a host has them."""
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _shown(token: str) -> str:
    """A "name:password" is basic authentication, anything else a token."""
    return basic(token) if ":" in token else bearer(token)
