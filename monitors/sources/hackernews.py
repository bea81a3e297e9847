"""Hacker News, by its search: https://hn.algolia.com/api. Stories and comments, newest first.

The search wants all words of a query at once, and we any of them: each word is asked for alone. It shows
1,000 results, so that a longer list is walked by time.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

import msgspec

from monitors.sources import identity
from monitors.sources.base import Aim, Batch, Mention, Probe, RateLimited, clean
from monitors.sources.http import Answer, Client
from monitors.sources.statuses import moment
from monitors.sources.talk import Talk, Words, plain

DEFAULT = "https://hn.algolia.com"
PUBLIC = "https://news.ycombinator.com"  # where people read it
PAGE = 200
PAGES = 50  # of one word in one round
PAGE_BYTES = 8 * 1024 * 1024
FIRST = 30 * 24 * 3600  # seconds that the first look goes back
LATE = 2 * 3600  # seconds by which the index may be behind
SEEN = 2_000  # posts that are told apart
LONGEST_ID = 20
LONGEST = 20_000  # characters of a post


class _Hit(msgspec.Struct):
    """A story or a comment; fields that do not apply are null or left out."""

    id: str = msgspec.field(name="objectID")
    at: int = msgspec.field(name="created_at_i")
    title: str | None = None
    url: str | None = None
    story_text: str | None = None
    story_title: str | None = None
    comment_text: str | None = None

    @property
    def is_sound(self) -> bool:
        return self.id.isascii() and self.id.isdigit() and len(self.id) <= LONGEST_ID and 0 < self.at < 2**32


class _Page(msgspec.Struct):
    hits: list[msgspec.Raw]
    total: Any = msgspec.field(default=0, name="nbHits")


class _Posts(NamedTuple):
    """The sound ones of a page, whether there are more, and what time it is there."""

    hits: list[_Hit]
    has_more: bool
    now: int


class _Walk(msgspec.Struct, omit_defaults=True):
    """How far one word is heard. Moments are in seconds since 1970."""

    since: int = 0  # all before is known
    until: int = 0  # in the midst of a round: all after is known; 0 between rounds
    top: int = 0  # the newest of this round
    pages: int = 0  # of this round


class HackerNews(Talk):
    """Stories and comments in which a word stands: in title, text or address, and not in somebody's name."""

    kind = "hackernews"
    buckets: ClassVar[Mapping[Aim, str]] = {Aim.MENTIONS: "search"}
    pace = 120  # 10,000 an hour are said to be borne

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or DEFAULT)

    def listen(self, query: str, cursor: dict[str, Any]) -> Batch:
        """At most 200 posts for each word; of the last 30 days, at the first look.

        Cursor: {"walks": {word: how far}, "seen": [ids], "left": words that a limit left for this poll}, of
        at most 8 words and 2,000 posts. The last two hours are asked for again, as the index may be late.
        """
        words, gaps, found = Words(query), list[str](), dict[str, _Hit]()
        kept = msgspec.convert(cursor.get("walks", {}), dict[str, _Walk])
        walks = {term: kept.get(term) or _Walk() for term in words.terms}
        left = [term for term in cursor.get("left", []) if term in walks]
        left = left or [term for term, walk in walks.items() if walk.until] or list(walks)
        limited = self._heard(left, walks, found, gaps)
        seen = cursor.get("seen", [])
        known = set(seen)
        fresh = [hit for hit in found.values() if hit.id not in known]
        step = {
            "walks": {term: msgspec.to_builtins(walk) for term, walk in walks.items()},
            "seen": [*seen, *(hit.id for hit in fresh)][-SEEN:],
        } | ({"left": left} if left else {})
        mentions = [self._mention(hit, words) for hit in fresh if words.stand_in(*_texts(hit))]
        more = bool(left) or any(walk.until for walk in walks.values())
        return Batch([], step, more, mentions=mentions, gaps=gaps, limited=limited)

    def _heard(
        self, left: list[str], walks: dict[str, _Walk], found: dict[str, _Hit], gaps: list[str]
    ) -> RateLimited | None:
        """Asks for each word that is `left`, up to a limit. Raises it when it came before the first."""
        for number, term in enumerate(list(left)):
            try:
                found |= {hit.id: hit for hit in self._step(term, walks[term], gaps)}
            except RateLimited as limit:
                if not number:
                    raise
                return limit
            left.remove(term)
        return None

    def probe(self) -> Probe:
        """Whether the search answers. Raises SourceError."""
        self._read({"query": "", "hitsPerPage": 1})
        return Probe("Answers.")

    def _step(self, term: str, walk: _Walk, gaps: list[str]) -> list[_Hit]:
        """One page of one word, and the walk moved past it."""
        since = max(walk.since - LATE, 0)
        posts = self._posts(term, since, walk.until)
        if since > posts.now:  # its clock was wrong once: what was said since then is asked for again
            walk.since, walk.until, walk.top, walk.pages = 0, 0, 0, 0
            return []
        floor = since or posts.now - FIRST
        hits = [hit for hit in posts.hits if hit.at > floor and (not walk.until or hit.at <= walk.until)]
        # A post from the future must not hide what is said until then.
        walk.top = max([walk.top, *(hit.at for hit in hits if hit.at <= posts.now)])
        walk.pages += 1
        is_through = any(hit.at <= floor for hit in posts.hits)
        if is_through or not posts.has_more or not hits:
            _end(walk)
        elif walk.pages >= PAGES:
            gaps.append(
                f"Hacker News has more posts with {clean(term)} than we read: the oldest are left out."
            )
            _end(walk)
        else:
            oldest = min(hit.at for hit in hits)
            if oldest == walk.until:  # all of one second
                gaps.append(f"Hacker News has more posts with {clean(term)} of one second than it lists.")
                oldest -= 1
            walk.until = oldest
        return hits

    def _posts(self, term: str, since: int, until: int) -> _Posts:
        bounds = [f"created_at_i>{since}", *([f"created_at_i<={until}"] if until else [])]
        asked: dict[str, str | int] = {"query": term, "tags": "(story,comment)", "hitsPerPage": PAGE}
        answer, page = self._read(asked | {"numericFilters": ",".join(bounds)})
        hits = [hit for raw in page.hits[:PAGE] if (hit := _hit(raw)) and hit.is_sound]
        has_more = type(page.total) is int and page.total > len(page.hits)
        return _Posts(hits, has_more, int(moment(answer.headers.get("Date", "")) or time.time()))

    def _read(self, asked: dict[str, str | int]) -> tuple[Answer, _Page]:
        url = f"{self.base_url}/api/v1/search_by_date"
        answer = self.client.get(url, params=asked, max_bytes=PAGE_BYTES)
        return answer, answer.decode(_Page)

    def _mention(self, hit: _Hit, words: Words) -> Mention:
        pages = PUBLIC if self.base_url == DEFAULT else self.base_url
        return Mention(
            host=identity.host(pages),
            native_id=hit.id,
            title=clean(_title(hit, words)),
            url=f"{pages}/item?id={hit.id}",
            at=datetime.fromtimestamp(hit.at, UTC),
        )


def _end(walk: _Walk) -> None:
    """The end of a round: the next one begins where this one began."""
    walk.since, walk.until, walk.top, walk.pages = max(walk.since, walk.top), 0, 0, 0


def _hit(raw: msgspec.Raw) -> _Hit | None:
    """None of an odd one: it must not hide the others."""
    try:
        return msgspec.json.decode(raw, type=_Hit)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None


def _texts(hit: _Hit) -> list[str]:
    return [plain(text, LONGEST) for text in (hit.title, hit.url, hit.story_text, hit.comment_text)]


def _title(hit: _Hit, words: Words) -> str:
    """A story's title; of a comment, what it says around the word, and on what."""
    if title := plain(hit.title, 300):
        return title
    said = words.around(plain(hit.comment_text or hit.story_text, LONGEST))
    on = plain(hit.story_title, 90)
    return f"{said} (on: {on})" if on else said or f"Post {hit.id}"
