import time

from django.core.management.base import CommandError
from django.utils import timezone

from incidents import takedowns
from incidents.management.lookups import incident_called, person_called
from monitors.management.answers import Answering

LOOK = 0.2  # seconds between looks at a notice that a worker has


class Command(Answering):
    help = "Visit every confirmed copy on a host again, and draft a takedown notice naming those that stand."
    refusals = (takedowns.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")
        parser.add_argument("--host", required=True, help="as the sightings name it")
        parser.add_argument("--by", required=True, metavar="USER")

    def answer(self, *, ref, host, by, **options):
        notice = takedowns.draft(_incident(ref, host), host=host, by=person_called(by))
        while notice.is_checking:
            if notice.claim(at=timezone.now()):
                takedowns.write(notice)
            else:
                time.sleep(LOOK)
            notice.refresh_from_db()
        return {
            "number": notice.number,
            "host": notice.host,
            "state": notice.state,
            "targets": list(notice.targets.values("sighting", "url", "outcome", "reason", "checked_at")),
            "readiness": [vars(need) for need in takedowns.readiness(notice)],
            "form": notice.form,
            "letter": notice.letter,
        }

    def lines(self, answer):
        yield answer["form"]
        for target in answer["targets"]:
            yield f"{target['outcome']}: {target['url'] or target['reason']}"
        for need in answer["readiness"]:
            yield f"{'has' if need['ok'] else 'lacks'}: {need['what']} {need['law']}"


def _incident(ref: str, host: str):
    incident = incident_called(ref)
    hosts = [name for name, _ in takedowns.hosts(incident)]
    if hosts and host not in hosts:
        raise CommandError(f"No confirmed live copy on {host}. There are some on: {', '.join(hosts)}.")
    return incident
