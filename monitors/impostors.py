"""Places that say they are the leak and hold none of it: bait, most often, and sometimes malware.

Asked only of a place in which nothing of the leak was found. Read are its manifests, its README, and when
these make the claim, a few files for dangers (`dangers.find`); nothing is executed.

To be a sibling, a dependant, a rival or a fork of what is published honestly is no claim:

* what lies under the owner's own account or scope is the owner's;
* a name that only begins like the leak's ("drizzle-zod", "snyk-docker-plugin") is another name: what may be
  added or left out is one letter, or words such as "leaked" and "mirror", and nothing else;
* a README that a tool wrote, and that names nobody, is everybody's;
* a fork bears the same name, or the README, and is full of code, as is what by chance differs by a letter
  ("react" and "preact"). Of such a place, it takes a danger, or words like "leaked source", to make an
  impostor.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from os.path import splitext

from monitors.dangers import Danger, Read, What, find
from monitors.evidence import Class, Match
from monitors.fingerprints import TEXTUAL, Hashes, grams, letters
from monitors.fingerprints.descriptions import (
    JSON,
    README,
    README_BYTES,
    TITLE_BYTES,
    TOML,
    kind_of,
    manifest,
    root_most,
    titles,
)
from monitors.fingerprints.identity import Identity
from monitors.fingerprints.names import Key, parse
from monitors.likenesses import Likeness, Spelled, names_in, says_leaked, speaks_of

# Of the leak's README, so much is repeated by who copies it. Of the 108 packages of bench/reposts' dev corpus
# that are none of its leaks, those of other houses repeat less than 0.05; siblings repeat up to 0.8.
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
# Where a README says what it is of: in letters, and in lines, of which badges take up many.
_OPENING, _OPENING_LINES = 1500, 80
_MOST_TOLD = 8
# Of leaks, in a README's opening, where honest ones speak of their source code and of memory.
_SAYS_PLAINLY = re.compile(
    r"\b(?:leaked|cracked|nulled|decompiled|deobfuscated)\b|\bsource\W{1,3}(?:code\W{1,3}|map\W{1,3})?leak\b",
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


class Place:
    """What a place says of itself. It is read when asked for, and at most once, for however many leaks.

    `title` is what the host calls it ("name@version", "owner/repository"), `paths` all its files, and `read`
    gives the content of those asked for, or fewer. At most some 75 files are read.
    """

    def __init__(self, *, title: str, paths: Sequence[str], read: Read) -> None:
        self.title, self._paths, self._read = title, paths, read
        self.owner = parse(title).owner

    @cached_property
    def _told(self) -> dict[str, bytes]:
        """By kind, the manifests and the README nearest to the root."""
        kinds = {path: kind for kind, path in root_most(self._paths).items()}
        return {kinds[path]: content for path, content in self._read(list(kinds))}

    @cached_property
    def names(self) -> list[Spelled]:
        """What its host and its manifests call it."""
        said = [manifest(kind, self._told.get(kind, b"")).name for kind in (JSON, TOML)]
        names = [parse(name) for name in [self.title, *filter(None, said)]]
        return [Spelled(name) for name in dict.fromkeys(names)]

    @cached_property
    def readme(self) -> Hashes:
        return grams(letters(self._told.get(README, b"")[:README_BYTES]))

    @cached_property
    def called_in_readme(self) -> frozenset[int]:
        """The hashes of all that may be a name in the first lines of its README."""
        lines = self._opening.splitlines()[:_OPENING_LINES]
        return frozenset().union(*map(names_in, lines))

    @property
    def _opening(self) -> str:
        opening = self._told.get(README, b"")[:TITLE_BYTES]
        return opening.replace(b"\0", b"").decode("utf-8", "replace")

    @cached_property
    def sayings(self) -> list[tuple[str, frozenset[int]]]:
        """Its titles that offer something leaked, and the hashed names that may stand in them."""
        headings = [one for one in titles(self._told.get(README, b"")) if not speaks_of(one)]
        plainly = headings[:1] if _SAYS_PLAINLY.search(self._opening[:_OPENING]) else []
        said = [*plainly, *(one for one in [self.title, *headings] if says_leaked(one))]
        return [(one, names_in(one)) for one in dict.fromkeys(said)]

    @cached_property
    def dangers(self) -> tuple[Danger, ...]:
        return find(self._paths, self._read)

    @property
    def is_dangerous(self) -> bool:
        """Whether it holds what runs. A command to paste is in many an honest README, and perhaps in ours."""
        return any(danger.what is not What.COMMAND for danger in self.dangers)

    @cached_property
    def is_full_of_code(self) -> bool:
        """Whether there is as much as in a fork: at least 10 files of code, or 50,000 bytes in fewer."""
        code = [path for path in self._paths if splitext(path)[1].lower() in _CODE]
        return len(code) >= FORK_FILES or sum(len(content) for _, content in self._read(code)) >= FORK_BYTES


def claim(identity: Identity, place: Place) -> Claim | None:
    """The claim of a place that it is this leak, or None when it makes none."""
    says_nothing = not identity.names and not len(identity.readme)
    if says_nothing or (place.owner and identity.knows(Key.OWNER, place.owner)):
        return None
    likeness = {spelled: spelled.likeness(identity) for spelled in place.names}
    share = identity.readme_share(place.readme) if len(identity.readme) >= README_GRAMS else 0.0
    sayings = [said for said, names in place.sayings if names & identity.names]
    highest = max(likeness.values())
    # A README that does not name us is of a tool's making, as whoever uses the tool has it.
    repeats = share >= README_SHARE and bool(not identity.names or identity.names & place.called_in_readme)
    if not (sayings or highest or repeats):
        return None
    excused = highest is Likeness.EXCUSED or repeats
    is_bare = excused and not place.is_full_of_code
    if sayings or highest is Likeness.ALIKE or is_bare or place.is_dangerous:
        names = [str(spelled) for spelled, like in likeness.items() if like]
        said = [one for one in sayings if one != place.title or not likeness[place.names[0]]]
        return Claim(tuple(dict.fromkeys([*names, *said]))[:_MOST_TOLD], share, place.dangers)
    return None


def claims(identity: Identity, *, title: str, paths: Sequence[str], read: Read) -> Claim | None:
    """The same of a place that is asked about once."""
    return claim(identity, Place(title=title, paths=paths, read=read))


def judged(found: Match, identity: bytes, place: Place) -> Match:
    """The match, or where nothing of the leak was found and the place claims to be it: an impostor's.

    `identity` is what the index keeps of it, empty when it knows none. Raises BadIndex.
    """
    if found.klass is not Class.UNRELATED or not identity:
        return found
    made = claim(Identity.from_bytes(bytes(identity)), place)
    if made is None:
        return found
    nothing = replace(found, share_files=0.0, share_lines=0.0, files=0, lines=0, pairs=[], share=0.0)
    return replace(nothing, klass=Class.IMPOSTOR, warnings=tuple(map(str, made.dangers)))


class Glimpse:
    """What a claim may need of files that come one by one: all paths, and the contents of a few.

    At most 32 MiB are kept, and of each file a megabyte: its beginning and its end tell what it is.
    """

    MOST, OF_EACH_END = 32 * 2**20, 2**19

    def __init__(self) -> None:
        self.paths: list[str] = []
        self._kept: dict[str, bytes] = {}
        self._bytes = self._code = 0

    def seen(self, files: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
        """The same files, looked at on their way."""
        for path, content in files:
            self.paths.append(path)
            if self._may_be_asked_for(path) and self._bytes < self.MOST:
                self._kept[path] = self._ends(content)
                self._bytes += len(self._kept[path])
            yield path, content

    def _may_be_asked_for(self, path: str) -> bool:
        ending = splitext(path)[1].lower()
        if ending in _CODE:
            self._code += 1
            return self._code < FORK_FILES or path.endswith("setup.py")
        return ending not in TEXTUAL or bool(kind_of(path))

    def _ends(self, content: bytes) -> bytes:
        most = self.OF_EACH_END
        return content if len(content) <= 2 * most else content[:most] + content[-most:]

    def read(self, paths: Sequence[str]) -> Iterator[tuple[str, bytes]]:
        return ((path, self._kept[path]) for path in paths if path in self._kept)
