"""Whose code ours is built on, as package URLs: declared, imported, or found beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import chain, islice
from typing import NamedTuple

from packageurl import PackageURL

from monitors.inventory import encodings, manifests
from monitors.inventory.confidence import Confidence
from monitors.inventory.entries import Entry, Ownership

MOST = 20_000
_EXACT = re.compile(r"v?\d+(?:\.\d+){1,3}(?:[-+][\w.+-]+)?")
_SCRIPTS = frozenset({"TypeScript", "JavaScript", "Vue", "Svelte", "Astro"})
_IMPORT = re.compile(
    rb"(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,4}[\"'`]((?:@[a-z0-9][\w.-]{0,60}/)?[a-z0-9][\w.-]{0,100})[/\"'`]"
)
_INSTALLED = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/@.][^/]*)/")
_NODE = frozenset(
    {
        "assert", "async_hooks", "buffer", "bun", "child_process", "cluster", "console",
        "constants", "crypto", "dgram", "dns", "domain", "electron", "diagnostics_channel",
        "events", "fs", "http", "http2", "https", "inspector", "module", "net", "os", "path",
        "perf_hooks", "process", "punycode", "querystring", "readline", "repl", "stream",
        "string_decoder", "sys", "test", "timers", "tls", "trace_events", "tty", "url", "util",
        "v8", "vm", "vscode", "wasi", "worker_threads", "zlib",
    }
)  # fmt: skip


class Dependency(NamedTuple):
    purl: str
    path: str
    line: int
    confidence: Confidence


class _Use(NamedTuple):
    """One mention of a package, at this byte of the file's content as it is read."""

    kind: str  # the type of its package URL
    package: str
    version: str
    entry: Entry
    content: bytes
    start: int
    confidence: Confidence


def dependencies(entries: Iterable[Entry]) -> Iterator[Dependency]:
    """Each package once, from where it is surest, at most MOST: a manifest, a copy beside, an import.

    None that its manifest takes from elsewhere than a registry, as `workspace:*` does, and none that is
    itself here and ours: to ask a registry for these would tell strangers a name that they could take.
    """
    entries = list(entries)
    declared, seen = _declared([entry for entry in entries if entry.ownership is not Ownership.THIRD])
    for use in chain(declared, _beside(entries)):
        if (key := _key(use.kind, use.package)) in seen:
            continue
        seen.add(key)
        line = use.content.count(b"\n", 0, max(0, use.start)) + 1
        yield Dependency(_purl(use), use.entry.path, line, use.confidence)
        if len(seen) >= MOST:
            return


def _key(kind: str, package: str) -> tuple[str, str]:
    return kind, re.sub(r"[-_.]+", "-", package).lower() if kind == "pypi" else package


def _purl(use: _Use) -> str:
    """With its version only where that is one, and no range."""
    namespace, _, name = use.package.rpartition("/")
    exact = use.version if _EXACT.fullmatch(use.version) else None
    return PackageURL(use.kind, namespace or None, name or "unnamed", exact).to_string()


def _declared(entries: list[Entry]) -> tuple[list[_Use], set[tuple[str, str]]]:
    """What manifests name, lock files first; and what no registry is to be asked for."""
    found: list[_Use] = []
    private: set[tuple[str, str]] = set()
    for entry in sorted(entries, key=lambda entry: not manifests.is_lock(_name(entry))):
        if not manifests.is_read(name := _name(entry)) or entry.size > manifests.MOST_BYTES:
            continue
        content = encodings.utf8(entry.content)
        text = content.decode("utf-8", "replace")
        if name == "package.json" and (own := manifests.own_name(text)):
            private.add(("npm", own))
        for one in islice(manifests.named(name, text), MOST):
            if one.is_private:
                private.add(_key(one.kind, one.package))
            start = content.find(one.package.rpartition("/" if one.kind == "maven" else "\n")[2].encode())
            found.append(_Use(*one[:3], entry, content, start, Confidence.HIGH))
    return found, private


def _name(entry: Entry) -> str:
    return entry.path.rpartition("/")[2]


def _beside(entries: list[Entry]) -> Iterator[_Use]:
    for entry in entries:
        if found := _INSTALLED.findall(entry.path):
            yield _Use("npm", found[-1], "", entry, b"", 0, Confidence.MEDIUM)
    for entry in entries:
        if entry.ownership is Ownership.FIRST and entry.language in _SCRIPTS:
            yield from _imported(entry)


def _imported(entry: Entry) -> Iterator[_Use]:
    for match in _IMPORT.finditer(entry.content):
        package = match[1].decode()
        if package not in _NODE and not package.endswith((".js", ".ts")) and package != "src":
            yield _Use("npm", package, "", entry, entry.content, match.start(), Confidence.LOW)
