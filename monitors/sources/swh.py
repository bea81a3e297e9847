"""Software Heritage: does the archive hold our files?

https://archive.softwareheritage.org/api/1/known/doc/: its names for files and folders are git's ids, and it
keeps content by them, so that an id it knows is evidence there: nothing has to be downloaded.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, Self

import msgspec

from monitors.sources import identity
from monitors.sources.archives import integrity
from monitors.sources.base import Adapter, Aim, Batch, Candidate, Look, Probe, SourceError
from monitors.sources.http import Client
from monitors.sources.statuses import Answered

DEFAULT = "https://archive.softwareheritage.org"
A_CALL = 1000  # ids
LEAST = 50
MOST = 20_000  # ids of ours that one poll asks for: 20 of the 120 calls an hour that anybody has
KEPT = 1000  # ids that a ticket carries, so that looking again is one call
EMPTY = "swh:1:cnt:e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"

_ID = re.compile(r"[0-9a-f]{40}")


class _Known(msgspec.Struct):
    known: bool


class _Round(msgspec.Struct):
    """How the polls go round all ids, 20,000 at a time; `counts` of the known ones, by where each began."""

    next: int = 0
    known: list[str] = []
    counts: dict[str, int] = {}

    def turn(self, ids: Sequence[str], start: int, known: Sequence[str]) -> None:
        """These of the ids from `start` on are known now; of the others, what was known before."""
        asked = set(ids[start : start + MOST])
        there = {*(id for id in self.known if id not in asked), *known}
        self.known = [id for id in ids if id in there][:KEPT]
        kept = {begun: count for begun, count in self.counts.items() if int(begun) < len(ids)}
        self.counts = kept | {str(start): len(known)}
        self.next = start + MOST


class SoftwareHeritage(Adapter):
    """The archive as a whole is one place: it holds so many of our files and folders."""

    kind = "swh"
    aims = frozenset({Aim.IDS})

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or DEFAULT)

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """The archive, when what it holds of ours changed, as far as it was asked.

        Cursor: {"digest"} of that; of more than 20,000 ids also how the polls go round them, a `_Round` of at
        most 1,000 ids. Raises SourceError.
        """
        if aim not in self.aims:
            raise SourceError(f"Software Heritage cannot be asked for a {aim}.")
        ids = _named("dir", self.ours.trees) + _named("cnt", self.ours.blobs)
        if not ids:
            raise SourceError("There are no ids of ours to ask Software Heritage for yet.")
        before, state = self.client.requests, msgspec.convert(cursor, _Round)
        start = state.next if 0 < state.next < len(ids) else 0
        state.turn(ids, start, self._known(ids[start : start + MOST]))
        asked = sum(len(ids[int(begun) : int(begun) + MOST]) for begun in state.counts)
        found = self._candidate(state.known, sum(state.counts.values()), asked) if state.known else None
        digest = found.digest if found else ""
        gap = f"Software Heritage was asked for {asked:,} of our {len(ids):,} ids so far."
        return Batch(
            [found] if found and digest != cursor.get("digest") else [],
            {"digest": digest} | (msgspec.to_builtins(state) if len(ids) > MOST else {}),
            requests=self.client.requests - before,
            gaps=[gap] if asked < len(ids) else [],
        )

    def examine(self, candidate: Candidate) -> Archived:
        """The ids that it was known to hold. Asks nothing."""
        return Archived(candidate.ticket["ids"], candidate.ticket["known"])

    def look(self, candidate: Candidate) -> Look:
        """Whether it still holds any of them, by one call. Raises SourceError."""
        known = self._known(candidate.ticket["ids"])
        if not known:
            return Look(live=False, reason="not archived any more")
        return Look(live=True, digest=_digest(known))

    def probe(self) -> Probe:
        """Whether the archive answers: it knows the empty file. Raises SourceError."""
        answer = self.client.post(f"{self.base_url}/api/1/known/", json=[EMPTY])
        answer.decode(dict[str, _Known])
        limit, left = (
            _number(answer.headers.get(f"X-RateLimit-{name}", "")) for name in ("Limit", "Remaining")
        )
        return Probe("Answers.", limit=limit, remaining=left)

    def _known(self, ids: Sequence[str]) -> list[str]:
        """Those of these ids that the archive holds, in their order."""
        found: list[str] = []
        at, size = 0, A_CALL
        while at < len(ids):
            part = list(ids[at : at + size])
            try:
                answer = self.client.post(f"{self.base_url}/api/1/known/", json=part)
            except Answered as refusal:
                if refusal.status != 413 or size <= LEAST:
                    raise
                size = max(size // 2, LEAST)
                continue
            told = answer.decode(dict[str, _Known])
            if not told.keys() >= set(part):
                raise SourceError("Software Heritage answered for other ids than it was asked for.")
            found += [id for id in part if told[id].known]
            at += size
        return found

    def _candidate(self, kept: list[str], known: int, asked: int) -> Candidate:
        held = Archived(kept, known)
        return Candidate(
            host=identity.host(self.base_url),
            native_id="archive",
            path="",
            title=f"{known:,} of {asked:,} files and folders of ours",
            url=f"{self.base_url}/{kept[0]}",
            version="",
            digest=_digest(kept),
            ticket={"ids": kept, "known": known, "asked": asked},
            trees=held.trees,
            entries=held.entries,
        )


class Archived:
    """Ids that the archive holds, each under its own name: files and folders have no paths there."""

    def __init__(self, ids: Sequence[str], known: int) -> None:
        parts = [(name, *name.split(":")[2:4]) for name in ids if name.count(":") == 3]
        self.entries = {name: id for name, sort, id in parts if sort == "cnt"}
        self.trees = {name: id for name, sort, id in parts if sort == "dir"}
        more = known - len(ids)
        self.skipped = [f"{more:,} more are archived than are listed here."] if more > 0 else []

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        """Nothing: the ids say it all."""
        yield from ()

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        pass


def _named(sort: str, ids: Sequence[str]) -> list[str]:
    """https://www.swhid.org/specification/v1.2/: git's SHA-1 ids, with what they are of."""
    return [f"swh:1:{sort}:{id}" for id in dict.fromkeys(ids) if _ID.fullmatch(id)]


def _digest(known: Sequence[str]) -> str:
    return integrity("sha256", hashlib.sha256("\n".join(sorted(known)).encode()).hexdigest())


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
