"""Server-sent events: https://html.spec.whatwg.org/multipage/server-sent-events.html"""

import pytest

from monitors.sources import eventstream
from monitors.sources.eventstream import Event


@pytest.mark.parametrize(
    ("content", "events"),
    [
        (b"event: a\ndata: 1\n\n", [Event("a", b"1")]),
        (b"data:1\r\n\r\nevent:b\rdata: 2\r\r", [Event("message", b"1"), Event("b", b"2")]),
        (b"\xef\xbb\xbfdata: 1\ndata:  2\n\n", [Event("message", b"1\n 2")]),
        (b": a comment\nid: 7\nretry: 1\nodd\n\n", []),
        (b"event: a\n\ndata: 1\n\n", [Event("message", b"1")]),
        (b"event: a\ndata: 1\n", []),
        (b"event: a\ndata: cut o", []),
        (b"", []),
    ],
)
def test_events_are_read_as_the_standard_has_them(content, events):
    assert eventstream.read(content) == events


def test_there_is_a_bound(monkeypatch):
    monkeypatch.setattr(eventstream, "MOST", 3)

    assert len(eventstream.read(b"data: 1\n\n" * 10)) == 3
