"""Everything worth watching for an incident, proposed in one step; a person unticks what they do not want."""

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlsplit

from django.db import transaction
from packageurl import PackageURL

from incidents import terms, timeline, trees
from incidents.models import Artifact, Event
from monitors import polling
from monitors.fingerprints.names import is_telling, joined, parse
from monitors.models import Own, SearchTerm, Sighting, Source, Watch
from monitors.sources import ADAPTERS, Client, mirrors
from monitors.sources.base import Aim, Refused

MOST = 100  # of one group
OF_REPOSITORIES = {Aim.FORKS, Aim.REPOSITORY, Aim.RELEASES}
MINUTES = {
    Aim.FORKS: 7,
    Aim.PACKAGE: 5,
    Aim.FEED: 5,
    Aim.REPOSITORY: 10,
    Aim.GISTS: 10,
    Aim.MENTIONS: 10,
    Aim.ADDRESS: 15,
    Aim.SEARCH: 30,
    Aim.CODE: 30,
    Aim.CAPTURES: 360,
    Aim.IDS: 360,
}


@dataclass(frozen=True)
class Proposal:
    """One watch that could be started; `term` when it searches for a phrase that a person confirmed.

    A weak one seldom finds a copy: it is started only when a person ticks it.
    """

    source: Source
    aim: Aim
    query: str
    why: str
    term: SearchTerm | None = None
    is_weak: bool = False

    @property
    def id(self) -> str:
        """The same for the same watch, whenever it is proposed."""
        asked = f"{self.source.pk}\0{self.aim}\0{self.query}"
        return hashlib.sha256(asked.encode()).hexdigest()[:20]

    @property
    def every(self) -> timedelta:
        return timedelta(minutes=MINUTES.get(self.aim, 30))


@dataclass(frozen=True)
class Group:
    """Proposals of one reason, and how many more there are than are shown."""

    title: str
    why: str
    proposals: list[Proposal]
    more: int = 0


class _Asking:
    """Who can be asked for what, among the sources there are."""

    def __init__(self, sources: Sequence[Source]) -> None:
        self.sources = sources
        self._adapters = {source.pk: ADAPTERS[source.kind](Client(), source.address) for source in sources}

    def of(self, kind: str, aim: Aim, query: str, why: str = "") -> list[Proposal]:
        return [one for one in self.every(aim, query, why) if one.source.kind == kind]

    def every(self, aim: Aim, query: str, why: str = "", *, is_weak: bool = False) -> list[Proposal]:
        able = [source for source in self.sources if _can_ask(source, aim)]
        return [Proposal(source, aim, query[:500], why, is_weak=is_weak) for source in able if query]

    def about(self, aim: Aim, address: str, why: str = "", *, is_weak: bool = False) -> list[Proposal]:
        """Of the sources that take this address for one of a repository of theirs."""
        every = self.every(aim, address, why, is_weak=is_weak)
        return [one for one in every if self._name(one.source.pk, address)]

    def gists_of(self, address: str, why: str) -> list[Proposal]:
        """Of the account that has the repository at this address."""
        about = self.about(Aim.GISTS, address, why, is_weak=True)
        accounts = [self._name(one.source.pk, address).partition("/")[0] for one in about]
        return [replace(one, query=f"user:{name}") for one, name in zip(about, accounts, strict=True)]

    def key(self, source: int, aim: str, query: str) -> tuple[int, str, str]:
        """The same for the same question, however it names a repository."""
        name = self._name(source, query) if aim in OF_REPOSITORIES else ""
        return source, str(aim), name.lower() or query

    def _name(self, source: int, address: str) -> str:
        """What the repository at the address is called there; "" when the source has none there."""
        try:
            return self._adapters[source].repository(address) if source in self._adapters else ""
        except Refused:
            return ""


def _can_ask(source: Source, aim: Aim) -> bool:
    """Whether this source takes words alone for it: none that names a workspace, no feed without address."""
    adapter = ADAPTERS[source.kind]
    return aim in adapter.aims - adapter.placed and (aim is not Aim.MENTIONS or bool(source.address))


def propose(incident) -> list[Group]:
    """What is worth watching and is not watched yet, by reason. Asks nobody."""
    asking = _Asking([source for source in Source.objects.all() if source.kind in ADAPTERS])
    watches = incident.watchlist.watches.only("source", "aim", "query")
    known = {asking.key(watch.source_id, watch.aim, watch.query) for watch in watches}
    groups = []
    for title, why, found in _groups(incident, asking):
        fresh = []
        for one in found:
            if (key := asking.key(one.source.pk, one.aim, one.query)) not in known:
                known.add(key)
                fresh.append(one)
        if fresh:
            groups.append(Group(title, why, fresh[:MOST], max(len(fresh) - MOST, 0)))
    return groups


def _groups(incident, asking: _Asking) -> Iterator[tuple[str, str, Iterable[Proposal]]]:
    packages, places = _packages(incident), _places(incident)
    yield (
        "Our own repositories",
        "Honest forks and leaking ones hang below the same repository.",
        _own(asking),
    )
    yield (
        "Forks",
        "Of every repository where the leak was seen, and their forks.",
        _forks(incident, places, asking),
    )
    yield (
        "Confirmed phrases",
        "Rare phrases of the leak that a person confirmed; nothing else of it is ever sent.",
        _phrases(incident),
    )
    yield (
        "The package, and names that look like it",
        "Further versions may carry it too, and squatters take names that are easily mistaken for it.",
        _names(packages, asking),
    )
    yield (
        "Releases, commits and gists",
        "Archives attached to releases, and what names the package beside code.",
        _beside(packages, places, asking),
    )
    yield (
        "Mirrors",
        "A mirror or CDN may go on serving what the registry no longer does.",
        _mirrors(packages, asking),
    )
    yield (
        "The exposed addresses",
        "Whether they are still served, and who captured them.",
        _served(_addresses(incident), asking),
    )
    yield (
        "Archives",
        "Archives are asked for the ids of our files; an id tells nothing of a file.",
        asking.every(Aim.IDS, "our files and folders"),
    )
    yield (
        "Mentions",
        "Talk about it, counted by the hour: the narrative, never counted as copies.",
        _talk(packages, asking),
    )


def _own(asking: _Asking) -> list[Proposal]:
    places = Own.objects.filter(name__contains="/")[: 5 * MOST]
    addresses = [f"https://{own.host}/{own.name}" for own in places]
    forks = [one for address in addresses for one in asking.about(Aim.FORKS, address)]
    why = "whether it shows the leak itself: what is pushed there, or attached to a release"
    aims = (Aim.REPOSITORY, Aim.RELEASES)
    others = [asking.about(aim, address, why, is_weak=True) for address in addresses for aim in aims]
    return forks + [one for proposals in others for one in proposals]


def _places(incident) -> list[tuple[str, Sighting]]:
    """Repositories by their address, where something was sighted that is still there.

    But for those found among the forks of another: they are walked already.
    """
    hits = incident.watchlist.sightings.hits().live().exclude(klass="impostor").exclude(watch__aim=Aim.FORKS)
    first = hits.order_by("pk").select_related("source").defer("skipped", "warnings")[: 5 * MOST]
    found = [(_repository_of(sighting), sighting) for sighting in first]
    return [(address, sighting) for address, sighting in found if address]


def _forks(incident, places: list[tuple[str, Sighting]], asking: _Asking) -> list[Proposal]:
    found = []
    for address, sighting in places:
        found += asking.about(Aim.FORKS, address, f"seen at {sighting.title}")
    for artifact in incident.artifacts.filter(kind=Artifact.Kind.GIT):
        address = artifact.locator.removeprefix("git+")
        found += asking.about(Aim.FORKS, address, "the repository it came from")
        found += asking.of("git", Aim.REPOSITORY, address, "the repository it came from")
    return found


def _repository_of(sighting: Sighting) -> str:
    adapter = ADAPTERS.get(sighting.source.kind)
    return adapter.repository_of(sighting.as_candidate()) if adapter else ""


def _phrases(incident) -> list[Proposal]:
    approved = list(incident.watchlist.search_terms.approved()[:MOST])
    return [
        Proposal(place.source, place.aim, place.query(term.text), place.looks, term)
        for term in approved
        for place in terms.usual(terms.places())
    ]


def _names(packages: list[PackageURL], asking: _Asking) -> list[Proposal]:
    found = []
    for package in packages:
        name = _full_name(package)
        found += asking.of(package.type, Aim.PACKAGE, name, "further versions")
        found += asking.every(Aim.FEED, name, "names like it: the likeliest at once, others as they appear")
        if is_telling(name):
            found += _searches(package.type, name, asking)
    return found


def _searches(kind: str, name: str, asking: _Asking) -> list[Proposal]:
    """In its own registry as it is written; elsewhere "@acme/cli" is called "acme-cli", if anything."""
    why = "its name, in names and descriptions"
    elsewhere = asking.every(Aim.SEARCH, joined(parse(name)), why)
    return asking.of(kind, Aim.SEARCH, name, why) + [one for one in elsewhere if one.source.kind != kind]


def _full_name(package: PackageURL) -> str:
    return f"{package.namespace}/{package.name}" if package.namespace else package.name


def _beside(
    packages: list[PackageURL], places: list[tuple[str, Sighting]], asking: _Asking
) -> list[Proposal]:
    """Of who has a confirmed copy more than of who may have one; and few commits that name it bring it."""
    found = []
    for name in [joined(parse(name)) for name in map(_full_name, packages) if is_telling(name)]:
        found += asking.every(Aim.GISTS, name, "its name, in descriptions and names of files")
        found += asking.every(Aim.COMMITS, name, "its name, in what commits say of themselves", is_weak=True)
    for address, sighting in places:
        is_sure, why = sighting.triage == Sighting.Triage.CONFIRMED, f"seen at {sighting.title}"
        found += asking.about(Aim.RELEASES, address, why, is_weak=not is_sure)
        found += asking.gists_of(address, why) if is_sure else []
    return found


def _mirrors(packages: list[PackageURL], asking: _Asking) -> list[Proposal]:
    return [one for url in _mirrored(packages) for one in asking.of("mirror", Aim.ADDRESS, url)]


def _mirrored(packages: list[PackageURL]) -> list[str]:
    """The package URLs of those that a mirror can be asked for: it refuses other kinds, and all versions."""
    urls = []
    for package in packages:
        with suppress(Refused):
            mirrors.parsed(package.to_string())
            urls.append(package.to_string())
    return urls


def _packages(incident) -> list[PackageURL]:
    """Those that got out: by the address they were given with, or by what their own manifests call them."""
    artifacts = list(incident.artifacts.all()[:MOST])
    found = [
        _published(artifact) if artifact.kind == Artifact.Kind.PURL else trees.package_of(artifact)
        for artifact in artifacts
    ]
    return list(dict.fromkeys(package for package in found if package))


def _published(artifact: Artifact) -> PackageURL:
    """With the hash of the file, once it was fetched: so a mirror's can be told from the registry's."""
    package = PackageURL.from_string(artifact.locator)
    if not artifact.sha256:
        return package
    told = {"checksum": f"sha256:{artifact.sha256}"} | (package.qualifiers or {})
    return PackageURL(package.type, package.namespace, package.name, package.version, told, package.subpath)


def _addresses(incident) -> list[str]:
    """Web addresses where it lay, without anything after a question mark: that may be a key."""
    urls = incident.artifacts.filter(kind=Artifact.Kind.URL).values_list("locator", flat=True)
    return [urlsplit(url)._replace(query="", fragment="").geturl() for url in urls[:MOST]]


def _served(addresses: list[str], asking: _Asking) -> list[Proposal]:
    found = []
    for address in addresses:
        found += asking.of("url", Aim.ADDRESS, address)
        found += asking.every(Aim.CAPTURES, address)
    return found


def _talk(packages: list[PackageURL], asking: _Asking) -> list[Proposal]:
    names = [name for name in map(_full_name, packages) if is_telling(name)]
    return [one for name in names for one in asking.every(Aim.MENTIONS, name)]


def missing() -> list[str]:
    """Kinds of sources that nobody set up, so that nothing is proposed of them."""
    return sorted(ADAPTERS.keys() - set(Source.objects.values_list("kind", flat=True)))


@transaction.atomic
def start(incident, chosen: Iterable[str], *, by, at=None) -> list[Watch]:
    """Start those of the proposals that are chosen by their ids; what is no longer proposed is passed over.

    Raises terms.NotReady when a phrase would tell what must not be told; then none is started.
    """
    wanted = set(chosen)
    picked = [one for group in propose(incident) for one in group.proposals if one.id in wanted]
    begun = [watch for one in picked for watch in _start(incident, one, by, at)]
    if begun:
        count = f"{len(begun):,} watch{'' if len(begun) == 1 else 'es'}"
        timeline.record(
            incident,
            Event.Kind.WATCH,
            f"Started {count} of those proposed",
            by=by,
            at=at,
            watches=[watch.reason for watch in begun],
        )
    return begun


def _start(incident, proposal: Proposal, by, at) -> list[Watch]:
    if proposal.term is not None:
        place = next(one for one in terms.places() if one.source == proposal.source)
        return terms.approve(incident, [proposal.term], by=by, at=at, where=[place])
    asked = {"aim": proposal.aim.value, "query": proposal.query, "every": proposal.every}
    return [polling.watch(incident.watchlist, proposal.source, **asked, at=at)]
