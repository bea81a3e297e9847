"""RSS as a Python package index announces projects and releases in: names and versions, newest first.

https://warehouse.pypa.io/api-reference/feeds.html
"""

from __future__ import annotations

import re
from typing import NamedTuple
from urllib.parse import unquote

from monitors.sources import entries
from monitors.sources.base import clean
from monitors.sources.http import Answer, parts

_PROJECT = re.compile(r"/project/([^/]{1,200})/(?:([^/]{1,200})/?)?$")


class Item(NamedTuple):
    """A project, or a release of it; `version` is "" where a feed names the project alone."""

    name: str
    version: str


def read(answer: Answer) -> tuple[list[Item], bool]:
    """The items whose address is a project's or a release's, each once, and whether there are too many to
    read. Raises SourceError for no feed.
    """
    reading = entries.read(answer)
    found = (_item(entry.link) for entry in reading.entries)
    return list(dict.fromkeys(item for item in found if item)), reading.is_cut


def _item(link: str) -> Item | None:
    found = _PROJECT.search(parts(link.strip()).path)
    return Item(clean(unquote(found[1]), 200), clean(unquote(found[2] or ""), 200)) if found else None
