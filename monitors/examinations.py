"""What content holds: compared once, for every place that has it. See docs/adr/0004-examined-once.md."""

import hashlib
import json
import re
from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from django.db import transaction
from django.utils import timezone

from monitors.fingerprints import git_tree_ids
from monitors.fingerprints.identity import Identity
from monitors.impostors import Place, claim, judged
from monitors.matching import Class, Match, Pair, match_all
from monitors.models import Evidence, Examination, Fingerprint, Watchlist
from monitors.sources.base import Adapter, Candidate, Gone, RateLimited, SourceError, clean

EVIDENCE_KEPT = 20_000  # rows an examination; what is beyond is counted, not listed
WARNING = 400  # letters of one
NEVER = datetime(1970, 1, 1, tzinfo=UTC)  # when a place was examined under the name that it took since
DEEPER_AFTER = timedelta(minutes=2)  # what ids alone told is read in full when no worker has more to do
TREE = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
INTEGRITY = re.compile("sha(256|384|512)-[A-Za-z0-9+/]{43,88}={0,2}")


@dataclass(frozen=True)
class Finding:
    """What a candidate turned out to hold. The examination is a row, or one to be kept with its `pairs`."""

    candidate: Candidate
    examination: Examination
    pairs: list[Pair] = field(default_factory=list)

    @property
    def is_hit(self) -> bool:
        return self.examination.klass != Examination.Class.UNRELATED


def key_of(candidate: Candidate) -> str:
    """The name of its content, the same wherever the content lies; or else one of this place alone.

    Only what is computed from every byte of the content names it: the root tree of a repository, the
    published hash of an archive. A digest of any other form may mean something else at the next host.
    """
    root = candidate.trees.get("", "")
    if not candidate.path and TREE.fullmatch(root):
        return f"tree:{root}"
    if INTEGRITY.fullmatch(candidate.digest):
        return f"archive:{candidate.digest}"
    return place_key(candidate.host, candidate.native_id, candidate.path)


def place_key(*place: str) -> str:
    return f"place:{hashlib.sha256(chr(0).join(place).encode(errors='replace')).hexdigest()}"


def is_shared(key: str) -> bool:
    return not key.startswith("place:")


def newest(fingerprints: Iterable[Fingerprint]) -> datetime:
    """What was examined before this has not been held against everything."""
    return max(fingerprint.made_at for fingerprint in fingerprints)


def known(watchlist: Watchlist, keys: Iterable[str], *, since: datetime) -> dict[str, Examination]:
    """What is known of these contents by their keys, where it was found out at `since` or later."""
    shared = [key for key in set(keys) if is_shared(key)]
    rows = Examination.objects.filter(watchlist=watchlist, key__in=shared, examined_at__gte=since)
    return {row.key: row for row in rows}


def settles(row: Examination, candidate: Candidate, fingerprints: Iterable[Fingerprint]) -> bool:
    """Whether what the content holds says all there is to say of a place that has it.

    Not where it is unrelated and the place bears a name that claims the leak: such a place is read, but for
    those that share the name with one where that was done.
    """
    if row.klass != Examination.Class.UNRELATED:
        return True
    if not claims_by_name(candidate.title, fingerprints):
        return True
    slash, name = candidate.title.rpartition("/")[1:]
    named = {"title__endswith": slash + name}
    return bool(row.pk) and row.sightings.exclude(examined_at=NEVER).filter(**named).exists()


def claims_by_name(title: str, fingerprints: Iterable[Fingerprint]) -> bool:
    """Whether a place that is called so says that it is one of these leaks, whatever it holds."""
    place = Place(title=title, paths=[], read=lambda _: iter(()))
    kept = [bytes(fingerprint.open().parts.identity) for fingerprint in fingerprints]
    return any(claim(Identity.from_bytes(identity), place) for identity in kept if identity)


class _Ids:
    """A holding of which only ids are known; nothing of it can be read."""

    def __init__(self, candidate: Candidate) -> None:
        self.entries, self.trees, self.skipped = candidate.entries, candidate.trees, []

    def read(self, paths: Sequence[str], /) -> Iterable[tuple[str, bytes]]:
        return iter(())


def by_ids(candidate: Candidate, fingerprints: list[Fingerprint]) -> Finding | None:
    """What the ids that came with it prove; None when they prove nothing, and its content has to be read."""
    if not (candidate.trees or candidate.entries):
        return None
    holding = _Ids(candidate)
    best, fingerprint = _best(fingerprints, holding)
    if best.klass in (Examination.Class.UNRELATED, Examination.Class.IMPOSTOR):
        return None
    examination = _examination(key_of(candidate), best, fingerprint, holding, timezone.now())
    ours, is_shut = fingerprint.open().trees, False
    if candidate.trees.get("") in ours:
        # The root itself is a folder of ours: nothing else is there.
        examination.files_there = examination.matched_there = best.files
    elif is_shut := _is_shut(candidate, ours):
        examination.files_there = 0
    else:
        examination.files_there = len({pair.theirs for pair in best.pairs}.union(candidate.entries))
    examination.is_by_ids = True
    if best.klass != Class.COPY or is_shut:
        examination.due_at = examination.examined_at + DEEPER_AFTER
    return Finding(candidate, examination, best.pairs)


def _is_shut(candidate: Candidate, ours: Container[str]) -> bool:
    """Whether a folder there is neither ours nor listed: nobody knows how much of others' is in it."""
    within = {path[:at] for path in (*candidate.trees, *candidate.entries) for at in _slashes(path)}
    return any(path and oid not in ours and path not in within for path, oid in candidate.trees.items())


def _slashes(path: str) -> list[int]:
    return [at for at, letter in enumerate(path) if letter == "/"]


def by_content(adapter: Adapter, candidate: Candidate, fingerprints: list[Fingerprint]) -> Finding:
    """Hold its content against every artifact; the best match counts. Asks the network.

    Where the host lists files by their ids and then fails to give them, what the ids prove counts meanwhile.
    Raises SourceError.
    """
    at = timezone.now()
    with adapter.examine(candidate) as holding:
        try:
            best, fingerprint = _best(fingerprints, holding)
        except (Gone, RateLimited):
            raise
        except SourceError:
            listed = replace(candidate, trees=holding.trees, entries=holding.entries)
            if (proven := by_ids(listed, fingerprints)) is None:
                raise
            return replace(proven, candidate=candidate)
        is_of_all = _is_all_of(candidate, holding)
        if best.klass == Class.UNRELATED and (made := _claim(fingerprints, best, candidate.title, holding)):
            best, fingerprint = made
            # What claims to be the leak by the name of the place alone is nothing where it has another name.
            is_of_all = is_of_all and _claim(fingerprints, best, "", holding) is not None
        key = key_of(candidate) if is_of_all else _own_key(candidate)
        return Finding(candidate, _examination(key, best, fingerprint, holding, at), best.pairs)


def _best(fingerprints: list[Fingerprint], holding) -> tuple[Match, Fingerprint]:
    found = match_all([fingerprint.open() for fingerprint in fingerprints], holding)
    return max(
        zip(found, fingerprints, strict=True),
        key=lambda one: (one[0].klass != Class.UNRELATED, one[0].lines, one[0].score),
    )


def _claim(
    fingerprints: list[Fingerprint], found: Match, title: str, holding
) -> tuple[Match, Fingerprint] | None:
    """The first of these leaks that a place of this title claims to be, in which nothing of any was found."""
    place = Place(title=title, paths=list(holding.entries), read=holding.read)
    for fingerprint in fingerprints:
        match = judged(replace(found, klass=Class.UNRELATED), fingerprint.open().parts.identity, place)
        if match.klass == Class.IMPOSTOR:
            return match, fingerprint
    return None


def _is_all_of(candidate: Candidate, holding) -> bool:
    """Whether what was examined is what the key names, and no more: side branches of one repository
    say nothing of another with the same main branch."""
    root = candidate.trees.get("")
    if not root or candidate.path:
        return True
    if any(":" in path for path in holding.entries):
        return False
    # Some list all files and not the top folder; its id follows from theirs, where all are plain.
    return (holding.trees.get("") or git_tree_ids(holding.entries).get("")) == root


def _own_key(candidate: Candidate) -> str:
    return place_key(candidate.host, candidate.native_id, candidate.path)


def _examination(key: str, found: Match, fingerprint: Fingerprint, holding, at: datetime) -> Examination:
    pairs = found.pairs if found.klass is not Class.UNRELATED else []
    return Examination(
        key=key,
        fingerprint=fingerprint,
        klass=found.klass.value,
        score=found.score,
        files=found.files,
        lines=found.lines,
        share_files=min(found.share_files, 1.0),
        share_lines=min(found.share_lines, 1.0),
        files_there=len(holding.entries),
        matched_there=len({pair.theirs for pair in found.pairs}),
        warnings=[clean(warning, WARNING) for warning in found.warnings],
        skipped=[clean(reason, 300) for reason in list(holding.skipped)[:100]],
        evidence_sha256=evidence_digest((*_named(pair), pair.kind.value, pair.lines) for pair in pairs),
        examined_at=at,
    )


def _named(pair: Pair) -> tuple[str, str]:
    return clean(pair.ours, 1000), clean(pair.theirs, 1000)


def evidence_digest(rows: Iterable[tuple[str, str, str, int]]) -> str:
    """SHA-256 over (ours, theirs, kind, lines) of every file found, in order; empty when nothing was."""
    listed = sorted(rows)
    return hashlib.sha256(json.dumps(listed).encode()).hexdigest() if listed else ""


@transaction.atomic
def keep(watchlist: Watchlist, findings: Sequence[Finding]) -> list[Examination]:
    """The rows of these findings, in their order; the caller holds the watchlist. Keeping twice is harmless.

    What is unrelated in one place alone gets no row: its sighting says all there is.
    """
    fresh = {one.examination.key: one for one in findings if one.examination.pk is None}
    rows = {row.key: row for row in Examination.objects.filter(watchlist=watchlist, key__in=fresh)}
    news = []
    for key, finding in fresh.items():
        if key not in rows:
            if is_shared(key) or finding.is_hit:
                finding.examination.watchlist = watchlist
                news.append(finding)
        elif _tells_more(finding.examination, rows[key]):
            _replace(rows[key], finding)
    Examination.objects.bulk_create([one.examination for one in news], batch_size=200)
    _write_evidence((one.examination, one.pairs) for one in news)
    rows |= {one.examination.key: one.examination for one in news}
    return [rows.get(one.examination.key, one.examination) for one in findings]


def _tells_more(fresh: Examination, row: Examination) -> bool:
    """Ids never replace what the content told of the same artifacts."""
    if fresh.is_by_ids and not row.is_by_ids:
        return Fingerprint.objects.filter(watchlist=row.watchlist_id, made_at__gt=row.examined_at).exists()
    return fresh.examined_at >= row.examined_at


def _replace(row: Examination, finding: Finding) -> None:
    before = row.evidence_sha256
    for name, value in finding.examination.holds.items():
        setattr(row, name, value)
    row.is_by_ids, row.due_at, row.tries = finding.examination.is_by_ids, finding.examination.due_at, 0
    row.save()
    if before != row.evidence_sha256:
        row.evidence.all().delete()
        _write_evidence([(row, finding.pairs)])


def _write_evidence(found: Iterable[tuple[Examination, list[Pair]]]) -> None:
    rows = (
        Evidence(
            examination=examination,
            theirs=clean(pair.theirs, 1000),
            ours=clean(pair.ours, 1000),
            kind=pair.kind.value,
            share=pair.share,
            lines=pair.lines,
            regions=[list(region) for region in pair.regions],
        )
        for examination, pairs in found
        if examination.klass != Examination.Class.UNRELATED
        for pair in pairs[:EVIDENCE_KEPT]
    )
    Evidence.objects.bulk_create(rows, batch_size=500)


def put_off(examination: Examination, *, at: datetime, most: int) -> None:
    """Its content could not be read: try again later, twice as late each time, `most` times in all."""
    due_at = at + DEEPER_AFTER * 2**examination.tries if examination.tries < most else None
    examination.settle(due_at=due_at)
