"""The objects that GraphQL queries walk through, over the world's.

Each attribute is a field of GitHub's schema in snake case; one that is missing here is an error of the
answer, never a silent null.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError, GraphQLResolveInfo

from monitors.simulator.dialects.github import search
from monitors.simulator.dialects.github.plain import snake
from monitors.simulator.dialects.github.shapes import ID_BEGINS, Shapes, database_id, moment, node_id, root
from monitors.simulator.objects import Blob, Commit, Entry, Tree
from monitors.simulator.places import Account, Gist, Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

MISSING = object()


def resolve(source: Any, info: GraphQLResolveInfo[Any], **given: Any) -> Any:
    """A field of an object. Raises GraphQLError when the simulator does not know it."""
    value = attribute(source, snake(info.field_name))
    return value(**{snake(name): one for name, one in given.items()}) if callable(value) else value


def attribute(source: Any, name: str) -> Any:
    """What an object has under this name, in snake case; callable when it takes arguments."""
    value = getattr(source, name, MISSING)
    if value is MISSING:
        raise GraphQLError(f"The simulator does not know {type(source).__name__}.{name}.")
    return value


def type_name(value: Any, *_: Any) -> str:
    return str(value.type)


def make_holes(data: Any) -> bool:
    """Put null for every third node of the largest list, as after a timeout; False when there is none."""
    longest = max(_lists(data), key=len, default=[])
    for number in range(2, len(longest), 3):
        longest[number] = None
    return len(longest) > 2


def _lists(data: Any) -> Iterator[list[Any]]:
    if isinstance(data, dict):
        for name, value in data.items():
            if name == "nodes" and isinstance(value, list):
                yield value
            else:
                yield from _lists(value)


@dataclass(frozen=True)
class RateLimit:
    """https://docs.github.com/en/graphql/reference/objects#ratelimit"""

    cost: int
    limit: int
    remaining: int
    resets: datetime
    node_count: int

    @property
    def used(self) -> int:
        return self.limit - self.remaining

    @property
    def reset_at(self) -> str:
        return moment(self.resets)


@dataclass(frozen=True)
class Query:
    """Where every query begins."""

    world: World
    base: str
    at: datetime
    rate: RateLimit
    type = "Query"

    def rate_limit(self, dry_run: bool = False) -> RateLimit:
        return self.rate

    def repository(self, owner: str, name: str, follow_renames: bool = True) -> RepositoryNode:
        wanted = f"{owner}/{name}"
        found = self.world.host("github").repository(wanted, self.at)
        is_old = found is not None and found.full_name(self.at).lower() != wanted.lower()
        if found is None or not _is_shown(found, self.at) or (is_old and not follow_renames):
            said = f"Could not resolve to a Repository with the name '{wanted}'."
            raise GraphQLError(said, extensions={"type": "NOT_FOUND"})
        return RepositoryNode(self, found)

    def node(self, id: str) -> Any:
        return self._node(id)

    def nodes(self, ids: list[str]) -> list[Any]:
        """One for each id, in their order; an error, which makes a null, for those that are not there."""
        return [self._told(id) for id in ids]

    def search(
        self, query: str, type: str, first: int | None = None, after: str | None = None, **more: Any
    ) -> Connection:
        if type != "REPOSITORY":
            raise GraphQLError(f"The simulator does not search {type}.")
        host = self.world.host("github")
        asked = search.Query.read(query)
        rows = search.matching(asked, host, self.at, Shapes(host, self.base, self.at))
        start = int(after or 0)
        shown = rows[: search.SHOWN]
        page = [RepositoryNode(self, one) for one in shown[start : start + (first or 0)]]
        end = start + len(page)
        return Connection(page, len(rows), end < len(shown), str(end) if page else None)

    def user(self, login: str) -> Owner:
        return self._owner(login, "User")

    def organization(self, login: str) -> Owner:
        return self._owner(login, "Organization")

    @property
    def viewer(self) -> Owner:
        return Owner(self, "watcher")

    def _owner(self, login: str, type: str) -> Owner:
        owner = Owner(self, login)
        if owner.type != type or not self.world.host("github").has_account(login, self.at):
            said = (
                f"Could not resolve to {'a' if type == 'User' else 'an'} {type} with the login of '{login}'."
            )
            raise GraphQLError(said, extensions={"type": "NOT_FOUND"})
        return owner

    def _told(self, id: str) -> Any:
        try:
            return self._node(id)
        except GraphQLError as error:
            return error

    def _node(self, id: str) -> Any:
        known = database_id(id)
        found = None
        if known and known[0] == ID_BEGINS["Repository"]:
            found = self.world.host("github").repository_by_id(known[1], self.at)
        if found is None or not _is_shown(found, self.at):
            said = f"Could not resolve to a node with the global id of '{id[:100]}'"
            raise GraphQLError(said, extensions={"type": "NOT_FOUND"})
        return RepositoryNode(self, found)


@dataclass(frozen=True)
class PageInfo:
    has_next_page: bool
    end_cursor: str | None
    has_previous_page: bool = False
    start_cursor: str | None = None


@dataclass(frozen=True)
class Connection:
    """A page of something."""

    nodes: list[Any]
    total_count: int
    has_next: bool
    cursor: str | None

    @property
    def repository_count(self) -> int:
        return self.total_count

    @property
    def page_info(self) -> PageInfo:
        return PageInfo(self.has_next, self.cursor)


class RepositoryNode:
    """https://docs.github.com/en/graphql/reference/objects#repository"""

    __slots__ = ("at", "one", "query")
    type = "Repository"

    def __init__(self, query: Query, one: Repository) -> None:
        self.query, self.one, self.at = query, one, query.at

    is_archived = is_locked = is_mirror = is_private = is_template = is_fork_disabled = False
    homepage_url = license_info = lock_reason = primary_language = None
    visibility = "PUBLIC"

    @property
    def id(self) -> str:
        return node_id("Repository", self.one.id)

    @property
    def database_id(self) -> int:
        return self.one.id

    @property
    def full_database_id(self) -> str:
        return str(self.one.id)

    @property
    def name(self) -> str:
        return self.one.name(self.at)

    @property
    def name_with_owner(self) -> str:
        return self.one.full_name(self.at)

    @property
    def owner(self) -> Owner:
        return Owner(self.query, self.one.owner(self.at))

    @property
    def url(self) -> str:
        return f"{self.query.base}/{self.name_with_owner}"

    @property
    def created_at(self) -> str:
        return moment(self.one.created_at)

    @property
    def pushed_at(self) -> str:
        return moment(self.one.pushed_at(self.at))

    @property
    def updated_at(self) -> str:
        return moment(max(self.one.created_at, self.one.pushed_at(self.at)))

    @property
    def description(self) -> str | None:
        return self.one.description or None

    @property
    def disk_usage(self) -> int:
        head = self.one.head(self.at)
        return len(head.tree.raw) if head else 0

    @property
    def is_disabled(self) -> bool:
        return self.one.absence(self.at) is not None

    @property
    def is_empty(self) -> bool:
        return self.one.head(self.at) is None

    @property
    def is_fork(self) -> bool:
        return self.one.parent is not None

    @property
    def parent(self) -> RepositoryNode | None:
        """Null when the parent is gone."""
        parent = self.one.parent
        return RepositoryNode(self.query, parent) if parent and _is_shown(parent, self.at) else None

    @property
    def fork_count(self) -> int:
        return self.one.forks.counted(self.at) if self.one.forks else 0

    @property
    def stargazer_count(self) -> int:
        return self.one.stars

    @property
    def network_root(self) -> Repository:
        return root(self.one)

    @property
    def default_branch_ref(self) -> Branch | None:
        head = self._readable()
        return Branch(self.query, self.one, head) if head else None

    def object_(self, expression: str | None = None, oid: str | None = None) -> Any:
        """By "HEAD:path", or by an id, which resolves if anybody in the network pushed it."""
        head = self._readable()
        if head is None:
            return None
        if oid:
            is_known = self.one.network is not None and self.one.network.resolves(oid)
            return _object(self.query, self.one, self.query.world.objects.get(oid)) if is_known else None
        ref, colon, path = (expression or "").partition(":")
        if ref not in ("HEAD", self.one.default_branch):
            return None
        return _object(self.query, self.one, head.tree.at(path) if colon else head)

    def forks(
        self, first: int | None = None, after: str | None = None, order_by: Any = None, **more: Any
    ) -> Connection:
        """Direct forks, 100 at most; the order is by creation or by push, else newest first."""
        forks = self.one.forks
        if forks is None or not first:
            return Connection([], 0, False, None)
        order = (order_by or {}).get("field", "CREATED_AT")
        is_rising = (order_by or {}).get("direction") == "ASC"
        rows = self._ordered(order, is_rising, after)
        page = list(islice(rows, first + 1))
        shown = [RepositoryNode(self.query, fork) for fork in page[:first]]
        last = page[first - 1] if len(page) >= first else (page[-1] if page else None)
        cursor = _cursor(last) if last else None
        return Connection(shown, forks.listed(self.at), len(page) > first, cursor)

    def _ordered(self, order: str, is_rising: bool, after: str | None) -> Iterable[Repository]:
        forks = self.one.forks
        if forks is None:
            return []
        if order == "PUSHED_AT" and not is_rising:
            rows = forks.pushed(self.at)
            return _behind(rows, after) if after else rows
        mark = _place(after) if after else None
        return forks.oldest(self.at, above=mark) if is_rising else forks.newest(self.at, below=mark)

    def _readable(self) -> Commit | None:
        """Nothing of a blocked repository can be read."""
        return None if self.is_disabled else self.one.head(self.at)


@dataclass(frozen=True)
class Owner:
    query: Query
    login: str

    @property
    def type(self) -> str:
        return "Organization" if self._account.is_organization else "User"

    @property
    def _account(self) -> Account:
        return self.query.world.host("github").account(self.login)

    @property
    def id(self) -> str:
        return node_id(self.type, self._account.id)

    @property
    def database_id(self) -> int:
        return self._account.id

    @property
    def url(self) -> str:
        return f"{self.query.base}/{self.login}"

    def gists(self, first: int | None = None, **more: Any) -> Connection:
        host, at = self.query.world.host("github"), self.query.at
        own = [one for one in host.gists.values() if one.owner == self.login and one.is_live(at)]
        page = [GistNode(one) for one in own[: first or 0]]
        return Connection(page, len(own), len(own) > len(page), None)


@dataclass(frozen=True)
class GistNode:
    one: Gist
    type = "Gist"

    @property
    def name(self) -> str:
        return self.one.id

    @property
    def description(self) -> str:
        return self.one.description

    def files(self, **more: Any) -> list[GistFile]:
        return [GistFile(name, len(content)) for name, content in self.one.files.items()]

    def forks(self, **more: Any) -> Connection:
        return Connection([], 0, False, None)


@dataclass(frozen=True)
class GistFile:
    name: str
    size: int


@dataclass(frozen=True)
class Branch:
    query: Query
    one: Repository
    head: Commit

    @property
    def name(self) -> str:
        return self.one.default_branch

    @property
    def target(self) -> CommitNode:
        return CommitNode(self.query, self.one, self.head)


@dataclass(frozen=True)
class CommitNode:
    query: Query
    one: Repository
    commit: Commit
    type = "Commit"

    @property
    def oid(self) -> str:
        return self.commit.id

    @property
    def message(self) -> str:
        return self.commit.message

    @property
    def committed_date(self) -> str:
        return moment(self.commit.at)

    authored_date = committed_date

    @property
    def tree(self) -> TreeNode:
        return TreeNode(self.query, self.one, self.commit.tree)


@dataclass(frozen=True)
class TreeNode:
    query: Query
    one: Repository
    tree: Tree
    type = "Tree"

    @property
    def oid(self) -> str:
        return self.tree.id

    @property
    def entries(self) -> list[EntryNode]:
        return [EntryNode(self.query, self.one, entry) for entry in self.tree.entries]


@dataclass(frozen=True)
class EntryNode:
    query: Query
    one: Repository
    entry: Entry

    @property
    def name(self) -> str:
        return self.entry.name

    @property
    def path(self) -> str:
        return self.entry.name

    @property
    def type(self) -> str:
        return self.entry.node.type

    @property
    def oid(self) -> str:
        return self.entry.node.id

    @property
    def mode(self) -> int:
        return int(self.entry.mode, 8)

    @property
    def size(self) -> int:
        return len(self.entry.node.content) if isinstance(self.entry.node, Blob) else 0

    @property
    def object_(self) -> Callable[[], Any]:
        return lambda: _object(self.query, self.one, self.entry.node)


@dataclass(frozen=True)
class BlobNode:
    blob: Blob
    type = "Blob"
    is_truncated = False

    @property
    def oid(self) -> str:
        return self.blob.id

    @property
    def byte_size(self) -> int:
        return len(self.blob.content)

    @property
    def is_binary(self) -> bool:
        return b"\0" in self.blob.content[:8000]

    @property
    def text(self) -> str | None:
        return None if self.is_binary else self.blob.content.decode("utf-8", "replace")


def _object(query: Query, one: Repository, node: Any) -> Any:
    if isinstance(node, Commit):
        return CommitNode(query, one, node)
    if isinstance(node, Tree):
        return TreeNode(query, one, node)
    return BlobNode(node) if isinstance(node, Blob) else None


def _is_shown(one: Repository, at: datetime) -> bool:
    """A repository that was blocked can still be told of; one that is deleted or private cannot."""
    absence = one.absence(at)
    return not one.is_hidden and (absence is None or absence.reason in ("dmca", "tos"))


def _cursor(fork: Repository) -> str:
    return f"{int(fork.created_at.timestamp() * 1_000_000)}-{fork.id}"


def _place(cursor: str) -> tuple[datetime, int]:
    age, _, id = cursor.partition("-")
    try:
        from_zero = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=int(age))
        return from_zero, int(id)
    except (ValueError, OverflowError):
        raise GraphQLError(f"`{cursor[:50]}` does not appear to be a valid cursor.") from None


def _behind(rows: Iterable[Repository], cursor: str) -> Iterator[Repository]:
    rows = iter(rows)
    for fork in rows:
        if _cursor(fork) == cursor:
            break
    return rows
