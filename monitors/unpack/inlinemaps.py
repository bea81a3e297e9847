"""Source maps that code carries within itself, as `data:` URLs: https://www.rfc-editor.org/rfc/rfc2397"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

from monitors.unpack.encodings import readable

_NAMES = b'"sources"'
_INLINE = b"sourceMappingURL=data:"
_TYPE = re.compile(rb"(?P<json>application/json)?[^,\s\"'\\]{0,100},", re.I)
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_ESCAPED = re.compile(rb"(?:[^\s\"`\\*]|\*(?!/))+")
_STANDARD = bytes.maketrans(b"-_", b"+/")


class _Carried(NamedTuple):
    content: bytes  # empty when it does not begin like a map
    end: int  # where the URL ends in what carries it


def inline_maps(content: bytes) -> Iterator[bytes]:
    """The maps that a file carries in `data:` URLs: one at the end of code, or one in each module of a
    development build, or one in each script of a page, or of a program with a bundle in it. What is not
    decodable as such a URL is some code about source maps, and left alone.
    """
    content = readable(content)
    at = content.find(_INLINE)
    while at >= 0:
        found = _at(content, at + len(_INLINE))
        if found.content:
            yield found.content
        at = content.find(_INLINE, found.end)


def from_data_url(url: str) -> bytes:
    """The map that the `data:` URL holds, or nothing."""
    raw = url.encode("utf-8", "replace")
    return _at(raw, len("data:")).content if raw.startswith(b"data:") else b""


def _at(content: bytes, at: int) -> _Carried:
    """What the data URL holds whose media type begins here."""
    kind = _TYPE.match(content, at)
    if not kind:
        return _Carried(b"", at)
    if b"base64" in kind[0].lower():
        found = _of_base64(content, kind.end())
    elif content[kind.end() : kind.end() + 1] == b"{":
        end = _end_of_line(content, kind.end())
        found = _Carried(content[kind.end() : end], end)
    else:
        told = _ESCAPED.match(content, kind.end())
        found = _Carried(unquote_to_bytes(told[0]), told.end()) if told else _Carried(b"", kind.end())
    # Whoever names another type than JSON may mean anything by it.
    is_map = found.content.lstrip().startswith((b"{", b")]}")) and (kind["json"] or _NAMES in found.content)
    return found if is_map else found._replace(content=b"")


def _of_base64(content: bytes, at: int) -> _Carried:
    told = _BASE64.match(content, at)
    if not told:
        return _Carried(b"", at)
    raw = told[0].translate(_STANDARD).rstrip(b"=")
    try:
        return _Carried(base64.b64decode(raw + b"=" * (-len(raw) % 4)), told.end())
    except binascii.Error:
        return _Carried(b"", told.end())


def _end_of_line(content: bytes, at: int) -> int:
    end = content.find(b"\n", at)
    line = content[at : end if end >= 0 else len(content)].rstrip()
    return at + len(line.removesuffix(b"*/").rstrip())
