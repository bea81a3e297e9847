"""Other people's packages that were copied in by hand, as their own manifests tell.

Taken for somebody else's is only what a stranger published under a public licence: a package of our own that
passed for public would make us blind to its leak. So a folder that a workspace names, of our scope, or of a
name, an owner or an author like ours is ours, and where such folders held most of the code, all of them are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any

import msgspec

from monitors.inventory import encodings, places
from monitors.inventory.seen import Seen

MOST_BYTES = 2**20  # of a manifest
MOST = 2_000  # manifests, and patterns of workspaces
_WORKSPACES = frozenset({"pnpm-workspace.yaml", "lerna.json", "rush.json", "nx.json", "turbo.json"})
_ELSEWHERE = re.compile(r"^(?:workspace|file|link|portal):")
_OWNED = re.compile(r"[/:]([\w.-]+)/[^/]+$|^([\w.-]+)/[^/]+$")
_NO_PUBLIC = re.compile(r"unlicensed|see licen[cs]e|proprietary|commercial|none", re.I)


class _Manifest(msgspec.Struct):
    name: str = ""
    version: str = ""
    license: Any = None
    licenses: Any = None
    private: Any = None
    author: Any = None
    repository: Any = None
    workspaces: Any = None
    dependencies: dict[str, Any] | None = None
    devDependencies: dict[str, Any] | None = None  # as npm writes it

    @property
    def scope(self) -> str:
        return self.name.partition("/")[0].lower() if self.name.startswith("@") else ""

    @property
    def stem(self) -> str:
        """The first word of its name: packages of one project often share it."""
        return re.split(r"[-_./]", self.name.lower().rpartition("/")[2])[0]

    @property
    def people(self) -> frozenset[str]:
        """Its author, and the owner of its repository."""
        author = _said(self.author, "name").partition("<")[0].partition("(")[0].strip().lower()
        owner = _OWNED.search(_said(self.repository, "url"))
        return frozenset({author, (owner[1] or owner[2]).lower() if owner else ""}) - {""}

    @property
    def is_published(self) -> bool:
        licence = _said(self.license or self.licenses, "type")
        return bool(
            self.name and self.version and licence and not self.private and not _NO_PUBLIC.search(licence)
        )

    @property
    def patterns(self) -> list[str]:
        listed = self.workspaces.get("packages") if isinstance(self.workspaces, dict) else self.workspaces
        named = [one for one in listed if isinstance(one, str)] if isinstance(listed, list) else []
        return [one.removeprefix("./").rstrip("/") for one in named[:MOST]]

    @property
    def from_beside(self) -> Iterator[str]:
        """Packages that it takes from a folder beside it."""
        for group in (self.dependencies, self.devDependencies):
            for name, said in (group or {}).items():
                if isinstance(said, str) and _ELSEWHERE.match(said):
                    yield name


def foreign(files: list[Seen]) -> dict[str, str]:
    """By folder: the name of the stranger's package that it holds."""
    found = {folder: one for folder, one in _manifests(files) if one}
    if len(found) < 2 or any(_joins(file) for file in files):
        return {}
    root = min(found, key=lambda folder: (folder.count("/"), folder))
    beside = {name for one in found.values() for name in one.from_beside}
    strangers = {
        folder: one.name
        for folder, one in found.items()
        if folder.startswith(root) and one.name not in beside and _is_strangers(one, found[root])
        if not _is_workspace(folder[len(root) :].rstrip("/"), found[root].patterns)
    }
    return {} if _hold_most(strangers, files) else strangers


def holder(path: str, folders: dict[str, str]) -> str:
    """The stranger's package that a file of this path belongs to, or ""."""
    at = path.rfind("/") if folders else -1
    while at >= 0:
        if name := folders.get(path[: at + 1]):
            return name
        at = path.rfind("/", 0, at)
    return ""


def _manifests(files: Iterable[Seen]) -> Iterator[tuple[str, _Manifest | None]]:
    """By their folders, "" or with a slash behind; of packages that are installed, none."""
    listed = (file for file in files if file.path.rpartition("/")[2] == "package.json")
    own = [file for file in listed if not places.vendored(file.path, frozenset())][:MOST]
    return ((file.path.removesuffix("package.json"), _read(file)) for file in own)


def _read(file: Seen) -> _Manifest | None:
    try:
        return msgspec.json.decode(encodings.text(file.content[:MOST_BYTES]), type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _joins(file: Seen) -> bool:
    """Whether it makes one workspace of the packages below it, which it need not name."""
    is_joint = file.path.rpartition("/")[2] in _WORKSPACES
    return is_joint and not places.vendored(file.path, frozenset())


def _is_strangers(one: _Manifest, ours: _Manifest) -> bool:
    alike = one.stem == ours.stem or (one.scope and one.scope == ours.scope) or one.people & ours.people
    return bool(ours.name and one.is_published and not alike)


def _is_workspace(folder: str, patterns: list[str]) -> bool:
    return any(fnmatchcase(folder, pattern.replace("**", "*")) for pattern in patterns)


def _hold_most(folders: dict[str, str], files: list[Seen]) -> bool:
    held = total = 0
    for file in files:
        if file.is_code and not places.vendored(file.path, frozenset()):
            total += file.lines
            held += file.lines if holder(file.path, folders) else 0
    return 2 * held > total


def _said(value: object, key: str) -> str:
    """A text, or that of a table or of the first of a list of these."""
    value = value[0] if isinstance(value, list) and value else value
    value = value.get(key) if isinstance(value, dict) else value
    return value[:500] if isinstance(value, str) else ""
