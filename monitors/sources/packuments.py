"""What an npm registry says of one package: its versions, where they lie, and how much they hold.

https://github.com/npm/registry/blob/main/docs/responses/package-metadata.md
"""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec

from monitors.sources.archives import integrity
from monitors.sources.base import Gone, Refused, SourceError, clean
from monitors.sources.http import Answer, Client, place

ABBREVIATED = "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8"
SECURITY_HOLDING = "0.0.1-security"
PACKUMENT_BYTES = 64 * 1024 * 1024
NEWEST = 3  # versions that are told of besides the tagged ones
JUMP = 3.0  # so many times the size before is worth a word

_NAME = re.compile(r"(@[^/@\s]{1,200}/)?[^/@\s]{1,200}")


class Dist(msgspec.Struct):
    """Where a version's tarball lies, its digest in Subresource Integrity form, and what it unpacks to."""

    tarball: str = ""
    integrity: str | None = None
    shasum: str | None = None
    files: Any = msgspec.field(default=None, name="fileCount")
    bytes: Any = msgspec.field(default=None, name="unpackedSize")

    @property
    def digest(self) -> str:
        return (self.integrity or integrity("sha1", self.shasum or ""))[:200]

    @property
    def size(self) -> dict[str, int]:
        """{"files", "bytes"} as far as the registry gives them."""
        told = {"files": self.files, "bytes": self.bytes}
        return {name: int(value) for name, value in told.items() if type(value) is int and 0 < value < 2**53}


class Release(msgspec.Struct):
    dist: Dist = msgspec.field(default_factory=Dist)


class _Untold(dict[str, Release]):
    """The versions of an answer that does not speak of any."""


class Packument(msgspec.Struct):
    """Of a package without versions left it has the name; an answer with neither is about no package."""

    versions: dict[str, Release] = msgspec.field(default_factory=_Untold)
    tags: dict[str, str] = msgspec.field(default_factory=dict, name="dist-tags")
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.versions, _Untold) and not self.name:
            raise ValueError("neither versions nor a name")

    def release(self, name: str, version: str) -> Dist:
        """Where this version lies. Raises Gone ("unpublished", "security holding")."""
        if version in self.versions:
            return self.versions[version].dist
        reason = "security holding" if SECURITY_HOLDING in self.versions else "unpublished"
        shown = clean(version) or "(none)"
        raise Gone(f"{clean(name)} is there, but not its version {shown} ({reason}).", reason=reason)

    def newest(self) -> list[str]:
        """The versions somebody installs now: the last three published, and the tagged ones; at most 5."""
        last = list(self.versions)[: -NEWEST - 1 : -1]
        tagged = [version for version in self.tags.values() if version in self.versions]
        return list(dict.fromkeys([*last, *tagged]))[:5]

    def size(self, version: str) -> dict[str, Any]:
        """{"files", "bytes", "before": {"version", ...}, "jump": times as large as the version before}.

        A release that suddenly holds much more holds something that it should not. Each is left out
        when the registry does not tell, and "jump" when it is below 3.
        """
        size: dict[str, Any] = dict(self.versions[version].dist.size)
        versions = list(self.versions)
        earlier = versions[: versions.index(version)]
        if size and earlier and (before := self.versions[earlier[-1]].dist.size):
            size["before"] = {"version": clean(earlier[-1], 200), **before}
            times = size.get("bytes", 0) / before["bytes"] if "bytes" in before else 0.0
            if times >= JUMP:
                size["jump"] = round(times, 1)
        return size


def packument(client: Client, base_url: str, name: str) -> Packument:
    """All that the registry says of the package. Raises SourceError; Refused for what is no name, or Gone."""
    return ask(client, base_url, name).decode(Packument)


def release(client: Client, base_url: str, name: str, version: str) -> Dist:
    """Where this version lies. Raises SourceError; Gone ("404", "unpublished", "security holding")."""
    return packument(client, base_url, name).release(name, version)


def ask(client: Client, base_url: str, name: str, *, etag: str = "") -> Answer:
    """The registry's answer about the package, in the short form where it knows that. Raises SourceError."""
    if not _NAME.fullmatch(name):
        raise Refused(f"{clean(name) or 'This'} is not the name of an npm package.")
    url, asked = f"{base_url}/{quoted(name)}", {"Accept": ABBREVIATED}
    return client.get(url, headers=asked, max_bytes=PACKUMENT_BYTES, etag=etag)


def quoted(name: str) -> str:
    """The name as one segment of a path: "@acme%2Fcli"."""
    return quote(name, safe="@")


def not_a_registry(base_url: str) -> SourceError:
    return SourceError(f"{place(base_url)} answered with a web page, not as a registry does.")
