"""The npm registry and everything that speaks like it.

https://github.com/npm/registry/blob/main/docs/REGISTRY-API.md
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from packageurl import PackageURL
from packageurl.contrib import purl2url

from monitors.sources import changes, halfway, identity
from monitors.sources.archives import ArchiveHolding, Mismatch, hold, verify
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Download,
    Gone,
    Look,
    Probe,
    RateLimited,
    Refused,
    SignInNeeded,
    SourceError,
    Whose,
    clean,
    hosts,
    missing,
)
from monitors.sources.changes import Position
from monitors.sources.http import Answer, Client, parts, place
from monitors.sources.interests import Interest
from monitors.sources.packuments import (
    Dist,
    Packument,
    ask,
    not_a_registry,
    packument,
    quoted,
    release,
)

_known: Any = purl2url  # it has no types
BATCH = 20
NAMES = 8  # packages that one poll of the feed asks for
PAGE = 250
PAGES = 10
RESULTS = 1000
TARBALL_BYTES = 256 * 1024 * 1024
ROOM = 200_000  # characters of a cursor for the versions of one package
MARK = 16  # characters of a digest that tell it from the one before
CHANGES_ADDRESS = "NPM_CHANGES_URL"  # the environment variable that names another changes feed


class _Found(msgspec.Struct):
    name: str
    version: str = ""
    tags: dict[str, str] = msgspec.field(default_factory=dict, name="dist-tags")

    @property
    def latest(self) -> str:
        """Registries name it in one of two places."""
        return self.version or self.tags.get("latest", "")


class _WhoAmI(msgspec.Struct):
    username: str | None = ""


class _Hit(msgspec.Struct):
    package: _Found


class _Page(msgspec.Struct):
    objects: list[_Hit]
    total: Any = 0


@dataclasses.dataclass(frozen=True)
class _Hits:
    """What a search gave: names with their latest versions, and how many the registry says there are."""

    versions: dict[str, str]
    total: int


class Npm(Adapter):
    """Packages by name, by search, and as the changes feed tells. Each version is a place of its own."""

    kind = "npm"
    aims = frozenset({Aim.PACKAGE, Aim.SEARCH, Aim.FEED})
    pace = 120
    bulk = 20

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or default_base_url())

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """At most 20 or so versions the cursor has not seen.

        Raises SourceError; Refused for a feed query of no or too many words.
        """
        asking = {Aim.PACKAGE: self._package, Aim.SEARCH: self._search, Aim.FEED: self._feed}
        if aim not in asking:
            raise SourceError(f"An npm registry cannot be asked for a {aim}.")
        before = self.client.requests
        batch = asking[aim](query.strip(), cursor)
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
        look = self.look_many([candidate])[0]
        if isinstance(look, SourceError):
            raise look
        return look

    def look_many(self, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
        """The same of many, in their order: one request tells of all versions of a package."""
        found: dict[str, tuple[Packument | SourceError | None, str]] = {}

        def look(_: int, one: Candidate) -> Look | SourceError:
            name = one.ticket["name"]
            if name not in found:
                etags = {
                    other.told.kept.get("etag", "") for other in candidates if other.ticket["name"] == name
                }
                found[name] = self._found(name, etags.pop() if len(etags) == 1 else "")
            return _looked(*found[name], one)

        return halfway.looks(candidates, look)

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By the package's name, its scope first."""
        return ((host, place.native_id) for host in hosts(place))

    def probe(self) -> Probe:
        """Whether the registry answers, and searches. Raises SourceError."""
        asked: dict[str, str | int] = {"text": "cli", "size": 1}
        feed = f"Its changes feed is read at {urlsplit(self.changes_url).netloc}."
        try:
            self.client.get(f"{self.base_url}/-/v1/search", params=asked).decode(_Page)
        except Gone as gone:
            if gone.is_page:
                raise not_a_registry(self.base_url) from None
            return Probe(f"Answers, and cannot be searched. {feed}")
        return Probe(f"Answers searches. {feed}")

    def whose(self) -> Whose:
        """The account, as `npm whoami` tells it. Raises SourceError; SignInNeeded for nobody's token."""
        name = self.client.get(f"{self.base_url}/-/whoami").decode(_WhoAmI).username
        if not name:
            raise SignInNeeded(f"{place(self.base_url)} does not know this token. Check it.")
        return Whose(name)

    @property
    def changes_url(self) -> str:
        """Where the changes feed lies: named by the environment, else the public one's, else beside ours."""
        if named := os.environ.get(CHANGES_ADDRESS, "").rstrip("/"):
            return named.removesuffix("/_changes")
        return public_changes_url() if self.base_url == default_base_url() else f"{self.base_url}/registry"

    def _found(self, name: str, etag: str) -> tuple[Packument | SourceError | None, str]:
        """What the registry says of the package, None when that is what it said with this etag, or why it
        does not; and the etag. Raises RateLimited."""
        try:
            answer = ask(self.client, self.base_url, name, etag=etag)
            return (None, etag) if answer.is_unchanged else (answer.decode(Packument), answer.etag)
        except RateLimited:
            raise
        except Gone as gone:
            return not_a_registry(self.base_url) if gone.is_page else gone, ""
        except SourceError as error:
            return error, ""

    def _package(self, name: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"versions": {version: mark of its digest}, "etag": of the answer read to its end, "gaps"}.

        It holds some 200,000 characters of versions at most: 6,000 ordinary ones.
        """
        try:
            answer = ask(self.client, self.base_url, name, etag=cursor.get("etag", ""))
        except Gone as gone:
            if gone.is_page:
                raise
            return missing(name, gone, cursor=cursor, kept={"versions": {}})
        if answer.is_unchanged:
            return Batch([], cursor, gaps=cursor.get("gaps", []))
        return self._unseen(name, answer, cursor.get("versions", {}))

    def _unseen(self, name: str, answer: Answer, seen: dict[str, str]) -> Batch:
        found = answer.decode(Packument)
        marks, gaps = _marks(name, found)
        fresh = [version for version in reversed(marks) if seen.get(version) != marks[version]]
        later = set(fresh[BATCH:])
        cursor = {
            "versions": {version: mark for version, mark in marks.items() if version not in later},
            "etag": "" if later else answer.etag,
            **({"gaps": gaps} if gaps else {}),
        }
        candidates = [self._candidate(name, version, found) for version in fresh[:BATCH]]
        return Batch(candidates, cursor, more=bool(later), gaps=gaps)

    def _search(self, text: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"seen": {name: version}, "pending": [[name, version]] found by the last search}.

        It holds 1,000 names at most.
        """
        seen, pending, gaps = cursor.get("seen", {}), cursor.get("pending", []), []
        is_news = not pending
        if is_news:
            hits = self._hits(text)
            pending = [list(hit) for hit in hits.versions.items() if seen.get(hit[0]) != hit[1]]
            seen = {name: version for name, version in seen.items() if name in hits.versions}
            gaps = _cut(hits)
        told = halfway.each(pending, lambda one: self._resolved(*one), most=BATCH, is_news=is_news)
        step = {"seen": {**seen, **dict(told.asked)}, "pending": told.later}
        return Batch(told.candidates, step, more=bool(told.later), gaps=gaps, limited=told.limited)

    def _hits(self, text: str) -> _Hits:
        """Each package the search names and its latest version; at most 1,000 of them, in 10 requests."""
        found: dict[str, str] = {}
        offset = total = 0
        for _ in range(PAGES):
            asked: dict[str, str | int] = {"text": text, "size": PAGE, "from": offset}
            page = self.client.get(f"{self.base_url}/-/v1/search", params=asked).decode(_Page)
            hits = page.objects[:RESULTS]
            fresh = {hit.package.name: hit.package.latest for hit in hits if hit.package.name not in found}
            found |= fresh
            offset += len(hits)
            total = max(total, page.total) if type(page.total) is int else total
            if not fresh or len(found) >= RESULTS:
                break
        return _Hits(dict(list(found.items())[:RESULTS]), total)

    def _resolved(self, name: str, version: str) -> list[Candidate]:
        """The candidate; none when it went away since the search index was made."""
        try:
            found = packument(self.client, self.base_url, name)
            found.release(name, version)
        except (Gone, Refused):
            return []
        except RateLimited:
            raise
        except SourceError:
            # One odd package must not hide the others; examining it will say what is wrong.
            return [self._candidate(name, version, Packument(versions={}))]
        return [self._candidate(name, version, found)]

    def _feed(self, query: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"feed": its identity, "since": the last number read, "pending": [name] to ask for,
        "guesses": [name] that may have been taken before}.

        It holds 1,050 names at most.
        """
        interest = Interest(query)
        guesses = cursor["guesses"] if "guesses" in cursor else interest.likeliest()
        position = Position(cursor.get("feed", ""), cursor.get("since", 0))
        reading = changes.Reading(position, cursor.get("pending", []), is_end=False)
        is_news = not reading.names
        if is_news:
            reading = changes.read(self.client, self.changes_url, after=position, wants=interest.wants)
        now = reading.names[:NAMES]
        asked = list(dict.fromkeys([*now, *guesses[:NAMES]]))
        told = halfway.each(asked, self._newest, most=len(asked), is_news=is_news)
        later = [name for name in told.later if name in now] + reading.names[NAMES:]
        guesses = [name for name in told.later if name not in now] + guesses[NAMES:]
        step = {"feed": reading.position.feed, "since": reading.position.since}
        step |= {"pending": later, "guesses": guesses}
        more = bool(later or guesses) or not reading.is_end
        return Batch(told.candidates, step, more=more, gaps=reading.gaps, limited=told.limited)

    def _newest(self, name: str) -> list[Candidate]:
        """The versions that are new, or that people get; none of a package that went away meanwhile."""
        try:
            found = packument(self.client, self.base_url, name)
        except (Gone, Refused):
            return []
        except RateLimited:
            raise
        except SourceError:
            return [self._candidate(name, "", Packument(versions={}))]  # examining it will say what is wrong
        return [self._candidate(name, version, found) for version in found.newest()]

    def _candidate(self, name: str, version: str, found: Packument) -> Candidate:
        is_told = version in found.versions
        dist = found.versions[version].dist if is_told else Dist()
        size = found.size(version) if is_told else {}
        return Candidate(
            host=identity.host(self.base_url),
            native_id=clean(name),
            path=clean(version, 200),
            title=clean(f"{name}@{version}"),
            url=page_url(self.base_url, name, version),
            version=clean(version, 200),
            digest=dist.digest,
            ticket={"name": name, "version": version, "tarball": dist.tarball[:2000]}
            | ({"size": size} if size else {}),
        )

    def _open(self, dist: Dist, title: str) -> ArchiveHolding:
        with self.client.download(dist.tarball, max_bytes=TARBALL_BYTES) as tarball:
            verify(tarball, dist.digest, name=title)
            holding = hold(tarball, name=_filename(dist.tarball), limits=self.unpacking)
        if not dist.digest:
            holding.skipped.append("The registry gives no digest for this tarball.")
        return holding


def _marks(name: str, found: Packument) -> tuple[dict[str, str], list[str]]:
    """A mark of each version that a cursor has room for, the newest last; and what to say of the others."""
    kept, room = list[tuple[str, str]](), ROOM
    for version, told in reversed(found.versions.items()):
        mark = told.dist.digest[-MARK:]
        room -= len(json.dumps({version: mark}))
        if room < 0:
            break
        kept.append((version, mark))
    missed = len(found.versions) - len(kept)
    said = f"{clean(name, 100)} has {len(found.versions):,} versions; its {missed:,} oldest are not followed."
    return dict(reversed(kept)), [said] if missed else []


def _looked(found: Packument | SourceError | None, etag: str, candidate: Candidate) -> Look | SourceError:
    if found is None:
        return candidate.told
    try:
        if isinstance(found, SourceError):
            raise found
        dist = found.release(candidate.ticket["name"], candidate.ticket["version"])
    except Gone as gone:
        return Look(live=False, reason=gone.reason)
    except SourceError as error:
        return error
    return Look(live=True, digest=dist.digest, kept={"etag": etag} if etag else {})


def default_base_url() -> str:
    """The public registry's address, as the packageurl library knows it."""
    return str(_known.get_download_url("pkg:npm/x@1")).partition("/x/")[0]


def public_changes_url() -> str:
    """The public registry's changes feed: a host of its own, in the domain of its pages."""
    pages = urlsplit(str(_known.get_repo_url("pkg:npm/x@1"))).netloc
    return f"https://replicate.{pages.removeprefix('www.')}/registry"


def page_url(base_url: str, name: str, version: str) -> str:
    """Where a person sees the version: the public registry's page, elsewhere the registry's own answer."""
    if base_url == default_base_url():
        return str(_known.get_repo_url(_purl(name, version)))[:1000]
    return f"{base_url}/{quoted(name)}/{quote(version, safe='')}"[:1000]


def locate(purl: PackageURL, client: Client, base_url: str = "") -> Download:
    """Where the package's tarball lies; the latest version when the purl names none. Raises SourceError."""
    base_url = (base_url or default_base_url()).rstrip("/")
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    found = packument(client, base_url, name)
    dist = found.release(name, purl.version or found.tags.get("latest", ""))
    return Download(dist.tarball, _filename(dist.tarball), dist.digest)


def earlier(purl: PackageURL, client: Client, base_url: str = "", *, most: int) -> list[str]:
    """Package URLs of the releases before this one, newest first. Raises SourceError; Gone for none."""
    name = f"{purl.namespace}/{purl.name}" if purl.namespace else purl.name
    versions = list(packument(client, (base_url or default_base_url()).rstrip("/"), name).versions)
    # One that was taken back since is listed no more: all that is left may be later, so nothing is told.
    before = versions[: versions.index(purl.version)] if purl.version in versions else []
    if not before:
        raise Gone(f"The registry lists no release before {clean(str(purl))}.", reason="not listed")
    return [_purl(name, version) for version in before[: -most - 1 : -1]]


def _cut(hits: _Hits) -> list[str]:
    """What to say when the registry knows of more than it lists."""
    if len(hits.versions) < RESULTS or hits.total <= len(hits.versions):
        return []
    return [
        f"The registry finds {hits.total:,} packages and lists {len(hits.versions):,}: "
        "ask for rarer words to see the rest."
    ]


def _purl(name: str, version: str) -> str:
    namespace, _, last = name.rpartition("/")
    return PackageURL("npm", namespace or None, last, version or None).to_string()


def _filename(url: str) -> str:
    return clean(parts(url).path.rpartition("/")[2], 200)
