"""Python package indexes: projects by name, and everything new by name.

https://warehouse.pypa.io/api-reference/: the simple index first (one answer has every file and its hash), the
JSON of a release where the feeds name one. A file is a place of its own: a leak may lie in the wheel alone.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec
from packageurl import PackageURL
from packageurl.contrib import purl2url

from monitors.sources import halfway, identity, releasefeed, simpleindex
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
    SourceError,
    clean,
    hosts,
    missing,
)
from monitors.sources.http import Client
from monitors.sources.interests import Interest
from monitors.sources.releasefeed import Item
from monitors.sources.simpleindex import INDEX_BYTES, QUARANTINED, SOURCES, File, Index, named, normalized

_known: Any = purl2url  # it has no types
BATCH = 20
RELEASES = 10  # that one poll of the feeds asks for
WHEELS = 3  # of one version: the others hold the same for other machines
MARKS = 15_000  # files of one project that are told apart
SEEN = 500  # items of a feed that are told apart
PENDING = 500  # releases that wait to be asked for
WAITING = 150_000  # characters of JSON of them
TRIES = 3
BELIEVED = 3  # times in a row that an index has to tell an older state, until it is no slip of a cache
ARCHIVE_BYTES = 256 * 1024 * 1024
FEEDS = {"packages": 40, "updates": 100}  # what each feed holds
OLDER = (
    "The index lists its newest {packages} packages and {updates} updates only: of what is older, the "
    "likeliest look-alikes were asked for by name."
).format(**FEEDS)


class _Release(msgspec.Struct):
    """The JSON of a release: https://warehouse.pypa.io/api-reference/json.html"""

    class Info(msgspec.Struct):
        version: str = ""
        yanked: bool = False

    class Url(msgspec.Struct):
        filename: str
        url: str
        digests: dict[str, str] = msgspec.field(default_factory=dict)
        size: Any = None
        yanked: bool = False
        reason: str | None = msgspec.field(default=None, name="yanked_reason")

    info: Info
    urls: list[Url]


class Pypi(Adapter):
    """Files of projects. `base_url` is an index or its simple index; feeds and JSON lie beside that."""

    kind = "pypi"
    aims = frozenset({Aim.PACKAGE, Aim.FEED})
    pace = 60  # it asks to be asked one thing at a time
    bulk = 20

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or default_base_url())

    @property
    def root(self) -> str:
        """The address that the simple index, the JSON and the feeds have in common."""
        return self.base_url.removesuffix("/simple")

    @property
    def simple_url(self) -> str:
        """The simple index: the address itself when its end says so ("/+simple" too), else below it."""
        return self.base_url if self.base_url.endswith("simple") else f"{self.base_url}/simple"

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """At most 20 or so files the cursor has not seen.

        Raises SourceError; Refused for a feed query without words.
        """
        asking = {Aim.PACKAGE: self._package, Aim.FEED: self._feed}
        if aim not in asking:
            raise SourceError(f"A Python package index cannot be asked for a {aim}.")
        before = self.client.requests
        batch = asking[aim](query.strip(), cursor)
        return dataclasses.replace(batch, requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> ArchiveHolding:
        """The archive's files. Raises SourceError: Gone, Mismatch, ..."""
        url, filename = candidate.ticket.get("url", ""), candidate.ticket["filename"]
        if url and candidate.digest:
            try:
                return self._open(url, filename, candidate.digest)
            except (Gone, Mismatch):
                pass  # indexes move files: ask where it lies now
        index = simpleindex.read(simpleindex.ask(self.client, self.simple_url, candidate.ticket["name"]))
        found = _offered(index, filename)
        return self._open(found.url, filename, found.digest)

    def look(self, candidate: Candidate) -> Look:
        """Whether the index still offers the file: a yanked one it does. Raises SourceError."""
        look = self.look_many([candidate])[0]
        if isinstance(look, SourceError):
            raise look
        return look

    def look_many(self, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
        """The same of many, in their order: one request tells of all files of a project."""
        found: dict[str, Index | SourceError | None] = {}

        def look(_: int, one: Candidate) -> Look | SourceError:
            name = one.ticket["name"]
            if name not in found:
                etags = {
                    other.told.kept.get("etag", "") for other in candidates if other.ticket["name"] == name
                }
                found[name] = self._found(name, etags.pop() if len(etags) == 1 else "")
            index = found[name]
            return one.told if index is None else _looked(index, one.ticket["filename"])

        return halfway.looks(candidates, look)

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By the project's name, as it is written and as indexes take it."""
        name = place.native_id
        spelt = {name, name.replace("-", "_"), name.replace("-", "."), str(place.ticket.get("name", name))}
        return ((host, one) for host in hosts(place) for one in spelt)

    def probe(self) -> Probe:
        """Whether the index answers about a project that every index is asked for. Raises SourceError."""
        try:
            index = simpleindex.read(simpleindex.ask(self.client, self.simple_url, "pip"))
        except Gone:
            return Probe("Answers, and does not have the project pip.")
        return Probe(
            f"Answers. Its last change of pip is number {index.serial:,}." if index.serial else "Answers."
        )

    def _package(self, name: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"at": the index, "seen": [mark of each file], "etag", "serial": of the answer read to its
        end, "older": how often in a row it was older since, "gaps"}.

        It holds 15,000 marks of 12 characters at most. Of another index nothing is known.
        """
        at = identity.host(self.simple_url)
        cursor = cursor if cursor.get("at", at) == at else {}
        try:
            answer = simpleindex.ask(self.client, self.simple_url, name, etag=cursor.get("etag", ""))
        except Gone as gone:
            return missing(name, gone, cursor=cursor, kept={"seen": []})
        if answer.is_unchanged:
            unchanged = {field: kept for field, kept in cursor.items() if field != "older"}
            return Batch([], unchanged, gaps=cursor.get("gaps", []))
        index, older = simpleindex.read(answer), cursor.get("older", 0) + 1
        if index.serial and index.serial < cursor.get("serial", 0) and older < BELIEVED:
            # An older copy of what we know, from some cache on the way; or the index was built anew.
            gap = (
                f"The index tells an older state of {clean(name, 100)} (number {index.serial:,}) than it did "
                f"({cursor['serial']:,}). Told {BELIEVED} times in a row, it is believed."
            )
            return Batch([], cursor | {"older": older}, gaps=[gap])
        found = self._unseen(name, index, cursor.get("seen", []))
        return dataclasses.replace(found, cursor=found.cursor | {"at": at})

    def _unseen(self, name: str, index: Index, seen: list[str]) -> Batch:
        chosen, gaps = _chosen(index.files)
        if missed := len(chosen[:-MARKS]):
            gaps.append(
                f"{clean(name, 100)} has {len(chosen):,} files; its {missed:,} oldest are not followed."
            )
        marks = {_mark(file): file for file in chosen[-MARKS:]}
        known = set(seen)
        fresh = [mark for mark in reversed(marks) if mark not in known]
        later = set(fresh[BATCH:])
        cursor: dict[str, Any] = {"seen": [mark for mark in marks if mark not in later]}
        if not later:
            cursor |= {"etag": index.etag, "serial": index.serial}
        if index.status == QUARANTINED:
            gaps = [f"{clean(name, 100)} is in quarantine: the index offers none of its files."]
        cursor |= {"gaps": gaps} if gaps else {}
        candidates = [self._candidate(name, marks[mark]) for mark in fresh[:BATCH]]
        return Batch(candidates, cursor, more=bool(later), gaps=gaps)

    def _feed(self, query: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"seen": {feed: [marks of its items]}, "etags": {feed: etag}, "pending": [[name, version,
        tries]], "guesses": [name] that may have been taken before}.

        It holds 500 marks of each of the two feeds, 500 pending releases, and 50 guesses.
        """
        interest = Interest(query)
        pending, gaps = cursor.get("pending", []), [] if "guesses" in cursor else [OLDER]
        guesses = cursor["guesses"] if "guesses" in cursor else _projects(interest.likeliest())
        step: dict[str, Any] = {name: dict(cursor.get(name, {})) for name in ("seen", "etags")}
        is_news = not pending
        if is_news:
            for feed in FEEDS:
                items, lost = self._announced(feed, step)
                gaps += lost
                pending = pending + [[*item, 0] for item in items if interest.wants(item.name)]
            pending, left_out = _fitting(_once(pending))
            gaps += left_out
        guessed = [[name, "", 0] for name in guesses[:RELEASES]]
        asked, again = [*pending[:RELEASES], *guessed], list[list[Any]]()

        def ask(item: list[Any]) -> list[Candidate]:
            # That nobody has most of what is guessed is no gap.
            return self._release(item, again, [] if item in guessed else gaps)

        told = halfway.each(asked, ask, most=len(asked), is_news=is_news)
        later = [item for item in told.later if item not in guessed] + pending[RELEASES:]
        guesses = [item[0] for item in told.later if item in guessed] + guesses[RELEASES:]
        step |= {"pending": later + again, "guesses": guesses}
        more = bool(later or guesses)
        return Batch(told.candidates, step, more=more, gaps=gaps, limited=told.limited)

    def _announced(self, feed: str, step: dict[str, Any]) -> tuple[list[Item], list[str]]:
        """The feed's items that were not seen, oldest first; `step` remembers them. And what was missed."""
        url = f"{self.root}/rss/{feed}.xml"
        answer = self.client.get(url, etag=step["etags"].get(feed, ""), max_bytes=INDEX_BYTES)
        if answer.is_unchanged:
            return [], []
        items, is_cut = releasefeed.read(answer)
        gaps = [f"The index's feed of {feed} has more than the {len(items):,} items we read."] * is_cut
        seen = step["seen"].get(feed, [])
        keys = {_mark_of(f"{item.name} {item.version}"): item for item in items}
        fresh = [item for key, item in reversed(keys.items()) if key not in set(seen)]
        step["seen"][feed] = list(dict.fromkeys([*keys, *seen]))[:SEEN]
        step["etags"][feed] = answer.etag
        if seen and items and len(fresh) == len(keys):
            gaps.append(
                f"The index lists its newest {len(items)} {feed} only, and we had seen none of them: "
                "some in between may be missing."
            )
        return fresh, gaps

    def _release(self, pending: list[Any], again: list[list[Any]], gaps: list[str]) -> list[Candidate]:
        """The files of a release. One that cannot be read is asked for `again`, three times in all."""
        item, tries = Item(*pending[:2]), pending[2] + 1
        shown = clean(f"{item.name} {item.version}".strip(), 100)
        try:
            chosen, left_out = _chosen(self._json(item))
        except RateLimited:
            raise
        except (Gone, Refused):
            gaps.append(f"{shown} was gone before we could look at it.")
            return []
        except SourceError as error:
            if tries < TRIES:
                again.append([*item, tries])
            else:
                gaps.append(clean(f"{shown} could not be looked at: {error}"))
            return []
        gaps.extend(left_out)
        return [self._candidate(item.name, file) for file in chosen[:BATCH]]

    def _json(self, item: Item) -> list[File]:
        parts = [normalized(item.name), *([item.version] if item.version else [])]
        url = f"{self.root}/pypi/{'/'.join(quote(part, safe='') for part in parts)}/json"
        found = self.client.get(url, max_bytes=INDEX_BYTES).decode(_Release)
        return [
            File(one.filename, one.url, one.digests, one.size, (one.reason or True) if one.yanked else False)
            for one in found.urls
        ]

    def _found(self, name: str, etag: str) -> Index | SourceError | None:
        """What the index says of the project, None when that is what it said with this etag, or why it does
        not. Raises RateLimited."""
        try:
            answer = simpleindex.ask(self.client, self.simple_url, name, etag=etag)
            return None if answer.is_unchanged else simpleindex.read(answer)
        except RateLimited:
            raise
        except SourceError as error:
            return error

    def _candidate(self, name: str, file: File) -> Candidate:
        found = named(file.filename)
        version = clean(found.version if found else "", 200)
        size = {"size": {"bytes": file.size}} if type(file.size) is int and 0 < file.size < 2**53 else {}
        return Candidate(
            host=identity.host(self.root),
            native_id=normalized(clean(name)),
            path=clean(file.filename),
            title=clean(file.filename),
            url=f"{self.root}/project/{quote(normalized(name), safe='')}/{quote(version, safe='')}/"[:1000],
            version=version,
            digest=file.digest,
            ticket={"name": name, "filename": file.filename[:300], "url": file.url[:2000], **size}
            | ({"yanked": file.yank} if file.yank else {}),
        )

    def _open(self, url: str, filename: str, digest: str) -> ArchiveHolding:
        with self.client.download(url, max_bytes=ARCHIVE_BYTES) as archive:
            verify(archive, digest, name=filename)
            holding = hold(archive, name=filename, limits=self.unpacking)
        if not digest:
            holding.skipped.append("The index gives no hash for this file.")
        return holding


def _offered(index: Index, filename: str) -> File:
    """The file as it is offered now. Raises Gone ("quarantined", "deleted")."""
    for file in index.files:
        if file.filename == filename:
            return file
    reason = QUARANTINED if index.status == QUARANTINED else "deleted"
    raise Gone(f"The index does not offer {clean(filename)} any more ({reason}).", reason=reason)


def _looked(index: Index | SourceError, filename: str) -> Look | SourceError:
    if isinstance(index, Gone):
        return Look(live=False, reason=index.reason)
    if isinstance(index, SourceError):
        return index
    try:
        found = _offered(index, filename)
    except Gone as gone:
        return Look(live=False, reason=gone.reason)
    kept = {"etag": index.etag} if index.etag else {}
    return Look(live=True, reason=found.yank, digest=found.digest, kept=kept)


def default_base_url() -> str:
    """The public index's simple API: on the host whose project pages the packageurl library knows."""
    parts = urlsplit(str(_known.get_repo_url("pkg:pypi/x")))
    return f"{parts.scheme}://{parts.netloc}/simple"


def locate(purl: PackageURL, client: Client, base_url: str = "") -> Download:
    """Where the package's archive lies: the source archive, else a wheel, of the version or of the last one.

    The purl's `file_name` qualifier picks one file. `base_url` is a simple index. Raises SourceError.
    """
    answer = simpleindex.ask(client, (base_url or default_base_url()).rstrip("/"), purl.name)
    files = [file for file in simpleindex.read(answer).files if _is_asked(file, purl)]
    if not files:
        wanted = clean(f"{purl.name} {purl.version or ''}".strip())
        raise Gone(f"{wanted} is not in the index: check its name and version.", reason="not listed")
    chosen = max(files, key=_preference)
    return Download(chosen.url, clean(chosen.filename, 200), chosen.digest)


def _projects(names: list[str]) -> list[str]:
    """What projects of these names would be called; an index knows no scopes."""
    return list(dict.fromkeys(normalized(name) for name in names if "/" not in name))


def _once(pending: list[list[Any]]) -> list[list[Any]]:
    """A new project is in both feeds: its release says more than its name."""
    released = {name for name, version, _ in pending if version}
    return [one for one in pending if one[1] or one[0] not in released]


def _fitting(pending: list[list[Any]]) -> tuple[list[list[Any]], list[str]]:
    """As many as a cursor may hold, and what to say of the others."""
    kept, size = 0, 0
    for one in pending[:PENDING]:
        size += len(json.dumps(one)) + 2
        if size > WAITING:
            break
        kept += 1
    left_out = len(pending) - kept
    said = f"The index announced {len(pending):,} releases at once: the last {left_out:,} are left out."
    return pending[:kept], [said] if left_out else []


def _chosen(files: list[File]) -> tuple[list[File], list[str]]:
    """The archives worth examining, in the index's order, and what to say of those that are left out."""
    wheels = sorted((file for file in files if _is_wheel(file)), key=_is_for_one_machine)
    counted: dict[str, int] = {}
    left_out = set()
    for file in wheels:
        found = named(file.filename)
        version = found.version if found else ""
        counted[version] = counted.get(version, 0) + 1
        if counted[version] > WHEELS:
            left_out.add(id(file))
    kept = [file for file in files if named(file.filename) and id(file) not in left_out]
    said = f"{len(left_out):,} wheels for other machines were not looked at, {WHEELS} of each version were."
    return kept, [said] if left_out else []


def _is_wheel(file: File) -> bool:
    return file.filename.endswith(".whl")


def _is_for_one_machine(file: File) -> bool:
    return not file.filename.endswith("-none-any.whl")


def _mark(file: File) -> str:
    return _mark_of(f"{file.filename}\0{file.digest or file.url}")


def _mark_of(told: str) -> str:
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:12]


def _preference(file: File) -> tuple[bool, list[int], bool]:
    """Sorts a final version over a draft, the newer one higher, and its sources over its wheels."""
    found = named(file.filename)
    version = found.version.lower() if found else ""
    numbers = [int(number) for number in re.findall(r"\d{1,9}", re.split(r"[^\d.]", version)[0])]
    is_final = re.search(r"a|b|c|dev|pre", version) is None
    return is_final, numbers, file.filename.lower().endswith(SOURCES)


def _is_asked(file: File, purl: PackageURL) -> bool:
    if wanted := (purl.qualifiers or {}).get("file_name"):
        return file.filename == wanted
    found = named(file.filename)
    if found is None or normalized(found.name) != normalized(purl.name):
        return False
    return not purl.version or found.version.lower() == purl.version.lower().removeprefix("v")
