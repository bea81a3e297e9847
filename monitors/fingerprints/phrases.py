"""What people wrote in a source file: remarks, messages and long names, each with its line."""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

SHORTEST, LONGEST = 16, 80  # characters of a phrase
READ_BYTES = 1_000_000  # of each file
MOST = 5_000  # phrases of one file
LONGEST_NAME = 60
_LONG_LINE = re.compile(rb"[^\n]{1000,}+")  # a machine wrote it


class Kind(StrEnum):
    """Where it stood. What stood in a comment or was a name is rarely in what was published on purpose."""

    COMMENT = "comment"
    STRING = "string"
    NAME = "name"


class Phrase(NamedTuple):
    text: str  # one line, SHORTEST to LONGEST characters; of a longer one the first words
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
_BLOCKS, _LITERALS = {"block", "markup"}, {"double", "single", "back"}

_WITH_HASHES = "py pyi pyx rb sh bash zsh fish pl pm r jl ex exs tf yml yaml toml ps1 nim cr"
_WITH_DASHES = "sql lua hs elm adb ads vhd"
# Prose and data: what stands there is as often published or copied as it is ours.
_UNREAD = """
    json jsonc json5 map lock svg css scss less sass md mdx markdown rst adoc txt csv tsv xml snap po pot ini
    cfg properties html htm patch diff ipynb graphql gql proto
"""
_GRAMMARS = {
    **dict.fromkeys(_WITH_HASHES.split(), _HASH),
    **dict.fromkeys(_WITH_DASHES.split(), _DASH),
    **dict.fromkeys(_UNREAD.split(), None),
}

_SEAM = re.compile(r"\\.|\$\{[^{}]*+\}?")  # escapes and holes: what tools write differently
_OPENING = re.compile(r"^[^A-Za-z0-9`(\[]*+")
_TAG = re.compile(r"^\s*+(?:[*>#-]\s*+)*+@\w")
_CODE = re.compile(
    r"[;{}]\s*$|=>|[=!]==?|&&|\|\||</|\$\{|^\s*(?:import|export|const|let|var|return)\b|\w\(\w"
)
_PLAIN = re.compile(r"[\"'`(*_\[]*[A-Za-z]+(?:['’-][A-Za-z]+)*[\"'`)*_\]]*[.,:;!?…]*")
_SMALL_WORDS = """
    a an and are as at be been but by can cannot could do does for from had has have if in into is it must no
    not of off on only or our should so than that the their them then these they this to too up was we were
    when which while will with without would you your
"""
_GLUE = frozenset(_SMALL_WORDS.split())
_READABLE = 0.75  # of its words are plain ones


def phrases(path: str, content: bytes) -> Iterator[Phrase]:
    """The first MOST phrases of a source file, in their order; none of data, of prose or of machines' lines.

    The ending of `path` tells what opens a remark. Nothing is judged here but whether somebody wrote it.
    """
    ending = path.rpartition("/")[2].rpartition(".")[2].lower()
    if grammar := _GRAMMARS.get(ending, _C):
        text = _LONG_LINE.sub(b"", content[:READ_BYTES]).decode("utf-8", errors="replace")
        yield from islice(_found(text, grammar), MOST)


def _found(text: str, grammar: re.Pattern[str]) -> Iterator[Phrase]:
    line, counted = 1, 0
    for token in grammar.finditer(text):
        group = token.lastgroup
        if group is None or len(token[group]) < SHORTEST:
            continue
        start = token.start(group)
        line, counted = line + text.count("\n", counted, start), start
        yield from _read(group, token[group], line)


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
    is_masked, text = "\0" in text, cut(text)
    if len(text) >= SHORTEST and not is_masked and is_prose(text):
        yield Phrase(text, kind, line, is_inside)


def cut(text: str) -> str:
    """One line, without what opens or closes a remark, at most LONGEST characters and whole words."""
    text = " ".join(_OPENING.sub("", text[: 4 * LONGEST]).rstrip(" \t*-/=#.|!(,").split())
    return text if len(text) <= LONGEST else text[:LONGEST].rpartition(" ")[0]


def is_prose(text: str) -> bool:
    """Whether it is said in words, and is neither code nor a list of names."""
    words = text.split()
    if len(words) < 4 or _CODE.search(text):
        return False
    plain = sum(1 for word in words if _PLAIN.fullmatch(word))
    return plain >= _READABLE * len(words) and any(word.lower() in _GLUE for word in words)
