"""Git's objects in memory, with their true ids. Equal objects are one object, so 82,000 forks cost little.

https://git-scm.com/book/en/v2/Git-Internals-Git-Objects
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import NamedTuple, TypeVar

from monitors.fingerprints.ids import git_blob_id

FILE, EXECUTABLE, FOLDER = "100644", "100755", "40000"


class Blob:
    """A file's content."""

    __slots__ = ("content", "id")
    type = "blob"
    id: str

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.id = git_blob_id(content)

    @property
    def raw(self) -> bytes:
        return self.content


class Entry(NamedTuple):
    """One row of a folder."""

    name: str
    mode: str
    node: Blob | Tree


class Tree:
    """A folder, its entries in git's order."""

    __slots__ = ("entries", "id", "raw")
    type = "tree"
    id: str

    def __init__(self, entries: Iterable[Entry]) -> None:
        self.entries = tuple(sorted(entries, key=_order))
        self.raw = b"".join(
            f"{mode} {name}\0".encode() + bytes.fromhex(node.id) for name, mode, node in self.entries
        )
        self.id = _id("tree", self.raw)

    def walk(self, prefix: str = "") -> Iterator[tuple[str, Entry]]:
        """Everything below, by path; a folder before what is in it."""
        for entry in self.entries:
            path = prefix + entry.name
            yield path, entry
            if isinstance(entry.node, Tree):
                yield from entry.node.walk(path + "/")

    def files(self) -> dict[str, Blob]:
        """Every file, by path."""
        return {path: entry.node for path, entry in self.walk() if isinstance(entry.node, Blob)}

    def at(self, path: str) -> Blob | Tree | None:
        """What lies at a path; the tree itself at ""."""
        node: Blob | Tree | None = self
        for name in (part for part in path.split("/") if part):
            rows = node.entries if isinstance(node, Tree) else ()
            node = next((entry.node for entry in rows if entry.name == name), None)
        return node


class Commit:
    """A commit without a time zone of its own: UTC."""

    __slots__ = ("at", "author", "email", "id", "message", "parents", "raw", "tree")
    type = "commit"

    def __init__(
        self, tree: Tree, parents: tuple[Commit, ...], author: str, email: str, at: datetime, message: str
    ) -> None:
        self.tree, self.parents, self.at, self.message = tree, parents, at, message
        self.author, self.email = author, email
        self.raw = self._written()
        self.id = _id("commit", self.raw)

    def _written(self) -> bytes:
        who = f"{self.author} <{self.email}> {int(self.at.timestamp())} +0000"
        lines = [f"tree {self.tree.id}", *(f"parent {parent.id}" for parent in self.parents)]
        return "\n".join([*lines, f"author {who}", f"committer {who}", "", self.message, ""]).encode()

    def history(self) -> Iterator[Commit]:
        """This one and its first parents, newest first."""
        commit: Commit | None = self
        while commit:
            yield commit
            commit = commit.parents[0] if commit.parents else None


Node = Blob | Tree | Commit
N = TypeVar("N", Blob, Tree, Commit)


class Objects:
    """All objects of a world, by id."""

    def __init__(self) -> None:
        self._known: dict[str, Node] = {}

    def get(self, id: str) -> Node | None:
        return self._known.get(id)

    def blob(self, content: bytes) -> Blob:
        return self._kept(Blob(content))

    def tree(self, files: Mapping[str, bytes | Blob], *, executable: Iterable[str] = ()) -> Tree:
        """The folder that holds these files, by path; those in `executable` may be run."""
        modes = dict.fromkeys(executable, EXECUTABLE)
        return self._grown(None, {path: (modes.get(path, FILE), one) for path, one in files.items()})

    def changed(self, tree: Tree, files: Mapping[str, bytes | Blob | None]) -> Tree:
        """The same folder with these files put in, or taken out (None). What did not change is shared."""
        return self._grown(tree, {path: (FILE, one) for path, one in files.items()})

    def commit(
        self,
        tree: Tree,
        *,
        at: datetime,
        author: str,
        message: str,
        parents: tuple[Commit, ...] = (),
        email: str = "",
    ) -> Commit:
        mail = email or f"{author.replace(' ', '.').lower()}@users.example.org"
        return self._kept(Commit(tree, parents, author, mail, at, message))

    def _grown(self, tree: Tree | None, changes: Mapping[str, tuple[str, bytes | Blob | None]]) -> Tree:
        rows = {entry.name: entry for entry in tree.entries} if tree else {}
        below: dict[str, dict[str, tuple[str, bytes | Blob | None]]] = {}
        for path, (mode, one) in changes.items():
            name, _, rest = path.partition("/")
            if rest:
                below.setdefault(name, {})[rest] = (mode, one)
            elif one is None:
                rows.pop(name, None)
            else:
                rows[name] = Entry(name, mode, one if isinstance(one, Blob) else self.blob(one))
        for name, inner in below.items():
            self._put_folder(rows, name, inner)
        return self._kept(Tree(rows.values()))

    def _put_folder(
        self, rows: dict[str, Entry], name: str, inner: Mapping[str, tuple[str, bytes | Blob | None]]
    ) -> None:
        old = rows[name].node if name in rows else None
        folder = self._grown(old if isinstance(old, Tree) else None, inner)
        if folder.entries:
            rows[name] = Entry(name, FOLDER, folder)
        else:
            rows.pop(name, None)

    def _kept(self, node: N) -> N:
        return self._known.setdefault(node.id, node)  # type: ignore[return-value]


def _order(entry: Entry) -> bytes:
    # git sorts a folder as if its name ended in "/".
    return (entry.name + ("/" if entry.mode == FOLDER else "")).encode()


def _id(type: str, raw: bytes) -> str:
    return hashlib.sha1(f"{type} {len(raw)}\0".encode() + raw, usedforsecurity=False).hexdigest()
