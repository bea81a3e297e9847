"""What a package or a product is called, in the one form that all its disguises share.

A name's plain form is what an eye takes it for: of "@Acme/CLI_tool" and of "аcme-cli-tool" (with a
Cyrillic "а") it is "acme-cli-tool", and separators count for nothing once it is hashed. Only hashes are
kept, so an index tells its reader no name; but names are short, and who guesses one can check the guess.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterator
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import unquote

from .ordinary import is_ordinary

LONGEST = 100  # letters of a name that are looked at
# With fewer letters a name is as likely another's: "ink", "jose", "snyk".
TELLING = 6

# Letters of other alphabets that look like a Latin one and are not the same to Unicode itself (NFKD), from
# https://www.unicode.org/reports/tr39/#Confusable_Detection, and two digits. A group begins with its letter.
_ALIKE = (
    "aаαɑА bвВΒьʙ cсСϲ dԁ eеЕεΕҽ gɡց hһНΗհ iіІιΙıɩ jјЈϳ kкКκΚ lӏ1Ӏǀ mмМΜ nոΝ oоОοΟօ0 pрРρΡ qԛզ rг sѕЅ"
    " tтТτΤ uυսʋ vѵνѴ wԝѡ xхХχΧ yуУγүΥ zΖᴢ"
)
_LOOKALIKES = str.maketrans({letter: group[0] for group in _ALIKE.split() for letter in group[1:]})
_VERSION = re.compile(r"(?<=.)(?:@[\w.^~*+-]*|[\s_-]+v?\d+(?:\.\d+)+[\w.+-]*)$")
_ENDING = re.compile(r"\.(?:git|tgz|tar\.gz|tar|zip|whl|7z|rar|map)$", re.IGNORECASE)
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_GAPS = re.compile(r"[^a-z0-9]+")

# Words that make no name by themselves, as every second company has one so called, and every second README.
_GENERIC = (
    "a about admin agent an and android api app application apps archive artifact auth backend backup"
    " base bin browser build bundle cli client cloud code common company component components config"
    " console contents copy core css data db demo desktop dev development dist docs documentation download"
    " driver engine example examples extension features file files firmware for framework frontend full"
    " gateway getting guide helper helpers in index install installation internal introduction ios java"
    " javascript js kit leak leaked lib library libs lite main map mobile module monorepo my native new"
    " next node npm of official overview package packages parser platform plugin plugins portal private"
    " prod product project proxy public py python quick quickstart react readme release repo repository"
    " rest rust sdk server service services shared site software source sources src staging start started"
    " table template test tests the theme to tool toolkit tools ts types typescript ui upload usage util"
    " utils web website welcome with worker workspace www your"
)
GENERIC = frozenset(_GENERIC.split())


class Key(StrEnum):
    """What a hashed name says about the leak."""

    NAME = "name"  # what it or its package is called, plain
    COMMON = "common"  # so is it, but others may be too: a short name, or one word out of its scope
    WRITTEN = "written"  # what it is called, letter by letter: as its forks are
    OWNER = "owner"  # the account that publishes it, letter by letter


class Name(NamedTuple):
    """A name as written, in lower case: whose it is, or "", and what. "@acme/cli@1.2" is ("acme", "cli")."""

    owner: str
    name: str


def parse(text: str) -> Name:
    """A package URL, a scoped name, an address, a repository's owner/name or a file's name, taken apart.

    Versions and the endings of archives are gone, and so is what lies between owner and name: it is the
    first of the parts that nobody else can have. Nothing raises; nonsense is a name, too.
    """
    text = unquote(text.strip())[: 4 * LONGEST]
    if text.startswith("pkg:"):
        text = text[4:].partition("?")[0].partition("#")[0].partition("/")[2]
    elif "://" in text:
        text = text.partition("://")[2].partition("?")[0].partition("#")[0].partition("/")[2]
    text = _ENDING.sub("", _VERSION.sub("", text.strip("/ ")))
    path, _, name = text.rpartition("/")
    owner = path.partition("/")[0].rpartition(":")[2]  # "github:owner/name", "git@host:owner/name"
    return Name(owner.removeprefix("@").lower(), _HUMP.sub("-", name).lower())


def plain(name: str) -> str:
    """What an eye takes the name for: parts of a to z and digits, joined by hyphens. At most 100 letters."""
    alike = unicodedata.normalize("NFKD", name[: 4 * LONGEST].translate(_LOOKALIKES))
    bare = "".join(letter for letter in alike if not unicodedata.combining(letter)).translate(_LOOKALIKES)
    return _GAPS.sub("-", _HUMP.sub("-", bare).lower()).strip("-")[:LONGEST]


def joined(name: Name) -> str:
    """Owner and name as one plain name: "acme-cli", as a stranger would call @acme/cli outside its scope."""
    return plain(f"{name.owner}-{name.name}" if name.owner else name.name)


def written(name: Name) -> str:
    """Owner and name, letter by letter."""
    return f"{name.owner}/{name.name}" if name.owner else name.name


def is_telling(name: str) -> bool:
    """Whether who says this name means what is called so: of "@acme/cli" yes, and of "cli" hardly ever."""
    words = plain(name).split("-")
    if len("".join(words)) < TELLING or GENERIC.issuperset(words):
        return False
    return len(words) > 1 or not is_ordinary(words[0])


def is_disguised(name: Name) -> bool:
    """Whether some of its letters only look like those of its plain form."""
    return plain(name.name) != _GAPS.sub("-", name.name).strip("-")[:LONGEST]


def hashed(key: Key, name: str) -> int:
    """64 bits of BLAKE2b over the name, apart for each kind of key. Of plain names, separators count not."""
    letters = name if key in (Key.WRITTEN, Key.OWNER) else name.replace("-", "")
    told = hashlib.blake2b(letters.encode("utf-8", "replace"), digest_size=8, person=key.value.encode())
    return int.from_bytes(told.digest(), "little")


def keys(name: Name) -> Iterator[int]:
    """What to keep of a name of ours, hashed. Of one that is all generic words: only its owner's."""
    if name.owner:
        yield hashed(Key.OWNER, name.owner)
        yield hashed(Key.WRITTEN, written(name))
        yield from _kept(joined(name), one_word=False)
    kept = list(_kept(plain(name.name), one_word=bool(name.owner)))
    yield from kept
    if kept:
        yield hashed(Key.WRITTEN, name.name)


def _kept(name: str, *, one_word: bool) -> Iterator[int]:
    parts = name.split("-")
    letters = len(name) - len(parts) + 1
    if letters < 3 or GENERIC.issuperset(parts):
        return
    is_common = letters < TELLING or (one_word and len(parts) == 1)
    yield hashed(Key.COMMON if is_common else Key.NAME, name)
