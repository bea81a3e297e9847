"""Whatever a host answers, an adapter ends in a batch within bounds or in a sentence, never in a bug."""

import json

import pytest

from monitors.sources import ADAPTERS
from monitors.sources.base import Aim, Batch, Candidate, Ours, SourceError, clean
from monitors.sources.http import Client, Limits
from tests.servers import scripted as scripts
from tests.servers.scripted import Exchange

HASH = "ab" * 32
ASKED = {
    ("npm", Aim.PACKAGE): "left-pad",
    ("npm", Aim.SEARCH): "pad",
    ("npm", Aim.FEED): "*",
    ("pypi", Aim.PACKAGE): "left-pad",
    ("pypi", Aim.FEED): "*",
    ("mirror", Aim.ADDRESS): "pkg:npm/left-pad@1.3.0",
    ("huggingface", Aim.SEARCH): "pad",
    ("dockerhub", Aim.SEARCH): "pad",
    ("url", Aim.ADDRESS): "/x",
    ("wayback", Aim.CAPTURES): "https://a.example/x",
    ("swh", Aim.IDS): "ours",
    ("hackernews", Aim.MENTIONS): "x kettle",
    ("feed", Aim.MENTIONS): "x kettle",
    ("sourcegraph", Aim.CODE): "kettle",
}
TICKETS = {
    "npm": {"name": "left-pad", "version": "1"},
    "pypi": {"name": "left-pad", "filename": "left_pad-1.tar.gz"},
    "mirror": {"name": "left-pad", "version": "1.3.0"},
    "huggingface": {"name": "models/a/b", "sha": "a" * 40},
    "dockerhub": {"name": "a/b", "tag": "latest"},
    "url": {"url": "/x"},
    "wayback": {"original": "http://[", "timestamp": "20260331080000"},
    "swh": {"ids": ["swh:1:cnt:" + "0" * 40], "known": 1},
    "hackernews": {},
    "feed": {},
    "sourcegraph": {"file": ["7", "a/b", "src/x.ts", "a" * 40]},
}
ODD = "\u202e\x00\n<script>" + "x" * 9000
BODIES = {
    "nothing": b"",
    "null": b"null",
    "number": b"7",
    "huge-number": b"9" * 5000,
    "deep": b"[" * 5000 + b"]" * 5000,
    "not-utf8": b'{"versions": "\xff\xfe"}',
    "lone-surrogate": b'{"versions": {"\\ud800": {}}, "dist-tags": {}}',
    "duplicate-keys": b'{"results": [], "results": 7, "files": [], "files": {}}',
    "html": b"<!doctype html><title>Welcome to the hotel",
    "rss": b"<rss><channel><item><link>https://h/project/kettle/1/</link></item></channel></rss>",
    "versions": {"versions": {ODD: {"dist": {"tarball": ODD, "integrity": ODD}}}, "dist-tags": {ODD: ODD}},
    "objects": {"objects": [{"package": {"name": ODD, "version": ODD}}] * 300, "total": -1},
    "changes": {
        "results": [{"seq": n, "id": ODD} for n in range(50)],
        "update_seq": 10**18,
        "last_seq": 10**30,
    },
    "files": {
        "files": [{"filename": f"{ODD}-1.tar.gz", "url": ODD, "hashes": {"sha256": ODD}, "yanked": ODD}]
    },
    "listing": {"files": [{"name": ODD, "hash": ODD, "size": 10**30}] * 50, "type": "npm", "version": ODD},
    "repositories": [
        {"id": ODD, "sha": ODD, "_id": ODD},
        {"id": "a/b", "sha": ODD, "path": ODD, "oid": "a" * 40},
    ],
    "images": {
        "results": [{"repo_name": "a/b", "name": ODD, "digest": ODD, "images": [{}]}] * 200,
        "count": 1e300,
    },
    "table": [
        ["timestamp", "original", "digest", "statuscode"],
        ["20260331080000", ODD, ODD, ODD],
        [],
        [ODD],
    ],
    "posts": {"hits": [{"objectID": ODD, "created_at_i": 10**30, "title": ODD}, {"objectID": "7"}] * 300},
    "talk": {
        "hits": [{"objectID": "7", "created_at_i": 1774944000, "title": f"kettle {ODD}"}],
        "nbHits": 10**30,
    },
    "entries": ("<rss>" + "<item><title>kettle \u202e&lt;b&gt;</title><link>x:y</link></item>" * 900).encode()
    + b"</rss>",
    "events": b'event: matches\ndata: [7, {}]\n\nevent: progress\ndata: {"skipped": 7}\n\n'
    b"event: done\ndata:\n\n",
    "malformed": {
        "name": "left-pad",
        "versions": {"1": {"dist": {"tarball": "http://["}}},
        "files": [{"filename": "left_pad-1.tar.gz", "url": "http://["}],
    },
    "malformed-links": b'<!doctype html><meta name="pypi:repository-version" content="1.4">'
    b'<a href="http://[/left_pad-1.tar.gz#x"></a>',
    "malformed-table": [["timestamp", "original", "digest"], ["20260331080000", "http://[", "X"]],
    "known": {"swh:1:cnt:" + "0" * 40: {"known": True}, ODD: {"known": True}},
}


@pytest.fixture
def answering(scripted, monkeypatch):
    """Every question to this server, GET or POST, is answered alike."""

    class Any(dict):
        def get(self, path, default=None):
            return self["any"]

    def do_POST(exchange):
        exchange.rfile.read(int(exchange.headers["Content-Length"]))
        exchange.do_GET()

    monkeypatch.setattr(Exchange, "do_POST", do_POST, raising=False)
    scripted._server.scripts = Any()
    scripted.on("any", scripts.missing)
    return scripted


def adapter(kind, server):
    base = "" if kind == "url" else server.url
    made = ADAPTERS[kind](Client(allow_private=True, limits=Limits(seconds=2, download_seconds=2)), base)
    made.ours = Ours(blobs=("0" * 40,))
    return made


def body(name):
    told = BODIES[name]
    return told if isinstance(told, bytes) else json.dumps(told).encode()


def told(ask, *arguments, **named):
    """What it answers, or the sentence why not."""
    try:
        return ask(*arguments, **named)
    except SourceError as error:
        return str(error)


@pytest.mark.parametrize("name", BODIES)
@pytest.mark.parametrize(("kind", "aim"), ASKED, ids=[f"{kind}-{aim}" for kind, aim in ASKED])
def test_a_poll_ends_in_a_bounded_batch_or_in_a_sentence(answering, kind, aim, name):
    answering.on("any", scripts.answers(200, body(name), ETag='"one"', Link='<http://[>; rel="next"'))
    query = ASKED[kind, aim] if kind != "url" else f"{answering.url}/x"

    batch = told(adapter(kind, answering).fetch, aim, query, cursor={})

    assert batch
    if isinstance(batch, Batch):
        check(batch)


def check(batch):
    """Bounded, and nothing in it that a page must not show."""
    assert len(json.dumps(batch.cursor)) < 300_000
    assert len(batch.candidates) <= 60
    assert all(clean(gap, 500) == gap for gap in batch.gaps)
    assert len(batch.mentions) <= 500
    for said in batch.mentions:
        assert all(clean(text) == text for text in (said.host, said.native_id, said.title))
        assert len(said.url) <= 1000
    for found in batch.candidates:
        assert len(json.dumps(found.ticket)) < 50_000
        for text in (found.host, found.native_id, found.path, found.title, found.version):
            assert clean(text) == text


@pytest.mark.slow  # every odd answer of one adapter in turn
@pytest.mark.parametrize("kind", TICKETS)
def test_a_look_a_probe_and_an_examination_end_in_an_answer_or_in_a_sentence(answering, kind):
    ticket = TICKETS[kind] if kind != "url" else {"url": f"{answering.url}/x"}
    place = Candidate("host", "id", "path", "title", "", "1", "", ticket)
    made = adapter(kind, answering)

    for name in BODIES:
        answering.on("any", scripts.answers(200, body(name)))
        assert told(made.probe)
        assert told(made.look, place)
        if not isinstance(holding := told(made.examine, place), str):
            with holding:
                assert len(holding.entries) < 100


def test_every_aim_of_these_adapters_is_asked_about_here():
    named = {(kind, aim) for kind in TICKETS for aim in ADAPTERS[kind].aims}

    assert named == set(ASKED)
