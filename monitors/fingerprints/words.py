"""What a minifier must keep: the texts of string literals and the names of members."""

from __future__ import annotations

import hashlib
import re
import string

import numpy as np
from numpy.typing import NDArray

from .winnow import Hashes

SHORTEST = 8
_LENGTHS = np.uint64(15)

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
_SEAM = re.compile(rb"\$\{[^{}]*+\}?|\\(?:u\{?[0-9a-fA-F]++\}?|x..|[\s\S])|[\"'`\n]")

_KEPT = (string.ascii_letters + string.digits + "\n").encode()
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_NOISE = bytes(code for code in range(256) if code not in _KEPT)


def words(content: bytes) -> Hashes:
    """Sorted, distinct hashes of the pieces of string literals and the member names in `content`.

    Only those of 8 letters or digits and more, in lower case and without anything
    else. Comments and relative paths, as in imports, are left out. The lowest four
    bits of each hash tell the length (see `weights`). The same on every machine.
    """
    tokens = set(_TOKEN.findall(content))
    members = [token for token in tokens if token[:1] == b"."]
    literals = [token for token in tokens if token[:1] in b"\"'`" and token[1:3] not in (b"./", b"..")]
    text = b"\n".join(literals)
    holes = _MEMBER.findall(text) if b"${" in text else []
    pieces = b"\n".join([*_SEAM.split(text), *members, *holes])
    return _hashes({word for word in pieces.translate(_LOWER, _NOISE).split(b"\n") if len(word) >= SHORTEST})


def weights(hashes: Hashes) -> NDArray[np.intp]:
    """How much each word tells, 1 to 16: a sentence is seldom met by chance, a single word often."""
    return (hashes & _LENGTHS).astype(np.intp) + 1


def _hashes(found: set[bytes]) -> Hashes:
    digests = b"".join([hashlib.blake2b(word, digest_size=8).digest() for word in found])
    lengths = np.fromiter((min((len(word) - SHORTEST) // 2, 15) for word in found), np.uint64, len(found))
    hashes: Hashes = np.unique(np.frombuffer(digests, "<u8") & ~_LENGTHS | lengths)
    return hashes
