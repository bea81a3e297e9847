"""Whose code ours is built on, as package URLs: declared, imported, or found beside it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import msgspec
from packageurl import PackageURL

from monitors.inventory.confidence import Confidence
from monitors.inventory.entries import Entry, Ownership

MOST = 20_000
_EXACT = re.compile(r"v?\d+(?:\.\d+){1,3}(?:[-+][\w.+-]+)?")
_SCRIPTS = frozenset({"TypeScript", "JavaScript", "Vue", "Svelte", "Astro"})
_IMPORT = re.compile(
    rb"(?:\bfrom|\bimport|\brequire\(|\bimport\()\s{0,4}[\"'`]((?:@[a-z0-9][\w.-]{0,60}/)?[a-z0-9][\w.-]{0,100})[/\"'`]"
)
_INSTALLED = re.compile(r"(?:^|/)node_modules/((?:@[^/]+/)?[^/@.][^/]*)/")
_REQUIREMENT = re.compile(rb"^([A-Za-z0-9][\w.-]{0,100})(?:\[[\w, -]*\])?\s*(==\s*[\w.!+-]+)?", re.M)
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
    """One mention of a package, at this byte of the file."""

    kind: str  # npm, pypi
    package: str
    version: str
    entry: Entry
    start: int
    confidence: Confidence


def dependencies(entries: Iterable[Entry]) -> Iterator[Dependency]:
    """Each package once, from where it is surest, at most MOST: a manifest, a copy beside, an import."""
    seen: set[tuple[str, str]] = set()
    for use in _uses(list(entries)):
        if (use.kind, use.package) in seen:
            continue
        seen.add((use.kind, use.package))
        line = use.entry.content.count(b"\n", 0, max(0, use.start)) + 1
        yield Dependency(_purl(use), use.entry.path, line, use.confidence)
        if len(seen) == MOST:
            return


def _purl(use: _Use) -> str:
    """With its version only where that is one, and no range."""
    namespace, _, name = use.package.rpartition("/")
    exact = use.version if _EXACT.fullmatch(use.version) else None
    return PackageURL(use.kind, namespace or None, name or "unnamed", exact).to_string()


def _uses(entries: list[Entry]) -> Iterator[_Use]:
    for entry in entries:
        if entry.ownership is not Ownership.THIRD:
            yield from _declared(entry)
    for entry in entries:
        if found := _INSTALLED.findall(entry.path):
            yield _Use("npm", found[-1], "", entry, 0, Confidence.MEDIUM)
    for entry in entries:
        if entry.ownership is Ownership.FIRST and entry.language in _SCRIPTS:
            yield from _imported(entry)


def _declared(entry: Entry) -> Iterator[_Use]:
    name = entry.path.rpartition("/")[2]
    if name == "package.json":
        for package, version in _manifest(entry.content):
            start = entry.content.find(f'"{package}"'.encode())
            yield _Use("npm", package, version, entry, start, Confidence.HIGH)
    elif re.fullmatch(r"requirements[\w.-]*\.txt", name):
        for match in _REQUIREMENT.finditer(entry.content):
            version = (match[2] or b"").decode().lstrip("= ")
            yield _Use("pypi", match[1].decode(), version, entry, match.start(), Confidence.HIGH)


class _Manifest(msgspec.Struct):
    dependencies: dict[str, str] | None = None
    devDependencies: dict[str, str] | None = None  # as npm writes it
    peerDependencies: dict[str, str] | None = None
    optionalDependencies: dict[str, str] | None = None


def _manifest(content: bytes) -> Iterator[tuple[str, str]]:
    try:
        found = msgspec.json.decode(content, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return
    for group in (
        found.dependencies,
        found.devDependencies,
        found.peerDependencies,
        found.optionalDependencies,
    ):
        yield from (group or {}).items()


def _imported(entry: Entry) -> Iterator[_Use]:
    for match in _IMPORT.finditer(entry.content):
        package = match[1].decode()
        if package not in _NODE and not package.endswith((".js", ".ts")) and package != "src":
            yield _Use("npm", package, "", entry, match.start(), Confidence.LOW)
