"""A file as it was measured, before it is told whose it is."""

from __future__ import annotations

from typing import NamedTuple

from monitors.inventory import languages, places
from monitors.unpack import sourcemaps

MINIFIED_FROM = 2000  # bytes
MINIFIED_LINE = 300  # bytes of a line, on average


class Seen(NamedTuple):
    path: str
    content: bytes
    origin: str
    language: str
    lines: int
    is_binary: bool

    @property
    def size(self) -> int:
        return len(self.content)

    @property
    def is_code(self) -> bool:
        return languages.is_code(self.language)

    @property
    def is_minified(self) -> bool:
        """Whether it is script or style with lines longer than anybody writes."""
        if self.language not in ("JavaScript", "CSS"):
            return False
        is_dense = self.size >= MINIFIED_FROM and self.size > MINIFIED_LINE * self.lines
        return is_dense or places.is_minified_name(self.path)


def measured(path: str, content: bytes, origin: str) -> Seen:
    if languages.is_binary(content):
        return Seen(path, content, origin, languages.BINARY, 0, is_binary=True)
    is_map = sourcemaps.is_map(content, path)
    language = languages.SOURCE_MAP if is_map else languages.language(path, content)
    return Seen(path, content, origin, language, languages.count_lines(content), is_binary=False)
