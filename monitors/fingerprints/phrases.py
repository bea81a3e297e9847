"""What people wrote in a source file: remarks, messages and long names, each with its line."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

from . import tongues

SHORTEST, LONGEST = 16, 80  # characters of a phrase; of scripts without blanks half as many are enough
READ_BYTES = 1_000_000  # of each file
MOST = 5_000  # phrases of one file
LONGEST_NAME = 60
_LONG_LINE = re.compile(r"[^\n]{1000,}+")  # a machine wrote it, and kept only what people are told


class Kind(StrEnum):
    """Where it stood. What stood in a comment or was a name is rarely in what was published on purpose."""

    COMMENT = "comment"
    STRING = "string"
    NAME = "name"


class Phrase(NamedTuple):
    text: str  # one line, SHORTEST wide to LONGEST characters; of a longer one the first words
    kind: Kind
    line: int  # from 1
    is_inside: bool  # a remark for colleagues, as tools copy none into documentation


# What has begun need not be closed, nothing gives back what it took, and the last of the alternatives always
# fits: a scan is linear on any input. Short words are passed over at once.
_SKIPPED = r"(?:[^\"'`/<#\w$-]++|[\w$]{1,15}+(?![\w$]))*+(?:"
_COMMON = (
    r'(?<!\w)"(?P<double>(?:[^"\\\n]++|\\.)*+)"?'
    r"|(?<!\w)'(?P<single>(?:[^'\\\n]++|\\.)*+)'?"
    r"|(?P<name>[A-Za-z_$][\w$]*+)|[\w$]++|[\"'`/<#-]|\Z)"
)
_BLOCK = r"/\*(?P<block>(?:[^*]++|\*(?!/))*+)(?:\*/)?|"
_C = re.compile(
    _SKIPPED + _BLOCK + r"//(?P<line>[^\n]*+)|<!--(?P<markup>(?:[^-]++|-(?!->))*+)"
    r"|`(?P<back>(?:[^`\\]++|\\[\s\S])*+)`?"
    # A slash behind an operator opens a regular expression, whose quotes are no quotes.
    r"|/(?:(?<=[=(,:;!&|?{}\[>]/)|(?<=[=(,:;!&|?>]\s/)|(?<=return\s/))"
    r"(?:[^/\\\n\[]++|\\.|\[(?:[^\]\\\n]++|\\.)*+)++|" + _COMMON
)
_HASH = re.compile(
    _SKIPPED + r'"""(?P<block>(?:[^"\\]++|\\[\s\S]|"(?!""))*+)(?:""")?'
    r"|'''(?P<markup>(?:[^'\\]++|\\[\s\S]|'(?!''))*+)(?:''')?|\#(?P<line>[^\n]*+)|" + _COMMON
)
_DASH = re.compile(_SKIPPED + _BLOCK + r"--(?P<line>[^\n]*+)|" + _COMMON)
# A tree that is shown or kept: remarks, and the texts between its tags.
_TAGS = re.compile(r"[^<>]*+(?:<!--(?P<markup>(?:[^-]++|-(?!->))*+)(?:-->)?|>(?P<back>[^<]*+)|<|\Z)")
_BLOCKS, _LITERALS = {"block", "markup"}, {"double", "single", "back"}

_WITH_HASHES = "py pyi pyx rb sh bash zsh fish pl pm r jl ex exs tf yml yaml toml ps1 nim cr"
_WITH_DASHES = "sql lua hs elm adb ads vhd"
# Prose and data: what stands there is as often published or copied as it is ours.
_UNREAD = """
    map lock svg css scss less sass md mdx markdown rst adoc txt csv tsv xml snap po pot ini
    cfg properties patch diff ipynb graphql gql proto
"""
# Data that everybody shows, or that a tool wrote.
_SHOWN = re.compile(
    r"(?:^|/)(?:package(?:-lock)?|npm-shrinkwrap|composer|manifest|[tj]sconfig[^/]*|[^/]+\.schema)\.json$",
    re.I,
)
_GRAMMARS = {
    **dict.fromkeys(_WITH_HASHES.split(), _HASH),
    **dict.fromkeys(_WITH_DASHES.split(), _DASH),
    **dict.fromkeys(_UNREAD.split(), None),
    **dict.fromkeys(("html", "htm", "xhtml"), _TAGS),
}

_SEAM = re.compile(r"\\.|\$\{[^{}]*+\}?")  # escapes and holes: what tools write differently
_OPENING = re.compile(r"^(?:[^\w`(\[]|_)*+")
_TAG = re.compile(r"^\s*+(?:[*>#-]\s*+)*+@\w")
_CODE = re.compile(
    r"[;{}]\s*$|=>|[=!]==?|&&|\|\||</|\$\{|^\s*(?:import|export|const|let|var|return)\b|\w\(\w"
)
_PLAIN = re.compile(
    r"[\"'`(*_\[„“«»]*[^\W\d_]+[\u0300-\u036f\u0900-\u0eff]*(?:['’-]?[^\W\d_]+[\u0300-\u036f\u0900-\u0eff]*)*"
    r"[\"'`)*_\]”“«»]*[.,:;!?…]*"
)
_READABLE = 0.75  # of its words are plain ones


def phrases(path: str, content: bytes) -> Iterator[Phrase]:
    """The first MOST phrases of a source file, in their order; none of prose, and of machines' lines only
    what they keep for people: texts.

    The ending of `path` tells what opens a remark. Nothing is judged here but whether somebody wrote it.
    """
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    if (grammar := _GRAMMARS.get(ending, _C)) and not _SHOWN.search(path):
        text = content[:READ_BYTES].decode("utf-8", errors="replace")
        yield from islice(_found(text, grammar), MOST)


def _found(text: str, grammar: re.Pattern[str]) -> Iterator[Phrase]:
    line, counted = 1, 0
    machines = [bound for each in _LONG_LINE.finditer(text) for bound in each.span()]
    for token in grammar.finditer(text):
        group = token.lastgroup
        if group is None or _is_short(token[group]):
            continue
        start = token.start(group)
        if group not in _LITERALS and _is_within(start, machines):
            continue
        line, counted = line + text.count("\n", counted, start), start
        yield from _read(group, token[group], line)


def _is_short(text: str) -> bool:
    return len(text) < SHORTEST and tongues.width(text) < SHORTEST


def _is_within(at: int, bounds: Sequence[int]) -> bool:
    """Whether it lies between the first and the second of these, or the third and the fourth, and so on."""
    return bool(bisect_right(bounds, at) % 2)


def _read(group: str, text: str, line: int) -> Iterator[Phrase]:
    if group == "name":
        if len(text) <= LONGEST_NAME:
            yield Phrase(text, Kind.NAME, line, True)
    elif group in _LITERALS:
        for piece, at in _pieces(text):
            yield from _said(piece, Kind.STRING, line + at, True)
    else:
        for at, one in enumerate(text.split("\n")):
            if not _TAG.match(one):
                yield from _said(one, Kind.COMMENT, line + at, group not in _BLOCKS)


def _pieces(text: str) -> Iterator[tuple[str, int]]:
    """The parts of a literal that stand in the file as they are, each with the lines before it."""
    start, lines = 0, 0
    for seam in [*_SEAM.finditer(text), None]:
        for one in text[start : seam.start() if seam else len(text)].split("\n"):
            yield one, lines
            lines += 1
        lines -= 1
        if seam:
            lines, start = lines + seam[0].count("\n"), seam.end()


def _said(text: str, kind: Kind, line: int, is_inside: bool) -> Iterator[Phrase]:
    """Nothing of a line that was masked: what stands beside a secret leads to it."""
    is_masked, text = "\0" in text, cut(tongues.clause(text[: 4 * LONGEST]))
    if not _is_short(text) and not is_masked and is_prose(text):
        yield Phrase(text, kind, line, is_inside)


def cut(text: str) -> str:
    """One line, without what opens or closes a remark, at most LONGEST characters and whole words."""
    text = " ".join(_OPENING.sub("", text[: 4 * LONGEST]).rstrip(" \t*-/=#.|!(,").split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0] or text[:LONGEST]


def is_prose(text: str) -> bool:
    """Whether it is said in words, and is neither code nor a list of names."""
    words = text.split()
    if len(tongues.words(text)) < 4 or _CODE.search(text):
        return False
    plain = sum(1 for word in words if _PLAIN.fullmatch(word))
    return plain >= _READABLE * len(words) and tongues.is_said(text)
