"""Accept what got out, unpack it, take its inventory, fingerprint it onto the watchlist."""

import hashlib
import io
import logging
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePosixPath
from time import monotonic
from urllib.parse import urlsplit

from django.conf import settings
from django.core.files import File as StoredFile
from django.db import transaction
from django.utils import timezone
from packageurl import PackageURL

from incidents import indexes, items, names, terms, timeline, trees
from incidents.models import Artifact, Event, ExposedFile, Fact
from monitors import backgrounds, leaks, polling, sources
from monitors.fingerprints import git_blob_id, sha256
from monitors.inventory import Entry, Exposures, Inventory, expose, take
from monitors.models import Background, Fingerprint, LeaseLost
from monitors.sources.base import Aim, SourceError, clean
from monitors.sources.repositories import read_artifact
from monitors.unpack import File, Notes, UnpackError

logger = logging.getLogger(__name__)
Stage = Artifact.Stage

TRIES = 3
SKIPPED_KEPT = 500

content_of = trees.content_of


class NotReady(Exception):
    """It cannot be done now; the message says why."""


class Failed(Exception):
    """The artifact cannot be read; the message is for the person."""


def recognise(locator: str) -> str:
    """What kind of thing this is: a package URL, a git repository or a web address. Raises NotReady."""
    locator = locator.strip()
    if locator.startswith("pkg:"):
        return _recognise_package(locator)
    scheme, netloc, path, *_ = urlsplit(locator)
    if scheme.startswith("git+") or scheme == "git" or path.rstrip("/").endswith(".git"):
        return Artifact.Kind.GIT
    if scheme in {"https", "http"} and netloc:
        return Artifact.Kind.URL
    raise NotReady(
        "Give a package URL (pkg:npm/name@version), an https address, or a git address (https://….git)."
    )


def _recognise_package(locator: str) -> str:
    try:
        package = PackageURL.from_string(locator)
    except ValueError as error:
        raise NotReady(
            f"This is not a package URL: {error}. Write it as pkg:npm/%40scope/name@1.2.3."
        ) from error
    if package.type not in {"npm", "pypi"}:
        raise NotReady(f"Packages of type {package.type} cannot be fetched yet: upload the file instead.")
    if not package.version:
        raise NotReady("Add the version that leaked, such as pkg:npm/name@1.2.3.")
    return Artifact.Kind.PURL


@transaction.atomic
def accept(incident, *, by, upload: StoredFile | None = None, locator: str = "", at=None) -> Artifact:
    """Take in a file or an address; a worker does the rest. Raises NotReady."""
    at = at or timezone.now()
    if (upload is None) == (not locator.strip()):
        raise NotReady("Give either a file or an address.")
    if upload is not None and upload.size > settings.ARTIFACT_BYTES:
        raise NotReady(
            f"The file is over {settings.ARTIFACT_BYTES // 2**20} MiB. Raise ARTIFACT_MIB to take it."
        )
    artifact = Artifact(incident=incident, added_by=by, added_at=at, due_at=at)
    if upload is None:
        artifact.kind, artifact.locator = recognise(locator), locator.strip()
        artifact.name = clean(artifact.locator)
    else:
        artifact.kind = Artifact.Kind.UPLOAD
        artifact.name = clean(PurePosixPath((upload.name or "upload").replace("\\", "/")).name) or "upload"
        _keep_upload(artifact, upload)
    artifact.save()
    timeline.record(
        incident,
        Event.Kind.ARTIFACT_RECEIVED,
        f"Received: {artifact.name}",
        by=by,
        artifact=artifact.pk,
        kind=artifact.kind,
        sha256=artifact.sha256,
        bytes=artifact.size,
    )
    return artifact


def _keep_upload(artifact: Artifact, content: StoredFile | io.IOBase) -> None:
    """Store the bytes under a name of our own, whatever a stranger called them."""
    digest = hashlib.sha256()
    content.seek(0)
    while block := content.read(2**20):
        digest.update(block)
        artifact.size += len(block)
    content.seek(0)
    artifact.sha256 = digest.hexdigest()
    artifact.upload.save(f"{artifact.sha256}.bin", StoredFile(content), save=False)


@transaction.atomic
def retry(artifact: Artifact, *, by) -> None:
    """Let a worker try again from what was kept. Raises NotReady unless it failed."""
    failed = Artifact.objects.filter(pk=artifact.pk, stage=Stage.FAILED)
    again = {"stage": Stage.WAITING, "failed_in": "", "error": "", "attempts": 0, "done": 0, "total": 0}
    if not failed.update(due_at=timezone.now(), **again):
        raise NotReady("it has not failed")
    timeline.record(
        artifact.incident,
        Event.Kind.ARTIFACT_RECEIVED,
        f"Trying again: {artifact.name}",
        by=by,
        artifact=artifact.pk,
    )


def take_in(artifact: Artifact) -> None:
    """Do all of it for an artifact whose lease the caller holds. A failure is kept, with its stage."""
    progress = Progress(artifact)
    try:
        artifact.settle(due_at=timezone.now() + Artifact.LEASE, attempts=artifact.attempts + 1)
        if artifact.attempts > TRIES:
            raise Failed(f"A worker died over it {TRIES} times. Its memory may be too small for this file.")
        _finish(artifact, _read(artifact, progress), progress)
    except LeaseLost:
        logger.info("%s is with another worker", artifact)
    except (Failed, SourceError, UnpackError) as error:
        _fail(artifact, progress.stage, str(error))
    except Exception:
        # Ours to mend, and the log has it; but the person must not wait for ever.
        logger.exception("Artifact %s failed in %s", artifact.pk, progress.stage)
        _fail(
            artifact, progress.stage, "Something went wrong on our side. The file is kept; the log says more."
        )


class Progress:
    """Tells the page how far we are, and keeps the lease; writes at most twice a second."""

    EVERY = 0.5  # seconds

    def __init__(self, artifact: Artifact) -> None:
        self.artifact = artifact
        self.stage: str = artifact.stage if artifact.stage != Stage.WAITING else Stage.FETCHING
        self._written = 0.0

    def __call__(self, stage: str, done: int = 0, total: int = 0) -> None:
        """Raises LeaseLost."""
        if stage == self.stage and monotonic() - self._written < self.EVERY:
            return
        self.stage, self._written = stage, monotonic()
        self.artifact.settle(due_at=timezone.now() + Artifact.LEASE, stage=stage, done=done, total=total)

    def inside(self, stage: str) -> Callable[[str, int, int], None]:
        """For a package that names its own steps: all of them belong to this stage."""
        return lambda _step, done, total: self(stage, done, total)


def _read(artifact: Artifact, progress: Progress) -> tuple[Inventory, Notes]:
    notes = Notes()
    if artifact.kind == Artifact.Kind.GIT:
        files = _from_git(artifact, progress, notes)
        return take(files, progress=progress.inside(Stage.INVENTORY)), notes
    if not artifact.upload:
        _fetch(artifact, progress)
    progress(Stage.UNPACKING, 0, artifact.size)
    with artifact.upload.open("rb") as content:
        asked = {"limits": settings.UNPACK_LIMITS, "notes": notes, "progress": progress}
        files = _lift(list(read_artifact(content, name=artifact.name, **asked)))
        return take(files, progress=progress.inside(Stage.INVENTORY)), notes


def _lift(files: list[File]) -> list[File]:
    """Take away the one folder that everything lies in ("package/"): it is the archive's, not ours."""
    top = files[0].path.partition("/")[0] + "/" if files else ""
    if not all(file.path.startswith(top) for file in files):
        return files
    return [File(file.path.removeprefix(top), file.content, file.origin.removeprefix(top)) for file in files]


def _client() -> sources.Client:
    return sources.Client(allow_private=settings.ALLOW_PRIVATE_ARTIFACTS)


def _fetch(artifact: Artifact, progress: Progress) -> None:
    """Bring the artifact home and keep it as it came. Raises SourceError."""
    progress(Stage.FETCHING)
    client, url, digest = _client(), artifact.locator, ""
    if artifact.kind == Artifact.Kind.PURL:
        found = sources.locate(artifact.locator, client, base_url=_registry(artifact.locator))
        url, digest, artifact.name = found.url, found.digest, clean(f"{artifact.locator}")
    with closing(
        client.download(
            url,
            max_bytes=settings.ARTIFACT_BYTES,
            progress=lambda done, total: progress(Stage.FETCHING, done, total),
        )
    ) as content:
        sources.verify(content, digest)
        _keep_upload(artifact, content)
    artifact.settle(
        due_at=timezone.now() + Artifact.LEASE,
        upload=artifact.upload.name,
        size=artifact.size,
        sha256=artifact.sha256,
    )


def _registry(locator: str) -> str:
    """The address of the configured source for this kind of package, if there is one."""
    return settings.REGISTRY_URLS.get(PackageURL.from_string(locator).type, "")


def _from_git(artifact: Artifact, progress: Progress, notes: Notes) -> Iterator[File]:
    """Every file of a repository's branches, read through the same adapter that looks for copies."""
    progress(Stage.FETCHING)
    adapter = sources.ADAPTERS["git"](_client())
    batch = adapter.fetch(Aim.REPOSITORY, artifact.locator.removeprefix("git+"), cursor={})
    if not batch.candidates:
        raise Failed("The repository has no branch with a commit. Check its address.")
    with adapter.examine(batch.candidates[0]) as holding:
        paths = list(holding.entries)
        progress(Stage.UNPACKING, 0, len(paths))
        for done, (path, content) in enumerate(holding.read(paths), 1):
            progress(Stage.UNPACKING, done, len(paths))
            yield File(path, content, "")
        for reason in holding.skipped:
            notes.add("", reason)


def _finish(artifact: Artifact, read: tuple[Inventory, Notes], progress: Progress) -> None:
    inventory, notes = read
    if not inventory.entries:
        raise Failed("There is not one file in it. Check that it is the right one.")
    public = backgrounds.fitting(inventory.entries)
    inventory = replace(inventory, entries=leaks.known(inventory.entries, public))
    exposures = expose(inventory.entries, progress=progress.inside(Stage.INVENTORY))
    progress(Stage.FINGERPRINTING)
    step = progress.inside(Stage.FINGERPRINTING)
    called = names.of(artifact)
    leak = leaks.fingerprinted(inventory.entries, names=called, background=public, progress=step)
    learned = backgrounds.beside(inventory.entries)
    phrases = terms.find(artifact.incident, inventory.entries, public=leak.background, progress=step)
    progress(Stage.STORING, 0, len(inventory.entries))
    with tempfile.TemporaryFile() as packed:
        _pack(inventory.entries, packed, progress)
        name = artifact.tree.storage.save(
            f"trees/{artifact.incident_id}/{artifact.sha256 or 'git'}.zip", StoredFile(packed)
        )
    # Hashing and packing here: while _store writes, nobody else can.
    rows = [_exposed(artifact, number, entry) for number, entry in enumerate(inventory.entries)]
    kept = indexes.unsaved(artifact, leak.index)
    _store(artifact, Taken(inventory, exposures, notes, rows, kept, name, phrases, learned))


def _pack(entries: list[Entry], into: io.IOBase, progress: Progress) -> None:
    """A zip of every file, each named by its number: no stranger's name becomes a path."""
    with zipfile.ZipFile(into, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for number, entry in enumerate(entries):
            archive.writestr(str(number), entry.content)
            progress(Stage.STORING, number, len(entries))
    into.seek(0)


@dataclass(frozen=True)
class Taken:
    """All that came of an artifact, ready to be written."""

    inventory: Inventory
    exposures: Exposures
    notes: Notes
    rows: list[ExposedFile]
    index: Fingerprint
    tree: str  # where the stored tree lies
    phrases: terms.Found  # to search for
    learned: Background | None  # public code that the next leak may hold too


@transaction.atomic
def _store(artifact: Artifact, taken: Taken) -> None:
    at = timezone.now()
    kept, before = indexes.keep(taken.index), artifact.fingerprint_id
    # The lease first: if another worker has the artifact, nothing of this is written.
    artifact.settle(
        due_at=None,
        stage=Stage.READY,
        ready_at=at,
        totals=taken.inventory.totals() | {"items_left_out": taken.exposures.left_out},
        skipped=[[clean(note.path), clean(note.reason)] for note in taken.notes.skipped[:SKIPPED_KEPT]],
        tree=taken.tree,
        fingerprint=kept,
    )
    indexes.drop_unused(before)
    artifact.files.all().delete()
    ExposedFile.objects.bulk_create(taken.rows, batch_size=500)
    polling.look_again(artifact.incident.watchlist, at=at)
    _say_what_is_out(artifact, taken.index, at)
    items.keep(artifact, taken.exposures, taken.inventory.entries, at=at)
    terms.propose(artifact, taken.phrases, at=at)
    if taken.learned:
        backgrounds.save(taken.learned)


def _exposed(artifact: Artifact, number: int, entry: Entry) -> ExposedFile:
    return ExposedFile(
        artifact=artifact,
        number=number,
        path=entry.path[:1000],
        size=entry.size,
        lines=entry.lines,
        language=entry.language[:40],
        ownership=entry.ownership.value,
        why=entry.why[:300],
        origin=entry.origin[:1000],
        blob=git_blob_id(entry.content),
        sha256=sha256(entry.content),
    )


def _say_what_is_out(artifact: Artifact, index: Fingerprint, at: datetime) -> None:
    """The inventory onto the record, and as a fact that statements can quote."""
    incident = artifact.incident
    amount = f"{index.files:,} of our own files, {index.lines:,} lines"
    sentence = f"{amount}, can be read from {artifact.name}"
    source = f"inventory of {artifact.name[:150]}, sha256 {artifact.sha256[:12] or 'none: git'}"
    timeline.record(
        incident,
        Event.Kind.ARTIFACT_READY,
        sentence,
        at=at,
        artifact=artifact.pk,
        sha256=artifact.sha256,
        first_party_files=index.files,
        first_party_lines=index.lines,
    )
    fact = {"sentence": sentence[:500], "state": Fact.State.VERIFIED, "source": source[:300], "since": at}
    topic = f"inventory-{artifact.pk}"
    if not incident.facts.filter(topic=topic).update(**fact):
        last = incident.facts.order_by("-number").values_list("number", flat=True).first() or 0
        Fact.objects.create(incident=incident, number=last + 1, topic=topic, **fact)


@transaction.atomic
def _fail(artifact: Artifact, stage: str, problem: str) -> None:
    problem = clean(problem, 1000) or "It failed without saying why."
    try:
        artifact.settle(due_at=None, stage=Stage.FAILED, failed_in=stage, error=problem)
    except LeaseLost:
        return
    timeline.record(
        artifact.incident,
        Event.Kind.ARTIFACT_FAILED,
        f"{artifact.name} could not be read ({Stage(stage).label.lower()}): {problem}",
        artifact=artifact.pk,
        stage=stage,
    )
