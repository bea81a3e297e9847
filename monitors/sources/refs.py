"""What a git host says its branches and tags are, asked over our own client.

https://git-scm.com/docs/http-protocol#_smart_clients, https://git-scm.com/docs/gitprotocol-pack
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from monitors.sources.base import Gone, SignInNeeded, SourceError
from monitors.sources.http import Answer, Client, place

QUERY = "info/refs?service=git-upload-pack"
ADVERTISEMENT = "application/x-git-upload-pack-advertisement"
BYTES = 32 * 1024 * 1024
LONGEST_NAME = 250

# Hosts answer git's requests only to what looks like git.
_HEADERS = {"User-Agent": "git/2.39 (leakline)", "Accept": ADVERTISEMENT}
_OID = re.compile(rb"[0-9a-f]{40}")
# https://git-scm.com/docs/git-check-ref-format; names reach git on its standard input.
_NAME = re.compile(r"HEAD|refs/(heads|tags)/(?!.*(\.\.|@\{|//))[^\x00-\x20\x7f~^:?*\[\\]+")


@dataclass(frozen=True)
class Advertised:
    """All branches and tags; `url` is where the repository was found, after redirects."""

    url: str
    refs: dict[str, str]
    head: str = ""  # the branch that HEAD names

    def chosen(self, most: int) -> Chosen:
        """HEAD and at most `most` other branches, then tags, each with a commit of its own."""
        heads = sorted(name for name in self.refs if name.startswith("refs/heads/"))
        tags = sorted((name for name in self.refs if name.startswith("refs/tags/")), reverse=True)
        first = ["HEAD"] if "HEAD" in self.refs else []
        names: dict[str, str] = {}
        for name in [*first, *heads, *tags]:
            names.setdefault(self.refs[name], name)
        refs = {name: oid for oid, name in names.items()}
        return Chosen(dict(list(refs.items())[: most + 1]), left_out=max(0, len(refs) - most - 1))


@dataclass(frozen=True)
class Chosen:
    """The branches and tags we look at, the main one first."""

    refs: dict[str, str] = field(default_factory=dict)
    left_out: int = 0

    @property
    def digest(self) -> str:
        """The main branch's commit id, and a short hash of the others if there are any."""
        main, *others = self.refs.items() or [("", "")]
        if not others:
            return main[1]
        listed = "\n".join(f"{oid} {name}" for name, oid in others)
        return f"{main[1]}+{hashlib.sha256(listed.encode()).hexdigest()[:16]}"


def advertised(client: Client, url: str) -> Advertised:
    """What the repository at this clone address has. Raises SourceError; Gone when not public (any more)."""
    try:
        answer = client.get(f"{url}/{QUERY}", headers=_HEADERS, max_bytes=BYTES)
    except SignInNeeded:
        if client.authorization(url):
            raise
        # Hosts answer so for what was deleted and for what was made private: nobody can read it.
        raise Gone(f"{place(url)} cannot be read by the public (401).", reason="401 not public") from None
    if ADVERTISEMENT not in answer.headers.get("Content-Type", ""):
        raise SourceError(f"{place(url)} does not answer as a git repository does.")
    return _read(answer, url)


def _read(answer: Answer, url: str) -> Advertised:
    refs: dict[str, str] = {}
    head = ""
    for line in _lines(answer.content, url):
        found, _, capabilities = line.partition(b"\0")
        if capabilities:
            head = _head(capabilities, url)
        oid, _, raw = found.rstrip(b"\n").partition(b" ")
        # A tag of a tag is listed a second time with what it finally names.
        name = raw.decode("utf-8", "replace").removesuffix("^{}")
        if _OID.fullmatch(oid) and len(name) <= LONGEST_NAME and _NAME.fullmatch(name):
            refs[name] = oid.decode()
    base = answer.url.partition(f"/{QUERY.partition('?')[0]}")[0]
    return Advertised(base, refs, head)


def _head(capabilities: bytes, url: str) -> str:
    words = capabilities.split()
    if b"object-format=sha256" in words:
        raise SourceError(f"{place(url)} names its objects by SHA-256, which we cannot compare yet.")
    symref = b"symref=HEAD:refs/heads/"
    named = (word.removeprefix(symref) for word in words if word.startswith(symref))
    return next(named, b"").decode("utf-8", "replace")[:LONGEST_NAME]


def _lines(content: bytes, url: str) -> Iterator[bytes]:
    """The contents of the packet lines, flushes and the "# service" line left out."""
    at = 0
    while at < len(content):
        try:
            size = int(content[at : at + 4], 16)
        except ValueError:
            size = -1
        if size < 0 or size in (1, 2, 3) or at + size > len(content):
            raise SourceError(f"{place(url)} sent a list of branches that breaks off.")
        line = content[at + 4 : at + size]
        at += max(size, 4)
        if line and not line.startswith(b"# service="):
            yield line
