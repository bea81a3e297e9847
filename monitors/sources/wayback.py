"""The Wayback Machine: captures of an exposed address.

https://github.com/internetarchive/wayback/tree/master/wayback-cdx-server: rows come under a header row, the
oldest first, and when there are more, an empty row and the key to go on with follow them.
"""

from __future__ import annotations

import base64
import binascii
import re
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from monitors.sources import halfway, identity, served
from monitors.sources.archives import ArchiveHolding, Mismatch, verify
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Look,
    Probe,
    RateLimited,
    Refused,
    SourceError,
    clean,
)
from monitors.sources.http import Client
from monitors.sources.statuses import Answered, moment

DEFAULT = "https://web.archive.org"
BATCH = 20
MOST_ROWS = 1000  # of one answer that tells whether captures are still there
LIST_BYTES = 4 * 1024 * 1024
FIELDS = ("timestamp", "original", "mimetype", "statuscode", "digest", "length")
LATE = timedelta(days=30)  # captures may be indexed so much later than they were made
LATEST = 2**32  # seconds since 1970: later than that, no clock is right
LONGEST_KEY = 2000
CONTROL = "example.com"  # an address that the archive has, to tell a refusal of one from a refusal of us

_TIMESTAMP = re.compile(r"[12]\d{13}")


class Row(NamedTuple):
    """One capture. `digest` is the SHA-1 of what was sent, in base 32."""

    timestamp: str
    original: str
    mimetype: str
    statuscode: str
    digest: str
    length: str

    @property
    def at(self) -> datetime:
        return datetime.strptime(self.timestamp, "%Y%m%d%H%M%S").replace(tzinfo=UTC)

    @property
    def is_content(self) -> bool:
        """Whether something was captured, and not an error or a redirect."""
        return self.statuscode in ("200", "-", "")

    @property
    def integrity(self) -> str:
        try:
            return f"sha1-{base64.b64encode(base64.b32decode(self.digest)).decode()}"
        except (binascii.Error, ValueError):
            return ""


class _Listing(NamedTuple):
    rows: list[Row]
    key: str  # to go on with, "" at the end
    is_torn: bool = False  # whether there is more, behind a key that is none
    tomorrow: str = ""  # there: what is captured later is dated wrongly


class Wayback(Adapter):
    """Each capture is a place of its own, whose content can be held against the leak."""

    kind = "wayback"
    aims = frozenset({Aim.CAPTURES})
    bulk = 20
    pace = 30  # it shuts out whoever asks much faster, for an hour

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or DEFAULT)

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """At most 20 captures of an address, or of all that begin like it ("https://host/path/*").

        Cursor: {"key": to go on with, "newest": timestamp}, below 3 KB. At the end, the last 30 days are read
        again: the archive is late. Raises SourceError; Refused for what is no address.
        """
        if aim not in self.aims:
            raise SourceError(f"The Wayback Machine cannot be asked for a {aim}.")
        before, newest = self.client.requests, cursor.get("newest", "")
        asked = {"key": cursor.get("key", ""), "since": cursor.get("since", "")}
        address, shown = _address(query), clean(query.strip(), 150)
        try:
            listing = self._list(address, limit=BATCH, **asked)
        except Answered as refusal:
            self._excludes(refusal)
            said = f"The Wayback Machine shows nobody its captures of {shown}. We go on asking."
            return Batch([], cursor, requests=self.client.requests - before, gaps=[said])
        stamps = [newest, *(row.timestamp for row in listing.rows)]
        newest = max((stamp for stamp in stamps if stamp <= listing.tomorrow), default="")
        goes_on = bool(listing.key) and listing.key != asked["key"]
        is_torn = listing.is_torn or bool(listing.key and not goes_on)
        torn = f"The Wayback Machine does not let us read on: captures of {shown} may be missing."
        step = {"newest": newest, "since": asked["since"] if goes_on else _late(newest)}
        return Batch(
            [self._candidate(row) for row in listing.rows if row.is_content],
            step | ({"key": listing.key} if goes_on else {}),
            more=goes_on,
            requests=self.client.requests - before,
            gaps=[torn] if is_torn else [],
        )

    def examine(self, candidate: Candidate) -> ArchiveHolding:
        """What was captured, as it was sent. Raises SourceError."""
        original, timestamp = candidate.ticket["original"], candidate.ticket["timestamp"]
        url = f"{self.base_url}/web/{timestamp}id_/{original}"
        with self.client.download(url, max_bytes=served.MOST_BYTES, headers=served.AS_IT_IS) as file:
            differs = _difference(file, candidate.digest)
            file.seek(0)
            holding = served.held(file, name=served.filename(original), limits=self.unpacking)
        holding.skipped.extend(differs)
        return holding

    def look(self, candidate: Candidate) -> Look:
        """Whether the capture is still in the index. Raises SourceError."""
        original, timestamp = candidate.ticket["original"], candidate.ticket["timestamp"]
        try:
            rows = self._list(original, limit=1, since=timestamp, until=timestamp).rows
        except Answered as refusal:
            self._excludes(refusal)
            return Look(live=False, reason="excluded")
        if not rows:
            return Look(live=False, reason="not in the index")
        return Look(live=True, digest=rows[0].integrity)

    def look_many(self, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
        """The same of many, in their order: one question tells of the captures of one address."""
        kept = {one.ticket["original"]: dict[str, Row]() for one in candidates}
        for original in kept:
            stamps = [one.ticket["timestamp"] for one in candidates if one.ticket["original"] == original]
            if len(stamps) > 1:
                kept[original] = self._between(original, min(stamps), max(stamps))
        told = [kept[one.ticket["original"]].get(one.ticket["timestamp"]) for one in candidates]
        # What is not among them is asked for alone: there may be more captures than one answer holds.
        return halfway.looks(candidates, lambda number, one: _listed(told[number]) or self._told(one))

    def probe(self) -> Probe:
        """Whether the index answers. Raises SourceError."""
        rows = self._list(CONTROL, limit=1).rows
        return Probe(
            "Answers." if rows else "Answers, and has no captures of a page that everybody captures."
        )

    def _excludes(self, refusal: Answered) -> None:
        """Raises SourceError unless it was this address that was refused, and not us."""
        if refusal.status != 403:
            raise refusal
        self._list(CONTROL, limit=1)

    def _between(self, original: str, since: str, until: str) -> dict[str, Row]:
        """Captures by timestamp; none where this cannot be told. Raises RateLimited."""
        try:
            rows = self._list(original, limit=MOST_ROWS, since=since, until=until, collapse="").rows
        except RateLimited:
            raise
        except SourceError:
            return {}
        return {row.timestamp: row for row in rows}

    def _list(
        self,
        url: str,
        *,
        limit: int,
        key: str = "",
        since: str = "",
        until: str = "",
        collapse: str = "digest",
    ) -> _Listing:
        asked: dict[str, str | int] = {"url": url, "output": "json", "fl": ",".join(FIELDS), "limit": limit}
        asked |= {"filter": "!statuscode:[345]..", "showResumeKey": "true"}
        told = {"resumeKey": key, "from": since, "to": until, "collapse": collapse}
        asked |= {name: value for name, value in told.items() if value}
        answer = self.client.get(f"{self.base_url}/cdx/search/cdx", params=asked, max_bytes=LIST_BYTES)
        listing = _listing(answer.decode(list[list[str]]) if answer.content.strip() else [])
        now = min(moment(answer.headers.get("Date", "")) or time.time(), LATEST)
        return listing._replace(tomorrow=_stamp(datetime.fromtimestamp(now, UTC) + timedelta(days=1)))

    def _candidate(self, row: Row) -> Candidate:
        size = {"size": {"bytes": int(row.length)}} if row.length.isdigit() and len(row.length) < 16 else {}
        return Candidate(
            host=identity.host(self.base_url),
            native_id=identity.bounded(row.original),
            path=row.timestamp,
            title=clean(f"{_bare(row.original)} {row.at:%Y-%m-%d %H:%M:%S}"),
            url=f"{self.base_url}/web/{row.timestamp}/{row.original}"[:1000],
            version=f"{row.at:%Y-%m-%d %H:%M:%S}",
            digest=row.integrity,
            ticket={"original": row.original[:2000], "timestamp": row.timestamp} | size,
        )


def _listed(row: Row | None) -> Look | None:
    return Look(live=True, digest=row.integrity) if row else None


def _listing(table: list[list[str]]) -> _Listing:
    """Rows by the names in the header, and the key behind the empty row. Odd rows are passed over."""
    header, *rows = table or [[]]
    if rows and not {"timestamp", "original", "digest"} <= set(header):
        raise SourceError("The Wayback Machine answered with a table without its header.")
    key, is_torn = "", False
    if len(rows) >= 2 and not rows[-2] and len(rows[-1]) == 1:
        key = rows[-1][0] if len(rows[-1][0]) <= LONGEST_KEY else ""
        rows, is_torn = rows[:-2], not key
    told = (dict(zip(header, row, strict=False)) for row in rows if len(row) == len(header))
    found = (Row(*(one.get(name, "") for name in FIELDS)) for one in told)
    return _Listing([row for row in found if _is_sound(row)], key, is_torn)


def _is_sound(row: Row) -> bool:
    if not _TIMESTAMP.fullmatch(row.timestamp) or clean(row.original, 2000) != row.original:
        return False
    try:
        return row.at.year > 1990
    except ValueError:
        return False


def _address(query: str) -> str:
    """The address as the index takes it. Raises Refused."""
    url = query.strip()
    if not re.fullmatch(r"(https?://)?[^\s/*]+\.[^\s/*]+(/[^\s*]*)?\*?", url):
        raise Refused(f"{clean(query, 100)} is no address like https://host/path, or https://host/path/*.")
    return url


def _bare(url: str) -> str:
    """The address as people say it, cut so that what follows it in a title is seen."""
    return url.partition("://")[2][:200] or url[:200]


def _late(newest: str) -> str:
    """Where the next reading begins: 30 days before the newest capture."""
    if not newest:
        return ""
    at = datetime.strptime(newest, "%Y%m%d%H%M%S").replace(tzinfo=UTC) - LATE
    return _stamp(at)


def _stamp(at: datetime) -> str:
    return f"{at:%Y%m%d%H%M%S}"


def _difference(file: Any, digest: str) -> list[str]:
    """Archives keep what was sent, compressed or not, so another hash is worth a word and no more."""
    try:
        verify(file, digest, name="The capture")
    except Mismatch:
        return ["The capture's hash differs from the index: it may have been sent compressed."]
    return []
