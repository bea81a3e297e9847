"""GitHub's routes below one repository: forks, trees, files, commits, releases, archives.

https://docs.github.com/en/rest/repos and https://docs.github.com/en/rest/git
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from monitors.simulator import packing
from monitors.simulator.dialects.github import paging
from monitors.simulator.dialects.github.shapes import Shapes, moment
from monitors.simulator.messages import Request, Response
from monitors.simulator.objects import Blob, Commit, Tree
from monitors.simulator.places import Absence, Release, Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

MOST_ENTRIES, MOST_BYTES = 100_000, 7 * 1024 * 1024
LARGEST_BLOB = 100 * 1024 * 1024
LARGEST_CONTENT = 1024 * 1024
MOST_EVENTS = 300
EVENT_LAG, EVENT_AGE = timedelta(seconds=30), timedelta(days=30)


def missing() -> Response:
    return Response.json({"message": "Not Found", "documentation_url": DOCS, "status": "404"}, 404)


def _unknown(ref: str) -> Response:
    return Response.json({"message": f"No commit found for SHA: {ref}", "documentation_url": DOCS}, 422)


def blocked(absence: Absence) -> Response:
    """How it says why something is not there; private and deleted look alike."""
    if absence.reason not in ("dmca", "tos"):
        return missing()
    block: dict[str, Any] = {"reason": absence.reason, "created_at": moment(absence.since)}
    if absence.reason == "dmca":
        block["html_url"] = absence.notice_url
        return Response.json({"message": "Repository access blocked", "block": block}, 451)
    return Response.json({"message": "Repository access blocked", "block": block}, 403)


class Repositories:
    """The routes of one repository, at one moment."""

    def __init__(self, request: Request, world: World, at: datetime, shapes: Shapes, one: Repository) -> None:
        self.request, self.world, self.at, self.shapes, self.one = request, world, at, shapes, one
        self.most_entries = MOST_ENTRIES

    def answer(self, rest: tuple[str, ...]) -> Response:
        """`rest` is what follows the repository's name. An empty one answers git's routes with a conflict."""
        absence = self.one.absence(self.at)
        if absence:
            return blocked(absence)
        if not rest:
            return Response.json(self.shapes.full_repository(self.one))
        if rest[0] in ("git", "commits") and self.one.head(self.at) is None:
            return Response.json({"message": "Git Repository is empty.", "documentation_url": DOCS}, 409)
        route = _ROUTES.get(rest[:2]) or _ROUTES.get(rest[:1])
        return route[1](self, rest[route[0] :]) if route else missing()

    def forks(self, rest: tuple[str, ...]) -> Response:
        forks = self.one.forks
        total = forks.listed(self.at) if forks else 0
        size, number = paging.sizes(self.request)
        start, listed = (number - 1) * size, []
        if forks:
            order = self.request.one("sort", "newest")
            rows = forks.oldest(self.at) if order == "oldest" else forks.newest(self.at)
            listed = list(islice(rows, start, start + size))
        path = f"/repositories/{self.one.id}/forks"
        return self._listed([self.shapes.repository(fork) for fork in listed], total, path)

    def tree(self, rest: tuple[str, ...]) -> Response:
        tree = self._tree(rest[0]) if rest else None
        if tree is None:
            return missing()
        is_deep = self.request.one("recursive") not in ("", "0", "false")
        walk = tree.walk() if is_deep else ((entry.name, entry) for entry in tree.entries)
        rows, size = list[dict[str, Any]](), 0
        is_cut = False
        for path, entry in walk:
            row = self.shapes.tree_row(self.one, path, entry.mode, entry.node)
            size += len(path) + 250
            if len(rows) >= self.most_entries or size > MOST_BYTES:
                is_cut = True
                break
            rows.append(row)
        url = f"{self.request.base}/repos/{self.one.full_name(self.at)}/git/trees/{tree.id}"
        return Response.json({"sha": tree.id, "url": url, "tree": rows, "truncated": is_cut})

    def blob(self, rest: tuple[str, ...]) -> Response:
        node = self._resolved(rest[0]) if rest else None
        if not isinstance(node, Blob):
            return missing()
        if len(node.content) > LARGEST_BLOB:
            return Response.json({"message": "This blob is too large.", "errors": []}, 403)
        if "raw" in self.request.headers.get("accept", ""):
            return Response.content(node.content)
        written = self.shapes.content(self.one, "", node, whole=True)
        return Response.json(
            {
                "sha": node.id,
                "node_id": f"B_{node.id}",
                "size": len(node.content),
                "url": written["git_url"],
                "content": written["content"],
                "encoding": "base64",
            }
        )

    def ref(self, rest: tuple[str, ...]) -> Response:
        head = self.one.head(self.at)
        if head is None or "/".join(rest) != f"heads/{self.one.default_branch}":
            return missing()
        api = f"{self.request.base}/repos/{self.one.full_name(self.at)}/git"
        ref = f"refs/heads/{self.one.default_branch}"
        pointed = {"type": "commit", "sha": head.id, "url": f"{api}/commits/{head.id}"}
        return Response.json(
            {"ref": ref, "node_id": f"REF_{self.one.id}", "url": f"{api}/{ref}", "object": pointed}
        )

    def commits(self, rest: tuple[str, ...]) -> Response:
        head = self.one.head(self.at)
        if rest:
            found = self._commit(rest[0])
            return Response.json(self.shapes.commit(self.one, found)) if found else _unknown(rest[0])
        history = list(islice(head.history(), 10_000)) if head else []
        rows = [self.shapes.commit(self.one, commit) for commit in paging.page(self.request, history)]
        return self._listed(rows, len(history), f"/repositories/{self.one.id}/commits")

    def contents(self, rest: tuple[str, ...]) -> Response:
        tree, path = self._tree(self.request.one("ref", "HEAD")), "/".join(rest)
        node = tree.at(path) if tree else None
        if node is None:
            return missing()
        if isinstance(node, Tree):
            below = [(f"{path}/{entry.name}".strip("/"), entry.node) for entry in node.entries[:1000]]
            return Response.json([self.shapes.content(self.one, at, one, whole=False) for at, one in below])
        if "raw" in self.request.headers.get("accept", ""):
            return Response.content(node.content)
        written = self.shapes.content(self.one, path, node, whole=True)
        if len(node.content) > LARGEST_CONTENT:
            written |= {"content": "", "encoding": "none"}
        return Response.json(written)

    def releases(self, rest: tuple[str, ...]) -> Response:
        live = [one for one in self.one.releases if one.is_live(self.at)][::-1]
        if not rest:
            rows = [self.shapes.release(self.one, one) for one in paging.page(self.request, live)]
            return self._listed(rows, len(live), f"/repositories/{self.one.id}/releases")
        chosen = rest[1] if rest[0] == "assets" and len(rest) > 1 else rest[0]
        release = next((one for one in live if str(one.id) == chosen), None)
        if release is None:
            return missing()
        written = self.shapes.release(self.one, release)
        if rest[0] != "assets":
            return Response.json(written["assets"] if rest[1:] == ("assets",) else written)
        if "octet-stream" in self.request.headers.get("accept", ""):
            return Response.redirect(written["assets"][0]["browser_download_url"])
        return Response.json(written["assets"][0])

    def tarball(self, rest: tuple[str, ...]) -> Response:
        head = self._commit(rest[0]) if rest else self.one.head(self.at)
        if head is None:
            return missing()
        folder = self.one.full_name(self.at).replace("/", "-") + f"-{head.id[:7]}"
        files = {path: blob.content for path, blob in head.tree.files().items()}
        return Response.content(packing.sdist(folder, files), type="application/x-gzip")

    def events(self, rest: tuple[str, ...]) -> Response:
        return events(self.request, self.shapes, self.one, self.at)

    def _listed(self, rows: Sequence[Any], total: int, path: str) -> Response:
        return Response.json(list(rows), headers=paging.links(self.request, total, path))

    def _resolved(self, id: str) -> Blob | Tree | Commit | None:
        """An object by its id: any that somebody in the network pushed."""
        network = self.one.network
        return self.world.objects.get(id) if network and network.resolves(id) else None

    def _commit(self, ref: str) -> Commit | None:
        if ref in ("HEAD", self.one.default_branch):
            return self.one.head(self.at)
        found = self._resolved(ref)
        return found if isinstance(found, Commit) else None

    def _tree(self, ref: str) -> Tree | None:
        found = self._commit(ref) or self._resolved(ref)
        return found.tree if isinstance(found, Commit) else found if isinstance(found, Tree) else None


def events(request: Request, shapes: Shapes, one: Repository, at: datetime) -> Response:
    """Who forked it, newest first; late, and for 30 days.

    https://docs.github.com/en/rest/activity/events
    """
    told = at - EVENT_LAG
    forks = one.forks.newest(told) if one.forks else iter(())
    recent = [fork for fork in islice(forks, MOST_EVENTS) if fork.created_at >= at - EVENT_AGE]
    rows = [_forked(shapes, one, fork) for fork in paging.page(request, recent)]
    headers = paging.links(request, len(recent), f"/repositories/{one.id}/events")
    return Response.json(rows, headers=headers | {"X-Poll-Interval": "60"})


def download(request: Request, releases: Sequence[Release], at: datetime) -> Response:
    """An asset by its address on the page of releases: ".../releases/download/TAG/NAME"."""
    tag, name = request.parts[4:6]
    found = (one for one in releases if one.is_live(at) and (one.tag, one.asset_name) == (tag, name))
    release = next(found, None)
    return Response.content(release.asset, type="application/gzip") if release else missing()


def raw(world: World, one: Repository, at: datetime, parts: tuple[str, ...]) -> Response:
    """A file's bytes: "/raw/OWNER/NAME/COMMIT/PATH"."""
    head = one.head(at)
    found = world.objects.get(parts[0]) if parts else None
    commit = found if isinstance(found, Commit) else head
    node = commit.tree.at("/".join(parts[1:])) if commit else None
    return Response.content(node.content, type="text/plain") if isinstance(node, Blob) else missing()


def _forked(shapes: Shapes, one: Repository, fork: Repository) -> dict[str, Any]:
    login = fork.owner(fork.created_at)
    account = shapes.host.account(login)
    actor = {
        "id": account.id,
        "login": login,
        "display_login": login,
        "gravatar_id": "",
        "url": f"{shapes.base}/users/{quote(login)}",
        "avatar_url": f"{shapes.base}/avatars/{account.id}",
    }
    name = one.full_name(shapes.at)
    return {
        "id": str(fork.id),
        "type": "ForkEvent",
        "actor": actor,
        "repo": {"id": one.id, "name": name, "url": f"{shapes.base}/repos/{name}"},
        "payload": {"action": "forked", "forkee": shapes.repository(fork)},
        "public": True,
        "created_at": moment(fork.created_at),
    }


Route = Callable[[Repositories, tuple[str, ...]], Response]
DOCS = "https://docs.github.com/rest"

_ROUTES: dict[tuple[str, ...], tuple[int, Route]] = {
    ("forks",): (1, Repositories.forks),
    ("git", "trees"): (2, Repositories.tree),
    ("git", "blobs"): (2, Repositories.blob),
    ("git", "ref"): (2, Repositories.ref),
    ("commits",): (1, Repositories.commits),
    ("contents",): (1, Repositories.contents),
    ("releases",): (1, Repositories.releases),
    ("tarball",): (1, Repositories.tarball),
    ("events",): (1, Repositories.events),
}
