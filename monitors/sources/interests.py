"""Which of all the names that a registry announces somebody wants to hear of."""

from __future__ import annotations

import fnmatch
import re

from monitors.sources.base import Refused, clean
from monitors.sources.lookalikes import likeliest, variants

MOST_TERMS = 20
LIKELIEST = 50  # look-alikes of all terms together that are asked for by name
SHORTEST_WORD = 4  # letters; a shorter word stands in too many names, and only counts as a whole one

_PARTS = re.compile(r"[^a-z0-9]+")


class Interest:
    """Names, words and patterns, apart by spaces or commas; at most 20, else Refused.

    A term with * or ? is a pattern for whole names. Any other stands for the package of that name, for names
    that are taken for it, and for names in which its words stand together ("acme-cli": "fork-of-acme-cli").
    """

    def __init__(self, query: str) -> None:
        terms = [term for term in re.split(r"[\s,]+", query.lower()) if term]
        if not terms or len(terms) > MOST_TERMS:
            raise Refused(f"{clean(query, 80) or 'This'} is not 1 to {MOST_TERMS} names, words or patterns.")
        patterns = [term for term in terms if "*" in term or "?" in term]
        plain = [term for term in terms if term not in patterns]
        self._plain = plain
        self._names = {*plain, *(variant for term in plain for variant in variants(term))}
        told = [*map(fnmatch.translate, patterns), *filter(None, map(_together, plain))]
        self._found = re.compile("|".join(told)) if told else None

    def wants(self, name: str) -> bool:
        """Whether a package of this name is one to look at."""
        name = name.lower()
        return name in self._names or bool(self._found and self._found.match(name))

    def likeliest(self) -> list[str]:
        """What to ask for by name at first: a feed does not tell of what was published long before."""
        each = LIKELIEST // max(len(self._plain), 1)
        return list(dict.fromkeys(one for term in self._plain for one in likeliest(term, most=each)))


def _together(term: str) -> str:
    """Finds names in which the words of the term stand in their order, however they are joined."""
    words = [word for word in _PARTS.split(term) if word]
    if sum(map(len, words)) < SHORTEST_WORD:
        return ""
    return rf"(?:.*[^a-z0-9])?{'[^a-z0-9]*'.join(map(re.escape, words))}(?:[^a-z0-9].*)?\Z"
