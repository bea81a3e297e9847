"""What the text of our own files gives away, item by item: where each stands and how sure we are."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from monitors.inventory import credentials, signs
from monitors.inventory.anchors import Anchors
from monitors.inventory.confidence import Confidence
from monitors.inventory.dependencies import dependencies
from monitors.inventory.entries import Entry, Ownership
from monitors.inventory.languages import SOURCE_MAP
from monitors.inventory.signs import Kind, Sign
from monitors.unpack.encodings import utf8

PER_KIND = 5_000  # different items
PER_FILE = 500  # of one kind
LONGEST = 300  # characters of a value
STEPS = 50  # calls of progress at most

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that is out. Of a credential `value` is only its ends; the whole of it is kept nowhere."""

    kind: Kind
    value: str
    what: str  # what exactly: "GitHub token", "e-mail address"; "" where the kind says it
    path: str
    line: int  # the first line it stands in, from 1
    confidence: Confidence
    digest: str = ""  # of a credential: twelve digits of its SHA-256, to know it again
    times: int = 1


@dataclass(frozen=True)
class Exposures:
    """Different items, by kind and in the order they came; `left_out` counts those beyond the bounds."""

    items: list[Item] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=dict)

    def counts(self) -> dict[str, int]:
        counted = Counter(item.kind.value for item in self.items)
        return {kind.value: counted[kind.value] for kind in Kind}


_ANCHORS = Anchors([*credentials.WORDS, *signs.WORDS])


def expose(entries: Iterable[Entry], *, progress: Progress | None = None) -> Exposures:
    """What our own files give away, and which credentials stand in what was shipped with them.

    One item for each value, with the first place it stands in; of credentials one for each file. At most
    PER_KIND items of a kind, PER_FILE of them from one file. `progress("exposures", done, total)` counts
    files.
    """
    entries = list(entries)
    gathered = _Gathered()
    step = max(1, len(entries) // STEPS)
    for done, entry in enumerate(entries, start=1):
        gathered.take(_items(entry))
        if progress and (done % step == 0 or done == len(entries)):
            progress("exposures", done, len(entries))
    gathered.take(
        Item(Kind.DEPENDENCY, one.purl[:LONGEST], "", one.path, one.line, one.confidence)
        for one in dependencies(entries)
    )
    return gathered.whole()


class _Gathered:
    def __init__(self) -> None:
        self._items: dict[tuple[str, ...], Item] = {}
        self._times: Counter[tuple[str, ...]] = Counter()
        self._kinds: Counter[Kind] = Counter()
        self._left_out: Counter[str] = Counter()

    def take(self, items: Iterable[Item]) -> None:
        """The items of one file."""
        here: Counter[Kind] = Counter()
        for item in items:
            is_credential = item.kind is Kind.CREDENTIAL
            place = (item.path, item.digest or str(item.line)) if is_credential else ()
            key = (item.kind.value, item.value, *place)
            if key not in self._items:
                if self._kinds[item.kind] >= PER_KIND or here[item.kind] >= PER_FILE:
                    self._left_out[item.kind.value] += 1
                    continue
                self._items[key] = item
                self._kinds[item.kind] += 1
                here[item.kind] += 1
            self._times[key] += 1

    def whole(self) -> Exposures:
        order = list(Kind)
        items = [
            Item(
                item.kind,
                item.value,
                item.what,
                item.path,
                item.line,
                item.confidence,
                item.digest,
                self._times[key],
            )
            for key, item in self._items.items()
        ]
        return Exposures(sorted(items, key=lambda item: order.index(item.kind)), dict(self._left_out))


def _items(entry: Entry) -> Iterator[Item]:
    if entry.binary or entry.ownership is Ownership.THIRD or entry.language == SOURCE_MAP:
        return
    content = utf8(entry.content)
    places = _ANCHORS.scan(content.lower())
    secrets = credentials.among(content, places)
    lines = _Lines(content)
    for one in secrets:
        yield Item(
            Kind.CREDENTIAL,
            one.redacted,
            one.name,
            entry.path,
            lines.at(one.start),
            one.confidence,
            one.digest,
        )
    if entry.ownership is Ownership.FIRST:
        for sign in signs.read(content, places, name=entry.path.rpartition("/")[2]):
            if not _touches(sign, secrets) and (value := _shown(sign.value)):
                yield Item(sign.kind, value, sign.what, entry.path, lines.at(sign.start), sign.confidence)


def _touches(sign: Sign, secrets: list[credentials.Credential]) -> bool:
    """Whether it shows any byte of a credential; these are in order and apart."""
    first = bisect_right(secrets, sign.start, key=lambda one: one.end)
    return first < len(secrets) and secrets[first].start < sign.end


def _shown(value: bytes) -> str:
    text = value.decode("utf-8", "replace")
    return "".join(char for char in text if char.isprintable())[:LONGEST].strip()


class _Lines:
    """The number of the line that a byte stands in; cheap when bytes are asked for in order."""

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0
        self._line = 1

    def at(self, start: int) -> int:
        if start < self._at:
            self._at, self._line = 0, 1
        self._line += self._content.count(b"\n", self._at, start)
        self._at = start
        return self._line
