from incidents import intake
from incidents.management.lookups import incident_called
from monitors import checks
from monitors.management.answers import Answering
from monitors.models import LeaseLost


class Command(Answering):
    help = "Visit every place where the leak was found, here and now: what is gone, what is back?"

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")

    def answer(self, *, ref, **options):
        places = incident_called(ref).watchlist.sightings.hits().select_related("source", "watchlist")
        answers = [_visited(sighting) for sighting in places]
        while intake.read():
            pass
        return answers

    def lines(self, answer):
        for one in answer:
            yield f"{one['id']}  {one['outcome']}  {one['reason']}  {one['url']}"
        yield f"{len(answer)} visited"


def _visited(sighting):
    try:
        check = checks.check_now(sighting)
        came = {"outcome": check.outcome, "reason": check.reason, "at": check.at}
    except LeaseLost:
        came = {"outcome": "unknown", "reason": "a worker is there", "at": None}
    return {"id": sighting.pk, "title": sighting.title, "url": sighting.url, **came}
