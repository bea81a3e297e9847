"""Bitbucket's cloud: repositories of a workspace, by words, and forks; HEAD by its commit, files by git.

https://developer.atlassian.com/cloud/bitbucket/rest/api-group-repositories/. It tells no ids of git's for
files.
"""

from __future__ import annotations

import re
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from monitors.sources.base import Aim, Gone, Probe, Refused, clean
from monitors.sources.folders import Folder
from monitors.sources.forge import Forge
from monitors.sources.listings import PAGE, Listing, Repo

DEFAULT = "https://api.bitbucket.org"
UNTOLD = -1  # how many forks there are

_OID = re.compile(r"[0-9a-f]{40}")
_WORKSPACE = re.compile(r"[\w-]{1,100}", re.ASCII)


class _Branch(msgspec.Struct):
    name: str = ""


class _Repository(msgspec.Struct):
    uuid: str
    full_name: str
    mainbranch: _Branch | None = None
    updated_on: str | None = ""
    is_private: bool | None = False
    scm: str | None = "git"

    def repo(self) -> Repo:
        return Repo(
            id=self.uuid,
            name=self.full_name,
            branch=self.mainbranch.name if self.mainbranch else "",
            mark=(self.updated_on or "")[:64],
            forks=UNTOLD,
            is_public=not self.is_private and self.scm in (None, "git"),
        )


class _Page(msgspec.Struct):
    values: list[_Repository]
    next: str | None = ""
    size: Any = UNTOLD


class _Commit(msgspec.Struct):
    hash: str


class _Commits(msgspec.Struct):
    values: list[_Commit]


class Bitbucket(Forge):
    """Repositories by the UUID that Bitbucket gave them."""

    kind = "bitbucket"
    name = "Bitbucket"
    public = DEFAULT
    api = "/2.0"
    pages = "https://bitbucket.org"
    # https://support.atlassian.com/bitbucket-cloud/docs/api-request-limits/: 1,000 an hour with a token
    pace: ClassVar[int] = 16
    placed = frozenset({Aim.SEARCH})

    def search_page(self, text: str, page: int) -> Listing:
        """Bitbucket searches one workspace at a time: "workspace words". Raises Refused without both."""
        workspace, _, words = text.partition(" ")
        words = re.sub(r'["\\]', " ", words).strip()
        if not _WORKSPACE.fullmatch(workspace) or not words:
            raise Refused(
                f"{clean(text, 80) or 'This'} names no workspace: Bitbucket is searched by workspace "
                "and words, as in: acme cli."
            )
        query = f'name ~ "{words}" OR description ~ "{words}"'
        return self._listing(f"/repositories/{workspace}", page, q=query, sort="-updated_on")

    def forks_page(self, id: str, name: str, page: int) -> Listing:
        return self._listing(f"/repositories/{quote(name)}/forks", page)

    def about(self, name: str, id: str = "") -> Repo:
        """Its UUID finds it under any name, with an empty workspace:
        https://developer.atlassian.com/cloud/bitbucket/rest/intro/#repository-uuid"""
        path = f"{{}}/{id}" if id else name
        return self._get(f"/repositories/{quote(path)}").decode(_Repository).repo()

    def head(self, repo: Repo) -> Folder | None:
        path = f"/repositories/{quote(repo.name)}/commits/{quote(repo.branch, safe='')}"
        try:
            commits = self._get(path, {"pagelen": 1}).decode(_Commits).values
        except Gone:
            self.about(repo.name, repo.id)  # raises when it is the repository that is gone
            return None
        oid = commits[0].hash if commits else ""
        return Folder(oid) if _OID.fullmatch(oid) else None

    def probe(self) -> Probe:
        """Whether public repositories are listed. Raises SourceError."""
        self._get("/repositories", {"pagelen": 1}).decode(_Page)
        return Probe("Answers. Each search is of one workspace: Bitbucket has none over all.")

    def _listing(self, path: str, page: int, **asked: str) -> Listing:
        found = self._get(path, {**asked, "pagelen": PAGE, "page": page}).decode(_Page)
        total = found.size if type(found.size) is int and 0 <= found.size < 10**9 else UNTOLD
        return Listing([one.repo() for one in found.values[:PAGE]], not found.next, total)
