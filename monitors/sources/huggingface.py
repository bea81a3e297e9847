"""Hugging Face: models, datasets and spaces by search, verified by the ids of their files.

https://huggingface.co/docs/hub/api. Small files have git's ids, large ones (LFS) their content's SHA-256.
"""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import msgspec

from monitors.sources import halfway, identity
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Look,
    Probe,
    RateLimited,
    SignInNeeded,
    SourceError,
    Whose,
    clean,
    hosts,
)
from monitors.sources.http import Answer, Client, joined, parts
from monitors.sources.remote import RemoteFile, RemoteHolding

DEFAULT = "https://huggingface.co"
MAIN = "main"  # the branch that every repository there has
SORTS = ("models", "datasets", "spaces")
BATCH = 20
PAGE = 100
PAGES = 5  # of one sort
FILES_PAGE = 1000
FILES_PAGES = 20
ROOM = 80_000  # characters of a cursor for the repositories of one sort
LIST_BYTES = 32 * 1024 * 1024

_NEXT = re.compile(r'<([^<>\s]{1,4000})>\s*;\s*rel="next"')
_NAME = re.compile(r"[A-Za-z0-9_][\w.-]{0,95}(/[A-Za-z0-9_][\w.-]{0,95})?", re.ASCII)
_OID = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class _Repository(msgspec.Struct):
    id: str
    key: Any = msgspec.field(default="", name="_id")  # stays when the repository is renamed
    sha: str | None = None
    disabled: Any = False

    @property
    def commit(self) -> str:
        """The newest one, "" when it is not told."""
        return self.sha if self.sha and _OID.fullmatch(self.sha) else ""


class _Lfs(msgspec.Struct):
    oid: str
    size: Any = 0


class _Entry(msgspec.Struct):
    path: str
    type: str = "file"
    oid: str = ""
    size: Any = 0
    lfs: _Lfs | None = None


class _Token(msgspec.Struct):
    role: str | None = ""


class _Auth(msgspec.Struct):
    token: _Token | None = msgspec.field(default=None, name="accessToken")


class _WhoAmI(msgspec.Struct):
    name: str
    auth: _Auth | None = None


@dataclasses.dataclass(frozen=True)
class _Tree:
    files: list[_Entry]
    folders: dict[str, str]
    is_whole: bool


class HuggingFace(Adapter):
    """Repositories that a search finds. Each is one place, whatever its newest commit."""

    kind = "huggingface"
    aims = frozenset({Aim.SEARCH})

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or DEFAULT)

    def bucket_of(self, url: str, bucket: str) -> str:
        """https://huggingface.co/docs/hub/rate-limits: files are counted apart from the API."""
        return "resolvers" if "/resolve/" in urlsplit(url).path else ""

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """At most 20 repositories that are new or changed.

        Cursor: {"seen": {"sort/id": commit}, "pending": [["sort/id", commit, key]]}, of at most 1,500
        repositories. Raises SourceError.
        """
        if aim not in self.aims:
            raise SourceError(f"Hugging Face cannot be asked for a {aim}.")
        before, gaps = self.client.requests, list[str]()
        seen, pending = cursor.get("seen", {}), cursor.get("pending", [])
        is_news = not pending
        if is_news:
            hits = {name: hit for sort in SORTS for name, hit in self._hits(sort, query.strip(), gaps)}
            pending = [
                [name, hit.commit, _key(hit)] for name, hit in hits.items() if _is_new(seen, name, hit)
            ]
            seen = {name: sha for name, sha in seen.items() if name in hits and sha == hits[name].commit}
        told = halfway.each(pending, lambda one: self._resolved(*one), most=BATCH, is_news=is_news)
        step = {"seen": {**seen, **{name: sha for name, sha, _ in told.asked}}, "pending": told.later}
        return Batch(
            told.candidates,
            step,
            more=bool(told.later),
            requests=self.client.requests - before,
            gaps=gaps,
            limited=told.limited,
        )

    def examine(self, candidate: Candidate) -> RemoteHolding:
        """What it holds now, by its files' ids; only archives are fetched before they are read.

        Raises SourceError.
        """
        name = candidate.ticket["name"]
        tree = self._tree(name, MAIN)
        files = [self._file(name, MAIN, entry) for entry in tree.files]
        holding = RemoteHolding(self.client, files, tree.folders, limits=self.unpacking)
        if not tree.is_whole:
            holding.skipped.append(f"Only the first {len(files):,} files are listed.")
        return holding

    def look(self, candidate: Candidate) -> Look:
        """Whether it is still there. Raises SourceError."""
        try:
            found = self._asked(candidate.ticket["name"]).decode(_Repository)
        except Gone as gone:
            return Look(live=False, reason=gone.reason)
        except SignInNeeded:
            # The answer for what is deleted or private, and for a bad token: then this says the same again.
            self.client.get(f"{self.base_url}/api/models", params={"limit": 1})
            return Look(live=False, reason="401 deleted or private")
        if found.disabled is True:
            return Look(live=False, reason="disabled")
        if _key(found) and candidate.native_id not in (_key(found), candidate.ticket["name"]):
            return Look(live=False, reason="404 another repository has its name")
        return Look(live=True, digest=found.commit, renamed=self._renamed(candidate, found))

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By account and name, of whatever sort it is."""
        name = str(place.ticket.get("name", ""))
        for host in hosts(place):
            yield host, name
            yield host, name.partition("/")[2]

    def probe(self) -> Probe:
        """Whether the search answers, and what is left of the limit. Raises SourceError."""
        answer = self.client.get(f"{self.base_url}/api/models", params={"limit": 1})
        answer.decode(list[_Repository])
        left = re.search(r";\s*r=(\d{1,9})", answer.headers.get("RateLimit", ""))
        whole = re.search(r";\s*q=(\d{1,9})", answer.headers.get("RateLimit-Policy", ""))
        return Probe(
            "Answers.",
            limit=int(whole[1]) if whole else None,
            remaining=int(left[1]) if left else None,
        )

    def whose(self) -> Whose:
        """The account, and what the token's role is. Raises SourceError."""
        told = self.client.get(f"{self.base_url}/api/whoami-v2").decode(_WhoAmI)
        role = told.auth.token.role if told.auth and told.auth.token else ""
        return Whose(told.name, (role,) if role else ())

    def _hits(self, sort: str, text: str, gaps: list[str]) -> list[tuple[str, _Repository]]:
        """At most 500 of one sort, the last changed first, by "sort/id"."""
        asked: dict[str, str | int] = {"search": text, "limit": PAGE, "full": "true"}
        asked |= {"sort": "lastModified", "direction": -1}
        answer = self.client.get(f"{self.base_url}/api/{sort}", params=asked, max_bytes=LIST_BYTES)
        found: dict[str, _Repository] = {}
        for number in range(PAGES):
            before = len(found)
            page = answer.decode(list[_Repository])[: PAGE * 10]
            found |= {f"{sort}/{hit.id}": hit for hit in page if _NAME.fullmatch(hit.id)}
            url = self._next(answer)
            if not url or len(found) == before:
                break
            if number == PAGES - 1:
                gaps.append(f"Hugging Face finds more than {len(found):,} {sort}: ask for rarer words.")
                break
            answer = self.client.get(url, max_bytes=LIST_BYTES)
        return _fitting(sort, list(found.items())[: PAGE * PAGES], gaps)

    def _resolved(self, name: str, sha: str, key: str) -> list[Candidate]:
        """The candidate with what its tree says; none when it went away meanwhile."""
        try:
            sha = sha or self._asked(name).decode(_Repository).commit
            tree = self._tree(name, sha) if sha else _Tree([], {}, True)
        except (Gone, SignInNeeded):
            return []
        except RateLimited:
            raise
        except SourceError:
            tree = _Tree([], {}, False)  # one odd repository must not hide the others: examining it will tell
        return [self._candidate(name, sha, key, tree)]

    def _candidate(self, name: str, sha: str, key: str, tree: _Tree) -> Candidate:
        sort, _, id = name.partition("/")
        sizes = [entry.size for entry in tree.files if type(entry.size) is int and 0 <= entry.size < 2**53]
        return Candidate(
            host=identity.host(self.base_url),
            native_id=key or name,
            path="",
            title=clean(id if sort == "models" else name),
            url=f"{self.base_url}/{_page(name)}",
            version=sha[:12],
            digest=sha,
            ticket={"name": name, "sha": sha, "size": {"files": len(sizes), "bytes": sum(sizes)}},
            trees=tree.folders,
            entries={entry.path: entry.oid for entry in tree.files if not entry.lfs},
        )

    def _renamed(self, candidate: Candidate, found: _Repository) -> Candidate | None:
        """The candidate as it is called now; None when that is its name already."""
        sort, _, id = candidate.ticket["name"].partition("/")
        if found.id == id or not _NAME.fullmatch(found.id):
            return None
        name = f"{sort}/{found.id}"
        title, ticket = clean(found.id if sort == "models" else name), {**candidate.ticket, "name": name}
        url = f"{self.base_url}/{_page(name)}"
        return dataclasses.replace(candidate, title=title, url=url, ticket=ticket)

    def _asked(self, name: str) -> Answer:
        return self.client.get(f"{self.base_url}/api/{quote(name)}", max_bytes=LIST_BYTES)

    def _tree(self, name: str, revision: str) -> _Tree:
        """All files and folders of a commit; at most 20,000."""
        url = f"{self.base_url}/api/{quote(name)}/tree/{revision}"
        asked: dict[str, str | int] | None = {"recursive": "true", "limit": FILES_PAGE}
        files: dict[str, _Entry] = {}
        folders: dict[str, str] = {}
        for _ in range(FILES_PAGES):
            answer = self.client.get(url, params=asked, max_bytes=LIST_BYTES)
            before = len(files) + len(folders)
            for entry in answer.decode(list[_Entry]):
                if entry.type == "directory" and _OID.fullmatch(entry.oid):
                    folders[entry.path] = entry.oid
                elif entry.type == "file" and _OID.fullmatch(entry.lfs.oid if entry.lfs else entry.oid):
                    files[entry.path] = entry
            url, asked = self._next(answer), None
            if not url or len(files) + len(folders) == before:
                return _Tree(list(files.values()), folders, not url)
        return _Tree(list(files.values()), folders, False)

    def _file(self, name: str, revision: str, entry: _Entry) -> RemoteFile:
        size = entry.lfs.size if entry.lfs else entry.size
        url = f"{self.base_url}/{_page(name)}/resolve/{revision}/{quote(entry.path)}"
        id = entry.lfs.oid if entry.lfs else entry.oid
        return RemoteFile(entry.path, url, id, size if type(size) is int and 0 <= size < 2**53 else 0)

    def _next(self, answer: Answer) -> str:
        """The next page's address, "" at the end. Pages of other hosts are none."""
        found = _NEXT.search(answer.headers.get("Link", ""))
        url = joined(answer.url, found[1]) if found else ""
        return url if parts(url).netloc == parts(self.base_url).netloc else ""


def _page(name: str) -> str:
    """Where people find it: models lie at the root."""
    return quote(name.removeprefix("models/"))


def _key(hit: _Repository) -> str:
    return hit.key if isinstance(hit.key, str) and re.fullmatch(r"[0-9a-f]{24}", hit.key) else ""


def _fitting(
    sort: str, found: list[tuple[str, _Repository]], gaps: list[str]
) -> list[tuple[str, _Repository]]:
    """Those that a cursor has room for, from the first on."""
    room, kept = ROOM, list[tuple[str, _Repository]]()
    for name, hit in found:
        room -= len(json.dumps([name, hit.commit, _key(hit)])) + 2
        if room < 0:
            gaps.append(f"Hugging Face finds {len(found):,} {sort}, and we follow {len(kept):,} of them.")
            break
        kept.append((name, hit))
    return kept


def _is_new(seen: Mapping[str, str], name: str, hit: _Repository) -> bool:
    return name not in seen or seen[name] != hit.commit
