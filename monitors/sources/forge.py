"""What hosts of repositories have in common: searches, forks of forks, HEAD's ids by API, files by git.

A dialect says how its host lists, names and shows a repository; the walk through the lists is this module's.
"""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import msgspec

from monitors.sources import identity
from monitors.sources.base import (
    EMPTIED,
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Holding,
    Look,
    RateLimited,
    Refused,
    SourceError,
    Whose,
    clean,
    missing,
)
from monitors.sources.folders import Folder, Row
from monitors.sources.git import Git
from monitors.sources.http import Answer, Client, basic, bearer, place
from monitors.sources.listings import Listing, NotOffered, Repo, is_name
from monitors.sources.remote import RemoteFile, RemoteHolding
from monitors.sources.walk import Walk
from monitors.unpack.paths import clean as clean_path


class _User(msgspec.Struct):
    """Whom a token belongs to, by what each of these hosts calls the name."""

    login: str | None = ""
    username: str | None = ""
    nickname: str | None = ""
    display_name: str | None = ""


class Unchanged(SourceError):
    """It is as it was when it was asked for last."""


class Forge(Adapter):
    """A host of repositories. Each is one place, by the id the host gave it: names change."""

    name: ClassVar[str] = ""  # what people call it
    public: ClassVar[str] = ""  # the address of its API's host, and of its pages where they differ
    pages: ClassVar[str] = ""
    api: ClassVar[str] = ""  # the path of its API
    aims = frozenset({Aim.SEARCH, Aim.FORKS, Aim.REPOSITORY})

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or self.public)
        client.authorize = _shown
        self._etag = ""  # to be shown with the next question
        self._etags: list[str] = []  # of the answers since it was set

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

    def known(self, name: str, id: str = "") -> Repo:
        """The same, where what is told can be kept and asked for again. Raises SourceError, Gone."""
        repo = self.about(name, id)
        if not repo.is_sound:
            raise SourceError(f"{self.name} tells of {clean(name, 100)} what no repository is like.")
        return repo

    def head(self, repo: Repo) -> Folder | None:
        """The top folder of its main branch; None when it is empty. Raises SourceError, Gone."""
        raise NotImplementedError

    def files(self, repo: Repo) -> tuple[list[Row], bool]:
        """All below HEAD's top folder, by the host's API, and whether that is all. Raises SourceError."""
        raise NotOffered(f"{self.name} tells no ids of files.")

    def raw_url(self, repo: Repo, row: Row) -> str:
        """Where the API gives a file's content."""
        raise NotImplementedError

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """One page of a list, and what up to 20 repositories of it hold.

        Cursor: {"id", "mark"} of one repository, else a `State`. Raises SourceError; Refused for a
        query that names no repository.
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

    def examine(self, candidate: Candidate) -> Holding:
        """All files of HEAD and of up to 20 branches and tags, by git; of HEAD by the API where git fails.

        Raises SourceError.
        """
        address = f"{self.web}/{candidate.ticket['name']}.git"
        cloned = dataclasses.replace(candidate, ticket={"url": address})
        try:
            with self._as_git():
                return Git(self.client, self.base_url).examine(cloned)
        except (Gone, RateLimited):
            raise
        except SourceError as error:
            return self._listed(candidate, error)

    def look(self, candidate: Candidate) -> Look:
        """Whether everybody can read it, and HEAD's digest. Raises SourceError."""
        name, told = str(candidate.ticket["name"]), candidate.told
        try:
            repo, about = self._about(candidate)
            if repo.id != candidate.native_id:
                return Look(live=False, reason="404 another repository has its name")
            if not repo.is_public:
                return Look(live=False, reason="private")
            is_known = "" < about == told.kept.get("about")
            with self._showing(told.kept.get("head", "") if is_known else "") as head:
                folder = self.head(repo)
        except Unchanged:
            return told
        except Gone as gone:
            return Look(live=False, reason=gone.reason)
        if folder is None:
            return Look(live=False, reason=EMPTIED)
        renamed = self._renamed(candidate, repo)
        is_kept = renamed is None and repo.name == name and len(repo.branch) <= 250
        kept = {"about": about, "head": _alone(head), "branch": repo.branch} if is_kept else {}
        return Look(live=True, digest=folder.digest, renamed=renamed, kept=kept)

    def whose(self) -> Whose:
        """The account, and scopes where the answer's headers tell them. Raises SourceError."""
        answer = self._get("/user")
        user, told = answer.decode(_User), answer.headers.get("X-OAuth-Scopes", "")[:500]
        return Whose(
            user.login or user.username or user.nickname or user.display_name or "",
            tuple(scope.strip() for scope in told.split(",") if scope.strip()),
        )

    def _get(self, path: str, params: Mapping[str, str | int] | None = None) -> Answer:
        """One answer of its API. Raises SourceError; Unchanged only while something is looked at again."""
        etag, self._etag = self._etag, ""
        answer = self.client.get(f"{self.base_url}{self.api}{path}", params=params, etag=etag)
        self._etags.append(answer.etag)
        if answer.is_unchanged:
            raise Unchanged(f"{place(answer.url)} is as it was.")
        return answer

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

    @classmethod
    def repository_of(cls, candidate: Candidate) -> str:
        return candidate.url

    def _listed(self, candidate: Candidate, error: SourceError) -> Holding:
        try:
            repo = self.about(str(candidate.ticket["name"]), candidate.native_id)
            if repo.id != candidate.native_id or not repo.is_public:
                raise Gone(f"{clean(repo.name)} is another repository now, or private.", reason="404")
            rows, is_whole = self.files(repo)
            named = {path: row for row in rows if row.is_named and (path := clean_path(row.path).path)}
            files = [
                RemoteFile(path, self.raw_url(repo, row), row.oid)
                for path, row in named.items()
                if row.type == "blob"
            ]
            trees = {path: row.oid for path, row in named.items() if row.type == "tree"}
            holding = RemoteHolding(self.client, files, trees, limits=self.unpacking)
        except (Gone, RateLimited):
            raise
        except SourceError:
            raise error from None
        holding.skipped.append("Branches and tags besides the main one.")
        if not is_whole:
            holding.skipped.append(f"Only the first {len(files):,} files are listed.")
        return holding

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
            repo = self.known(name, id)
            if id and repo.id != id:
                raise Gone(f"{clean(name)} is another repository now.", reason="404")
            if repo.id == id and repo.mark and repo.mark == cursor.get("mark"):
                return Batch([], cursor)
            found = self.candidate(repo)
        except Gone as gone:
            return missing(name, gone, cursor=cursor, kept={"id": id, "mark": ""})
        return Batch([found] if found else [], {"id": repo.id, "mark": repo.mark})

    def _renamed(self, candidate: Candidate, repo: Repo) -> Candidate | None:
        """The candidate as it is called now; None when that is its name already."""
        if not is_name(repo.name) or repo.name == candidate.title:
            return None
        url, ticket = f"{self.web}/{repo.name}"[:1000], {**candidate.ticket, "name": repo.name}
        return dataclasses.replace(candidate, title=repo.name, url=url, ticket=ticket)

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

    def _about(self, candidate: Candidate) -> tuple[Repo, str]:
        """What the repository is now, and its etag; "" where more than one answer told."""
        name, kept = str(candidate.ticket["name"]), candidate.told.kept
        known = kept.get("about", "")
        try:
            with self._showing(known) as about:
                return self.about(name, candidate.native_id), _alone(about)
        except Unchanged:
            return Repo(candidate.native_id, name, kept.get("branch", "")), known

    @contextmanager
    def _showing(self, etag: str) -> Iterator[list[str]]:
        """Show this etag with the first question; gives those of the answers."""
        self._etag, self._etags = etag, []
        try:
            yield self._etags
        finally:
            self._etag = ""

    @contextmanager
    def _as_git(self) -> Iterator[None]:
        """Show the token as git hosts take it, in the meantime."""
        before = self.client.authorize
        try:
            yield
        finally:
            self.client.authorize = before


def _alone(etags: list[str]) -> str:
    """The etag that stands for all that was told."""
    return etags[0] if len(etags) == 1 else ""


def _shown(token: str) -> str:
    """A "name:password" is basic authentication, anything else a token."""
    return basic(token) if ":" in token else bearer(token)
