"""What a minifier must keep: the texts of string literals and the names of members."""

from __future__ import annotations

import re
import string
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

from .winnow import Codes, Hashes, Places, distinct, mixed

SHORTEST = 8
LONGEST = 4096  # a longer word is known by so many letters
LENGTH_BITS = 4
_LENGTHS = np.uint64((1 << LENGTH_BITS) - 1)

# A quote behind a letter closes a string that was missed, unless one of these words stands there.
_OPENERS = (
    rb"(?:(?<!\w%(q)s)|(?<=\b[bfru]%(q)s)|(?<=(?:case|from|else)%(q)s)|(?<=(?:return|import|typeof)%(q)s))"
)
_HOLE = rb"\$\{(?:[^{}`]++|`(?:[^`\\]++|\\[\s\S])*+`?|\{[^{}`]*+\}?)*+\}?"
# Nothing gives back what it took, and what has begun need not be closed: the scan is linear on any input.
_TOKEN = re.compile(
    rb"\.[A-Za-z_$][\w$]{7,}+"
    rb'|"' + _OPENERS.replace(b"%(q)s", b'"') + rb'(?:[^"\\\n]++|\\[\s\S])*+"?'
    rb"|'" + _OPENERS.replace(b"%(q)s", b"'") + rb"(?:[^'\\\n]++|\\[\s\S])*+'?"
    rb"|`(?:[^`\\$]++|\\[\s\S]|" + _HOLE + rb"|\$)*+`?"
    # Of a longer line, this was no comment but half of an address or of a regular expression.
    rb"|//[^\n]{0,400}+"
    rb"|/\*(?:[^*]++|\*(?!/))*+"
    # A slash behind an operator opens a regular expression, whose quotes are no quotes.
    rb"|/(?:(?<=[=(,:;!&|?{}\[>]/)|(?<=[=(,:;!&|?>]\s/)|(?<=return\s/)|(?<=return/))"
    rb"(?:[^/\\\n\[]++|\\.|\[(?:[^\]\\\n]++|\\.)*+)++"
)
_MEMBER = re.compile(rb"\.[A-Za-z_$][\w$]{7,}+")
# What tools write differently ends a piece: escapes, line ends, holes in templates, other quotes.
_SEAM = re.compile(rb"\$\{[^{}]*+\}?|\\(?:u\{?[0-9a-fA-F]++\}?|x..|[\s\S])")

_KEPT = (string.ascii_letters + string.digits + "\n\"'`").encode()
_PLAIN = bytes.maketrans(
    (string.ascii_uppercase + "\"'`").encode(), (string.ascii_lowercase + "\n\n\n").encode()
)
_NOISE = bytes(code for code in range(256) if code not in _KEPT)
_END, _SLASH = b"\n/"
_RELATIVE = (b"./", b"..")

_BASE = 0x9E3779B97F4A7C15
_POWERS = np.array([pow(_BASE, power, 1 << 64) for power in range(LONGEST)], np.uint64)
_PIECE = 1 << 16


def words(content: bytes) -> Hashes:
    """Sorted, distinct hashes of the pieces of string literals and the member names in `content`.

    Only those of 8 letters or digits and more, in lower case and without anything
    else. Comments and relative paths, as in imports, are left out. The lowest four
    bits of each hash tell the length (see `weights`). The same on every machine.
    """
    return distinct(words_of([content])[0])


def words_of(contents: Collection[bytes]) -> tuple[Hashes, Places]:
    """The words of each content, each as often as it may be, one content behind the other; and of each
    word, the number of its content.
    """
    texts = [_pieces(content) for content in contents]
    codes = np.frombuffer(b"".join(texts), np.uint8)
    ends = np.flatnonzero(codes == _END)
    starts = np.concatenate([[0], ends[:-1] + 1])[: len(ends)]
    long = ends - starts >= SHORTEST
    starts, ends = starts[long], ends[long]
    borders = np.cumsum(np.fromiter(map(len, texts), np.intp, len(texts)))
    return _hashes(codes, starts, ends - starts), np.searchsorted(borders, starts, side="right")


def weights(hashes: Hashes) -> NDArray[np.intp]:
    """How much each word tells, 1 to 16: a sentence is seldom met by chance, a single word often."""
    return (hashes & _LENGTHS).astype(np.intp) + 1


def _pieces(content: bytes) -> bytes:
    """The letters of each word, and behind each a line end."""
    tokens = dict.fromkeys(_TOKEN.findall(content))
    told = [token for token in tokens if token[0] != _SLASH and token[1:3] not in _RELATIVE]
    # A hole that is not closed ends at the brace, and swallows nothing of the next token.
    text = b"\n}\n".join(told)
    if b"${" in text:
        holes = _MEMBER.findall(text)
        text = b"\n".join([_SEAM.sub(b"\n", text), *holes])
    elif b"\\" in text:
        text = _SEAM.sub(b"\n", text)
    return text.translate(_PLAIN, _NOISE) + b"\n"


def _hashes(codes: Codes, starts: Places, lengths: Places) -> Hashes:
    """The hash of each of these stretches of letters, some at a time, as each letter takes 40 bytes here."""
    cuts = np.searchsorted(np.cumsum(lengths), np.arange(_PIECE, lengths.sum(), _PIECE))
    parts = zip(np.split(starts, cuts), np.split(lengths, cuts), strict=True)
    sums = [_summed(codes, *part) for part in parts if len(part[0])]
    hashes = mixed(np.concatenate([np.empty(0, np.uint64), *sums]) + lengths.astype(np.uint64))
    steps = np.minimum((lengths - SHORTEST) // 2, int(_LENGTHS)).astype(np.uint64)
    return hashes & ~_LENGTHS | steps


def _summed(codes: Codes, starts: Places, lengths: Places) -> Hashes:
    lengths = np.minimum(lengths, LONGEST)
    begins = np.cumsum(lengths) - lengths
    places = np.arange(lengths.sum()) - np.repeat(begins, lengths)
    letters = codes[np.repeat(starts, lengths) + places].astype(np.uint64)
    letters *= _POWERS[places]
    return np.add.reduceat(letters, begins)
