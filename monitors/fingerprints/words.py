"""What a minifier must keep: the texts of string literals and the names of members."""

from __future__ import annotations

import hashlib
import re
import string

import numpy as np

from .winnow import Hashes

SHORTEST = 8

# No branch can fail once it has begun, and none gives back what it took: the scan is linear on any input.
_TOKEN = re.compile(
    rb"\.[A-Za-z_$][\w$]{7,}+"
    rb'|"(?:[^"\\\n]++|\\[\s\S])*+'
    rb'"?'
    rb"|'(?:[^'\\\n]++|\\[\s\S])*+'?"
    rb"|`(?:[^`\\]++|\\[\s\S])*+`?"
    rb"|//[^\n]*+"
    rb"|/\*(?:[^*]++|\*(?!/))*+"
    # A slash behind an operator opens a regular expression, whose quotes are no quotes.
    rb"|/(?:(?<=[=(,:;!&|?{}\[]/)|(?<=[=(,:;!&|?>]\s/)|(?<=return\s/))"
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
    else. Comments are left out. The same on every machine and in every release.
    """
    tokens = set(_TOKEN.findall(content))
    members = [token for token in tokens if token[:1] == b"."]
    literals = b"\n".join([token for token in tokens if token[:1] in b"\"'`"])
    holes = _MEMBER.findall(literals) if b"${" in literals else []
    pieces = b"\n".join([*_SEAM.split(literals), *members, *holes])
    return _hashes({word for word in pieces.translate(_LOWER, _NOISE).split(b"\n") if len(word) >= SHORTEST})


def _hashes(found: set[bytes]) -> Hashes:
    digests = b"".join([hashlib.blake2b(word, digest_size=8).digest() for word in found])
    return np.unique(np.frombuffer(digests, "<u8").astype(np.uint64))
