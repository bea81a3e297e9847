"""Names that content alone decides: the same bytes have them wherever they lie."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping

# https://git-scm.com/docs/git-mktree: "100644 name NUL id" for a file, "40000 name NUL id" for a folder.
_FILE, _FOLDER = b"100644 ", b"40000 "


def git_blob_id(content: bytes) -> str:
    """The id git gives a file with this content: 40 hex digits."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def sha256(content: bytes) -> str:
    """SHA-256 of the content: 64 hex digits."""
    return hashlib.sha256(content).hexdigest()


def git_tree_ids(blobs: Mapping[str, str]) -> dict[str, str]:
    """The id git gives each folder, by its path; "" is the root.

    `blobs` holds the git blob id of every file by its clean relative path. Every
    file is taken for an ordinary one (mode 100644).
    """
    rows: dict[str, list[tuple[bytes, bytes]]] = {"": []}
    for folder in _folders(blobs):
        rows[folder] = []
    for path, blob in blobs.items():
        folder, name = _split(path)
        rows[folder].append((name, _FILE + name + b"\0" + bytes.fromhex(blob)))
    ids: dict[str, str] = {}
    for path in sorted(rows, key=_depth, reverse=True):
        ids[path] = _tree_id(rows[path])
        if path:
            folder, name = _split(path)
            # git sorts a folder as if its name ended in "/".
            rows[folder].append((name + b"/", _FOLDER + name + b"\0" + bytes.fromhex(ids[path])))
    return ids


def folders_of(path: str) -> list[str]:
    """The folders that hold `path`, innermost first; the root, "", is the last."""
    cuts = [at for at, letter in enumerate(path) if letter == "/"]
    return [path[:at] for at in reversed(cuts)] + [""]


def _folders(paths: Iterable[str]) -> set[str]:
    seen = {""}
    for path in paths:
        while (path := path.rpartition("/")[0]) not in seen:
            seen.add(path)
    return seen


def _depth(path: str) -> int:
    return path.count("/") + 1 if path else 0


def _split(path: str) -> tuple[str, bytes]:
    folder, _, name = path.rpartition("/")
    return folder, name.encode("utf-8", "surrogatepass")


def _tree_id(rows: list[tuple[bytes, bytes]]) -> str:
    body = b"".join(row for _, row in sorted(rows))
    return hashlib.sha1(b"tree %d\0" % len(body) + body, usedforsecurity=False).hexdigest()
