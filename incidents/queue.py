"""The queue of sightings as people work through it: filtered, paged, and what comes next. Reads only."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.core.paginator import Page, Paginator
from django.db.models import Count, Q

from monitors.models import Evidence, Sighting
from monitors.models.sightings import OPEN, RELATED

AT_ONCE = 50
PAIRS_SHOWN = 200
NEWEST_FIRST = ("-first_seen_at", "-pk")

# Naming every class and state lets each count be a range of one index.
_ANY = Q(klass__in=list(Sighting.Class))
_HIT = Q(klass__in=RELATED, triage__in=OPEN, is_ours=False)
STATES = {
    "new": ("New", Q(klass__in=RELATED, triage=Sighting.Triage.NEW, is_ours=False)),
    "confirmed": ("Confirmed", Q(_ANY, triage=Sighting.Triage.CONFIRMED)),
    "returned": ("Returned", _HIT & Q(gone_at=None, returns__gt=0)),
    "gone": ("Gone", _HIT & Q(gone_at__isnull=False)),
    "impostors": ("Impostors", _HIT & Q(klass=Sighting.Class.IMPOSTOR)),
    "dismissed": ("Dismissed", Q(_ANY, triage=Sighting.Triage.DISMISSED)),
    "ours": ("Ours", Q(_ANY, triage__in=list(Sighting.Triage), is_ours=True)),
    "unrelated": ("Unrelated", Q(klass=Sighting.Class.UNRELATED)),
    "all": ("All", Q()),
}


@dataclass(frozen=True)
class Tab:
    name: str
    label: str
    count: int
    is_current: bool
    query: str


@dataclass
class Queue:
    """Sightings in one state, newest first, optionally only those whose name or host has some text in it."""

    incident: object
    state: str
    text: str

    @classmethod
    def of(cls, incident, asked, *, default: str = "") -> "Queue":
        """The queue that a query string asks for; what is new when it does not say, or else everything."""
        state = asked.get("state", "")
        if state not in STATES:
            state = default or ("new" if incident.watchlist.sightings.new().exists() else "all")
        return cls(incident, state, asked.get("q", "").replace("\0", "").strip()[:200])

    @property
    def label(self) -> str:
        return STATES[self.state][0]

    @property
    def query(self) -> str:
        """The query string that leads back here."""
        return self._query(self.state)

    def _query(self, state: str) -> str:
        return urlencode({"state": state} | ({"q": self.text} if self.text else {}))

    @cached_property
    def _everything(self):
        everything = self.incident.watchlist.sightings.all()
        return (
            everything.filter(Q(title__icontains=self.text) | Q(host__icontains=self.text))
            if self.text
            else everything
        )

    @property
    def rows(self):
        return self._everything.filter(STATES[self.state][1]).order_by(*NEWEST_FIRST)

    @cached_property
    def tabs(self) -> list[Tab]:
        counted = self._counted_at_once() if self.text else self._counted_by_the_index()
        return [
            Tab(name, label, counted[name], name == self.state, self._query(name))
            for name, (label, _) in STATES.items()
        ]

    def _counted_at_once(self) -> dict[str, int]:
        """Every row is looked at anyway, for the text."""
        rules = {name: rule or Q(pk__isnull=False) for name, (_, rule) in STATES.items()}
        return self._everything.aggregate(**{name: Count("pk", filter=rule) for name, rule in rules.items()})

    def _counted_by_the_index(self) -> dict[str, int]:
        every = self._everything.order_by()
        return {name: every.filter(rule).count() for name, (_, rule) in STATES.items()}

    def page(self, number) -> Page:
        return Paginator(self.rows.select_related("source").defer("ticket", "skipped"), AT_ONCE).get_page(
            number
        )

    def page_of(self, sighting: Sighting) -> Page:
        """The page that this sighting stands on, or would stand on."""
        return self.page(self.rows.filter(_before(sighting)).count() // AT_ONCE + 1)

    def next_after(self, sighting: Sighting) -> Sighting | None:
        """What to look at when this one is done: the one below, or else the one on top."""
        others = self.rows.exclude(pk=sighting.pk)
        return others.exclude(_before(sighting)).first() or others.first()


def _before(sighting: Sighting) -> Q:
    same = Q(first_seen_at=sighting.first_seen_at, pk__gt=sighting.pk)
    return Q(first_seen_at__gt=sighting.first_seen_at) | same


@dataclass(frozen=True)
class Band:
    """One kind of evidence as a part of the leak: where it begins and how wide it is, in percent."""

    css: str
    words: str
    files: int
    x: float
    width: float


@dataclass(frozen=True)
class Detail:
    bands: list[Band]
    not_found: int
    pairs: list[Evidence]
    total: int  # pairs there are
    checks: list
    checked: int  # visits so far
    later: Sighting | None = None  # where the same content came back, once it was gone here
    alike: int = 0  # other places with the same content
    by_ids: bool = False  # nobody has read the content yet

    @property
    def more(self) -> int:
        return self.total - len(self.pairs)


# What counts as the same words stands together; strongest first.
KINDS = [
    ("exact", "byte for byte", [Evidence.Kind.BLOB, Evidence.Kind.SHA256, Evidence.Kind.TREE]),
    ("text", "same text, laid out differently", [Evidence.Kind.TEXT]),
    ("tokens", "with passages of ours", [Evidence.Kind.TOKENS]),
    ("words", "with our rare strings", [Evidence.Kind.WORDS]),
]


def detail(sighting: Sighting) -> Detail:
    """What one sighting holds, and on what evidence."""
    counted = dict(sighting.evidence.order_by().values_list("kind").annotate(Count("pk")))
    examination = sighting.examination
    files = sighting.fingerprint.files if sighting.fingerprint else 0
    return Detail(
        bands=_bands(counted, files),
        not_found=max(files - sighting.files, 0),
        pairs=list(sighting.evidence.all()[:PAIRS_SHOWN]),
        total=sum(counted.values()),
        checks=list(sighting.checks.all()[:5]),
        checked=sighting.visits,
        later=Sighting.objects.filter(earlier=sighting).first(),
        alike=_alike(sighting),
        by_ids=examination.is_by_ids and examination.due_at is not None if examination else False,
    )


def _alike(sighting: Sighting) -> int:
    if sighting.examination_id is None:
        return 0
    return Sighting.objects.filter(examination=sighting.examination_id).exclude(pk=sighting.pk).count()


def _bands(counted: dict[str, int], files: int) -> list[Band]:
    bands, x = [], 0.0
    for css, words, kinds in KINDS:
        found = sum(counted.get(kind, 0) for kind in kinds)
        if found:
            width = min(100 * found / files, 100 - x) if files else 0.0
            bands.append(Band(css, words, found, round(x, 2), round(width, 2)))
            x += width
    return bands
