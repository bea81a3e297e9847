"""What matching found: kinds of evidence, classes, pairs of files, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class Kind(StrEnum):
    """Kinds of evidence, strongest first."""

    BLOB = "blob"
    SHA256 = "sha256"
    TREE = "tree"
    TEXT = "text"
    TOKENS = "tokens"
    WORDS = "words"


class Class(StrEnum):
    COPY = "copy"
    PARTIAL = "partial"
    DERIVED = "derived"
    REWRITE = "rewrite"  # our strings without our text: another language, or written anew
    SNIPPET = "snippet"  # one passage: for a person to look at
    IMPOSTOR = "impostor"  # says that it is the leak, and holds none of it
    UNRELATED = "unrelated"


class Region(NamedTuple):
    """Lines of theirs that repeat lines of ours, from 1 and the last included, each to within three lines."""

    theirs_from: int
    theirs_to: int
    ours_from: int
    ours_to: int


@dataclass(frozen=True)
class Pair:
    """A file of ours and where it was found. `share` (0 to 1) and `lines` of ours: at least so much.

    `regions` are the longest passages, at most eight, in the order of their file; none for a file that is
    there whole, and for one that is known by its strings alone.
    """

    theirs: str
    ours: str
    kind: Kind
    share: float
    lines: int
    regions: tuple[Region, ...] = ()


@dataclass(frozen=True)
class Match:
    """What was found. Shares run from 0 to 1; shares, files and lines mean "at least".

    `share` is the estimate of how much of the leak is there, in whatever form: what was
    found as text, and what its strings tell of the rest, since tools keep about
    `KEPT_WORDS` of a file's strings. It is 0 for the unrelated.

    The score is e / (1 + e) of the evidence e: one each for `UNIT_LETTERS` letters in
    files found word for word, for `UNIT_TEXT` of our text, and for `UNIT_WORDS` of
    our strings and member names (squared: a few are everybody's; where they stand in another
    language, for `UNIT_WORDS_ABROAD`). Of a leak so large that a passage is no share of it, an
    unbroken one of `UNIT_RUN` pieces is evidence of two, and little more however long it is; the
    greater of text and passage counts. Text in another language counts nothing. Below a score of
    `LIMIT`, evidence of two, the class is unrelated: it may be chance or habit. Of a leak of text,
    pictures and the like are evidence of two at most, and of a large one a few small files of four:
    alone they make a snippet. How many strangers lie above which score was measured:
    docs/calibration.md.

    `warnings` are sentences for who goes there: what may harm them.
    """

    klass: Class
    score: float
    share_files: float
    share_lines: float
    files: int
    lines: int
    pairs: list[Pair]
    share: float = 0.0
    warnings: tuple[str, ...] = ()
