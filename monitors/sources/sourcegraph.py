"""Sourcegraph's public search: which files of public repositories hold a phrase.

https://sourcegraph.com/docs/api/stream-api: the answer is a stream of events. What the search says that it
skipped is what we do not see there.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple
from urllib.parse import quote

import msgspec

from monitors.sources import eventstream, identity, served
from monitors.sources.archives import ArchiveHolding
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Look,
    Probe,
    Refused,
    SignInNeeded,
    SourceError,
    Whose,
    clean,
    hosts,
)
from monitors.sources.eventstream import Event
from monitors.sources.http import Answer, Client, place

DEFAULT = "https://sourcegraph.com"
BATCH = 20
SHOWN = 500  # files that one search shows
SECONDS = 30  # that a search may take there
STREAM_BYTES = 16 * 1024 * 1024
FILE_BYTES = 8 * 1024 * 1024  # it searches no file as large as this
SEEN = 2_000
PENDING = 100_000  # characters of JSON of what waits; the rest is found by another search
MOST_GAPS = 8
LONGEST_PATH = 1_000

# https://sourcegraph.com/docs/api/stream-api: why something was skipped
_WHY = {
    "document-match-limit": "It stopped within files that hold the phrase very often",
    "shard-match-limit": "It found more than it lists: search for a rarer phrase",
    "display": "It found more than it lists: search for a rarer phrase",
    "repository-limit": "It did not search all repositories, as there are too many",
    "shard-timeout": "It ran out of time before it had searched everything",
    "shard-timedout": "It ran out of time before it had searched everything",
    "repository-cloning": "Some repositories are not searched yet",
    "repository-missing": "Some repositories are not there to be searched",
    "backend-missing": "A part of the search was out of order",
    "repository-fork": "Forks were not searched",
    "excluded-fork": "Forks were not searched",
    "excluded-archive": "Archived repositories were not searched",
    "error": "It failed in part",
}
_UNSURE = frozenset(_WHY) - {"document-match-limit", "shard-match-limit", "display"}

_REPOSITORY = re.compile(r"(?!.*(?:^|/)\.{1,2}(?:/|$))[\w.~+-]{1,100}(?:/[\w.~+-]{1,100}){0,10}", re.ASCII)
_COMMIT = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class _Match(msgspec.Struct):
    """One file. Other sorts of matches have other fields, and are passed over."""

    type: str
    repository: str
    path: str
    commit: str
    key: Any = msgspec.field(default=0, name="repositoryID")


class _Skipped(msgspec.Struct):
    reason: str = ""
    title: str = ""


class _User(msgspec.Struct):
    username: str


class _Mine(msgspec.Struct):
    user: _User | None = msgspec.field(default=None, name="currentUser")


class _Me(msgspec.Struct):
    data: _Mine


class _Progress(msgspec.Struct):
    skipped: list[_Skipped] = msgspec.field(default_factory=list)


class _Said(msgspec.Struct):
    """An alert, or an error."""

    title: str = ""
    message: str = ""
    description: str | None = ""

    @property
    def text(self) -> str:
        return ". ".join(part for part in (self.title, self.message, self.description) if part)


class Row(NamedTuple):
    """A file at a commit. `key` is the host's own id of the repository: names change."""

    key: str
    repository: str
    path: str
    commit: str

    @property
    def mark(self) -> str:
        return hashlib.sha256(f"{self.key}\0{self.path}".encode("utf-8", "replace")).hexdigest()[:12]


class _Answer(NamedTuple):
    """What a search told: files, and in whole sentences what it left out. `is_sure` of what is not there."""

    rows: list[Row]
    gaps: list[str]
    is_sure: bool


class Sourcegraph(Adapter):
    """A file in a repository is a place, whatever the commit it was seen at."""

    kind = "sourcegraph"
    aims = frozenset({Aim.CODE})
    longest_query = 200
    pace = 20

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or DEFAULT)
        client.authorize = _shown

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """At most 20 files that hold the phrase and are new, or whose repository has another commit.

        Cursor: {"seen": {mark of a file: commit}, "pending": [files], "is_cut": when not all that were found
        fit in}, of at most 2,000 marks and 100,000 characters of files.

        Raises SourceError; Refused for no phrase.
        """
        if aim not in self.aims:
            raise SourceError(f"Sourcegraph cannot be asked for a {aim}.")
        before = self.client.requests
        seen, pending, gaps = cursor.get("seen", {}), cursor.get("pending", []), list[str]()
        is_cut = cursor.get("is_cut", False)
        if not pending:
            answer = self._search(_asking(query))
            gaps = answer.gaps
            found = {row.mark: row for row in answer.rows}
            others = {mark: commit for mark, commit in seen.items() if mark not in found}
            seen = others | {mark: seen[mark] for mark in found if mark in seen}
            fresh = [list(row) for mark, row in found.items() if seen.get(mark) != row.commit[:12]]
            pending, is_cut = _fitting(fresh)
        now, later = [Row(*one) for one in pending[:BATCH]], pending[BATCH:]
        seen = _bounded(seen | {row.mark: row.commit[:12] for row in now})
        step = {"seen": seen, "pending": later, "is_cut": is_cut}
        candidates = [self._candidate(row) for row in now]
        more = bool(later) or is_cut
        return Batch(candidates, step, more, self.client.requests - before, gaps=gaps)

    def examine(self, candidate: Candidate) -> ArchiveHolding:
        """The file as it was at the commit, and of a source map what is in it. Raises SourceError."""
        row = _row(candidate)
        url = f"{self._page(row, row.commit)}/-/raw/{quote(row.path)}"
        answer = self.client.get(url, headers={"Accept": "*/*"}, max_bytes=FILE_BYTES)
        if _is_page(answer):
            raise SourceError(f"{place(url)} answered with a web page where a file was due.")
        if row.path.endswith(".map"):
            return served.held(io.BytesIO(answer.content), name=row.path, limits=self.unpacking)
        holding = ArchiveHolding()
        holding.add(row.path, answer.content)
        return holding

    def look(self, candidate: Candidate) -> Look:
        """Whether the file is still in the index, and at which commit. Raises SourceError."""
        row = _row(candidate)
        name, path = (re.escape(part).replace('"', '\\"') for part in (row.repository, row.path))
        asked = f'repo:"^{name}$" file:"^{path}$" type:path patterntype:regexp'
        answer = self._search(asked)
        found = next((one for one in answer.rows if (one.repository, one.path) == row[1:3]), None)
        if found:
            return Look(live=True, digest=found.commit)
        if not answer.is_sure:
            raise SourceError(f"Sourcegraph could not tell: {' '.join(answer.gaps)}"[:500])
        return Look(live=False, reason="not in the index")

    @classmethod
    def repository_of(cls, candidate: Candidate) -> str:
        """Its address on the host it was cloned from, by which Sourcegraph calls it: github.com/acme/cli."""
        return f"https://{_row(candidate).repository}" if "file" in candidate.ticket else ""

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By the repository, at the host that Sourcegraph has it from, and at Sourcegraph itself."""
        repository = str([*place.ticket.get("file", ()), "", ""][1])
        origin, _, name = repository.partition("/")
        yield origin, name
        for host in hosts(place):
            yield host, repository

    def probe(self) -> Probe:
        """Whether the search answers. Raises SourceError."""
        answer = self._search("type:repo", most=1)
        return Probe("Answers." if answer.is_sure else clean(f"Answers. {' '.join(answer.gaps)}"))

    def whose(self) -> Whose:
        """https://sourcegraph.com/docs/api/graphql. Raises SourceError; SignInNeeded for nobody's token."""
        asked = {"query": "query { currentUser { username } }"}
        user = self.client.post(f"{self.base_url}/.api/graphql", json=asked).decode(_Me).data.user
        if user is None:
            raise SignInNeeded(f"{place(self.base_url)} does not know this token. Check it.")
        return Whose(user.username)

    def _search(self, asked: str, *, most: int = SHOWN) -> _Answer:
        """Raises SourceError, also when the stream ends before it brought anything."""
        query = f"{asked} fork:yes archived:yes count:{most} timeout:{SECONDS}s"
        params: dict[str, str | int] = {"q": query, "v": "V3", "t": "standard", "display": most}
        params |= {"cm": "true", "max-line-len": 100, "cl": 0}  # lines can be as long as files
        url = f"{self.base_url}/.api/search/stream"
        answer = self.client.get(
            url, headers={"Accept": "text/event-stream"}, params=params, max_bytes=STREAM_BYTES
        )
        if answer.is_html:
            raise SourceError(f"{place(url)} answered with a web page where a stream of events was due.")
        return _told(eventstream.read(answer.content), url)

    def _candidate(self, row: Row) -> Candidate:
        return Candidate(
            host=identity.host(self.base_url),
            native_id=row.key,
            path=identity.bounded(row.path),
            title=clean(f"{row.repository}: {row.path}"),
            url=f"{self._page(row, row.commit)}/-/blob/{quote(row.path)}"[:1000],
            version=row.commit[:12],
            digest=row.commit,
            ticket={"file": list(row)},
        )

    def _page(self, row: Row, revision: str) -> str:
        return f"{self.base_url}/{quote(row.repository)}@{revision}"


def _asking(phrase: str) -> str:
    """https://sourcegraph.com/docs/code-search/queries: a phrase as it stands, whatever is in it."""
    text = " ".join(phrase.split())
    if not re.search(r"\w", text):
        raise Refused(f"{clean(phrase, 80) or 'This'} is no phrase to search for.")
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'content:"{escaped}" type:file'


def _told(events: list[Event], url: str) -> _Answer:
    rows: dict[str, Row] = {}
    progress, gaps, names = _Progress(), list[str](), {event.name for event in events}
    for event in events:
        if event.name == "matches":
            rows |= {row.mark: row for raw in _decoded(event, list[msgspec.Raw], []) if (row := _sound(raw))}
        elif event.name == "progress":
            progress = _decoded(event, _Progress, progress)
        elif event.name in ("alert", "error") and (text := _decoded(event, _Said, _Said()).text):
            gaps.append(clean(f"Sourcegraph says: {text}"))
    if not names & {"done", "matches"}:
        raise SourceError(gaps[0] if gaps else f"{place(url)} answered with something that is no search.")
    if len(rows) > SHOWN:
        gaps.append(f"Sourcegraph told of {len(rows):,} files, of which {SHOWN} are read.")
    gaps += [_gap(skipped) for skipped in progress.skipped]
    if "done" not in names:
        gaps.append("Sourcegraph's answer ended early: some of what it found may be missing.")
    is_sure = not (names & {"alert", "error"}) and "done" in names
    is_sure = is_sure and not any(skipped.reason in _UNSURE for skipped in progress.skipped)
    return _Answer(list(rows.values())[:SHOWN], list(dict.fromkeys(gaps))[:MOST_GAPS], is_sure)


def _gap(skipped: _Skipped) -> str:
    why, title = _WHY.get(skipped.reason, "It left something out"), clean(skipped.title, 80)
    return f"Sourcegraph left something out. {why}{f' ({title})' if title else ''}."


def _decoded(event: Event, shape: Any, otherwise: Any) -> Any:
    """An odd event must not hide the others."""
    try:
        return msgspec.json.decode(event.data, type=shape)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return otherwise


def _sound(raw: msgspec.Raw) -> Row | None:
    """The file that a match tells of; None for other sorts of matches, and for odd ones."""
    try:
        match = msgspec.json.decode(raw, type=_Match)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    if match.type not in ("content", "path", "symbol") or not _REPOSITORY.fullmatch(match.repository):
        return None
    parts, is_short = match.path.split("/"), 0 < len(match.path) <= LONGEST_PATH
    if not is_short or clean(match.path, LONGEST_PATH) != match.path or {"", ".", ".."} & set(parts):
        return None
    if len(match.repository) > identity.LONGEST or not _COMMIT.fullmatch(match.commit):
        return None
    is_id = type(match.key) is int and 0 < match.key < 2**53
    return Row(str(match.key) if is_id else match.repository, match.repository, match.path, match.commit)


def _row(candidate: Candidate) -> Row:
    row = candidate.ticket.get("file", [])
    if len(row) != 4:
        raise SourceError("This place was not found by Sourcegraph.")
    return Row(*row)


def _bounded(seen: dict[str, str]) -> dict[str, str]:
    """The last ones found."""
    return dict(list(seen.items())[-SEEN:])


def _fitting(rows: list[list[str]]) -> tuple[list[list[str]], bool]:
    """As many as a cursor may hold, and whether there are more."""
    size = 0
    for number, row in enumerate(rows):
        size += len(json.dumps(row)) + 2
        if size > PENDING and number >= BATCH:
            return rows[:number], True
    return rows, False


def _is_page(answer: Answer) -> bool:
    """Files come as plain text: a page with HTML is the host's own, about a sign-in or an error."""
    return "html" in answer.headers.get("Content-Type", "").lower()


def _shown(token: str) -> str:
    """https://sourcegraph.com/docs/api/stream-api#request"""
    return f"token {token}"
