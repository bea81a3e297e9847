"""RSS and Atom feeds: the press, blogs, advisories. Only what they say is taken, as mentions.

https://www.rssboard.org/rss-specification, https://web.resource.org/rss/1.0/spec and
https://www.rfc-editor.org/rfc/rfc4287
"""

from __future__ import annotations

import hashlib
from typing import Any

from monitors.sources import entries, identity
from monitors.sources.base import Batch, Mention, Probe, Refused, clean
from monitors.sources.entries import Entry, Reading
from monitors.sources.http import Answer, Client, check_url, joined
from monitors.sources.talk import Talk, Words, plain

BYTES = 8 * 1024 * 1024
SEEN = 2_000  # entries that are told apart
LONGEST = 20_000  # characters of an entry
ACCEPT = "application/atom+xml, application/rss+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"


class Feed(Talk):
    """One feed, by its address: the source's own, or another that the query begins with."""

    kind = "feed"
    pace = 30

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url)
        self.base_url = base_url.strip()  # with the slash at its end, which may matter there

    def listen(self, query: str, cursor: dict[str, Any]) -> Batch:
        """Entries that hold one of the words, each once. Asks nothing of a feed that stands as it was.

        Cursor: {"etag", "modified", "seen": {mark of an entry: of its words}}, of at most 2,000 entries.
        """
        url, words = self._asks(query)
        answer = self._asked(url, cursor)
        if answer.is_unchanged:
            return Batch([], cursor)
        reading = entries.read(answer)
        seen = cursor.get("seen", {})
        now = {_mark(_name(one)): one for one in reading.entries}
        marks = {mark: _mark(f"{one.title} {one.text}") for mark, one in now.items()}
        fresh = [one for mark, one in now.items() if seen.get(mark) != marks[mark]]
        kept = {mark: said for mark, said in seen.items() if mark not in marks} | marks
        return Batch(
            [],
            {
                "etag": answer.etag,
                "modified": answer.last_modified,
                "seen": dict(list(kept.items())[-SEEN:]),
            },
            mentions=[_mention(url, one, words) for one in fresh if words.stand_in(*_texts(one))],
            gaps=_gaps(reading, is_torn=bool(seen and now) and not seen.keys() & now.keys()),
        )

    def probe(self) -> Probe:
        """Whether the source's own address is a feed. Raises SourceError."""
        if not self.base_url:
            return Probe("Has no address of its own: each watch names its feed before the words.")
        count = len(entries.read(self._asked(self.base_url, {})).entries)
        return Probe(f"Answers with {count} {'entry' if count == 1 else 'entries'}.")

    def _asks(self, query: str) -> tuple[str, Words]:
        """The feed and the words. Raises Refused."""
        first, _, rest = query.strip().partition(" ")
        url, words = (first, rest) if "://" in first else (self.base_url, query)
        if not url:
            raise Refused("Give this source the address of a feed, or write one before the words.")
        check_url(url)
        return url, Words(words)

    def _asked(self, url: str, cursor: dict[str, Any]) -> Answer:
        return self.client.get(
            url,
            headers={"Accept": ACCEPT},
            max_bytes=BYTES,
            etag=cursor.get("etag", ""),
            modified=cursor.get("modified", ""),
        )


def _gaps(reading: Reading, *, is_torn: bool) -> list[str]:
    cut = f"The feed has more than the {entries.MOST:,} entries we read."
    torn = (
        f"The feed lists its newest {len(reading.entries):,} entries only, and we had seen none of them: "
        "some in between may be missing."
    )
    return [cut] * reading.is_cut + [torn] * is_torn


def _name(one: Entry) -> str:
    """What it is known by: its id stays when its words do not."""
    return one.id or one.link or one.title


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]


def _texts(one: Entry) -> list[str]:
    return [plain(text, LONGEST) for text in (one.title, one.text)]


def _mention(url: str, one: Entry, words: Words) -> Mention:
    title, text = _texts(one)
    return Mention(
        host=identity.host(url),
        native_id=identity.bounded(_name(one)),
        title=clean(title or words.around(text)) or "(without a title)",
        url=_link(url, one.link),
        at=one.at,
    )


def _link(url: str, link: str) -> str:
    """Where it leads a person; to the feed where that is no web address."""
    led = joined(url, link)
    try:
        check_url(led)
    except Refused:
        return url[:1000]
    return led if len(led) <= 1000 and clean(led, 1000) == led else url[:1000]
