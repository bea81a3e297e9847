"""Talk about the leak: which words it is known by, and sources that bring nothing but mentions."""

from __future__ import annotations

import dataclasses
import html
import re
import unicodedata
from typing import Any

from monitors.sources.archives import ArchiveHolding
from monitors.sources.base import Adapter, Aim, Batch, Candidate, Look, Refused, SourceError, clean

MOST_WORDS = 8
LONGEST_WORD = 100
BEFORE, AFTER = 60, 140  # characters that are shown around a word

_TERM = re.compile(r'"([^"]*)"|([^\s,"]+)')
_TAG = re.compile(r"</?[a-zA-Z!][^<>]{0,2000}>")
_SPACE = re.compile(r"\s+")


class Words:
    """The words of a query, apart by spaces or commas, "several in quotes" together; 1 to 8, else Refused.

    A word stands alone in a text, in any case, and its parts may be joined in any way: "acme-cli" is found in
    "the Acme CLI" and not in "acme-client".
    """

    def __init__(self, query: str) -> None:
        found = [(quoted or bare).strip() for quoted, bare in _TERM.findall(query[:2000])]
        self.terms = list(dict.fromkeys(one[:LONGEST_WORD] for one in found if _parts(one)))
        if not 1 <= len(self.terms) <= MOST_WORDS:
            raise Refused(f"{clean(query, 80) or 'This'} is not 1 to {MOST_WORDS} words to listen for.")
        together = (r"[\W_]*".join(map(re.escape, _parts(term))) for term in self.terms)
        self._found = re.compile(rf"(?<![^\W_])(?:{'|'.join(together)})(?![^\W_])")

    def stand_in(self, *texts: str) -> bool:
        """Whether one of the words stands in one of the texts."""
        return any(self._found.search(_folded(text)) for text in texts)

    def around(self, text: str) -> str:
        """The text where the first of the words stands in it, 200 characters or so; its beginning else."""
        found = self._found.search(text.lower())
        begins = max(found.start() - BEFORE, 0) if found else 0
        ends = begins + BEFORE + AFTER
        before, after = "…" if begins else "", "…" if ends < len(text) else ""
        return f"{before}{text[begins:ends].strip()}{after}"


class Talk(Adapter):
    """A place where people talk. What they say is counted, and never taken for a copy."""

    aims = frozenset({Aim.MENTIONS})

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """New mentions of the query's words, and no candidates.

        Raises SourceError; Refused for a query without words, or with too many.
        """
        if aim not in self.aims:
            raise SourceError(f"Talk cannot be asked for a {aim}.")
        before = self.client.requests
        batch = self.listen(query, cursor)
        return dataclasses.replace(batch, requests=self.client.requests - before)

    def listen(self, query: str, cursor: dict[str, Any]) -> Batch:
        """What was said with the query's words since the cursor. Raises SourceError."""
        raise NotImplementedError

    def examine(self, candidate: Candidate) -> ArchiveHolding:
        """Raises SourceError: there is nothing to examine."""
        raise SourceError("Talk holds no files.")

    def look(self, candidate: Candidate) -> Look:
        """Raises SourceError: there is nothing to look after."""
        raise SourceError("Talk is not looked after.")


def plain(text: object, longest: int) -> str:
    """What a page or a feed says, as text on one line: without tags, entities resolved. "" for no text."""
    if not isinstance(text, str):
        return ""
    untagged = html.unescape(_TAG.sub(" ", text[: 4 * longest]))
    return clean(_SPACE.sub(" ", untagged).strip(), longest)


def _parts(term: str) -> list[str]:
    return [part for part in re.split(r"[\W_]+", _folded(term)) if part]


def _folded(text: str) -> str:
    """In one case and one form, so that full-width or composed letters are the same letters."""
    return unicodedata.normalize("NFKC", text).casefold()
