"""Headers in which somebody gives a licence: evidence that a file is not ours, unless we are that somebody.

Companies put headers on their own files too. So a header speaks for a third party only when it gives a public
licence, and when its holder is neither the one most of the tree belongs to nor named in our own manifest.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from typing import NamedTuple

from monitors.inventory import encodings

SHARE_OF_OURS = 0.25  # of the files that could carry a header, for its holder to be us
SHARE_OF_FEW = 0.5  # the same while the files are fewer than FEW
FEW = 20
_HEAD = 4096

# In the order they are told when a header names several.
_LICENCES = [
    (name, re.compile(pattern))
    for name, pattern in {
        "Apache": r"apache (?:software )?license|apache-2\.0|licensed under (?:the )?apache",
        "MPL": r"mozilla public license|mpl[ -]?[12]\.[01]",
        "AGPL": r"gnu affero general public|agpl",
        "LGPL": r"gnu (?:lesser|library) general public|\blgpl",
        "GPL": r"gnu general public|\bgpl(?:v?[23]|-[23]| )|under the gpl",
        "BSD": r"\bbsd(?:[ -](?:[234]-clause|style|license|zero))"
        r"|redistribution and use in source and binary forms",
        "ISC": r"\bisc license|permission to use, copy, modify,? and/?o?r? distribute",
        "MIT": r"\bmit[ -](?:style )?licen[sc]|licen[sc]ed?:? (?:under (?:the )?)?mit\b"
        r"|under (?:the |an )?mit\b|permission is hereby granted, free of charge|\.org/licenses/mit",
        "Boost": r"boost software license",
        "zlib": r"\bzlib licen|this software is provided 'as-is'",
        "Creative Commons": r"creative ?commons|\bcc0\b|\bcc-by",
        "Unlicense": r"unlicense\.org|released into the public domain|placed in the public domain",
        "EPL": r"eclipse public license",
    }.items()
]
_SPDX = re.compile(r"spdx-license-identifier:\s*\(?([a-z0-9][a-z0-9.+-]*)")
_NOT_PUBLIC = re.compile(r"^(?:licenseref-|unlicensed$|proprietary|none$|see$|commercial)")
_TAG = re.compile(r"@(?:license|licence|preserve)\b\s*(.*)")
_BANNER = re.compile(r"!\s*([a-z@][\w@/. -]{0,60}?)[\s,-]+v?\d+\.\d+(?:\.\d+)?\b")
_HOLDER = re.compile(
    r"(?:copyright|\(c\)|©)(?:\s|\(c\)|©|copyright|\d{4}|present|[-–,:])*"
    r"([^\n]{2,120}?)\s*(?:\.\s|\.?$|all rights|<|\(http)",
    re.M,
)
_FILLER = re.compile(
    r"\b(?:by|the|and|its|other|contributors?|affiliates|authors?|inc|llc|ltd|gmbh|corp|co)\b|[^\w\s]"
)
_OPENINGS = [
    re.compile(pattern, re.S)
    for pattern in (
        r"\ufeff?\s+(?P<said>)",
        r"#![^\n]*(?P<said>)",
        r"(['\"])use \w+\1;?(?P<said>)",
        r"/\*(?P<said>.*?)(?:\*/|\Z)",
        r"//(?P<said>[^\n]*)",
        r"#(?!include|define|if|pragma|import|\w+\()(?P<said>[^\n]*)",
        r"--(?P<said>[^\n]*)",
        r"<!--(?P<said>.*?)(?:-->|\Z)",
        r'"""(?P<said>.*?)(?:"""|\Z)',
    )
]
_MARGIN = re.compile(r"^[\s*#/;-]+", re.M)


class Header(NamedTuple):
    """Who holds the file and what they allow, as its opening comments say; each may be ""."""

    licence: str
    holder: str

    @property
    def identity(self) -> str:
        """What headers of the same people have in common."""
        return self.holder or self.licence


def header(content: bytes) -> Header:
    """What the comments that open the file say about its licence and holder."""
    text = _opening_comments(encodings.text(content[:_HEAD])).lower()
    return Header(_licence(text), _holder(text)) if text else Header("", "")


def ours(headers: Iterable[Header], names: Iterable[str]) -> frozenset[str]:
    """Identities in these headers that are ourselves: named like one of `names`, or in a share of the files
    that nobody else's would make up.
    """
    counts = Counter(found.identity for found in headers)
    share = SHARE_OF_FEW if counts.total() < FEW else SHARE_OF_OURS
    frequent = {identity for identity, count in counts.items() if count > share * counts.total()}
    named = [words for name in names if len(words := _normal(name)) > 2]
    alike = {identity for identity in counts if any(f" {words} " in f" {identity} " for words in named)}
    return frozenset((frequent | alike) - {""})


def _licence(text: str) -> str:
    if found := _SPDX.search(text):
        return "" if _NOT_PUBLIC.match(found[1]) else found[1]
    for name, pattern in _LICENCES:
        if pattern.search(text):
            return name
    if found := _TAG.search(text):
        return "" if _NOT_PUBLIC.match(found[1]) else "@license"
    return "banner" if text.startswith("!") and _BANNER.match(text) else ""


def _holder(text: str) -> str:
    if found := _HOLDER.search(text):
        return _normal(found[1])
    if found := _BANNER.match(text):
        return _normal(found[1])
    return ""


def _normal(name: str) -> str:
    return " ".join(_FILLER.sub(" ", name.lower()).split())[:60]


def _opening_comments(text: str) -> str:
    """The text of the comments before the first code, without their margins."""
    comments = []
    at = 0
    while found := next((match for opening in _OPENINGS if (match := opening.match(text, at))), None):
        comments.append(found["said"])
        at = found.end()
    return _MARGIN.sub("", "\n".join(comments)).strip()
