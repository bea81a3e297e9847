"""What must not be told to anybody outside: what our files give away, and who we are.

Secrets are held in memory only, by the worker that found them or the door that was asked.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from monitors.fingerprints import ordinary, tongues
from monitors.fingerprints.terms import LONGEST
from monitors.inventory import Entry, Kind, Ownership, credentials, signs
from monitors.inventory.anchors import Anchors
from monitors.inventory.languages import SOURCE_MAP
from monitors.unpack.encodings import utf8

OWN_NAME = "our own name, which tells who we are"
WHAT = {
    Kind.CREDENTIAL: "a possible credential",
    Kind.PERSONAL: "personal data",
    Kind.INTERNAL_HOST: "an internal host",
    Kind.FLAG: "the name of a feature flag",
    Kind.CODE_NAME: "a code name",
    Kind.ENDPOINT: "an endpoint",
    Kind.HOST: "a host",
    Kind.VARIABLE: "the name of an environment variable",
}  # a dependency is somebody else's, and public
_EXACT = {WHAT[Kind.FLAG], WHAT[Kind.VARIABLE]}  # short ones mean something only as they are written
_GLUED = {WHAT[Kind.CODE_NAME], OWN_NAME}  # told by a word, and within one
_LONG, _LONG_NAME, _SHORT = 8, 4, 3  # letters and digits that say it wherever they stand; that say anything
_PART = 12  # letters and digits in a row that are not those of a credential by chance
_MASK = b"\0"  # nothing of a line with one is taken for a phrase
_ANCHORS = Anchors([*credentials.WORDS, *signs.WORDS])
_HUMP = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LEGAL_FORM = re.compile(
    r"\b(?:inc|ltd|llc|llp|gmbh|ag|se|sa|sas|bv|nv|plc|pty|kg|co|corp|corporation|company|limited|group|holdings?"
    r"|technologies|software|labs?|international)\b\.?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Secret:
    """One thing not to be told, and what to call it to the person who typed it."""

    value: str
    what: str


class Secrecy:
    """Whether a phrase would tell any of these. A credential is known by its digest, too."""

    def __init__(self, secrets: Iterable[Secret], digests: Iterable[str] = ()) -> None:
        self._long: dict[str, str] = {}
        self._words: dict[str, str] = {}
        self._exact: dict[str, str] = {}
        for secret in secrets:
            self._keep(secret)
        self._lengths = sorted({len(letters) for letters in self._long})
        self._all = "\n".join(self._long)
        self._keys = "\n".join(key for key, what in self._long.items() if what == WHAT[Kind.CREDENTIAL])
        self._digests = frozenset(digests) - {""}

    def why_not(self, text: str) -> str:
        """What it would tell, as "a possible credential"; "" when nothing."""
        return self._told(text) or self._named(text) or self._within(text)

    def _keep(self, secret: Secret) -> None:
        letters = _letters(secret.value)
        least = _LONG_NAME if secret.what in _GLUED else _LONG
        # A script without blanks has names of two letters, and no words among which to look for them.
        if len(letters) >= least or (not _is_short(letters) and len(letters) < tongues.width(letters)):
            self._long[letters] = secret.what
        elif len(letters) >= _SHORT and secret.what in _EXACT:
            self._exact[secret.value] = secret.what
        elif len(letters) >= _SHORT:
            self._words[letters] = secret.what

    def _told(self, text: str) -> str:
        letters = _letters(text)
        for length in self._lengths:
            for start in range(len(letters) - length + 1):
                if what := self._long.get(letters[start : start + length]):
                    return what
        return ""

    def _named(self, text: str) -> str:
        words = {word.lower() for word in (*_HUMP.findall(text), *re.findall(r"[^\W_]+", text))}
        found = [self._words[word] for word in words if word in self._words]
        found += [self._exact[name] for name in re.findall(r"[\w.:-]+", text) if name in self._exact]
        return found[0] if found else ""

    def _within(self, text: str) -> str:
        letters = _letters(text)
        if letters and letters in self._all:
            return next(what for value, what in self._long.items() if letters in value)
        return WHAT[Kind.CREDENTIAL] if self._holds_part_of_a_key(letters) or self._holds_digest(text) else ""

    def _holds_part_of_a_key(self, letters: str) -> bool:
        return any(letters[at : at + _PART] in self._keys for at in range(len(letters) - _PART + 1))

    def _holds_digest(self, text: str) -> bool:
        least, text = credentials.SHOWN_FROM, text[:LONGEST] if self._digests else ""
        pieces = (
            text[start:end] for start in range(len(text)) for end in range(start + least, len(text) + 1)
        )
        return any(hashlib.sha256(piece.encode()).hexdigest()[:12] in self._digests for piece in pieces)


@dataclass(frozen=True)
class Scan:
    """What files give away, and where: `spans` of each path; the paths `beyond` hold too much to list."""

    secrets: list[Secret]
    spans: dict[str, list[tuple[int, int]]]
    beyond: frozenset[str]

    def masked(self, entries: Iterable[Entry]) -> Iterator[tuple[str, bytes]]:
        """Our own files without a byte of what they give away; nothing of those beyond."""
        for entry in entries:
            if _is_read(entry) and entry.ownership is Ownership.FIRST and entry.path not in self.beyond:
                yield entry.path, _masked(entry.content, self.spans.get(entry.path, ()))


def scan(entries: Iterable[Entry]) -> Scan:
    """What our own files give away, and the credentials in what was shipped with them."""
    secrets: dict[Secret, None] = {}
    spans: dict[str, list[tuple[int, int]]] = {}
    beyond = set()
    for entry in entries:
        if not _is_read(entry):
            continue
        found, is_whole = _findings(entry)
        secrets |= dict.fromkeys(secret for secret, *_ in found)
        spans |= {entry.path: [(start, end) for _, start, end in found]} if found else {}
        beyond |= set() if is_whole else {entry.path}
    return Scan(list(secrets), spans, frozenset(beyond))


def credentials_in(content: bytes) -> list[Secret]:
    """The credentials of one file, whole."""
    found = credentials.find(utf8(content))
    return [Secret(one.secret.decode("utf-8", "replace"), WHAT[Kind.CREDENTIAL]) for one in found]


def told_by(kind: str, value: str) -> list[Secret]:
    """What must not be told of an item of the inventory: itself, and the words of a person's name."""
    if kind not in {known.value for known in WHAT}:
        return []
    what = WHAT[Kind(kind)]
    parts = _words_of_a_person(value) if what == WHAT[Kind.PERSONAL] else []
    return [Secret(value, what), *(Secret(part, what) for part in parts)]


def own_names(names: Iterable[str]) -> list[Secret]:
    """Of a company, a package or a code name: the whole, and each word that is not everybody's."""
    secrets = []
    for name in names:
        whole = without_legal_form(name)
        words = re.findall(r"[^\W_]+", whole)
        telling = [word for word in words if not _is_everybodys(word)]
        secrets += [Secret(told, OWN_NAME) for told in {*telling, *([whole] if len(words) > 1 else [])}]
    return secrets


def without_legal_form(name: str) -> str:
    """What a company is called, without "Inc." and its like."""
    return " ".join(_LEGAL_FORM.sub(" ", name).split())


def _is_short(word: str) -> bool:
    """Whether it is too short to name anybody."""
    return tongues.width(word) < _SHORT


def _is_everybodys(word: str) -> bool:
    return _is_short(word) or word.isdigit() or ordinary.is_ordinary(word.lower())


def _words_of_a_person(value: str) -> list[str]:
    words = re.findall(r"[^\W\d_]{4,}", value.partition("@")[0])
    return [word for word in words if not ordinary.is_ordinary(word.lower())]


def _is_read(entry: Entry) -> bool:
    return not entry.binary and entry.ownership is not Ownership.THIRD and entry.language != SOURCE_MAP


def _findings(entry: Entry) -> tuple[list[tuple[Secret, int, int]], bool]:
    """Each with its place in the file as UTF-8; and whether they are all."""
    content = utf8(entry.content)
    places = _ANCHORS.scan(content.lower())
    secrets = credentials.among(content, places)
    found = [
        (Secret(one.secret.decode("utf-8", "replace"), WHAT[Kind.CREDENTIAL]), one.start, one.end)
        for one in secrets
    ]
    if entry.ownership is not Ownership.FIRST:
        return found, True
    others = signs.read(content, places, name=entry.path.rpartition("/")[2])
    for sign in others:
        for secret in told_by(sign.kind.value, sign.value.decode("utf-8", "replace")):
            found.append((secret, sign.start, sign.end))
    return found, len(secrets) < credentials.MOST and len(others) < signs.MOST


def _masked(content: bytes, spans: Sequence[tuple[int, int]]) -> bytes:
    if not spans:
        return utf8(content)
    masked = bytearray(utf8(content))
    for start, end in spans:
        masked[start:end] = _MASK * (end - start)
    return bytes(masked)


def _letters(text: str) -> str:
    return re.sub(r"[\W_]+", "", text.lower())
