"""What inventory and fingerprints must hold for any bytes. Each contract takes them, and fails by raising."""

import time
from contextlib import contextmanager

from monitors.fingerprints import (
    Index,
    fingerprint,
    grams,
    letters,
    sequence,
    text_hash,
    weights,
    words,
)
from monitors.fingerprints.tables import lists
from monitors.fingerprints.terms import LONGEST, SHORTEST, terms
from monitors.inventory import expose, take
from monitors.inventory.exposures import LONGEST as LONGEST_VALUE
from monitors.inventory.exposures import PER_KIND
from monitors.unpack import File
from monitors.unpack.encodings import encoding, is_binary, text, utf8
from monitors.unpack.inlinemaps import inline_maps
from tests.fuzz.contracts import LONG, files_or_a_sentence

PLACES = (
    "src/a.ts",
    "package.json",
    ".env",
    "go.mod",
    "requirements.txt",
    "Cargo.toml",
    "LICENSE",
    "a.py",
    "pom.xml",
    "dist/a.min.js",
)
LARGE = 200_000  # bytes


@contextmanager
def soon():
    """What runs within takes less processor time than no single answer may."""
    began = time.process_time()
    yield
    assert time.process_time() - began < LONG


def takes(content: bytes) -> None:
    """What is unpacked can be counted, whatever it is: all of it, once."""
    found = files_or_a_sentence(content, "a.zip") if content[:2] == b"PK" else _alone(content)
    with soon():
        totals = take(found).totals()
    assert totals["files"] == len(found)
    assert totals["bytes"] == sum(len(file.content) for file in found)


def _alone(content: bytes) -> list[File]:
    return [File(PLACES[content[0] % len(PLACES)], content[1:])] if content else []


def exposes(content: bytes) -> None:
    """The first byte chooses a name. What the rest gives away is bounded, printable, and in a line it has."""
    entries = take(_alone(content)).entries
    with soon():
        found = expose(entries)
    assert len(found.items) <= PER_KIND * len(found.counts())
    for item in found.items:
        assert 0 < len(item.value) <= LONGEST_VALUE
        assert item.value.isprintable()
        assert item.times >= 1
        assert 1 <= item.line <= len(content) + 1


def encodings(content: bytes) -> None:
    """Any bytes have a text, soon; and they are binary, or can be had in UTF-8."""
    with soon():
        known, read, told = encoding(content), text(content), utf8(content)
    assert is_binary(content) == (not known)
    assert isinstance(read, str)
    if known in ("", "utf-8"):
        assert content.endswith(told)
    else:
        assert told == read.encode("utf-8", "replace")
        assert told.decode() == read


def tokens(content: bytes) -> None:
    """Letters, pieces and words of any file, soon; the same again, sorted, each once."""
    with soon():
        kept, found = letters(content), words(content)
        chosen, pieces = sequence([kept]).hashes, grams(kept)
        tables = [edge for span in lists(content) for edge in span]
    assert not kept.strip(b"abcdefghijklmnopqrstuvwxyz0123456789")
    assert text_hash(content) == text_hash(content.upper())
    assert (pieces[1:] > pieces[:-1]).all()
    assert set(pieces.tolist()) == set(chosen.tolist())
    assert (found[1:] > found[:-1]).all()
    assert tables == sorted(set(tables))
    assert not tables or 0 <= tables[0] < tables[-1] <= len(content)
    assert not len(found) or 1 <= weights(found).min() <= weights(found).max() <= 16


def fingerprints(content: bytes) -> None:
    """Any file has fingerprints, soon; they are the same when read back."""
    with soon():
        index = fingerprint([("src/a.ts", content), ("b", content[::-1])])
        assert index.total_files == len(index.files) == 2
        told = index.to_bytes()
        assert Index.from_bytes(told).to_bytes() == told


def phrases(content: bytes) -> None:
    """What may be typed into a search is short, plain, and gives no address away."""
    with soon():
        found = terms([("src/a.ts", content), ("b", content[::-1])], [content[: len(content) // 2]])
    for term in found:
        assert SHORTEST <= len(term.text) <= LONGEST
        assert term.text.isascii()
        assert term.text.isprintable()
        assert not {'"', "@", "\\"} & set(term.text)
        assert term.line >= 1


def repeated(content: bytes) -> None:
    """A short piece over and over takes time in proportion: its square would be minutes."""
    piece, ending = content[:60], content[60:120]
    if not piece:
        return
    whole = piece * (LARGE // len(piece)) + ending
    with soon():
        words(whole), sequence([letters(whole)]), lists(whole), terms([("a.ts", whole)])
    with soon():
        expose(take([File(PLACES[len(content) % len(PLACES)], whole)]).entries)
    with soon():
        assert all(inline_maps(whole))
        files_or_a_sentence(whole, "a.js.map")
