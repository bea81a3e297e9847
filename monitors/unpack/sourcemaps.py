"""Sources out of source maps: https://tc39.es/ecma426/

A map carries whole source files in `sourcesContent`. It may be a file of its own, be inlined as a `data:` URL
in the code it belongs to, or be an index map: sections of maps, each inline or by the URL of another file.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

import msgspec

from monitors.unpack.bounds import UnpackError
from monitors.unpack.files import File, Notes
from monitors.unpack.paths import Paths, visible
from monitors.unpack.sourcepaths import linked_path, source_path

Siblings = Callable[[str], bytes | None]

MOST_LINKS = 8  # maps that point to maps that point to maps
MOST_SECTIONS = 10_000
MOST_QUOTES = 20_000_000  # each string costs some 60 bytes of memory, however short it is
_GUARD = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?:\)\]\}'?[^\n]*\n)?\s*")
_LOOKS_LIKE_MAP = re.compile(rb'\A\{\s*"version"\s*:\s*3\s*,')
_CODE_NAME = re.compile(r"\.(?:[cm]?[jt]sx?|css|vue|svelte)$", re.I)
_INLINE = b"sourceMappingURL=data:"
_INLINE_TYPE = re.compile(rb"application/json[^,\s\"'\\]{0,64},", re.I)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPED = re.compile(rb"(?:[^\s\"`\\*]|\*(?!/))+")


class _Offset(msgspec.Struct):
    line: int
    column: int


class _Section(msgspec.Struct):
    offset: _Offset
    map: _Map | None = None
    url: str | None = None


class _Map(msgspec.Struct):
    """What of a map matters here; the rest, such as its mappings, is skipped without being decoded."""

    sources: list[str | None] | None = None
    sourcesContent: list[str | None] | None = None
    sourceRoot: str | None = None
    sections: list[_Section] | None = None


class Source(NamedTuple):
    """A source that a map names; its text is None when the map does not include it."""

    path: str
    text: str | None


@dataclass
class SourceMap:
    """A decoded map. Its sources can be read once: their text is let go as it is handed out."""

    path: str
    links: list[str]  # paths of other maps it is made of, by URL
    count: int  # of sources it names itself
    _parts: list[_Map]

    def sources(self) -> Iterator[Source]:
        for part in self._parts:
            texts = part.sourcesContent or []
            for index, name in enumerate(part.sources or []):
                text = texts[index] if index < len(texts) else None
                if text is not None:
                    texts[index] = None
                path = source_path(name or "", map_path=self.path, source_root=part.sourceRoot or "")
                yield Source(path, text)


def read(content: bytes, *, path: str) -> SourceMap:
    """The map in these bytes. Raises UnpackError, with the reason, when there is none."""
    decoded = _decoded(content, path)
    parts = list(_flat(decoded))
    if all(part.sources is None and part.sections is None for part in parts):
        raise UnpackError(f"{path} is not a source map: it names no sources.")
    urls = [section.url for part in parts for section in part.sections or () if section.url]
    if len(urls) > MOST_SECTIONS:
        raise UnpackError(f"{path} is made of {len(urls):,} other maps, more than are followed here.")
    links = [linked_path(url, map_path=path) for url in urls]
    return SourceMap(path, links, sum(len(part.sources or ()) for part in parts), parts)


def recover(
    content: bytes, *, path: str, notes: Notes | None = None, siblings: Siblings | None = None
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
    for source in linked_sources(read(content, path=path), siblings or _no_siblings, notes):
        if source.text is not None:
            _add(found, paths, notes, source.path, encoded(source.text), path)
        elif siblings is None or siblings(source.path) is None:
            missing.append(source.path)
    if not found:
        raise UnpackError(includes_nothing(path, len(missing)))
    if missing:
        notes.add(path, names_only(missing))
    return found


def linked_sources(found: SourceMap, siblings: Siblings, notes: Notes, depth: int = 1) -> Iterator[Source]:
    """The sources of a map, then those of the maps it is made of by URL; what cannot be followed is noted."""
    yield from found.sources()
    for link in found.links:
        content = siblings(link) if depth < MOST_LINKS else None
        if content is None:
            notes.add(found.path, f"is made of another map that is not here: {visible(link)}")
            continue
        try:
            linked = read(content, path=link)
        except UnpackError as error:
            notes.add(link, str(error))
            continue
        yield from linked_sources(linked, siblings, notes, depth + 1)


def is_map(content: bytes, path: str) -> bool:
    """Whether this file should be read as a source map: it is called one, or begins like one."""
    start = content[:256]
    return path.lower().endswith(".map") or bool(_LOOKS_LIKE_MAP.match(_GUARD.sub(b"", start, count=1)))


def inline_maps(content: bytes, path: str) -> Iterator[bytes]:
    """The maps that code carries in `data:` URLs: one at its end, or one in each module of a development
    build. What is not decodable as such a URL is some code about source maps, and left alone.
    """
    if not _CODE_NAME.search(path):
        return
    at = content.find(_INLINE)
    while at >= 0:
        at += len(_INLINE)
        if kind := _INLINE_TYPE.match(content, at):
            at = kind.end()
            carried = _carried(content, at, is_base64=b"base64" in kind[0].lower())
            if carried:
                yield carried
        at = content.find(_INLINE, at)


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


def _flat(decoded: _Map) -> Iterator[_Map]:
    """The map, and the maps in its sections, and in theirs; decoding has bounded how deep that goes."""
    waiting = [decoded]
    while waiting:
        part = waiting.pop()
        yield part
        inner = [section.map for section in part.sections or () if section.map]
        waiting.extend(reversed(inner))


def _decoded(content: bytes, path: str) -> _Map:
    if content.count(b'"') > MOST_QUOTES:
        raise UnpackError(f"{path} holds more strings than any source map: it is not read here.")
    guard = _GUARD.match(content)
    start = guard.end() if guard else 0
    try:
        return msgspec.json.decode(memoryview(content)[start:], type=_Map)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, msgspec.ValidationError | RecursionError) or not _is_worth_a_second_try(
            content, error
        ):
            raise UnpackError(_broken(path, error)) from error
    return _decoded_leniently(content[start:], path)


def _is_worth_a_second_try(content: bytes, error: Exception) -> bool:
    """Half surrogate pairs and bytes that are not UTF-8 are no reason to lose a map."""
    return isinstance(error, UnicodeDecodeError) or b"\\ud" in content or b"\\uD" in content


def _decoded_leniently(content: bytes, path: str) -> _Map:
    try:
        return msgspec.convert(json.loads(content.decode("utf-8", "replace")), type=_Map)
    except (ValueError, RecursionError) as error:
        raise UnpackError(_broken(path, error)) from error


def _broken(path: str, error: Exception) -> str:
    return f"{path} is not a readable source map: {error}. If it was cut short, fetch it again."


def _carried(content: bytes, at: int, *, is_base64: bool) -> bytes:
    """What the data URL holds, when that begins like a map; else nothing."""
    if is_base64:
        carried = _from_base64(_BASE64.match(content, at))
    elif content[at : at + 1] == b"{":
        carried = content[at : _end_of_line(content, at)]
    else:
        told = _ESCAPED.match(content, at)
        carried = unquote_to_bytes(told[0]) if told else b""
    return carried if carried.lstrip().startswith((b"{", b")]}")) else b""


def _from_base64(told: re.Match[bytes] | None) -> bytes:
    if not told:
        return b""
    raw = told[0].translate(bytes.maketrans(b"-_", b"+/")).rstrip(b"=")
    try:
        return base64.b64decode(raw + b"=" * (-len(raw) % 4))
    except binascii.Error:
        return b""


def _end_of_line(content: bytes, at: int) -> int:
    end = content.find(b"\n", at)
    line = content[at : end if end >= 0 else len(content)].rstrip()
    return at + len(line.removesuffix(b"*/").rstrip())
