"""What a leak is called, as its owner says: by that it is known who claims to have it and does not."""

from incidents.models import Artifact
from monitors import secrecy
from monitors.fingerprints.names import is_telling, plain

MOST = 32  # of the artifacts' names


def of(artifact: Artifact) -> list[str]:
    """Names of the artifact, of what got out beside it, and of their owner where his name means nobody else.

    Where it was found is no name of it: whoever put it there is not its owner. The incident's code name is
    for those who work on it, and outside a word like any other.
    """
    named = (Artifact.Kind.PURL, Artifact.Kind.UPLOAD)
    beside = artifact.incident.artifacts.filter(kind__in=named).exclude(pk=artifact.pk).order_by("pk")
    names = [artifact.name] if artifact.kind in named else []
    names += beside.values_list("name", flat=True)[:MOST]
    owner = plain(secrecy.without_legal_form(artifact.incident.organisation))
    return [*names, owner] if is_telling(owner) else names
