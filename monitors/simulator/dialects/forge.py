"""What hosts of repositories have in common, for their dialects: routes, pages, and git."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any, ClassVar

from monitors.simulator import git
from monitors.simulator.dialects import base
from monitors.simulator.dialects.validators import conditional
from monitors.simulator.messages import Request, Response
from monitors.simulator.objects import Blob, Entry, Tree
from monitors.simulator.places import Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

LARGEST_FILE = 1024 * 1024


class Dialect(base.Dialect):
    """Write `route`, and what a repository looks like: `row`."""

    tables = frozenset({"repository", "forks"})
    per_page: ClassVar[str] = "per_page"  # what the parameter is called
    most: ClassVar[int] = 100
    total: ClassVar[str] = ""  # the header that counts a list
    has_etags: ClassVar[bool] = True

    def bucket(self, request: Request) -> str | None:
        return None if git.split(request.path) else super().bucket(request)

    def answer(self, request: Request, world: World, at: datetime) -> Response:
        if named := git.split(request.path):
            return git.answer(request, world.host(self.kind).repository(named[0], at), world, at)
        told = self.own(request) or self.route(request, world, at)
        return conditional(request, told) if self.has_etags else told

    def route(self, request: Request, world: World, at: datetime) -> Response:
        """What the API says."""
        raise NotImplementedError

    def row(self, one: Repository, at: datetime) -> dict[str, Any]:
        """A repository as lists and its own address show it."""
        raise NotImplementedError

    def shown(self, one: Repository | None, at: datetime) -> Response:
        """One repository, or that it is not there."""
        if one is None or not one.is_live(at):
            return self.missing(one, at)
        return Response.json(self.row(one, at))

    def missing(self, one: Repository | None, at: datetime) -> Response:
        """Deleted, private and blocked look alike on most of these hosts."""
        return self.error(404, "Not Found")

    def found(self, request: Request, words: Sequence[str], world: World, at: datetime) -> Response:
        """A page of a search."""
        return self.page(request, world.host(self.kind).search(list(words), at, forks=True), at)

    def forks(self, request: Request, one: Repository | None, at: datetime) -> Response:
        """A page of the direct forks, newest first."""
        if one is None or not one.is_live(at):
            return self.missing(one, at)
        return self.page(request, list(one.forks.newest(at)) if one.forks else [], at)

    def page(self, request: Request, found: Sequence[Repository], at: datetime) -> Response:
        size, number = self.sizes(request)
        rows = [self.row(one, at) for one in found[(number - 1) * size : number * size]]
        onward = number + 1 if len(found) > number * size else None
        headers = {self.total: str(len(found))} if self.total else {}
        return Response.json(rows, headers={**headers, **self.onward(request, onward)})

    def file(self, one: Repository | None, path: str, at: datetime) -> Response:
        """A file's content, of the newest commit."""
        head = one.head(at) if one and one.is_live(at) else None
        node = head.tree.at(path) if head else None
        return Response.content(node.content) if isinstance(node, Blob) else self.error(404, "Not Found")

    def sizes(self, request: Request) -> tuple[int, int]:
        """How many a page, and which page."""
        size = request.number(self.per_page, 20, least=1, most=self.most)
        return size, request.number("page", 1, least=1, most=1_000_000)

    def onward(self, request: Request, number: int | None) -> Mapping[str, str]:
        """Headers that lead to the next page."""
        return {}


def counted(one: Repository, at: datetime) -> int:
    """Direct forks, the private ones too."""
    return sum(fork.exists(at) for fork in one.forks) if one.forks else 0


def listing(tree: Tree, *, is_deep: bool = False) -> list[tuple[str, Entry]]:
    """The rows of a folder, or of all below it."""
    return list(tree.walk()) if is_deep else [(entry.name, entry) for entry in tree.entries]


def mode(entry: Entry) -> str:
    """Six digits, as APIs write it."""
    return entry.mode.zfill(6)


def holding(
    world: World, kind: str, text: str, at: datetime, *, most: int = 1000
) -> list[tuple[Repository, str, Blob]]:
    """Files of main branches that hold the text, whatever its case."""
    wanted = text.lower().encode()
    live = (one for one in world.host(kind).all_repositories() if one.is_live(at) and one.head(at))
    hits = (
        (one, path, blob)
        for one in live
        if (head := one.head(at))
        for path, blob in head.tree.files().items()
        if len(blob.content) <= LARGEST_FILE and wanted in blob.content.lower()
    )
    return list(islice(hits, most))
