"""Gitee: repositories by search, and their forks. https://gitee.com/api/v5/swagger"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import quote

import msgspec

from monitors.sources import folders
from monitors.sources.base import Gone, Probe
from monitors.sources.folders import Folder, Row
from monitors.sources.forge import Forge
from monitors.sources.http import Answer
from monitors.sources.listings import PAGE, Listing, Repo

DEFAULT = "https://gitee.com"


class _Parent(msgspec.Struct):
    full_name: str = ""


class _Repository(msgspec.Struct):
    id: int
    full_name: str
    default_branch: str | None = ""
    pushed_at: str | None = ""
    forks_count: int | None = 0
    private: bool | None = False
    internal: bool | None = False
    parent: _Parent | None = None

    def repo(self) -> Repo:
        return Repo(
            id=str(self.id),
            name=self.full_name,
            branch=self.default_branch or "",
            mark=(self.pushed_at or "")[:64],
            forks=max(self.forks_count or 0, 0),
            parent=self.parent.full_name[:250] if self.parent else "",
            is_public=not (self.private or self.internal),
        )


class _Tree(msgspec.Struct):
    tree: list[Row] | None = None
    truncated: bool | None = False


class Gitee(Forge):
    """Repositories of Gitee. It is asked by name alone: a name that another took is told by its id."""

    kind = "gitee"
    name = "Gitee"
    public = DEFAULT
    api = "/api/v5"
    pace: ClassVar[int] = 50  # 60 a minute for anybody, as others say

    def search_page(self, text: str, page: int) -> Listing:
        return self._listing("/search/repositories", page, q=text, sort="last_push_at", order="desc")

    def forks_page(self, id: str, name: str, page: int) -> Listing:
        return self._listing(f"/repos/{quote(name)}/forks", page, sort="newest")

    def about(self, name: str, id: str = "") -> Repo:
        return self._get(f"/repos/{quote(name)}").decode(_Repository).repo()

    def head(self, repo: Repo) -> Folder | None:
        try:
            rows, is_whole = self._rows(repo)
        except Gone:
            self.about(repo.name)  # raises when it is the repository that is gone, and not just empty
            return None
        return folders.top(rows, is_whole=is_whole)

    def files(self, repo: Repo) -> tuple[list[Row], bool]:
        return self._rows(repo, recursive=1)

    def raw_url(self, repo: Repo, row: Row) -> str:
        return f"{self.base_url}/{quote(repo.name)}/raw/{quote(repo.branch, safe='')}/{quote(row.path)}"

    def _rows(self, repo: Repo, **asked: int) -> tuple[list[Row], bool]:
        """The rows of the tree, and whether they are all."""
        path = f"/repos/{quote(repo.name)}/git/trees/{quote(repo.branch, safe='')}"
        tree = self._get(path, asked).decode(_Tree)
        return tree.tree or [], not tree.truncated

    def probe(self) -> Probe:
        """Whether the search answers. Raises SourceError."""
        self._get("/search/repositories", {"q": "cli", "per_page": 1}).decode(list[_Repository])
        return Probe("Answers searches.")

    def _listing(self, path: str, page: int, **asked: str) -> Listing:
        answer = self._get(path, {**asked, "per_page": PAGE, "page": page})
        found = answer.decode(list[_Repository])[:PAGE]
        last = _number(answer, "total_page")
        is_last = len(found) < PAGE if last < 0 else page >= last
        return Listing([one.repo() for one in found], is_last or not found, _number(answer, "total_count"))


def _number(answer: Answer, header: str) -> int:
    value = answer.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else -1
