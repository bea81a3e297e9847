"""What RSS and Atom documents say, read as a stream: no document types, no entities, nothing fetched.

The standard library's parser, without the door to entities, needs no more; libraries for feeds repair
broken ones and clean their HTML, which is not shown here.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from xml.parsers import expat

from monitors.sources.base import SourceError
from monitors.sources.http import Answer, place

MOST = 500  # entries
DEPTH = 60
LONGEST = {"title": 2_000, "text": 50_000, "link": 2_000, "id": 2_000, "at": 100, "late": 100}  # characters

_ROOTS = frozenset({"rss", "RDF", "feed"})
_ENTRIES = frozenset({"item", "entry"})
_FIELDS = {
    "title": "title",
    "link": "link",
    "guid": "id",
    "id": "id",
    "description": "text",
    "summary": "text",
    "content": "text",
    "encoded": "text",
    "pubDate": "at",
    "published": "at",
    "date": "at",
    "updated": "late",  # told where nobody tells when it came
}


@dataclass(frozen=True)
class Entry:
    """One entry, as its author wrote it: hostile text. `at` is now where it has no date."""

    id: str
    title: str
    text: str
    link: str
    at: datetime


@dataclass(frozen=True)
class Reading:
    """At most 500 entries, in the document's order; `is_cut` when there are more."""

    entries: list[Entry]
    is_cut: bool


def read(answer: Answer) -> Reading:
    """The entries of a feed. Raises SourceError for anything that is none."""
    reader = _Reader()
    try:
        reader.parser.Parse(answer.content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise SourceError(f"{place(answer.url)} answered with something that is no feed.") from None
    if not reader.is_feed:
        raise SourceError(f"{place(answer.url)} answered with something that is no feed.")
    return Reading(reader.entries, reader.is_cut)


@dataclass
class _Reader:
    """Takes the fields right below each entry, with the text of what is in them."""

    entries: list[Entry] = field(default_factory=list)
    is_feed: bool = False
    is_cut: bool = False

    def __post_init__(self) -> None:
        self._depth = self._entry = 0  # how deep we are, and the entry: 0 outside
        self._field = ""
        self._found: dict[str, str] = {}
        self._said, self._room = list[str](), 0  # of the field that is read now
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.EntityDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        self._depth += 1
        if self._depth > DEPTH:
            raise ValueError("A feed this deep is none.")
        if self._depth == 1:
            self.is_feed = name in _ROOTS
        elif not self._entry and name in _ENTRIES:
            self._entry, self._found = self._depth, {}
        elif self._entry and self._depth == self._entry + 1:
            self._begin(_FIELDS.get(name, ""), attributes)

    def _begin(self, field: str, attributes: dict[str, str]) -> None:
        self._field, self._said, self._room = field, [], LONGEST.get(field, 0)
        if field == "link" and "href" in attributes:
            self._field = ""
            if attributes.get("rel", "alternate") == "alternate":
                self._found.setdefault("link", attributes["href"][: LONGEST["link"]])

    def _text(self, text: str) -> None:
        if self._field and self._room > 0:
            self._said.append(text[: self._room])
            self._room -= len(text)

    def _end(self, tag: str) -> None:
        if self._entry and self._depth == self._entry + 1:
            self._take()
        if self._entry and self._depth == self._entry:
            self._entry = 0
            self._keep()
        self._depth -= 1

    def _take(self) -> None:
        """The field that ends here; texts of several fields stand one after the other."""
        said = "".join(self._said).strip()
        if self._field and said:
            before = self._found.get(self._field, "") if self._field == "text" else ""
            self._found[self._field] = f"{before} {said}".strip()[: LONGEST[self._field]]
        self._field = ""

    def _keep(self) -> None:
        if len(self.entries) >= MOST:
            self.is_cut = True
            return
        names = ("id", "title", "text", "link", "at", "late")
        id, title, text, link, at, late = (self._found.get(name, "").strip() for name in names)
        if id or title or link:
            self.entries.append(Entry(id, title, text, link, _moment(at or late)))


def _moment(value: str) -> datetime:
    """RSS writes mail's dates, Atom ISO 8601's."""
    for form in (parsedate_to_datetime, datetime.fromisoformat):
        try:
            at = form(value)
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
        except (ValueError, TypeError, IndexError, OverflowError):
            continue
    return datetime.now(UTC)


def _refuse(*declaration: object) -> None:
    raise ValueError("A feed with a document type.")
