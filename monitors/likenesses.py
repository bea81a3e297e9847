"""How a place's name is like the leak's: the same, a letter aside, with a word such as "leaked", in disguise.

Names of the leak are only known hashed (`fingerprints.names`). So what a name may stand for is spelled out
on this side, and hashed: once for a place, whatever the number of leaks. At most some ten thousand ways.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import IntEnum
from functools import cached_property

from monitors.fingerprints.identity import Identity
from monitors.fingerprints.names import LONGEST, Key, Name, hashed, is_disguised, joined, plain

# What is left of a name without affixes, taken away in whatever order.
_MOST_SPELLINGS = 60
# Letters that a part of a name needs, for one of them to be a slip: "orpc" is a rival of "trpc", no slip.
_SLIP_LETTERS = 6
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"
# A title is searched for our names up to six words long, among its first thirty.
_NAME_WORDS, _TITLE_WORDS = 6, 30

# What is put before or behind a name to say that it is more, or less guarded, than the honest one.
_AFFIXES = (
    "leak leaks leaked leaking source source-code sourcecode sourcemap src src-code full full-code"
    " code-leak leaked-code complete crack cracked cracks keygen patched unlocked unlock free premium"
    " nulled original orig decompiled decompile deobfuscated unminified unpacked unobfuscated reversed"
    " recovered extracted exposed stolen official real authentic mirror mirrored backup bak clone cloned"
    " archive archived dump dumped download repo internal private unofficial rebuilt"
)
AFFIXES = tuple(_AFFIXES.split())
_SAYS = re.compile(
    r"\b(?:leak|leaks|leaked|leakage|cracked|nulled|decompiled|deobfuscated|unobfuscated|unminified|stolen)\b",
    re.IGNORECASE,
)
# So do these, unless it is the source of something "for" ours or "with" it.
_HINTS = re.compile(
    r"\b(?:full|complete|original|entire|internal|private|recovered)\W{1,3}source\b|\bsource\W{0,3}code\b",
    re.IGNORECASE,
)
# Who writes about a leak, or against leaks, or builds on the name, says one of these in the title.
_SPEAKS_OF = re.compile(
    r"\b(?:analy[sz]\w+|detect\w*|scan\w*|report\w*|prevent\w*|news|article|timeline|check\w*|find\w*|plugin"
    r"|adapter|example\w*|integration|wrapper|binding\w*|extension|tutorial|awesome|memory|lessons?|response"
    r"|statement)\b",
    re.IGNORECASE,
)
_BESIDE = re.compile(r"\b(?:for|with|using)\b", re.IGNORECASE)


class Likeness(IntEnum):
    """How a place's name is like ours; the greater, the less innocent."""

    NONE = 0
    COMMON = 1  # ours is short or one word, which others may bear
    EXCUSED = 2  # the very same, as forks have, or a letter aside
    ALIKE = 3  # ours with a word such as "leaked", or in letters that only look like it


class Spelled:
    """A place's name, and all that it may stand for."""

    def __init__(self, name: Name) -> None:
        self.name = name

    def __str__(self) -> str:
        owner, name = self.name
        return f"@{owner}/{name}"[:LONGEST] if owner else name[:LONGEST]

    def likeness(self, identity: Identity) -> Likeness:
        found = max((self._tells.get(key, Likeness.NONE) for key in identity.names), default=Likeness.NONE)
        if found is Likeness.ALIKE and identity.knows(Key.WRITTEN, self.name.name):
            return Likeness.EXCUSED  # ours has such letters itself: "auth0"
        return found

    @cached_property
    def _tells(self) -> dict[int, Likeness]:
        """What the name would be to a leak of which this is a hashed name."""
        tells: dict[int, Likeness] = {}
        for key, likeness in self._ways():
            tells[key] = max(likeness, tells.get(key, Likeness.NONE))
        return tells

    def _ways(self) -> Iterator[tuple[int, Likeness]]:
        for spelling in dict.fromkeys([plain(self.name.name), joined(self.name)]):
            # "@types/express" is one of many that are called so.
            is_many = bool(self.name.owner) and "-" not in spelling
            same = Likeness.COMMON if is_many else Likeness.EXCUSED
            yield hashed(Key.NAME, spelling), Likeness.ALIKE if is_disguised(self.name) else same
            yield hashed(Key.COMMON, spelling), Likeness.COMMON
            for rest in _without_affixes(spelling):
                yield hashed(Key.NAME, rest), Likeness.ALIKE
                yield hashed(Key.COMMON, rest), Likeness.ALIKE if says_leaked(spelling) else Likeness.COMMON
            for slip in _slipped(spelling):
                yield hashed(Key.NAME, slip), same


def says_leaked(title: str) -> bool:
    """Whether a title offers something leaked, rather than speaking of it as news or as somebody else's."""
    spaced = title.replace("-", " ").replace("_", " ")
    hints = bool(_HINTS.search(spaced)) and not _BESIDE.search(spaced)
    return (hints or bool(_SAYS.search(spaced))) and not speaks_of(spaced)


def speaks_of(title: str) -> bool:
    return bool(_SPEAKS_OF.search(title))


def names_in(title: str) -> frozenset[int]:
    """The hashes of all that may be a name among the words of this title that stand together."""
    words = plain(title).split("-")[:_TITLE_WORDS]
    return frozenset(
        hashed(key, "-".join(words[start:end]))
        for start in range(len(words))
        for end in range(start + 1, min(start + _NAME_WORDS, len(words)) + 1)
        for key in (Key.NAME, Key.COMMON)
    )


def _without_affixes(spelling: str) -> Iterator[str]:
    """What is left without such words before or behind, at most 60 ways, least taken away first."""
    ways, at = [spelling], 0
    while at < len(ways) <= _MOST_SPELLINGS:
        for affix in AFFIXES:
            rests = ways[at].removeprefix(affix), ways[at].removesuffix(affix)
            ways += [rest for one in rests if len(rest := one.strip("-")) >= 3 and rest not in ways]
        at += 1
    yield from ways[1:_MOST_SPELLINGS]


def _slipped(spelling: str) -> Iterator[str]:
    """Every name that is one slip away, in parts of at least six letters, as ours are written."""
    parts = spelling.split("-")
    for number, part in enumerate(parts):
        for other in _edited(part):
            yield "-".join([*parts[:number], other, *parts[number + 1 :]])


def _edited(part: str) -> Iterator[str]:
    cuts = [(part[:at], part[at:]) for at in range(len(part) + 1)]
    if len(part) > _SLIP_LETTERS:
        yield from (head + tail[1:] for head, tail in cuts if tail)
    if len(part) >= _SLIP_LETTERS:
        yield from (head + tail[1] + tail[0] + tail[2:] for head, tail in cuts if len(tail) > 1)
        yield from (head + letter + tail[1:] for head, tail in cuts if tail for letter in _ALPHABET)
    if len(part) >= _SLIP_LETTERS - 1:
        yield from (head + letter + tail for head, tail in cuts for letter in _ALPHABET)
