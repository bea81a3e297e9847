"""Server-sent events, of a stream that was read to its end.

https://html.spec.whatwg.org/multipage/server-sent-events.html#event-stream-interpretation
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

MOST = 20_000  # events

_LINE = re.compile(rb"\r\n|\n|\r")


class Event(NamedTuple):
    name: str  # "message" where none is told
    data: bytes


def read(content: bytes) -> list[Event]:
    """The events, at most 20,000; one that the stream's end cut off is none."""
    found = []
    for event in _events(content.removeprefix(b"\xef\xbb\xbf")):
        found.append(event)
        if len(found) >= MOST:
            break
    return found


def _events(content: bytes) -> Iterator[Event]:
    name, data = b"", list[bytes]()
    for line in _LINE.split(content)[:-1]:
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if not line:
            if data:
                yield Event((name or b"message").decode("utf-8", "replace")[:100], b"\n".join(data))
            name, data = b"", []
        elif field == b"event":
            name = value
        elif field == b"data":
            data.append(value)
