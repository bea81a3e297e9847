"""Any web address: is it still served, where does it lead, and is it what it was?

https://www.rfc-editor.org/rfc/rfc9110#name-conditional-requests
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

from monitors.sources import identity, served
from monitors.sources.archives import ArchiveHolding
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Look,
    Probe,
    SourceError,
    clean,
    missing,
)
from monitors.sources.http import check_url, place
from monitors.sources.served import Served

LONGEST = 2000  # characters of an address


class Url(Adapter):
    """What lies at an address is one place, whatever it holds from day to day."""

    kind = "url"
    aims = frozenset({Aim.ADDRESS})
    pace = 60

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """The address, when what it serves is new or another. Cursor: what it served, below 5 KB.

        Raises SourceError, and none for an address that serves nothing.
        """
        if aim not in self.aims:
            raise SourceError(f"An address cannot be asked for a {aim}.")
        url, before = address(query), self.client.requests
        try:
            found = served.ask(self.client, url, known=Served.from_json(cursor))
        except Gone as gone:
            nothing = missing(place(url), gone, cursor=cursor, kept={"gone": True})
            return dataclasses.replace(nothing, requests=self.client.requests - before)
        is_same = found.digest == cursor.get("digest")
        candidates = [] if is_same else [candidate(url, found)]
        return Batch(candidates, found.as_json(), requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> ArchiveHolding:
        """What is there now. Raises SourceError."""
        return served.examine(self.client, candidate.ticket["url"], self.unpacking)

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By its address, and by the one where redirects led: what is served lies there."""
        yield from super().called(place)
        final = str(place.ticket.get("served", {}).get("final", ""))
        yield from super().called(dataclasses.replace(place, host="", url=final))

    def look(self, candidate: Candidate) -> Look:
        """Whether it is still served, and as what. Raises SourceError."""
        return look(self, candidate)

    def probe(self) -> Probe:
        """There is no one to ask before an address is given."""
        if not self.base_url:
            return Probe("Asks whatever addresses its watches name; there is nothing to configure.")
        try:
            self.client.get(self.base_url)
        except Gone:
            return Probe("Answers, with nothing at this very address.")
        return Probe("Answers.")


def look(adapter: Adapter, candidate: Candidate) -> Look:
    """What the address of a candidate's ticket serves now. Raises SourceError."""
    try:
        found = served.again(adapter.client, candidate)
    except Gone as gone:
        return Look(live=False, reason=gone.reason)
    reason = f"redirects to {clean(found.final, 200)}" if found.final != candidate.ticket["url"] else ""
    led = candidate.ticket.get("served", {}).get("final")
    ticket = candidate.ticket | {"served": found.as_json()}
    now = dataclasses.replace(candidate, ticket=ticket) if found.final != led else None
    return Look(live=True, reason=reason, digest=found.digest, renamed=now)


def address(query: str) -> str:
    """The address of a query, without a fragment. Raises Refused for what is none."""
    url = query.strip().partition("#")[0][:LONGEST]
    check_url(url)
    return url


def candidate(url: str, found: Served) -> Candidate:
    parts = urlsplit(url)
    return Candidate(
        host=parts.netloc.lower(),
        native_id=identity.bounded(f"{parts.path or '/'}?{parts.query}".rstrip("?")),
        path="",
        title=clean(f"{parts.netloc}{parts.path}"),
        url=url[:1000],
        version="",
        digest=found.digest,
        ticket={"url": url, "served": found.as_json(), "size": {"bytes": found.size}},
    )
