"""Passwords, tokens and keys that stand in a file."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import chain, islice

from monitors.inventory import named, services, tokens
from monitors.inventory.anchors import Anchors
from monitors.inventory.confidence import Confidence
from monitors.inventory.forms import Form

SHOWN_FROM = 16  # bytes; of anything shorter its first four and last two would be too much
MOST = 5_000  # credentials of one file
_BY_DOUBT = list(Confidence)
_BY_WORD: dict[bytes, list[Form]] = defaultdict(list)
for _each in (*tokens.FORMS, *services.FORMS, *named.FORMS):
    for _word in _each.words:
        _BY_WORD[_word].append(_each)
WORDS = list(_BY_WORD)
ANCHORS = Anchors(WORDS)
_LONGEST = max(map(len, WORDS))
_AFTER_A_LINE = [word for word in WORDS if word.startswith(b"\n")]  # so does the first word of a file


@dataclass(frozen=True, slots=True)
class Credential:
    """One credential, at these bytes of the file. `secret` must not leave the worker that found it."""

    name: str
    start: int
    end: int
    confidence: Confidence
    secret: bytes = field(repr=False)

    @property
    def redacted(self) -> str:
        """Its first four and last two characters; of a short one only the first two."""
        text = "".join(char if char.isprintable() else " " for char in self.secret.decode("utf-8", "replace"))
        if text.startswith("-----BEGIN "):
            return f"{text.partition('-----')[2].partition('-----')[0]}, {len(self.secret):,} bytes"
        if len(text) < SHOWN_FROM:
            return f"{text[:2]}…"
        return f"{text[:4]}…{text[-2:]}"

    @property
    def digest(self) -> str:
        """Twelve digits of its SHA-256, to know it again; "" for one that could be guessed from them."""
        return hashlib.sha256(self.secret).hexdigest()[:12] if len(self.secret) >= SHOWN_FROM else ""


def find(content: bytes) -> list[Credential]:
    """At most MOST credentials in the content, in order and apart; of two in one place, the surer one."""
    return among(content, ANCHORS.scan(content.lower()))


def among(content: bytes, places: Iterable[tuple[int, bytes]]) -> list[Credential]:
    """The same, where the anchors have been looked for."""
    start = content[:_LONGEST].lower()
    first = [(-1, word) for word in _AFTER_A_LINE if start.startswith(word[1:])]
    found = (_at(content, at, form) for at, word in chain(first, places) for form in _BY_WORD.get(word, ()))
    return _apart(islice((one for one in found if one), MOST))


def _at(content: bytes, at: int, form: Form) -> Credential | None:
    match = form.find(content, at)
    if match is None:
        return None
    group = match.lastgroup or 0
    secret = match[group]
    # An address is judged as a whole: its host tells whether it is an example.
    if not form.check(match[0] if form.name == "Password in an address" else secret):
        return None
    return Credential(form.name, match.start(group), match.end(group), form.confidence, secret)


def _apart(found: Iterable[Credential]) -> list[Credential]:
    kept: list[Credential] = []
    for one in sorted(found, key=lambda one: (one.start, _doubt(one), -one.end)):
        if not kept or kept[-1].end <= one.start:
            kept.append(one)
        elif _doubt(one) < _doubt(kept[-1]):
            kept[-1] = one
    return kept


def _doubt(one: Credential) -> int:
    return _BY_DOUBT.index(one.confidence)
