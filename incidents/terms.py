"""Search phrases: proposed from what got out, and sent to others only once a person has confirmed them."""

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby

from django.db import transaction
from django.utils import timezone
from packageurl import PackageURL

from incidents import timeline, trees
from incidents.models import Artifact, Event, ExposedItem
from monitors import polling, secrecy, sources
from monitors.fingerprints import NOTHING, Background, git_blob_id, grams, letters, words
from monitors.fingerprints.terms import LONGEST, Term, fitted, terms, why_unsafe
from monitors.inventory import Entry, Kind, Ownership
from monitors.inventory.languages import SOURCE_MAP
from monitors.models import SearchTerm, Source, Watch
from monitors.secrecy import Secrecy, Secret
from monitors.sources.base import Aim

State = SearchTerm.State

MOST = 40  # proposed from one artifact
WAITING = 200  # proposed and not decided, of one incident
EVERY = timedelta(minutes=30)  # each phrase is asked for this often: hosts allow few searches
MANIFESTS, MANIFEST_BYTES = 20, 1_000_000
SECRET_FILES, SECRET_BYTES = 500, 64 * 2**20  # read again for the credentials that stand in them

# What a source is asked with a phrase; the first that it can do.
AIMS = {Aim.CODE: "in files", Aim.SEARCH: "in names and descriptions only"}

Progress = Callable[[str, int, int], None]


class NotReady(Exception):
    """It cannot be done now; the message says why."""


@dataclass(frozen=True)
class Proposal:
    """A rare phrase, and the git blob id of the file it stands in."""

    term: Term
    blob: str


@dataclass(frozen=True)
class Place:
    """A source that can be searched for a phrase, and where it looks."""

    source: Source
    aim: Aim
    longest: int  # characters of a query

    @property
    def looks(self) -> str:
        return AIMS[self.aim]

    def query(self, text: str) -> str:
        """The phrase as it is sent there."""
        return fitted(text, most=self.longest)


def places() -> list[Place]:
    """Where phrases can be searched for, by name."""
    found = []
    for source in Source.objects.all():
        adapter = sources.ADAPTERS.get(source.kind)
        aim = next((aim for aim in AIMS if adapter and aim in adapter.aims), None)
        if adapter and aim:
            found.append(Place(source, aim, adapter.longest_query))
    return found


def usual(where: Sequence[Place]) -> list[Place]:
    """Where to search unless somebody chooses: in files, where phrases are, if any source can."""
    in_files = [place for place in where if place.aim == Aim.CODE]
    return in_files or list(where)


@dataclass(frozen=True)
class Found:
    """What an artifact has for `propose`: phrases, and those known before that would tell what is in it."""

    proposals: list[Proposal]
    telling: dict[int, str]  # by number, what each would tell


def find(
    incident, entries: Sequence[Entry], *, public: Background = NOTHING, progress: Progress | None = None
) -> Found:
    """The rarest phrases of our own files that may be told. Call it outside of any transaction.

    `public` is code that strangers have too, besides what lies among the entries.
    """
    found = secrecy.scan(_counted(entries, progress))
    safe = Secrecy([*found.secrets, *_secrets(incident), *_manifest_names(entries)], _digests(incident))
    others = [entry for entry in entries if _is_background(entry)]

    def is_unsafe(text: str) -> bool:
        if progress:
            progress("terms", len(entries), len(entries))  # the work goes on
        return bool(safe.why_not(text)) or _is_public(text, public)

    rare = terms(
        found.masked(_counted(entries, progress)),
        (entry.content for entry in _counted(others, progress)),
        most=MOST,
        is_unsafe=is_unsafe,
    )
    contents = {entry.path: entry.content for entry in entries}
    known = incident.watchlist.search_terms.exclude(state=State.REFUSED)
    telling = {term.pk: why for term in known if (why := safe.why_not(term.text))}
    return Found([Proposal(term, git_blob_id(contents[term.path])) for term in rare], telling)


def _is_public(text: str, public: Background) -> bool:
    """Whether public code says it, or calls something so, as far as its hashes tell."""
    content = text.encode()
    literal = words(b'"%b"' % content if b" " in content else b"." + content)
    known = [public.has_grams(grams(letters(content))), public.has_words(literal)]
    return any(len(each) and bool(each.all()) for each in known)


def _is_background(entry: Entry) -> bool:
    """Whether others hold it honestly; a source map is shipped, but what it holds is the leak."""
    return entry.ownership is not Ownership.FIRST and not entry.binary and entry.language != SOURCE_MAP


def _counted(entries: Sequence[Entry], progress: Progress | None) -> Iterator[Entry]:
    for done, entry in enumerate(entries, 1):
        if progress:
            progress("terms", done, len(entries))
        yield entry


@transaction.atomic
def propose(artifact: Artifact, found: Found, *, at=None) -> list[SearchTerm]:
    """Put these before a person, once each. What was decided stays decided; nobody outside is told."""
    at, watchlist = at or timezone.now(), artifact.incident.watchlist
    _withdraw(artifact, found.telling, at)
    known = set(watchlist.search_terms.values_list("text", flat=True))
    room = WAITING - watchlist.search_terms.proposed().count()
    fresh = [one for one in found.proposals if one.term.text not in known][: max(room, 0)]
    rows = SearchTerm.objects.bulk_create([_row(watchlist, one, at) for one in fresh])
    if rows:
        timeline.record(
            artifact.incident,
            Event.Kind.WATCH,
            f"{_count(rows)} proposed from {artifact.name}. None is sent before a person confirms it.",
            at=at,
            artifact=artifact.pk,
            proposed=len(rows),
        )
    return rows


def _withdraw(artifact: Artifact, telling: dict[int, str], at) -> None:
    """Propose no more what would tell something that was found now, and stop searching for it."""
    every = artifact.incident.watchlist.search_terms.filter(pk__in=telling)
    every.proposed().delete()
    for term in every.approved():
        paused = [watch for watch in term.watches.all() if polling.pause(watch, at=at)]
        if paused:
            timeline.record(
                artifact.incident,
                Event.Kind.WATCH,
                f"Searches paused: by what {artifact.name} holds, “{term}” tells {telling[term.pk]}.",
                at=at,
                term=term.pk,
            )


def _row(watchlist, proposal: Proposal, at) -> SearchTerm:
    term = proposal.term
    return SearchTerm(
        watchlist=watchlist,
        text=term.text,
        kind=term.kind.value,
        path=term.path[:1000],
        line=term.line,
        blob=proposal.blob,
        files=term.files,
        proposed_at=at,
    )


def add(incident, text: str, *, by, at=None) -> SearchTerm:
    """Propose a phrase of a person's own. Raises NotReady with what in it must not be told."""
    text = " ".join(text.split())
    if not SearchTerm.SHORTEST_OWN <= len(text) <= LONGEST:
        raise NotReady(
            f"A phrase has {SearchTerm.SHORTEST_OWN} to {LONGEST} characters; this one has {len(text)}."
        )
    if why := _safety(incident)(text):
        raise NotReady(f"It would tell {why}. Hosts keep what is searched for: choose other words.")
    return _add(incident, text, by, at or timezone.now())


@transaction.atomic
def _add(incident, text: str, by, at) -> SearchTerm:
    own = {"kind": SearchTerm.OWN, "added_by": by, "proposed_at": at}
    term, is_new = incident.watchlist.search_terms.get_or_create(text=text, defaults=own)
    if not is_new:
        raise NotReady(f"It is on the list already: {term.get_state_display().lower()}.")
    timeline.record(incident, Event.Kind.WATCH, f"Search phrase added: {text}", by=by, at=at, term=term.pk)
    return term


def confirm(incident, approved: Iterable[SearchTerm], refused: Iterable[SearchTerm], *, by, where, at=None):
    """What a person decided in one go; the watches that began. Raises NotReady, and then all stays."""
    approved, refused = list(approved), list(refused)
    _refuse_unsafe(incident, approved)
    with transaction.atomic():
        refuse(incident, refused, by=by, at=at)
        return _approve(incident, approved, by, at or timezone.now(), where)


def approve(
    incident, chosen: Iterable[SearchTerm], *, by, at=None, where: Sequence[Place] | None = None
) -> list[Watch]:
    """Send these phrases, from now on, to these places (the `usual` ones, when left out).

    Approving again sends only to what is new. Raises NotReady when one of them would tell what must not
    be told; then none is sent.
    """
    return confirm(incident, chosen, [], by=by, at=at, where=where)


def _approve(incident, chosen: list[SearchTerm], by, at, where: Sequence[Place] | None) -> list[Watch]:
    where = usual(places()) if where is None else where
    fresh = _decide(chosen, State.APPROVED, by, at)
    begun = [_ask(incident, term, place, at, anew=term in fresh) for term in chosen for place in where]
    watches = [watch for watch in begun if watch]
    if fresh or watches:
        told = ", ".join(place.source.name for place in where) or "no source yet"
        timeline.record(
            incident,
            Event.Kind.WATCH,
            f"{_count(chosen)} confirmed by a person, to be searched for at: {told}.",
            by=by,
            at=at,
            phrases=[term.text for term in chosen],
            sources=[place.source.name for place in where],
        )
    return watches


def _ask(incident, term: SearchTerm, place: Place, at, *, anew: bool) -> Watch | None:
    """The watch that asks there for it; None when it did before. Who paused that one since, paused it."""
    asked = {"aim": place.aim.value, "query": place.query(term.text)}
    watch = polling.watch(incident.watchlist, place.source, **asked, every=EVERY, at=at)
    if term.watches.filter(pk=watch.pk).exists() and not anew:
        return None
    term.watches.add(watch)
    polling.resume(watch, at=at)
    return watch


@transaction.atomic
def refuse(incident, chosen: Iterable[SearchTerm], *, by, at=None) -> None:
    """Never send these. What asked for one of them alone is paused. Refusing twice changes nothing."""
    at = at or timezone.now()
    refused = _decide(chosen, State.REFUSED, by, at)
    for watch in Watch.objects.filter(search_terms__in=refused).distinct():
        if not watch.search_terms.approved().exists():
            polling.pause(watch, at=at)
    if refused:
        timeline.record(
            incident,
            Event.Kind.WATCH,
            f"{_count(refused)} refused: not to be sent to anybody.",
            by=by,
            at=at,
            phrases=[term.text for term in refused],
        )


def _decide(chosen: Iterable[SearchTerm], state: str, by, at) -> list[SearchTerm]:
    """Those that had another state until now."""
    changed = []
    for term in chosen:
        others = SearchTerm.objects.filter(pk=term.pk).exclude(state=state)
        if others.update(state=state, decided_by=by, decided_at=at):
            term.refresh_from_db()
            changed.append(term)
    return changed


def further(incident, where: Iterable[Place]) -> list[Place]:
    """Of these places, those where some confirmed phrase has not been searched for."""
    approved = incident.watchlist.search_terms.approved()
    asked = {place.source.pk: approved.filter(watches__source=place.source) for place in where}
    return [place for place in where if approved.exclude(pk__in=asked[place.source.pk]).exists()]


def may_be_asked(watch: Watch) -> bool:
    """Whether no refused phrase is all that this watch asks for."""
    return watch.search_terms.approved().exists() or not watch.search_terms.exists()


def _count(those: Sequence) -> str:
    return f"{len(those):,} search phrase{'' if len(those) == 1 else 's'}"


def _refuse_unsafe(incident, chosen: Sequence[SearchTerm]) -> None:
    """Raises NotReady: what was safe when it was proposed may hold a name that was given since.

    It reads files: not within a transaction, in which nobody else could write.
    """
    if not chosen:
        return
    why_not = _safety(incident)
    for term in chosen:
        if why := why_not(term.text):
            raise NotReady(f"Nothing was sent: “{term.text}” would tell {why}. Untick it.")


def _safety(incident) -> Callable[[str], str]:
    """Says of a phrase what it would tell, "" when nothing."""
    safe = Secrecy([*_secrets(incident), *_stored_names(incident)], _digests(incident))
    return lambda text: why_unsafe(text) or safe.why_not(text)


def _items(incident):
    return ExposedItem.objects.filter(artifact__incident=incident)


def _digests(incident) -> list[str]:
    return list(_items(incident).exclude(digest="").values_list("digest", flat=True).distinct())


def _secrets(incident) -> list[Secret]:
    """Who we are, and what was found in all that got out; credentials are read again where they stand."""
    names = [incident.codename, incident.organisation]
    for locator in incident.artifacts.filter(kind=Artifact.Kind.PURL).values_list("locator", flat=True):
        package = PackageURL.from_string(locator)
        names += [package.namespace or "", package.name]
    others = _items(incident).exclude(kind=Kind.CREDENTIAL.value).values_list("kind", "value")
    told = [secret for kind, value in others.iterator() for secret in secrecy.told_by(kind, value)]
    return [*secrecy.own_names(names), *told, *_credentials(incident)]


def _credentials(incident) -> list[Secret]:
    places = _items(incident).filter(kind=Kind.CREDENTIAL.value).order_by("artifact", "file")
    rows = places.values_list("artifact", "file").distinct()[:SECRET_FILES]
    found = []
    for pk, files in groupby(rows, key=lambda row: row[0]):
        artifact = incident.artifacts.defer("fingerprint__index").get(pk=pk)
        for content in trees.contents(artifact, [number for _, number in files], most_bytes=SECRET_BYTES):
            found += secrecy.credentials_in(content)
    return found


def _manifest_names(entries: Iterable[Entry]) -> list[Secret]:
    """What our own packages are called, as their manifests say."""
    ours = [
        entry
        for entry in entries
        if entry.ownership is not Ownership.THIRD and entry.path.rpartition("/")[2] == "package.json"
    ]
    return secrecy.own_names(_name_in(entry.content) for entry in ours[:MANIFESTS])


def _stored_names(incident) -> list[Secret]:
    names = []
    for artifact in incident.artifacts.exclude(tree=""):
        ours = artifact.files.filter(path__endswith="package.json").exclude(ownership="third")
        numbers = ours.order_by("number").values_list("number", flat=True)[:MANIFESTS]
        kept = trees.contents(artifact, numbers, most_bytes=MANIFESTS * MANIFEST_BYTES)
        names += [_name_in(content) for content in kept]
    return secrecy.own_names(names)


def _name_in(manifest: bytes) -> str:
    try:
        told = json.loads(manifest) if len(manifest) <= MANIFEST_BYTES else {}
    except (ValueError, RecursionError):
        return ""
    name = told.get("name") if isinstance(told, dict) else ""
    return name[:214] if isinstance(name, str) else ""
