"""Tables: of numbers, of characters and of names. Everybody copies them from the same standards.

Who lists the functions of a database, the names of colours or the codes of HTTP does so in the same words,
and often in the same order, though none has seen the other's code.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from . import winnow
from .text import letters
from .winnow import GRAM, WINDOW

LEAST = 24  # names in a row that make a list
_NINE, _SHARE = ord("9"), 4
_SPAN = GRAM + WINDOW - 1  # letters of a window
# Strings of a word, of three at most: a sentence tells more.
_WORDS = rb"[\w$./+#%:@*-]{0,40}+(?: [\w$./+#%:@*-]{1,24}+){0,2}+"
_NAME = rb"'" + _WORDS + rb"'|\"" + _WORDS + rb"\"|`" + _WORDS + rb"`"
_KEY = rb"[A-Za-z_$][\w$]*+\s*+:"
# Nothing gives back what it took, and a comment has an end: the scan is linear.
_COMMENT = rb"//[^\n]*+|/\*(?:[^*]|\*(?!/)){0,200}+\*/"
# What may stand between two.
_BETWEEN = rb"[\s,|:\[\]{}()]++|=>|-?\d[\w.]*+|(?:true|false|null)\b|" + _COMMENT + rb"|" + _KEY
_LIST = re.compile(rb"(?:(?:" + _NAME + rb")(?:" + _BETWEEN + rb")*+)++")
_NAMES, _KEYS = re.compile(_NAME), re.compile(_COMMENT + rb"|(" + _KEY + rb")")
_FEW_KEYS = 8
_IS_QUOTE = np.array([chr(code) in "'\"`" for code in range(256)])
# A list begins with so many quotes within so many bytes.
_QUOTES, _BYTES = 2 * LEAST, 64 * LEAST

Span = tuple[int, int]


def are_tables(
    texts: Collection[bytes], chosen: winnow.Sequence, listed: NDArray[np.bool_] | None = None
) -> NDArray[np.bool_]:
    """Of each hash chosen from these texts, whether it is of a table: a quarter of the window are digits, or
    are `listed` (of each letter of all the texts, whether it stands in a list).
    """
    codes = np.frombuffer(b"".join(texts), np.uint8)
    telling_not = codes <= _NINE if listed is None else (codes <= _NINE) | listed
    counted = np.concatenate([[0], np.cumsum(telling_not, dtype=np.int32)])
    lengths = np.fromiter(map(len, texts), np.intp, len(texts))
    borders = np.cumsum(lengths)
    begins = (borders - lengths)[chosen.owners] + chosen.offsets
    ends = np.minimum(begins + _SPAN, borders[chosen.owners])
    tables: NDArray[np.bool_] = (counted[ends] - counted[begins]) * _SHARE >= ends - begins
    return tables


def lists(content: bytes) -> list[Span]:
    """Where lists of names stand: at least 24 short strings behind each other, with nothing but punctuation,
    numbers, comments and keys between them, the first 24 within 1,536 bytes.

    Records that repeat their keys or their names are none.
    """
    found: list[Span] = []
    done = 0
    for start in _dense(content):
        if start >= done and (match := _LIST.match(content, start)):
            done = match.end()
            if _is_list(match.group()):
                found.append((start, done))
    return found


def without(content: bytes, spans: Sequence[Span]) -> bytes:
    """The content without these stretches."""
    if not spans:
        return content
    edges = [0, *(edge for span in spans for edge in span), len(content)]
    return b"\n".join(content[start:end] for start, end in zip(edges[::2], edges[1::2], strict=True))


def letters_in(content: bytes, spans: Sequence[Span]) -> Iterator[Span]:
    """These stretches, in `letters` of the content."""
    at = done = 0
    for start, end in spans:
        first = at + len(letters(content[done:start]))
        at, done = first + len(letters(content[start:end])), end
        yield first, at


def _dense(content: bytes) -> list[int]:
    """The quotes behind which enough others follow soon."""
    quotes = np.flatnonzero(_IS_QUOTE[np.frombuffer(content, np.uint8)])
    if len(quotes) < _QUOTES:
        return []
    firsts = quotes[: 1 - _QUOTES]
    dense: list[int] = firsts[quotes[_QUOTES - 1 :] - firsts < _BYTES].tolist()
    return dense


def _is_list(text: bytes) -> bool:
    names = _NAMES.findall(text)
    keys = [key for key in _KEYS.findall(_NAMES.sub(b"", text)) if key]
    repeats_keys = len(keys) > _FEW_KEYS and 2 * len(set(keys)) < len(keys)
    return len(names) >= LEAST and 2 * len(set(names)) >= len(names) and not repeats_keys
