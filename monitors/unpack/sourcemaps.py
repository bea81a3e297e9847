"""Sources out of source maps: https://tc39.es/ecma426/

A map carries whole source files in `sourcesContent`. It may be a file of its own, be inlined as a `data:` URL
in the code it belongs to, or be an index map: sections of maps, each inline or by the URL of another file.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import NamedTuple

import msgspec

from monitors.unpack.bounds import MIB, BoundExceeded, Limits, UnpackError, exceeded
from monitors.unpack.encodings import readable
from monitors.unpack.files import File, Notes
from monitors.unpack.inlinemaps import from_data_url
from monitors.unpack.paths import Paths, visible
from monitors.unpack.sourcepaths import linked_path, source_path

Siblings = Callable[[str], bytes | None]

MOST_COMMAS = 3_000_000  # in texts; where there are more, these are found one by one, at a third of the speed
_GUARD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:\)\]\}'?[^\n]*\n)?\s*")
_BEGINS_LIKE_MAP = re.compile(rb'\A\{\s*"version"\s*:\s*3\s*,')
_HAS_TEXTS = re.compile(rb'(?<!\\)"sourcesContent"\s*:\s*\[\s*(?:"|null)')
# Within a text, what looks like a key has a backslash before its quote.
_KEY = re.compile(rb'(?<!\\)"(sources|sourcesContent)"\s*:\s*(?=\[)')
_ROOT = re.compile(rb'(?<!\\)"sourceRoot"\s*:\s*("(?:[^"\\]++|\\.)*+")', re.DOTALL)
# An escaped surrogate: half of one alone is in the group. A backslash before may itself be escaped.
_HALF_PAIR = re.compile(
    rb"(?<!\\)(?:\\\\)*+(?:\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(\\u[dD][89a-fA-F][0-9a-fA-F]{2}))"
)
_ENTRY = re.compile(rb'[\s,]*+("(?:[^"\\]++|\\.)*+"|[-+.\w]++)', re.DOTALL)
_TEXT: msgspec.json.Decoder[str | None] = msgspec.json.Decoder(str | None)
_LIST = msgspec.json.Decoder(list[msgspec.Raw])
_INDEXES = msgspec.json.Decoder(list[int])
_NOTHING = msgspec.Raw(b"[]")


class _Section(msgspec.Struct):
    map: _Map | None = None
    url: str | None = None


class _Map(msgspec.Struct):
    """What of a map matters here; the rest, such as its mappings, is skipped without being decoded."""

    sources: list[str | None] | None = None
    sourcesContent: msgspec.Raw = _NOTHING  # decoded one by one: together they take gigabytes
    sourceRoot: str | None = None
    sections: list[_Section] | None = None
    ignoreList: msgspec.Raw = _NOTHING  # as the standard writes it
    x_google_ignoreList: msgspec.Raw = _NOTHING  # as it was called before

    @property
    def is_made_of_others(self) -> bool:
        return any(section.map or section.url for section in self.sections or ())

    def ignored(self) -> frozenset[int]:
        """Which sources the map marks as not its authors' own; a list that cannot be read marks none."""
        told = (self.ignoreList, self.x_google_ignoreList)
        return frozenset(index for listed in told for index in _indexes(listed))


_MAP = msgspec.json.Decoder(_Map)


class Source(NamedTuple):
    """A source that a map names; its text is None when the map does not include it."""

    path: str
    text: str | None


@dataclass
class SourceMap:
    """A decoded map, but for the texts of its sources, which are decoded as they are asked for."""

    path: str
    links: list[str]  # paths of other maps it is made of, by URL
    count: int  # of sources it names itself
    _parts: list[_Map]
    problem: str = ""  # why there may be more than can be read

    def sources(self) -> Iterator[Source]:
        for part in self._parts:
            texts = _texts(part.sourcesContent)
            for name in part.sources or []:
                yield Source(self._path_of(part, name), next(texts, None))

    def paths(self) -> Iterator[str]:
        """The path of each source, as in `sources`."""
        for part in self._parts:
            yield from (self._path_of(part, name) for name in part.sources or [])

    def ignored(self) -> frozenset[str]:
        """Paths of the sources that the map marks as not its authors' own (`ignoreList`)."""
        return frozenset(
            self._path_of(part, (part.sources or [])[index])
            for part in self._parts
            for index in part.ignored()
            if 0 <= index < len(part.sources or [])
        )

    def _path_of(self, part: _Map, name: str | None) -> str:
        return source_path(name or "", map_path=self.path, source_root=part.sourceRoot or "")


def read(
    content: bytes,
    *,
    path: str,
    limits: Limits = Limits(),  # noqa: B008
) -> SourceMap:
    """The map in these bytes; of a broken one what is whole. Raises UnpackError, with the reason, for none.

    Of `limits` those on quotes, sections and files count here.
    """
    content, problem = readable(content), ""
    try:
        parts = list(_flat(_decoded(content, path, limits), limits))
    except BoundExceeded:
        raise
    except UnpackError as error:
        parts, problem = _salvaged(content, limits), f"{error} The sources that are whole in it are taken."
        if not any(text is not None for part in parts for text in _texts(part.sourcesContent)):
            raise
    if all(part.sources is None and not part.is_made_of_others for part in parts):
        raise UnpackError(f"{path} is not a source map: it names no sources.")
    urls = [
        section.url for part in parts for section in part.sections or () if section.url and not section.map
    ]
    if len(urls) > limits.sections:
        raise exceeded("sections", limits, name=path)
    links = [linked_path(url, map_path=path) for url in urls]
    return SourceMap(path, links, sum(len(part.sources or ()) for part in parts), parts, problem)


def recover(
    content: bytes,
    *,
    path: str,
    notes: Notes | None = None,
    siblings: Siblings | None = None,
    limits: Limits = Limits(),  # noqa: B008
) -> list[File]:
    """The sources that the map at `path` includes, each path once, or once for each content it has.

    `siblings` gives the content of another file beside the map, or None: index maps may be made of several
    files. Sources that are named but not included, nor among the siblings, are noted.

    Raises UnpackError when the map is not one, is broken, or includes no source at all.
    """
    notes = notes if notes is not None else Notes()
    paths = Paths()
    found: list[File] = []
    missing: list[str] = []
    read_map = read(content, path=path, limits=limits)
    for source in linked_sources(read_map, siblings or _no_siblings, notes, limits):
        if source.text is not None:
            _add(found, paths, notes, source.path, encoded(source.text), path)
        elif siblings is None or siblings(source.path) is None:
            missing.append(source.path)
    if not found:
        raise UnpackError(includes_nothing(path, len(missing)))
    if missing:
        notes.add(path, names_only(missing))
    return found


def linked_sources(
    found: SourceMap, siblings: Siblings, notes: Notes, limits: Limits, depth: int = 1
) -> Iterator[Source]:
    """The sources of a map, then those of the maps it is made of by URL; what cannot be followed is noted."""
    if found.problem:
        notes.add(found.path, found.problem)
    yield from found.sources()
    if found.links and depth >= limits.links:
        notes.add(found.path, str(exceeded("links", limits, name=found.path)))
        return
    for link in found.links:
        content = siblings(link)
        if content is None:
            notes.add(found.path, f"is made of another map that is not here: {visible(link)}")
            continue
        try:
            linked = read(content, path=link, limits=limits)
        except UnpackError as error:
            notes.add(link, str(error))
            continue
        yield from linked_sources(linked, siblings, notes, limits, depth + 1)


def is_map(content: bytes, path: str) -> bool:
    """Whether this file should be read as a source map: it is called one, begins like one, or has texts."""
    if path.lower().endswith(".map"):
        return True
    start = _GUARD.sub(b"", readable(content[:256]), count=1)
    if not start.startswith(b"{"):
        return False
    return bool(_BEGINS_LIKE_MAP.match(start) or _HAS_TEXTS.search(readable(content)))


def encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def includes_nothing(path: str, named: int) -> str:
    return (
        f"{path} names {named:,} sources but includes the text of none (no sourcesContent), so that nothing "
        "can be recovered from it. Upload the package it came in, or the sources themselves."
    )


def names_only(missing: list[str]) -> str:
    """The sentence for sources that are nowhere to be had; it shows the first three."""
    shown = ", ".join(missing[:3])
    rest = f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
    count = "1 source is" if len(missing) == 1 else f"{len(missing):,} sources are"
    return f"{count} named but not included: {shown}{rest}"


def _no_siblings(_path: str) -> bytes | None:
    return None


def _add(found: list[File], paths: Paths, notes: Notes, path: str, content: bytes, origin: str) -> None:
    settled = paths.settle(path, content)
    if settled is None:
        notes.merged += 1
    else:
        found.append(File(settled, content, origin))


def _flat(decoded: _Map, limits: Limits) -> Iterator[_Map]:
    """The map, and the maps in its sections, and in theirs; decoding has bounded how deep that goes."""
    waiting = [decoded]
    while waiting:
        part = waiting.pop()
        yield part
        for section in part.sections or ():
            section.map = section.map or _of_data_url(section.url or "", limits)
        inner = [section.map for section in part.sections or () if section.map]
        waiting.extend(reversed(inner))


def _salvaged(content: bytes, limits: Limits) -> list[_Map]:
    """The lists of names and of texts in a map that is no JSON, or not as the standard has it, in pairs."""
    found = list(islice(_KEY.finditer(content), 2 * limits.sections))
    lists: dict[bytes, list[msgspec.Raw]] = {b"sources": [], b"sourcesContent": []}
    for match, following in zip_longest(found, found[1:]):
        end = following.start() if following else len(content)
        lists[match[1]].append(msgspec.Raw(memoryview(content)[match.end() : end]))
    root = _ROOT.search(content)
    parts = []
    for names, texts in zip_longest(lists[b"sources"], lists[b"sourcesContent"], fillvalue=_NOTHING):
        named = names if names is not _NOTHING else texts  # without their names they still count
        sources = [name if named is names else None for name in islice(_texts(named), limits.files + 1)]
        source_root = _text(memoryview(root[1])) if root else None
        parts.append(_Map(sources=sources, sourcesContent=texts, sourceRoot=source_root))
    return parts


def _of_data_url(url: str, limits: Limits) -> _Map | None:
    """The map that a section carries as its URL, if it can be read; each is smaller than what carries it."""
    carried = from_data_url(url)
    try:
        return _decoded(carried, "data:", limits) if carried else None
    except UnpackError:
        return None


def _texts(listed: msgspec.Raw) -> Iterator[str | None]:
    """The texts in a list that is known to be JSON, as far as they are strings, nulls and numbers."""
    raw = memoryview(listed)
    pieces = (bytes(raw[start : start + MIB]) for start in range(0, len(raw), MIB))
    if sum(piece.count(b",") for piece in pieces) <= MOST_COMMAS:
        with suppress(msgspec.DecodeError):
            yield from (_text(memoryview(text)) for text in _LIST.decode(raw))
            return
    at = 1 if bytes(raw[:1]) == b"[" else len(raw)
    while entry := _ENTRY.match(raw, at):
        yield _text(raw[entry.start(1) : entry.end(1)])
        at = entry.end()


def _text(told: memoryview) -> str | None:
    """The text of a source; None where there is none, or nothing that can be read."""
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return _TEXT.decode(told)
    with suppress(msgspec.DecodeError, UnicodeDecodeError):
        return _TEXT.decode(_mended(bytes(told)))
    return None


def _indexes(told: msgspec.Raw) -> list[int]:
    try:
        return _INDEXES.decode(told)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return []


def _decoded(content: bytes, path: str, limits: Limits) -> _Map:
    if content.count(b'"') > limits.quotes:
        raise exceeded("quotes", limits, name=path)
    guard = _GUARD.match(content)
    start = guard.end() if guard else 0
    try:
        return _MAP.decode(memoryview(content)[start:])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError | RecursionError):
            raise UnpackError(_broken(path, error)) from error
    try:
        return _MAP.decode(_mended(content[start:]))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise UnpackError(_broken(path, error)) from error


def _mended(content: bytes) -> bytearray:
    """The map with replacements for half surrogate pairs, and for bytes that are not UTF-8: these are no
    reason to lose it. Nothing when there are so many that it is no text at all.
    """
    mended = bytearray()
    steps = (content[at : at + MIB] for at in range(0, len(content), MIB))
    for text in codecs.iterdecode(steps, "utf-8", "replace"):
        mended += text.encode()
        if len(mended) > len(content) * 1.25 + 1000:
            return bytearray()
    for half in _HALF_PAIR.finditer(mended):
        if half[1]:
            mended[half.start(1) : half.end(1)] = b"\\ufffd"  # of the same length, so in place
    return mended


def _broken(path: str, error: Exception) -> str:
    return f"{path} is not a readable source map: {error}. If it was cut short, fetch it again."
