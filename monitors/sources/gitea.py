"""Gitea and Forgejo, Codeberg among them: repositories by search, and their forks.

https://docs.gitea.com/api/ and https://codeberg.org/api/swagger. A renamed repository is answered with 307.
"""

from __future__ import annotations

from urllib.parse import quote

import msgspec

from monitors.sources import folders
from monitors.sources.base import Probe
from monitors.sources.folders import Folder, Row
from monitors.sources.forge import Forge
from monitors.sources.http import Answer
from monitors.sources.listings import Listing, Repo
from monitors.sources.statuses import Answered

DEFAULT = "https://codeberg.org"
PER_PAGE = 50  # the most that an installation gives unless it is told otherwise
TREE_PAGES = 5  # of the top folder
DEEP_PAGES = 20  # of all below it
TREE_ROWS = 1000
EMPTY = 409


class _Repository(msgspec.Struct):
    id: int
    full_name: str
    default_branch: str | None = ""
    updated_at: str | None = ""
    forks_count: int | None = 0
    private: bool | None = False
    internal: bool | None = False
    empty: bool | None = False

    def repo(self) -> Repo:
        return Repo(
            id=str(self.id),
            name=self.full_name,
            branch="" if self.empty else self.default_branch or "",
            mark=(self.updated_at or "")[:64],
            forks=max(self.forks_count or 0, 0),
            is_public=not (self.private or self.internal),
        )


class _Found(msgspec.Struct):
    data: list[_Repository]


class _Tree(msgspec.Struct):
    tree: list[Row] | None = None
    truncated: bool | None = False


class _Version(msgspec.Struct):
    version: str


class Gitea(Forge):
    """Repositories of one Gitea or Forgejo."""

    kind = "gitea"
    name = "Gitea"
    public = DEFAULT
    api = "/api/v1"
    pace = 120  # no limit is published; https://codeberg.org/Codeberg/org/src/branch/main/TermsOfUse.md

    def search_page(self, text: str, page: int) -> Listing:
        words = ",".join(_spellings(text))
        asked: dict[str, str | int] = {"q": words, "includeDesc": "true", "sort": "updated", "order": "desc"}
        answer = self._get("/repos/search", {**asked, "limit": PER_PAGE, "page": page})
        return _listing(answer, answer.decode(_Found).data, page)

    def forks_page(self, id: str, name: str, page: int) -> Listing:
        answer = self._get(f"/repos/{quote(name)}/forks", {"limit": PER_PAGE, "page": page})
        return _listing(answer, answer.decode(list[_Repository]), page)

    def about(self, name: str, id: str = "") -> Repo:
        path = f"/repositories/{quote(id, safe='')}" if id else f"/repos/{quote(name)}"
        return self._get(path).decode(_Repository).repo()

    def head(self, repo: Repo) -> Folder | None:
        if not repo.branch:
            return None
        try:
            rows, is_whole = self._rows(repo, pages=TREE_PAGES)
        except Answered as refusal:
            if refusal.status != EMPTY:
                raise
            return None
        return folders.top(rows, is_whole=is_whole)

    def files(self, repo: Repo) -> tuple[list[Row], bool]:
        return self._rows(repo, pages=DEEP_PAGES, recursive="true")

    def raw_url(self, repo: Repo, row: Row) -> str:
        path, branch = quote(row.path), quote(repo.branch, safe="")
        return f"{self.base_url}/api/v1/repos/{quote(repo.name)}/raw/{path}?ref={branch}"

    def _rows(self, repo: Repo, *, pages: int, **asked: str) -> tuple[list[Row], bool]:
        """The rows of the tree, and whether they are all."""
        rows: list[Row] = []
        path = f"/repos/{quote(repo.name)}/git/trees/{quote(repo.branch, safe='')}"
        is_whole = False
        for page in range(1, pages + 1):
            tree = self._get(path, {**asked, "per_page": TREE_ROWS, "page": page}).decode(_Tree)
            rows += (tree.tree or [])[:TREE_ROWS]
            is_whole = not tree.truncated
            if is_whole or not tree.tree:
                break
        return rows, is_whole

    def probe(self) -> Probe:
        """Whether its API answers. Raises SourceError."""
        self._get("/version").decode(_Version)
        return Probe("Answers.")


def _listing(answer: Answer, repositories: list[_Repository], page: int) -> Listing:
    """An installation may give fewer a page than it is asked for, so that is no sign of the end."""
    told = answer.headers.get("X-Total-Count", "")
    total = int(told) if told.isascii() and told.isdigit() and len(told) < 10 else -1
    has_next = 'rel="next"' in answer.headers.get("Link", "")
    is_last = not repositories or (not has_next and "Link" in answer.headers)
    is_alone = page == 1 and 0 <= total <= len(repositories)
    return Listing([one.repo() for one in repositories], is_last or is_alone, total)


def _spellings(text: str) -> list[str]:
    """With blanks and with hyphens: Gitea looks for each text of a list, letter by letter."""
    plain = " ".join(text.replace(",", " ").split())
    spaced = " ".join(plain.replace("-", " ").split())
    return list(dict.fromkeys([plain, spaced, spaced.replace(" ", "-")]))
