"""Names that are taken for another one: what somebody registers who waits for a slip of the hand or the eye.

The ways are those of "SpellBound" (https://arxiv.org/abs/2003.03471, section 3): letters left out, doubled,
swapped or next to each other on a keyboard, letters that look alike, separators and words moved, and the
usual additions. Scopes come on top: "@acme/cli" is copied as "acme-cli" as well as "@acme-cli/cli".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, islice, permutations

MOST = 4000  # variants of one name
LONGEST = 214  # characters of a name: https://github.com/npm/validate-npm-package-name
MOST_WORDS = 4  # of which the order is varied

_ROWS = ("1234567890-", "qwertyuiop", "asdfghjkl", "zxcvbnm")
_LOOK = {
    "l": "1i",
    "1": "li",
    "i": "l1j",
    "o": "0",
    "0": "o",
    "s": "5z",
    "5": "s",
    "e": "3",
    "a": "4",
    "g": "q9",
}
_PAIRS = (
    ("rn", "m"),
    ("m", "rn"),
    ("vv", "w"),
    ("w", "vv"),
    ("cl", "d"),
    ("d", "cl"),
    ("ck", "k"),
    ("k", "ck"),
)
_ENDS = (
    "js",
    "ts",
    "cli",
    "core",
    "lib",
    "sdk",
    "api",
    "app",
    "tool",
    "tools",
    "utils",
    "plus",
    "pro",
    "dev",
)
_MORE_ENDS = (
    "fork",
    "copy",
    "mirror",
    "source",
    "src",
    "leak",
    "leaked",
    "unofficial",
    "open",
    "free",
    "new",
    "2",
)
_STARTS = ("node", "js", "py", "python", "open", "free", "the", "my", "real", "unofficial", "leaked")
_SEPARATOR = re.compile(r"[-_.]+")


def variants(name: str, *, most: int = MOST) -> list[str]:
    """The names that are taken for this one, likeliest first, lower-case, without it; at most `most`."""
    name = name.strip().lower()[:LONGEST]
    scope, _, bare = name.rpartition("/")
    if not bare:
        return []
    made = chain(_scopes(scope.removeprefix("@"), bare), _spellings(scope, bare))
    fitting = (one for one in made if one != name and 1 < len(one) <= LONGEST)
    return list(dict.fromkeys(islice(fitting, most * 2)))[:most]


def likeliest(name: str, *, most: int) -> list[str]:
    """Those of the variants to ask for by name, at most `most`: by turns misspelt and added to.

    None lies in the name's own scope, where nobody else publishes.
    """
    name = name.strip().lower()[:LONGEST]
    scope, _, bare = name.removeprefix("@").rpartition("/")
    if not bare:
        return []
    word = f"{scope}-{bare}" if scope else bare
    misspelt = (f"@{one}/{bare}" for one in _slips(scope) if one) if scope else _slips(bare)
    added = (f"{word}-{end}" for end in (*_ENDS, *_MORE_ENDS))
    turns = chain.from_iterable(zip(misspelt, added, strict=False))
    made = chain(_scopes(scope, bare), turns, misspelt, added)
    fitting = (one for one in made if one != name and 1 < len(one) <= LONGEST)
    apart = (one for one in fitting if not scope or not one.startswith(f"@{scope}/"))
    return list(dict.fromkeys(islice(apart, most * 2)))[:most]


def _scopes(scope: str, bare: str) -> Iterator[str]:
    if scope:
        yield from (f"{scope}-{bare}", f"{scope}_{bare}", f"{scope}.{bare}", f"{scope}{bare}")
        yield from (f"@{scope}-{bare}/{bare}", f"@{scope}{bare}/{bare}", f"@{scope}/{scope}-{bare}")
    else:
        yield from (f"@{bare}/{bare}", f"@{bare}/cli", f"@{bare}/core")


def _spellings(scope: str, bare: str) -> Iterator[str]:
    """Slips in the name, then in the scope, then additions."""
    before = f"{scope}/" if scope else ""
    yield from (before + one for one in _slips(bare))
    if scope:
        yield from (f"@{one}/{bare}" for one in _slips(scope.removeprefix("@")))
    yield from (before + one for one in _additions(bare))
    if scope:
        yield from _additions(f"{scope.removeprefix('@')}-{bare}")


def _slips(word: str) -> Iterator[str]:
    spots = [(word[:at], letter, word[at + 1 :]) for at, letter in enumerate(word)]
    yield from _separators(word)
    yield word + "s"
    yield from (before + after for before, _, after in spots)
    yield from (before + after[0] + letter + after[1:] for before, letter, after in spots if after)
    yield from (word.replace(one, other, 1) for one, other in _PAIRS if one in word)
    yield from (before + other + after for before, letter, after in spots for other in _LOOK.get(letter, ""))
    yield from (before + letter * 2 + after for before, letter, after in spots)
    yield from (before + other + after for before, letter, after in spots for other in _neighbours(letter))


def _separators(word: str) -> Iterator[str]:
    parts = [part for part in _SEPARATOR.split(word) if part]
    if len(parts) > 1:
        yield from (mark.join(parts) for mark in ("-", "", "_", "."))
    if 1 < len(parts) <= MOST_WORDS:
        yield from ("-".join(order) for order in permutations(parts))
    if len(parts) == 1:
        yield from (f"{word[:at]}-{word[at:]}" for at in range(2, len(word) - 1))


def _additions(word: str) -> Iterator[str]:
    for end in (*_ENDS, *_MORE_ENDS):
        yield from (f"{word}-{end}", f"{word}{end}")
    yield f"{word}.js"
    for start in _STARTS:
        yield from (f"{start}-{word}", f"{start}{word}")


def _neighbours(letter: str) -> str:
    """The keys beside it, left and right, above and below."""
    found = ""
    for number, row in enumerate(_ROWS):
        at = row.find(letter)
        if at >= 0:
            found += row[max(at - 1, 0) : at] + row[at + 1 : at + 2]
            found += "".join(
                other[at : at + 1] for other in (_ROWS[number - 1 : number] + _ROWS[number + 1 : number + 2])
            )
    return found
