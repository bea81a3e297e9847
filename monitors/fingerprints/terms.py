"""Rare strings: what to type into a code search to find a leak, and nothing that gives more of it away."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

SHORTEST, LONGEST = 16, 80  # characters of a term
PER_FILE = 2
COMMON = 3  # in more of our files than this, it is a habit and not a mark
READ_BYTES = 1_000_000  # of each file

_STRING = re.compile(r'"([^"\\\n]{16,200})"|\'([^\'\\\n]{16,200})\'|`([^`\\$\n]{16,200})`')
_COMMENT = re.compile(r"(?://|#|^\s*\*|/\*+)\s*([A-Za-z][^\n]{15,300})", re.MULTILINE)
_NAME = re.compile(r"\b[A-Za-z_][A-Za-z0-9_]{15,60}\b")
_WORD = re.compile(r"[A-Za-z]{2,}")
_HUMP = re.compile(r"[A-Z]?[a-z]{2,}|[A-Z]{2,}")
# What must not be sent to a stranger, or says who we are: addresses, hosts, paths, numbers, keys.
_UNSAFE = re.compile(
    r"@|://|\\|\b[\w-]+\.[\w-]+\.[\w-]+|\b(?:\d{1,3}\.){3}\d|\d{5}|(?:^|\s)[\w.-]*/[\w./-]+|[^\x20-\x7e]"
    r"|\b(?=\w*\d)(?=\w*[A-Za-z])\w{20,}\b",
)
_LEGAL = re.compile(
    r"licen[cs]e|copyright|warrant|eslint|prettier|@ts-|istanbul|sourceMappingURL", re.IGNORECASE
)


class Kind(StrEnum):
    """Where it stood. What stood in a comment or was a name is rarely in what was published on purpose."""

    COMMENT = "comment"
    STRING = "string"
    NAME = "name"


@dataclass(frozen=True)
class Term:
    """A phrase of the leak, 16 to 80 characters, and where it stands first. `files` of ours hold it."""

    text: str
    kind: Kind
    path: str
    line: int
    files: int


def terms(
    ours: Iterable[tuple[str, bytes]],
    background: Iterable[bytes] = (),
    *,
    most: int = 40,
    is_unsafe: Callable[[str], bool] = lambda _text: False,
) -> list[Term]:
    """The rarest phrases of `ours` that stand nowhere in `background`, best first, at most two of a file.

    `background` is what others may hold honestly: third-party code, and what was published on purpose.
    Nothing with an address, a host, a path, a long number or a key in it; `is_unsafe` may refuse more.
    """
    common = {text for content in background for text, _, _ in _phrases(content)}
    places: dict[str, tuple[Kind, str, int]] = {}
    holders: Counter[str] = Counter()
    for path, content in ours:
        found = {text: (kind, at) for text, kind, at in _phrases(content) if text not in common}
        holders.update(found.keys())
        for text, (kind, at) in found.items():
            places.setdefault(text, (kind, path, content[:READ_BYTES].count(b"\n", 0, at) + 1))
    rare = [text for text, files in holders.items() if files <= COMMON and _is_safe(text, is_unsafe)]
    rare.sort(key=lambda text: (-_mark(text, places[text][0], holders[text]), text))
    return _spread([Term(text, *places[text], holders[text]) for text in rare], most)


def fitted(term: Term, *, most: int) -> str:
    """The term as one quoted phrase of at most `most` characters, cut between words."""
    room = most - 2
    text = (
        term.text if len(term.text) <= room else term.text[: room + 1].rpartition(" ")[0] or term.text[:room]
    )
    return f'"{text}"'


def _phrases(content: bytes) -> Iterable[tuple[str, Kind, int]]:
    """Candidates with their place in bytes (of ASCII text; elsewhere about there)."""
    text = content[:READ_BYTES].decode("utf-8", errors="replace")
    for found in _COMMENT.finditer(text):
        yield _cut(found[1]), Kind.COMMENT, found.start(1)
    for found in _STRING.finditer(text):
        yield _cut(found[found.lastindex or 0]), Kind.STRING, found.start()
    for found in _NAME.finditer(text):
        yield found[0], Kind.NAME, found.start()


def _cut(text: str) -> str:
    """One line, without what opens or closes a comment, at most `LONGEST` characters and whole words."""
    text = " ".join(text.strip(" *-/=#.").split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0]


def _is_safe(text: str, is_unsafe: Callable[[str], bool]) -> bool:
    if len(text) < SHORTEST or '"' in text or _UNSAFE.search(text) or _LEGAL.search(text):
        return False
    return _words_in(text) >= 3 and not is_unsafe(text)


def _words_in(text: str) -> int:
    return len((_WORD if " " in text else _HUMP).findall(text))


def _mark(text: str, kind: Kind, files: int) -> float:
    """How well it marks the leak: distinct words, in few files; sentences before names."""
    distinct = len({word.lower() for word in (_WORD if " " in text else _HUMP).findall(text)})
    return min(distinct, 10) * {Kind.COMMENT: 1.2, Kind.STRING: 1.0, Kind.NAME: 1.1}[kind] / files


def _spread(ranked: list[Term], most: int) -> list[Term]:
    """The best of each file first, then the second best, so that a part of the leak is found too."""
    taken: dict[str, int] = defaultdict(int)
    rounds: list[list[Term]] = [[] for _ in range(PER_FILE)]
    for term in ranked:
        if taken[term.path] < PER_FILE:
            rounds[taken[term.path]].append(term)
            taken[term.path] += 1
    return [term for turn in rounds for term in turn][:most]
