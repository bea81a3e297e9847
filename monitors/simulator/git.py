"""Smart HTTP over the objects in memory: ls-remote, clone, and fetch with depth and filter, in version 2.

https://git-scm.com/docs/protocol-v2 and https://git-scm.com/docs/pack-format
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from monitors.simulator.messages import Request, Response
from monitors.simulator.network import Network
from monitors.simulator.objects import Commit, Node, Objects, Tree
from monitors.simulator.places import Absence, Repository

if TYPE_CHECKING:
    from monitors.simulator.world import World

FLUSH, DELIMITER = b"0000", b"0001"
CHUNK = 65_515  # the most data in one line of a side band
LARGEST_REQUEST = 32 * 1024 * 1024
EVERYTHING = 10**9

_TYPES = {"commit": 1, "tree": 2, "blob": 3}
_ADVERTISED = (
    b"version 2",
    b"agent=git/simulated",
    b"ls-refs=unborn",
    b"fetch=shallow filter",
    b"object-format=sha1",
)


def split(path: str) -> tuple[str, str] | None:
    """The repository's full name and the service, of a path such as "/owner/name.git/info/refs".

    None when the path is none of git's.
    """
    for service in ("/info/refs", "/git-upload-pack", "/git-receive-pack"):
        if path.endswith(service):
            return path[1 : -len(service)].removesuffix(".git"), service
    return None


def answer(request: Request, repository: Repository | None, world: World, at: datetime) -> Response:
    """What git hears at a repository's path, as public hosts say it; None is one that never was."""
    if repository is None or repository.is_hidden:
        return _missing(request)
    absence = repository.absence(at)
    if absence:
        return _blocked(absence) if absence.reason in ("dmca", "tos") else _missing(request)
    if request.path.endswith("/info/refs"):
        return _advertised(request, repository, at)
    if not request.path.endswith("/git-upload-pack") or request.method != "POST":
        return Response.text("Nobody pushes here.", 403)
    try:
        return _served(repository, world, at, _lines(_plain(request)))
    except (ValueError, zlib.error) as error:
        return Response.text(f"This is no request of git's: {error}", 400)


@dataclass
class Wanted:
    """One fetch, as the client put it."""

    wants: list[str] = field(default_factory=list)
    depth: int = EVERYTHING
    most_bytes: int = EVERYTHING  # of a blob; -1: none at all
    tree_depth: int = EVERYTHING
    is_done: bool = False

    @classmethod
    def read(cls, lines: Iterable[bytes]) -> Wanted:
        """Raises ValueError when a number is none."""
        asked = cls()
        for line in lines:
            name, _, value = line.decode("ascii", "replace").partition(" ")
            if name == "want":
                asked.wants.append(value)
            elif name == "deepen":
                asked.depth = int(value)
            elif name == "done":
                asked.is_done = True
            elif name == "filter":
                asked.narrow(value)
        return asked

    def narrow(self, filter: str) -> None:
        """https://git-scm.com/docs/git-rev-list#Documentation/git-rev-list.txt---filterltfilter-specgt"""
        kind, _, value = filter.partition(":")
        if kind == "tree":
            self.tree_depth = int(value)
        elif value == "none":
            self.most_bytes = -1
        elif value.startswith("limit="):
            self.most_bytes = int(value.removeprefix("limit="))


def pack(nodes: Iterable[Node]) -> bytes:
    """A pack of whole objects, no deltas."""
    each = [_packed(node) for node in nodes]
    body = b"".join((b"PACK", struct.pack(">II", 2, len(each)), *each))
    return body + hashlib.sha1(body, usedforsecurity=False).digest()


def _served(repository: Repository, world: World, at: datetime, lines: list[bytes]) -> Response:
    if b"command=ls-refs" in lines:
        return _result(_refs(repository, at, lines))
    if b"command=fetch" not in lines or repository.network is None:
        raise ValueError("the command is not known")
    return _result(_fetched(Wanted.read(lines), world.objects, repository.network))


def _fetched(wanted: Wanted, objects: Objects, network: Network) -> Iterator[bytes]:
    missing = [id for id in wanted.wants if not network.resolves(id) or objects.get(id) is None]
    if missing:
        yield _line(b"ERR upload-pack: not our ref " + missing[0][:40].encode())
        return
    if not wanted.is_done:
        yield from (_line(b"acknowledgments"), _line(b"NAK"), FLUSH)
        return
    nodes, shallow = _chosen(wanted, objects)
    if wanted.depth < EVERYTHING:
        yield _line(b"shallow-info")
        yield from (_line(b"shallow " + commit.id.encode()) for commit in shallow)
        yield DELIMITER
    yield _line(b"packfile")
    content = pack(nodes)
    for start in range(0, len(content), CHUNK):
        piece = b"\x01" + content[start : start + CHUNK]
        yield b"%04x" % (len(piece) + 4) + piece
    yield FLUSH


def _chosen(wanted: Wanted, objects: Objects) -> tuple[Iterable[Node], list[Commit]]:
    """The objects to send, and the commits whose parents are held back."""
    chosen: dict[str, Node] = {}
    shallow: list[Commit] = []
    for id in wanted.wants:
        node = objects.get(id)
        if isinstance(node, Commit):
            _add_history(chosen, shallow, node, wanted)
        elif node:
            chosen[node.id] = node
            _add_below(chosen, node, wanted, depth=1)
    return chosen.values(), shallow


def _add_history(chosen: dict[str, Node], shallow: list[Commit], newest: Commit, wanted: Wanted) -> None:
    for number, commit in enumerate(newest.history(), 1):
        chosen[commit.id] = commit
        if wanted.tree_depth > 0 and commit.tree.id not in chosen:
            chosen[commit.tree.id] = commit.tree
            _add_below(chosen, commit.tree, wanted, depth=1)
        if number >= wanted.depth:
            shallow.append(commit)
            return


def _add_below(chosen: dict[str, Node], node: Node, wanted: Wanted, *, depth: int) -> None:
    if not isinstance(node, Tree) or depth >= wanted.tree_depth:
        return
    for entry in node.entries:
        if entry.node.id in chosen:
            continue
        if isinstance(entry.node, Tree):
            chosen[entry.node.id] = entry.node
            _add_below(chosen, entry.node, wanted, depth=depth + 1)
        elif len(entry.node.content) <= wanted.most_bytes:
            chosen[entry.node.id] = entry.node


def _refs(repository: Repository, at: datetime, lines: list[bytes]) -> Iterator[bytes]:
    head = repository.head(at)
    branch = f"refs/heads/{repository.default_branch}".encode()
    prefixes = [line[11:] for line in lines if line.startswith(b"ref-prefix ")]
    if head:
        target = b" symref-target:" + branch if b"symrefs" in lines else b""
        for name, more in ((b"HEAD", target), (branch, b"")):
            if not prefixes or name.startswith(tuple(prefixes)):
                yield _line(head.id.encode() + b" " + name + more)
    yield FLUSH


def _advertised(request: Request, repository: Repository, at: datetime) -> Response:
    if request.one("service") != "git-upload-pack":
        return Response.text("Nobody pushes here.", 403)
    type = "application/x-git-upload-pack-advertisement"
    if "version=2" in request.headers.get("git-protocol", ""):
        return Response.content(b"".join(map(_line, _ADVERTISED)) + FLUSH, type=type)
    service = _line(b"# service=git-upload-pack") + FLUSH
    return Response.content(service + b"".join(_first_refs(repository, at)), type=type)


def _first_refs(repository: Repository, at: datetime) -> Iterator[bytes]:
    """All refs as the first version of the protocol lists them, for who only reads the list.

    https://git-scm.com/docs/gitprotocol-pack#_reference_discovery
    """
    head, branch = repository.head(at), f"refs/heads/{repository.default_branch}".encode()
    said = b"\0symref=HEAD:" + branch + b" object-format=sha1 agent=git/simulated"
    if head:
        yield _line(head.id.encode() + b" HEAD" + said)
        yield _line(head.id.encode() + b" " + branch)
    else:
        yield _line(b"0" * 40 + b" capabilities^{}" + said)
    yield FLUSH


def _missing(request: Request) -> Response:
    """Public hosts ask a stranger to sign in, so as not to tell what is private."""
    if request.token:
        return Response.text("Repository not found.", 404)
    response = Response.text("Repository not found.", 401)
    response.headers["WWW-Authenticate"] = 'Basic realm="Simulated"'
    return response


def _blocked(absence: Absence) -> Response:
    said = "DMCA takedown" if absence.reason == "dmca" else "a violation of the terms of service"
    more = f"\nSee the takedown notice for more details: {absence.notice_url}" if absence.notice_url else ""
    return Response.text(f"Repository unavailable due to {said}.{more}\n", 403)


def _result(pieces: Iterable[bytes]) -> Response:
    return Response.content(b"".join(pieces), type="application/x-git-upload-pack-result")


def _packed(node: Node) -> bytes:
    size = len(node.raw)
    byte, size = (_TYPES[node.type] << 4) | (size & 15), size >> 4
    header = bytearray()
    while size:
        header.append(byte | 0x80)
        byte, size = size & 0x7F, size >> 7
    header.append(byte)
    return bytes(header) + zlib.compress(node.raw, 1)


def _line(text: bytes) -> bytes:
    return b"%04x" % (len(text) + 5) + text + b"\n"


def _lines(body: bytes) -> list[bytes]:
    """The lines of a request; flushes and delimiters left out. Raises ValueError when it is malformed."""
    found, at = [], 0
    while at + 4 <= len(body):
        size = int(body[at : at + 4], 16)
        if size >= 4:
            found.append(body[at + 4 : at + size].rstrip(b"\n"))
        at += max(size, 4)
    return found


def _plain(request: Request) -> bytes:
    if request.headers.get("content-encoding") != "gzip":
        return request.body
    return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress(request.body, LARGEST_REQUEST)
