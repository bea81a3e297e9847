"""GitLab, its own service and anybody's: projects by search, their forks, and files that hold a phrase.

https://docs.gitlab.com/api/projects/, https://docs.gitlab.com/api/repositories/#list-repository-tree and
https://docs.gitlab.com/api/search/
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

import msgspec

from monitors.sources import folders
from monitors.sources.base import Aim, Gone, Probe, Whose
from monitors.sources.folders import Folder, Row
from monitors.sources.forge import Forge
from monitors.sources.http import Answer
from monitors.sources.listings import PAGE, Listing, NotOffered, Repo
from monitors.sources.statuses import Answered

DEFAULT = "https://gitlab.com"
TREE_PAGES = 5  # of the top folder
DEEP_PAGES = 100  # of all below it
REFUSED = frozenset({400, 403})  # "Global Search is disabled for this scope", "Scope not supported"


class _Project(msgspec.Struct):
    id: int
    path_with_namespace: str
    default_branch: str | None = ""
    last_activity_at: str | None = ""
    forks_count: int | None = 0
    visibility: str | None = "public"  # told to those who sign in

    def repo(self) -> Repo:
        return Repo(
            id=str(self.id),
            name=self.path_with_namespace,
            branch=self.default_branch or "",
            mark=(self.last_activity_at or "")[:64],
            forks=max(self.forks_count or 0, 0),
            is_public=self.visibility in (None, "public"),
        )


class _Token(msgspec.Struct):
    scopes: list[str] = msgspec.field(default_factory=list)


class _Hit(msgspec.Struct):
    project_id: int
    ref: str | None = ""


class GitLab(Forge):
    """Projects of one GitLab."""

    kind = "gitlab"
    name = "GitLab"
    public = DEFAULT
    api = "/api/v4"
    aims = frozenset({Aim.SEARCH, Aim.FORKS, Aim.REPOSITORY, Aim.CODE})
    buckets: ClassVar[Mapping[Aim, str]] = {Aim.CODE: "search"}
    # https://docs.gitlab.com/user/gitlab_com/#rate-limits-on-gitlabcom: 400 lists in 10 minutes, unless told.
    pace = 40

    def search_page(self, text: str, page: int) -> Listing:
        # Each word is looked for by itself: "acme-cli" would not find what is called "acme cli".
        words = " ".join(text.replace("-", " ").split()) or text
        asked = {"search": words, "visibility": "public", "order_by": "last_activity_at"}
        return self._listing("/projects", page, **asked)

    def forks_page(self, id: str, name: str, page: int) -> Listing:
        return self._listing(f"/projects/{id}/forks", page, order_by="created_at")

    def code_page(self, text: str, page: int) -> Listing:
        """Hits name projects by their id alone; what each is called is asked when it is resolved."""
        asked: dict[str, str | int] = {"scope": "blobs", "search": text, "per_page": PAGE, "page": page}
        try:
            answer = self._get("/search", asked)
        except Answered as refusal:
            if refusal.status not in REFUSED:
                raise
            raise NotOffered(f"{self.host} does not search the files of all its projects.") from None
        hits = answer.decode(list[_Hit])[:PAGE]
        found = {hit.project_id: (hit.ref or "")[:64] for hit in hits if hit.project_id > 0}
        repos = [Repo(str(id), f"project/{id}", mark=ref) for id, ref in found.items()]
        return Listing(repos, is_last=_is_last(answer, len(hits)))

    def about(self, name: str, id: str = "") -> Repo:
        """Its id finds it under any name: a former name may be somebody else's now."""
        return self._get(f"/projects/{id or quote(name, safe='')}").decode(_Project).repo()

    def head(self, repo: Repo) -> Folder | None:
        try:
            rows, is_whole = self._rows(repo, pages=TREE_PAGES)
        except Gone as gone:
            if gone.reason != "404":
                raise
            # Without a commit there is no tree, and that is a 404 too: raises when the project is gone.
            self.about(repo.name, repo.id)
            return None
        return folders.top(rows, is_whole=is_whole)

    def files(self, repo: Repo) -> tuple[list[Row], bool]:
        return self._rows(repo, pages=DEEP_PAGES, recursive="true")

    def raw_url(self, repo: Repo, row: Row) -> str:
        return f"{self.base_url}/api/v4/projects/{repo.id}/repository/blobs/{row.oid}/raw"

    def _rows(self, repo: Repo, *, pages: int, **asked: str) -> tuple[list[Row], bool]:
        """The rows of the tree, and whether they are all."""
        rows: list[Row] = []
        is_whole = False
        for page in range(1, pages + 1):
            paged: dict[str, str | int] = {**asked, "ref": repo.branch, "per_page": PAGE, "page": page}
            answer = self._get(f"/projects/{repo.id}/repository/tree", paged)
            found = answer.decode(list[Row])[:PAGE]
            rows += found
            is_whole = _is_last(answer, len(found))
            if is_whole or not found:
                break
        return rows, is_whole

    def probe(self) -> Probe:
        """Whether its projects are listed, and what is left of the limit. Raises SourceError."""
        answer = self._get("/projects", {"per_page": 1, "visibility": "public"})
        answer.decode(list[_Project])
        return Probe(
            "Answers.",
            limit=_number(answer, "RateLimit-Limit"),
            remaining=_number(answer, "RateLimit-Remaining"),
        )

    def whose(self) -> Whose:
        """The account, and the scopes where GitLab tells a token its own. Raises SourceError.

        https://docs.gitlab.com/api/personal_access_tokens/#self-inform
        """
        account = super().whose().account
        try:
            return Whose(account, tuple(self._get("/personal_access_tokens/self").decode(_Token).scopes))
        except (Gone, Answered):  # tokens of another sort
            return Whose(account)

    def _listing(self, path: str, page: int, **asked: Any) -> Listing:
        answer = self._get(path, {**asked, "per_page": PAGE, "page": page})
        projects = answer.decode(list[_Project])[:PAGE]
        is_last = _is_last(answer, len(projects))
        return Listing([one.repo() for one in projects], is_last, _number(answer, "X-Total") or -1)


def _is_last(answer: Answer, count: int) -> bool:
    """https://docs.gitlab.com/api/rest/#offset-based-pagination: no next page, where the header is sent."""
    onward = answer.headers.get("X-Next-Page")
    return count == 0 or (count < PAGE if onward is None else not onward.strip())


def _number(answer: Answer, header: str) -> int | None:
    value = answer.headers.get(header, "")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
