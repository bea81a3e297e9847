import contextlib
import time
from pathlib import Path

from django.core.files import File
from django.core.management.base import CommandError
from django.db import transaction
from django.utils import timezone

from incidents import artifacts, lifecycle
from incidents.management.lookups import person_called
from incidents.models import Incident
from monitors.management.answers import Answering, moment

LOOK = 0.2  # seconds between looks at an artifact that a worker has


class Command(Answering):
    help = "Declare an incident, and say what got out: a file, a package URL, a web address or a git address."
    refusals = (lifecycle.NotReady, artifacts.NotReady)

    def add_arguments(self, parser):
        parser.add_argument("artifact", nargs="?", help="path or address of what got out")
        parser.add_argument("--by", required=True, metavar="USER", help="who declares it, and leads it")
        parser.add_argument("--title", required=True)
        parser.add_argument("--severity", type=int, choices=Incident.Severity.values, default=2)
        parser.add_argument("--tlp", choices=Incident.Tlp.values, default="AMBER")
        parser.add_argument("--exposed-at", type=moment, required=True, help="such as 2026-03-31T08:26:00Z")
        parser.add_argument("--detected-at", type=moment, help="now, when left out")
        parser.add_argument("--organisation", default="", help="owner of the material")
        parser.add_argument("--codename", default="")
        parser.add_argument("--wait", action="store_true", help="until the artifact is ready, or has failed")

    def answer(self, *, artifact, by, wait, title, exposed_at, detected_at, **options):
        person = person_called(by)
        details = {name: options[name] for name in ("severity", "tlp", "organisation", "codename")}
        with _opened(artifact) as given, transaction.atomic():
            incident = lifecycle.open(
                by=person, title=title, exposed_at=exposed_at, detected_at=detected_at, **details
            )
            accepted = artifacts.accept(incident, by=person, **given) if given else None
        if accepted and wait:
            _work_or_wait(accepted)
        return _described(incident, accepted)

    def lines(self, answer):
        yield f"{answer['ref']}: {answer['title']}"
        if artifact := answer["artifact"]:
            yield f"{artifact['name']}: {artifact['error'] or artifact['stage']}"

    def problem(self, answer):
        return answer["artifact"]["error"] if answer["artifact"] else ""


@contextlib.contextmanager
def _opened(what: str | None):
    """What `artifacts.accept` is to be given: a file that stands here, else an address."""
    if what is None:
        yield {}
    elif Path(what).is_file():
        with Path(what).open("rb") as content:
            yield {"upload": File(content, name=Path(what).name)}
    elif Path(what).exists():
        raise CommandError(f"{what} is a folder. Pack it first: tar -czf leak.tar.gz {what}")
    else:
        yield {"locator": what}


def _work_or_wait(artifact) -> None:
    """Take it in here and now, unless a worker was faster; then until that is done."""
    while artifact.is_at_work:
        if artifact.claim(at=timezone.now()):
            artifacts.take_in(artifact)
        else:
            time.sleep(LOOK)
        artifact.refresh_from_db()


def _described(incident, artifact):
    return {
        "ref": incident.ref,
        "title": incident.title,
        "severity": incident.severity,
        "tlp": incident.tlp,
        "exposed_at": incident.exposed_at,
        "detected_at": incident.detected_at,
        "artifact": artifact
        and {
            "id": artifact.pk,
            "name": artifact.name,
            "kind": artifact.kind,
            "stage": artifact.stage,
            "sha256": artifact.sha256,
            "bytes": artifact.size,
            "error": artifact.error,
            "totals": artifact.totals,
        },
    }
