"""Places that say they are the leak and hold none of it: bait, most often, and sometimes malware.

Asked only of a place in which nothing of the leak was found. Read are its manifests, its README, and when
these make the claim, a few files for dangers (`dangers.find`); nothing is executed.

To be a sibling, a dependant, a rival or a fork of what is published honestly is no claim:

* what lies under the owner's own account or scope is the owner's;
* a name that only begins like the leak's ("drizzle-zod", "snyk-docker-plugin") is another name: what may be
  added or left out is one letter, or words such as "leaked" and "mirror", and nothing else;
* a fork bears the same name, or the README, and is full of code, as is what by chance differs by a letter
  ("react" and "preact"). Of such a place, it takes a danger, or words like "leaked source", to make an
  impostor.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import IntEnum
from os.path import splitext

from monitors.dangers import Danger, Read, find
from monitors.fingerprints import TEXTUAL
from monitors.fingerprints.descriptions import (
    JSON,
    README,
    README_BYTES,
    TITLE_BYTES,
    TOML,
    manifest,
    root_most,
    titles,
)
from monitors.fingerprints.identity import Identity
from monitors.fingerprints.names import LONGEST, Key, Name, is_disguised, joined, parse, plain

# Of the leak's README, so much is repeated by who copies it and not by who quotes or resembles it: of
# tests/monitors/impostors' ordinary packages none repeats a tenth of another's.
README_SHARE = 0.3
# Fewer grams than these (about 250 letters) are a line of boilerplate.
README_GRAMS = 10
# A fork has at least so many files of code, or so many bytes in the first of them; bait has hardly any.
FORK_FILES, FORK_BYTES = 10, 50_000
_PROSE = (
    ".md .mdx .rst .txt .json .jsonc .json5 .yaml .yml .toml .ini .cfg .conf .env .xml .html .htm .patch"
    " .diff"
)
_CODE = TEXTUAL - frozenset(_PROSE.split())
# A title is searched for our names up to six words long, among its first thirty.
_NAME_WORDS, _TITLE_WORDS = 6, 30
# What is left of a name without affixes, taken away in whatever order.
_MOST_SPELLINGS = 60
_MOST_TOLD = 8
# Letters that a part of a name needs, for one of them to be a slip: "orpc" is a rival of "trpc", no slip.
_SLIP_LETTERS = 6
_ALPHABET = "abcdefghijklmnopqrstuvwxyz0123456789"

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
    r"\b(?:leak|leaks|leaked|leakage|cracked|nulled|decompiled|deobfuscated|unobfuscated|unminified|stolen)\b"
    r"|\b(?:full|complete|original|entire|internal|private|recovered)\W{1,3}source\b|\bsource\W{0,3}code\b",
    re.IGNORECASE,
)
# The same in a README's opening, where honest ones speak of their source code and of memory.
_SAYS_PLAINLY = re.compile(
    r"\b(?:leaked|cracked|nulled|decompiled|deobfuscated)\b|\bsource\W{1,3}(?:code\W{1,3}|map\W{1,3})?leak\b",
    re.IGNORECASE,
)
# Who writes about a leak, or against leaks, or builds on the name, says one of these in the title.
_SPEAKS_OF = re.compile(
    r"\b(?:analy[sz]\w+|detect\w*|scan\w*|report\w*|prevent\w*|news|article|timeline|check\w*|find\w*|plugin"
    r"|adapter|example\w*|integration|wrapper|binding\w*|extension|tutorial|awesome|memory|lessons?|response"
    r"|statement|for|with|using)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """A place's own word that it is the leak: its names that say so, as it writes them (a stranger's text),
    the share of the leak's README that it repeats, 0 to 1, and what may harm who opens it.
    """

    names: tuple[str, ...]
    readme_share: float
    dangers: tuple[Danger, ...]


class _Likeness(IntEnum):
    """How a place's name is like ours; the greater, the less innocent."""

    NONE = 0
    COMMON = 1  # ours is short or one word, which others may bear
    EXCUSED = 2  # the very same, as forks have, or a letter aside
    ALIKE = 3  # ours with a word such as "leaked", or in letters that only look like it


def claims(identity: Identity, *, title: str, paths: Sequence[str], read: Read) -> Claim | None:
    """The claim of a place that it is the leak, or None when it makes none.

    `title` is what the host calls it ("name@version", "owner/repository"), `paths` all its files, and `read`
    gives the content of those asked for. At most some 75 files are read.
    """
    place = parse(title)
    if not identity.names or (place.owner and identity.knows(Key.OWNER, place.owner)):
        return None
    told = _Told(paths, read)
    likeness = {name: _likeness(identity, name) for name in dict.fromkeys([place, *told.names()])}
    share = identity.readme_share(told.readme) if len(identity.readme) >= README_GRAMS else 0.0
    sayings = [said for said in told.sayings(title) if _names_ours(identity, said)]
    highest = max(likeness.values())
    if not (sayings or highest or share >= README_SHARE):
        return None
    dangers = find(paths, read)
    excused = highest is _Likeness.EXCUSED or share >= README_SHARE
    if sayings or highest is _Likeness.ALIKE or dangers or (excused and not _is_full_of_code(paths, read)):
        names = [_as_written(name) for name, like in likeness.items() if like]
        said = [one for one in sayings if one != title or not likeness[place]]
        return Claim(tuple(dict.fromkeys([*names, *said]))[:_MOST_TOLD], share, dangers)
    return None


class _Told:
    """What a place says of itself; read once."""

    def __init__(self, paths: Sequence[str], read: Read) -> None:
        nearest = root_most(paths)
        self._contents = {kind: b"" for kind in (JSON, TOML, README)}
        kinds = {path: kind for kind, path in nearest.items()}
        for path, content in read(list(kinds)):
            self._contents[kinds[path]] = content[:README_BYTES] if kinds[path] == README else content

    @property
    def readme(self) -> bytes:
        return self._contents[README]

    def names(self) -> list[Name]:
        """The names that its manifests give it."""
        given = [manifest(kind, self._contents[kind]).name for kind in (JSON, TOML)]
        return [parse(name) for name in given if name]

    def sayings(self, title: str) -> list[str]:
        """Its titles that speak of a leak, and do not speak of it as news or as somebody else's."""
        headings = [heading for heading in titles(self.readme) if not _SPEAKS_OF.search(heading)]
        opening = self.readme[:TITLE_BYTES].replace(b"\0", b"").decode("utf-8", "replace")[:1500]
        if headings and _SAYS_PLAINLY.search(opening):
            return [headings[0], *(one for one in [title, *headings[1:]] if _says(one))]
        return [one for one in [title, *headings] if _says(one)]


def _says(title: str) -> bool:
    spaced = title.replace("-", " ").replace("_", " ")
    return bool(_SAYS.search(spaced)) and not _SPEAKS_OF.search(spaced)


def _names_ours(identity: Identity, title: str) -> bool:
    """Whether some words of this title, standing together, are a name of the leak."""
    words = plain(title).split("-")[:_TITLE_WORDS]
    return any(
        identity.knows(key, "-".join(words[start:end]))
        for start in range(len(words))
        for end in range(start + 1, min(start + _NAME_WORDS, len(words)) + 1)
        for key in (Key.NAME, Key.COMMON)
    )


def _likeness(identity: Identity, name: Name) -> _Likeness:
    spelled = list(dict.fromkeys([plain(name.name), joined(name)]))
    found = [_same(identity, name, spelling) for spelling in spelled]
    found += [_with_affix(identity, spelling) for spelling in spelled]
    if max(found) < _Likeness.EXCUSED and any(_slips(identity, spelling) for spelling in spelled):
        return _Likeness.EXCUSED
    return max(found)


def _same(identity: Identity, name: Name, spelling: str) -> _Likeness:
    if identity.knows(Key.NAME, spelling):
        as_we_write_it = identity.knows(Key.WRITTEN, name.name) or not is_disguised(name)
        return _Likeness.EXCUSED if as_we_write_it else _Likeness.ALIKE
    return _Likeness.COMMON if identity.knows(Key.COMMON, spelling) else _Likeness.NONE


def _with_affix(identity: Identity, spelling: str) -> _Likeness:
    for rest in _without_affixes(spelling):
        if identity.knows(Key.NAME, rest):
            return _Likeness.ALIKE
        if identity.knows(Key.COMMON, rest):
            return _Likeness.ALIKE if _says(spelling) else _Likeness.COMMON
    return _Likeness.NONE


def _without_affixes(spelling: str) -> Iterator[str]:
    """What is left without such words before or behind, at most 60 ways, least taken away first."""
    ways, at = [spelling], 0
    while at < len(ways) <= _MOST_SPELLINGS:
        for affix in AFFIXES:
            rests = ways[at].removeprefix(affix), ways[at].removesuffix(affix)
            ways += [rest for one in rests if len(rest := one.strip("-")) >= 3 and rest not in ways]
        at += 1
    yield from ways[1:_MOST_SPELLINGS]


def _slips(identity: Identity, spelling: str) -> bool:
    """Whether a letter too many, too few, wrong, or swapped with the next makes this of a name of ours."""
    return any(identity.knows(Key.NAME, slip) for slip in _slipped(spelling))


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


def _is_full_of_code(paths: Sequence[str], read: Read) -> bool:
    """Whether there is as much as in a fork: at least 10 files of code, or 50,000 bytes in fewer."""
    code = [path for path in paths if splitext(path)[1].lower() in _CODE]
    return len(code) >= FORK_FILES or sum(len(content) for _, content in read(code)) >= FORK_BYTES


def _as_written(name: Name) -> str:
    return f"@{name.owner}/{name.name}"[:LONGEST] if name.owner else name.name[:LONGEST]
