"""The id git gives a folder, counted from what a host lists in it: https://git-scm.com/docs/git-mktree"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import msgspec

from monitors.unpack.paths import clean as clean_path

KEPT = 300  # rows of one folder that a candidate carries
_OID = re.compile(r"[0-9a-f]{40}")
_MODE = re.compile(r"0?(100644|100755|100664|120000|160000|40000)")


class Row(msgspec.Struct):
    """One line of a folder, as forges list it: GitLab calls the id "id", the others "sha"."""

    path: str
    type: str = ""
    mode: str = ""
    id: str = ""
    sha: str = ""

    @property
    def oid(self) -> str:
        return self.id or self.sha

    @property
    def is_named(self) -> bool:
        """Whether it is a file or folder, at any depth, that can be known by its id."""
        return (
            self.type in ("blob", "tree")
            and self.mode.lstrip("0") != "120000"
            and bool(_OID.fullmatch(self.oid))
        )

    @property
    def is_sound(self) -> bool:
        """Whether it can be a line of a git folder."""
        is_name = bool(self.path) and not re.search("[/\0]", self.path)
        return is_name and bool(_OID.fullmatch(self.oid) and _MODE.fullmatch(self.mode))


@dataclass(frozen=True)
class Folder:
    """HEAD's top folder: what tells whether it changed, and the ids of what lies in it, by path."""

    digest: str
    trees: dict[str, str] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)


def top(rows: Sequence[Row], *, is_whole: bool = True) -> Folder:
    """The folder of these rows. Unless they are all, its own id cannot be told: the digest is of the rows."""
    sound = [row for row in rows if row.is_sound]
    is_whole = is_whole and len(sound) == len(rows)
    folders, files = _ids(sound, "tree"), _ids(sound, "blob")
    if not is_whole:
        listed = "\n".join(sorted(f"{row.oid} {row.path}" for row in sound))
        return Folder(
            "part-" + hashlib.sha256(listed.encode("utf-8", "replace")).hexdigest()[:32], folders, files
        )
    oid = tree_id(sound)
    return Folder(oid, {"": oid, **folders}, files)


def tree_id(rows: Iterable[Row]) -> str:
    """Counted here, as hosts that are asked for a branch's folder may tell the id of its commit."""
    lines = []
    for row in rows:
        name, mode = row.path.encode("utf-8", "replace"), row.mode.lstrip("0").encode()
        order = name + b"/" if row.type == "tree" else name
        lines.append((order, mode + b" " + name + b"\0" + bytes.fromhex(row.oid)))
    content = b"".join(line for _, line in sorted(lines))
    return hashlib.sha1(b"tree %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _ids(rows: Sequence[Row], type: str) -> dict[str, str]:
    wanted = [row for row in rows[:KEPT] if row.type == type and row.mode.lstrip("0") != "120000"]
    return {path: row.oid for row in wanted if (path := clean_path(row.path).path)}
