"""The index of an artifact: kept once on the watchlist, and made again when more is known to be public."""

from django.db import transaction
from django.utils import timezone

from incidents import timeline
from incidents.models import Artifact, Event
from monitors.fingerprints import Index, sha256
from monitors.models import Fingerprint


class NotReady(Exception):
    """It cannot be done now; the message says why."""


def unsaved(artifact: Artifact, index: Index) -> Fingerprint:
    """The row that `keep` saves."""
    content = index.to_bytes()
    return Fingerprint(
        watchlist=artifact.incident.watchlist,
        label=artifact.name,
        sha256=sha256(content),
        index=content,
        files=index.total_files,
        lines=index.total_lines,
    )


def keep(index: Fingerprint) -> Fingerprint | None:
    """The index as the watchlist has it, which keeps each once; None when nothing is ours.

    It is made now, not when it was worked out: what was looked at in between was not held against it.
    """
    if not index.files:
        return None
    told = {name: getattr(index, name) for name in ("label", "index", "files", "lines")}
    kept, _ = Fingerprint.objects.get_or_create(watchlist=index.watchlist, sha256=index.sha256, defaults=told)
    return kept


def drop_unused(pk: int | None) -> None:
    """Look no more for what an artifact held by an index that was made again, unless another one needs it."""
    if pk is not None and not Artifact.objects.filter(fingerprint=pk).exists():
        Fingerprint.objects.filter(pk=pk).delete()


@transaction.atomic
def make_again(artifact: Artifact, *, by) -> None:
    """Let a worker read the artifact once more, from what was kept; its new index takes the old one's place.

    Until then the old one is looked for. Raises NotReady unless the artifact is ready.
    """
    ready = Artifact.objects.filter(pk=artifact.pk, stage=Artifact.Stage.READY)
    waiting = {"stage": Artifact.Stage.WAITING, "ready_at": None, "attempts": 0, "done": 0, "total": 0}
    if not ready.update(due_at=timezone.now(), **waiting):
        raise NotReady("It is not ready: wait for the worker, or try it again on its page.")
    timeline.record(
        artifact.incident,
        Event.Kind.ARTIFACT_RECEIVED,
        f"Reading again, without what is known to be public now: {artifact.name}",
        by=by,
        artifact=artifact.pk,
    )
