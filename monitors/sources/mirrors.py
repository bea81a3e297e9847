"""Mirrors of the npm registry and CDNs over it: does the withdrawn artifact still answer there?

A source's address is one mirror. What is said to it depends on its name: jsDelivr's and unpkg's APIs list the
files that they serve; any other is taken for a registry's mirror, with tarballs where the registry has them.

https://www.jsdelivr.com/docs/data.jsdelivr.com
https://unpkg.com/
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

import msgspec
from packageurl import PackageURL

from monitors.sources import identity, served
from monitors.sources.archives import ALGORITHMS, ArchiveHolding, integrity
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Look,
    Probe,
    Refused,
    SourceError,
    clean,
    hosts,
)
from monitors.sources.http import Client
from monitors.sources.packuments import packument, quoted
from monitors.sources.remote import RemoteFile, RemoteHolding
from monitors.sources.served import Served

JSDELIVR = "https://data.jsdelivr.com"
JSDELIVR_FILES = "https://cdn.jsdelivr.net"
LIST_BYTES = 32 * 1024 * 1024
MOST_FILES = 20_000
_HEX = re.compile(r"(?:sha256[:-])?([0-9a-f]{64})", re.IGNORECASE)


class _Listed(msgspec.Struct):
    """A file of either listing: jsDelivr's `name` and `hash`, unpkg's `path` and `integrity`."""

    name: str = ""
    path: str = ""
    hash: str = ""
    integrity: str = ""
    size: Any = 0

    def sha256(self) -> str:
        """In hexadecimal; "" when none is told."""
        try:
            value = base64.b64decode(self.hash or self.integrity.removeprefix("sha256-"), validate=True)
        except (binascii.Error, ValueError):
            return ""
        return value.hex() if len(value) == 32 else ""


class _Listing(msgspec.Struct):
    files: list[_Listed]


class _Lookup(msgspec.Struct):
    type: str
    name: str
    version: str
    file: str


@dataclass(frozen=True)
class Wanted:
    """What a query asks for: an npm package's version, a hash, or both (then the artifact's own hash)."""

    name: str = ""
    version: str = ""
    digest: str = ""  # Subresource Integrity form
    sha256: str = ""  # hexadecimal, of one file


class Mirror(Adapter):
    """Whether a mirror serves one artifact: by package URL, or by the hash of one of its files."""

    kind = "mirror"
    aims = frozenset({Aim.ADDRESS})
    pace = 60  # jsDelivr wants to hear of whoever asks more than 100 a minute
    flavours: ClassVar[tuple[str, ...]] = ("jsdelivr", "unpkg")

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or JSDELIVR)

    @property
    def flavour(self) -> str:
        """ "jsdelivr", "unpkg", or "registry" for any other."""
        return next((name for name in self.flavours if name in self.base_url.lower()), "registry")

    @property
    def files_url(self) -> str:
        """Where the files lie: beside the API, but for jsDelivr's public one."""
        return JSDELIVR_FILES if self.base_url == JSDELIVR else self.base_url

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """The place, when it serves what it did not. Cursor: {"digest"} and how to ask cheaply, below 5 KB.

        The query is a package URL ("pkg:npm/%40acme/cli@1.4.2", with a checksum qualifier when it is known),
        or at jsDelivr a file's SHA-256. Raises SourceError; Refused for any other.
        """
        if aim not in self.aims:
            raise SourceError(f"A mirror cannot be asked for a {aim}.")
        wanted, before = parsed(query), self.client.requests
        try:
            found = self._found(wanted, cursor)
        except Gone:
            return Batch([], {"gone": True}, requests=self.client.requests - before)
        candidates = [] if found.digest == cursor.get("digest") else [found]
        step = {"digest": found.digest, **found.ticket.get("served", {})}
        return Batch(candidates, step, requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> ArchiveHolding | RemoteHolding:
        """What the mirror serves now. Raises SourceError."""
        ticket = candidate.ticket
        if "url" in ticket:
            return served.examine(self.client, ticket["url"], self.unpacking)
        files = self._files(ticket["name"], ticket["version"])
        return RemoteHolding(self.client, files, limits=self.unpacking)

    def look(self, candidate: Candidate) -> Look:
        """Whether the mirror still serves it. Raises SourceError."""
        ticket = candidate.ticket
        try:
            if "url" in ticket:
                found = served.again(self.client, candidate)
                return Look(live=True, digest=found.digest)
            return Look(live=True, digest=_whole(self._files(ticket["name"], ticket["version"])))
        except Gone as gone:
            return Look(live=False, reason=gone.reason)

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By the package's name; a file that was found by its hash, by where the mirror has it from."""
        kind, _, name = place.native_id.partition("/")
        if kind == "gh":
            yield "github.com", name
        for host in hosts(place):
            yield host, name if kind == "npm" else place.native_id

    def probe(self) -> Probe:
        """Whether the mirror answers about a package that every mirror has. Raises SourceError."""
        try:
            if self.flavour == "registry":
                packument(self.client, self.base_url, "left-pad")
            else:
                self._files("left-pad", "1.3.0")
        except Gone:
            return Probe("Answers, and does not have the package left-pad.")
        return Probe("Answers as a registry does." if self.flavour == "registry" else "Answers.")

    def _found(self, wanted: Wanted, cursor: dict[str, Any]) -> Candidate:
        if wanted.sha256:
            return self._by_hash(wanted.sha256)
        if self.flavour == "registry":
            return self._tarball(wanted, Served.from_json(cursor))
        files = self._files(wanted.name, wanted.version)
        if not files:
            raise Gone(f"{self.flavour} lists no files of {clean(wanted.name)}.", reason="no files")
        ticket = {"name": wanted.name, "version": wanted.version}
        size = {"size": {"files": len(files), "bytes": sum(file.size for file in files)}}
        url = self._folder(wanted.name, wanted.version) + "/"
        return self._candidate(wanted.name, wanted.version, url, _whole(files), ticket | size)

    def _tarball(self, wanted: Wanted, known: Served | None) -> Candidate:
        url = tarball_url(wanted.name, wanted.version, self.base_url)
        algorithm = wanted.digest.partition("-")[0] or served.ALGORITHM
        found = served.ask(self.client, url, known=known, algorithm=algorithm)
        if found.type.startswith("text/html"):
            raise SourceError(f"{urlsplit(url).netloc} answered with a web page where a package was due.")
        ticket: dict[str, Any] = {"url": url, "served": found.as_json(), "size": {"bytes": found.size}}
        if wanted.digest:
            ticket["is_the_artifact"] = found.digest == wanted.digest
        return self._candidate(wanted.name, wanted.version, url, found.digest, ticket)

    def _by_hash(self, sha256: str) -> Candidate:
        """The file that jsDelivr served first of all that have this hash; it tells of no other."""
        if self.flavour != "jsdelivr":
            raise Refused(
                "Only jsDelivr finds files by their hash. Give a package URL like pkg:npm/name@version."
            )
        found = self.client.get(f"{self.base_url}/v1/lookup/hash/{sha256}").decode(_Lookup)
        if found.type not in ("npm", "gh"):
            raise SourceError(f"jsDelivr names a file of a kind we do not know: {clean(found.type, 20)}.")
        file = "/" + found.file.lstrip("/")
        url = f"{self.files_url}/{found.type}/{_package(found.name, found.version)}{quote(file)}"
        ticket = {"url": url, "sha256": sha256}
        name = f"{found.type}/{found.name}{file}"
        return self._candidate(name, found.version, url, integrity("sha256", sha256), ticket)

    def _files(self, name: str, version: str) -> list[RemoteFile]:
        """All files of the version that the CDN serves. Raises SourceError."""
        folder = self._folder(name, version)
        asked = f"{folder}/?meta"
        if self.flavour == "jsdelivr":
            asked = f"{self.base_url}/v1/packages/npm/{_package(name, version)}?structure=flat"
        listing = self.client.get(asked, max_bytes=LIST_BYTES).decode(_Listing)
        return [_file(one, folder) for one in listing.files[:MOST_FILES]]

    def _folder(self, name: str, version: str) -> str:
        """Where the CDN has the version's files."""
        above = "/npm" if self.flavour == "jsdelivr" else ""
        return f"{self.files_url}{above}/{_package(name, version)}"

    def _candidate(self, name: str, version: str, url: str, digest: str, ticket: dict[str, Any]) -> Candidate:
        return Candidate(
            host=identity.host(self.files_url),
            native_id=identity.bounded(name),
            path=clean(version, 200),
            title=clean(f"{name}@{version}"),
            url=url[:1000],
            version=clean(version, 200),
            digest=digest,
            ticket=ticket,
        )


def parsed(query: str) -> Wanted:
    """What the query asks for. Raises Refused."""
    query = query.strip()
    if found := _HEX.fullmatch(query):
        return Wanted(sha256=found[1].lower())
    if query.startswith("sha256-") and (value := _Listed(integrity=query).sha256()):
        return Wanted(sha256=value)
    try:
        package = PackageURL.from_string(query)
    except ValueError:
        package = PackageURL("none", None, "none")
    if package.type != "npm" or not package.version:
        raise Refused(f"{clean(query, 100)} is no package URL like pkg:npm/name@version, and no SHA-256.")
    name = f"{package.namespace}/{package.name}" if package.namespace else package.name
    return Wanted(name, package.version, _checksum((package.qualifiers or {}).get("checksum", "")))


def _checksum(told: str) -> str:
    """The first one, "sha512:hexadecimal", in the form of digests. Raises Refused for one we cannot check."""
    algorithm, _, value = told.partition(",")[0].partition(":")
    digest = integrity(algorithm, value) if algorithm in ALGORITHMS else ""
    if told and not digest:
        raise Refused(f"{clean(told, 80)} is no checksum like sha512:hexadecimal.")
    return digest


def tarball_url(name: str, version: str, base_url: str) -> str:
    """Where a registry's mirror at this address has the tarball of the version."""
    last = name.rpartition("/")[2]
    return f"{base_url}/{quoted(name).replace('%2F', '/')}/-/{quote(last)}-{quote(version)}.tgz"


def _package(name: str, version: str) -> str:
    """ "@acme/cli@1.4.2", as it stands in a CDN's addresses."""
    return f"{quote(name, safe='@/')}@{quote(version, safe='')}"


def _file(one: _Listed, folder: str) -> RemoteFile:
    path = (one.name or one.path).lstrip("/")
    size = one.size if type(one.size) is int and 0 <= one.size < 2**53 else 0
    return RemoteFile(path, f"{folder}/{quote(path)}", one.sha256(), size)


def _whole(files: list[RemoteFile]) -> str:
    """One digest over paths and hashes of all files."""
    told = "\n".join(sorted(f"{file.path}\0{file.id}\0{file.size}" for file in files))
    return integrity("sha256", hashlib.sha256(told.encode("utf-8", "replace")).hexdigest())
