"""RSS as a Python package index announces projects and releases in: names and versions, newest first.

https://warehouse.pypa.io/api-reference/feeds.html
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote, urlsplit
from xml.parsers import expat

from monitors.sources.base import SourceError, clean
from monitors.sources.http import Answer, place

MOST = 500  # items that are read
LONGEST = 1000  # characters of an address

_PROJECT = re.compile(r"/project/([^/]{1,200})/(?:([^/]{1,200})/?)?$")


class Item(NamedTuple):
    """A project, or a release of it; `version` is "" where a feed names the project alone."""

    name: str
    version: str


def read(answer: Answer) -> list[Item]:
    """The items whose address is a project's or a release's, each once. Raises SourceError for no feed."""
    reader = _Reader()
    try:
        reader.parser.Parse(answer.content, True)
    except (expat.ExpatError, ValueError, LookupError):
        raise SourceError(f"{place(answer.url)} answered with something that is no RSS feed.") from None
    if not reader.is_feed:
        raise SourceError(f"{place(answer.url)} answered with something that is no RSS feed.")
    return list(dict.fromkeys(reader.items))


class _Reader:
    """Takes the links of items. A document type, the door to entities, is never right in a feed."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.is_feed = False
        self._path: list[str] = []
        self._link = ""
        self.parser = expat.ParserCreate()
        self.parser.StartDoctypeDeclHandler = _refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self.is_feed = self.is_feed or (not self._path and tag == "rss")
        self._path.append(tag)

    def _text(self, text: str) -> None:
        if self._path[-2:] == ["item", "link"] and len(self._link) < LONGEST:
            self._link += text

    def _end(self, tag: str) -> None:
        self._path.pop()
        if tag == "item":
            found = _item(self._link)
            if found and len(self.items) < MOST:
                self.items.append(found)
            self._link = ""


def _item(link: str) -> Item | None:
    try:
        found = _PROJECT.search(urlsplit(link.strip()).path)
    except ValueError:
        return None
    return Item(clean(unquote(found[1]), 200), clean(unquote(found[2] or ""), 200)) if found else None


def _refuse(*declaration: object) -> None:
    raise ValueError("A feed with a document type.")
