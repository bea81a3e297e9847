"""The npm registry and everything that speaks like it.

https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
"""

from __future__ import annotations

import dataclasses
import re
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from packageurl import PackageURL
from packageurl.contrib import purl2url

from monitors.sources.archives import ArchiveHolding, Mismatch, hold, integrity, verify
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Download,
    Gone,
    Look,
    RateLimited,
    Refused,
    SourceError,
    clean,
)
from monitors.sources.http import Answer, Client, place

_known: Any = purl2url  # it has no types
ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
SECURITY_HOLDING = "0.0.1-security"
BATCH = 20
PAGE = 250
PAGES = 10
RESULTS = 1000
PACKUMENT_BYTES = 64 * 1024 * 1024
TARBALL_BYTES = 256 * 1024 * 1024
MARK = 16  # characters of a digest that tell it from the one before

_NAME = re.compile(r"(@[^/@\s]{1,200}/)?[^/@\s]{1,200}")


class Dist(msgspec.Struct):
    """Where a version's tarball lies, and its digest in Subresource Integrity form."""

    tarball: str = ""
    integrity: str | None = None
    shasum: str | None = None

    @property
    def digest(self) -> str:
        return (self.integrity or integrity("sha1", self.shasum or ""))[:200]


class _Release(msgspec.Struct):
    dist: Dist = msgspec.field(default_factory=Dist)


class _Packument(msgspec.Struct):
    versions: dict[str, _Release] = msgspec.field(default_factory=dict)
    tags: dict[str, str] = msgspec.field(default_factory=dict, name="dist-tags")


class _Found(msgspec.Struct):
    name: str
    version: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict, name="dist-tags")

    @property
    def latest(self) -> str:
        """Registries name it in one of two places."""
        return self.version or self.tags.get("latest", "")


class _Hit(msgspec.Struct):
    package: _Found


class _Page(msgspec.Struct):
    objects: list[_Hit]


class Npm(Adapter):
    """Packages by name, and packages that a search finds. Each version is a place of its own."""

    kind = "npm"
    aims = frozenset({Aim.PACKAGE, Aim.SEARCH})

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or default_base_url())

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """At most 20 versions the cursor has not seen. Raises SourceError; Gone for a name never seen yet."""
        if aim not in self.aims:
            raise SourceError(f"An npm registry cannot be asked for a {aim}.")
        before = self.client.requests
        batch = (self._package if aim == Aim.PACKAGE else self._search)(query.strip(), cursor)
        return dataclasses.replace(batch, requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> ArchiveHolding:
        """The tarball's files without their "package/". Raises SourceError: Gone, Mismatch, ..."""
        name, version = candidate.ticket["name"], candidate.ticket["version"]
        known = Dist(candidate.ticket.get("tarball", ""), candidate.digest)
        if known.tarball and known.digest:
            try:
                return self._open(known, f"{name}@{version}")
            except (Gone, Mismatch):
                pass  # it may have been published anew since it was seen: ask
        return self._open(release(self.client, self.base_url, name, version), f"{name}@{version}")

    def look(self, candidate: Candidate) -> Look:
        """Whether the registry still lists the version. Raises SourceError when it does not tell."""
        name, version = candidate.ticket["name"], candidate.ticket["version"]
        try:
            return Look(live=True, digest=release(self.client, self.base_url, name, version).digest)
        except Gone as gone:
            if gone.is_page:
                raise _not_a_registry(self.base_url) from None
            return Look(live=False, reason=gone.reason)

    def _package(self, name: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"versions": {version: mark of its digest}, "etag": of the answer read to its end}."""
        try:
            answer = _ask(self.client, self.base_url, name, etag=cursor.get("etag", ""))
        except Gone as gone:
            if gone.is_page or not cursor:
                raise
            return Batch([], {"versions": {}})
        if answer.is_unchanged:
            return Batch([], cursor)
        return self._unseen(name, answer, cursor.get("versions", {}))

    def _unseen(self, name: str, answer: Answer, seen: dict[str, str]) -> Batch:
        versions = answer.decode(_Packument).versions
        marks = {version: found.dist.digest[-MARK:] for version, found in versions.items()}
        fresh = [version for version in reversed(marks) if seen.get(version) != marks[version]]
        later = set(fresh[BATCH:])
        cursor = {
            "versions": {version: mark for version, mark in marks.items() if version not in later},
            "etag": "" if later else answer.etag,
        }
        candidates = [self._candidate(name, version, versions[version].dist) for version in fresh[:BATCH]]
        return Batch(candidates, cursor, more=bool(later))

    def _search(self, text: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"seen": {name: version}, "pending": [[name, version]] found by the last search}."""
        seen, pending = cursor.get("seen", {}), cursor.get("pending", [])
        if not pending:
            hits = self._hits(text)
            pending = [[name, version] for name, version in hits.items() if seen.get(name) != version]
            seen = {name: version for name, version in seen.items() if name in hits}
        now, later = pending[:BATCH], pending[BATCH:]
        candidates = [found for name, version in now if (found := self._resolved(name, version))]
        return Batch(candidates, {"seen": {**seen, **dict(now)}, "pending": later}, more=bool(later))

    def _hits(self, text: str) -> dict[str, str]:
        """Each package the search names and its latest version; at most 1,000 of them, in 10 requests."""
        found: dict[str, str] = {}
        offset = 0
        for _ in range(PAGES):
            asked: dict[str, str | int] = {"text": text, "size": PAGE, "from": offset}
            hits = self.client.get(f"{self.base_url}/-/v1/search", params=asked).decode(_Page).objects
            fresh = {hit.package.name: hit.package.latest for hit in hits if hit.package.name not in found}
            found |= fresh
            offset += len(hits)
            if not fresh or len(found) >= RESULTS:
                break
        return found

    def _resolved(self, name: str, version: str) -> Candidate | None:
        """The candidate; None when it went away since the search index was made."""
        try:
            return self._candidate(name, version, release(self.client, self.base_url, name, version))
        except (Gone, Refused):
            return None
        except RateLimited:
            raise
        except SourceError:
            # One odd package must not hide the others; examining it will say what is wrong.
            return self._candidate(name, version, Dist())

    def _candidate(self, name: str, version: str, dist: Dist) -> Candidate:
        return Candidate(
            host=urlsplit(self.base_url).netloc,
            native_id=clean(name),
            path=clean(version, 200),
            title=clean(f"{name}@{version}"),
            url=page_url(self.base_url, name, version),
            version=clean(version, 200),
            digest=dist.digest,
            ticket={"name": name, "version": version, "tarball": dist.tarball[:2000]},
        )

    def _open(self, dist: Dist, title: str) -> ArchiveHolding:
        with self.client.download(dist.tarball, max_bytes=TARBALL_BYTES) as tarball:
            verify(tarball, dist.digest, name=title)
            holding = hold(tarball, name=_filename(dist.tarball))
        if not dist.digest:
            holding.skipped.append("The registry gives no digest for this tarball.")
        return holding


def default_base_url() -> str:
    """The public registry's address, as the packageurl library knows it."""
    return str(_known.get_download_url("pkg:npm/x@1")).partition("/x/")[0]


def page_url(base_url: str, name: str, version: str) -> str:
    """Where a person sees the version: the public registry's page, elsewhere the registry's own answer."""
    if base_url == default_base_url():
        return str(_known.get_repo_url(_purl(name, version)))[:1000]
    return f"{base_url}/{_quoted(name)}/{quote(version, safe='')}"[:1000]


def locate(purl: PackageURL, client: Client, base_url: str = "") -> Download:
    """Where the package's tarball lies; the latest version when the purl names none. Raises SourceError."""
    base_url = (base_url or default_base_url()).rstrip("/")
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    version = purl.version or _packument(client, base_url, name).tags.get("latest", "")
    dist = release(client, base_url, name, version)
    return Download(dist.tarball, _filename(dist.tarball), dist.digest)


def release(client: Client, base_url: str, name: str, version: str) -> Dist:
    """Where this version lies. Raises SourceError; Gone ("404", "unpublished", "security holding")."""
    versions = _packument(client, base_url, name).versions
    if version in versions:
        return versions[version].dist
    reason = "security holding" if SECURITY_HOLDING in versions else "unpublished"
    raise Gone(
        f"{clean(name)} is there, but not its version {clean(version) or '(none)'} ({reason}).", reason=reason
    )


def _packument(client: Client, base_url: str, name: str) -> _Packument:
    return _ask(client, base_url, name).decode(_Packument)


def _ask(client: Client, base_url: str, name: str, *, etag: str = "") -> Answer:
    if not _NAME.fullmatch(name):
        raise Refused(f"{clean(name) or 'This'} is not the name of an npm package.")
    url, asked = f"{base_url}/{_quoted(name)}", {"Accept": ABBREVIATED}
    return client.get(url, headers=asked, max_bytes=PACKUMENT_BYTES, etag=etag)


def _quoted(name: str) -> str:
    """The name as one segment of a path: "@acme%2Fcli"."""
    return quote(name, safe="@")


def _purl(name: str, version: str) -> str:
    namespace, _, last = name.rpartition("/")
    return PackageURL("npm", namespace or None, last, version or None).to_string()


def _filename(url: str) -> str:
    return clean(urlsplit(url).path.rpartition("/")[2], 200)


def _not_a_registry(base_url: str) -> SourceError:
    return SourceError(f"{place(base_url)} answered with a web page, not as a registry does.")
