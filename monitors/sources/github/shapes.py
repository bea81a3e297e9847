"""GitHub's answers about repositories, as far as we use them, and the candidates that come of them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence

import msgspec

from monitors.sources.base import Candidate, clean
from monitors.sources.github.site import Site, is_name
from monitors.unpack.paths import clean as clean_path

KEPT = 2_000  # ids of one root folder

_OID = re.compile(r"[0-9a-f]{40}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_SYMLINKS = ("120000", str(0o120000))


class Oid(msgspec.Struct):
    oid: str = ""


class Commit(msgspec.Struct):
    oid: str = ""
    tree: Oid | None = None


class Branch(msgspec.Struct):
    name: str = ""
    target: Commit | None = None


class Entry(msgspec.Struct):
    """One line of a folder. REST says "path", "sha" and the mode as text; GraphQL "name", "oid", a number."""

    type: str = ""
    name: str = ""
    oid: str = ""
    path: str = ""
    sha: str = ""
    mode: str | int = ""

    @property
    def id(self) -> str:
        return self.oid or self.sha

    @property
    def label(self) -> str:
        return self.path or self.name

    @property
    def is_link(self) -> bool:
        return str(self.mode) in _SYMLINKS


class Root(msgspec.Struct):
    """HEAD's top folder."""

    oid: str = ""
    entries: list[Entry] | None = None


class Parent(msgspec.Struct, rename="camel"):
    name_with_owner: str = ""


class Node(msgspec.Struct, rename="camel"):
    """A repository as GraphQL tells of it; nearly everything may be null when it is blocked or empty."""

    id: str = ""
    database_id: int | None = None
    name_with_owner: str = ""
    created_at: str | None = ""
    pushed_at: str | None = ""
    is_disabled: bool | None = False
    is_empty: bool | None = False
    is_private: bool | None = False
    fork_count: int | None = 0
    parent: Parent | None = None
    default_branch_ref: Branch | None = None
    root: Root | None = None

    @property
    def tree(self) -> str:
        """The id of HEAD's top folder; "" of an empty repository."""
        target = self.default_branch_ref.target if self.default_branch_ref else None
        return (target.tree.oid if target and target.tree else "") or (self.root.oid if self.root else "")

    @property
    def is_readable(self) -> bool:
        """Whether there is something that everybody can read."""
        return not (self.is_disabled or self.is_private) and bool(self.tree)


class Source(msgspec.Struct):
    """The root of a network, as REST names it with a fork of it."""

    id: int
    node_id: str = ""
    full_name: str = ""


class Repo(msgspec.Struct):
    """A repository as REST tells of it, in full or minimal; its `source` only in full."""

    id: int
    node_id: str = ""
    full_name: str = ""
    private: bool | None = False
    disabled: bool | None = False
    default_branch: str | None = ""
    created_at: str | None = ""
    pushed_at: str | None = ""
    forks_count: int | None = 0
    fork: bool | None = True
    source: Source | None = None


def from_node(site: Site, node: Node) -> Candidate | None:
    """The candidate; None for one that holds nothing which everybody can read."""
    if node.database_id is None or not node.is_readable:
        return None
    branch = node.default_branch_ref.name if node.default_branch_ref else ""
    return place(
        site,
        id=node.database_id,
        node=node.id,
        name=node.name_with_owner,
        branch=branch,
        tree=node.tree,
        entries=(node.root.entries or []) if node.root else [],
        parent=node.parent.name_with_owner if node.parent else "",
    )


def place(
    site: Site,
    *,
    id: int,
    node: str,
    name: str,
    branch: str,
    tree: str,
    entries: Sequence[Entry] = (),
    parent: str = "",
) -> Candidate | None:
    """A repository as a place; its digest is the id of HEAD's top folder. None for a name we never ask."""
    if not is_name(name) or not _OID.fullmatch(tree):
        return None
    folders = {label: oid for label, oid in _ids(entries, "tree")}
    return Candidate(
        host=site.host,
        native_id=str(id),
        path="",
        title=name,
        url=site.page(name),
        version=clean(branch, 200),
        digest=tree,
        ticket={"what": "repository", "node": clean(node, 200), "name": name, "parent": clean(parent, 201)},
        trees={"": tree, **folders},
        entries=dict(_ids(entries, "blob")),
    )


def tree_id(entries: Iterable[Entry]) -> str:
    """The id git gives a folder with these entries: https://git-scm.com/docs/git-mktree.

    Counted here, as REST answers for a branch's name may carry the id of the commit.
    """
    rows = []
    for entry in entries:
        name = entry.label.encode("utf-8", "surrogateescape")
        mode = str(entry.mode).lstrip("0").encode()
        key = name + b"/" if entry.type == "tree" else name
        rows.append((key, mode + b" " + name + b"\0" + bytes.fromhex(entry.id)))
    content = b"".join(row for _, row in sorted(rows))
    return hashlib.sha1(b"tree %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def time(value: str | None) -> str:
    """A moment in GitHub's form, which sorts as text; "" for anything else."""
    return value if value and _TIME.fullmatch(value) else ""


def is_oid(value: str) -> bool:
    return _OID.fullmatch(value) is not None


def _ids(entries: Sequence[Entry], type: str) -> list[tuple[str, str]]:
    wanted = (entry for entry in entries[:KEPT] if entry.type == type and not entry.is_link)
    named = [(clean_path(entry.label).path, entry.id) for entry in wanted if is_oid(entry.id)]
    return [(path, oid) for path, oid in named if path]
