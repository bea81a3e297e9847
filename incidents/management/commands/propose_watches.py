from incidents import proposals, terms
from incidents.management.lookups import incident_called, person_called
from monitors.management.answers import Answering


class Command(Answering):
    help = "Propose all that is worth watching for an incident; with --start, start it."
    refusals = (terms.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")
        parser.add_argument(
            "--start", action="store_true", help="start all of it, but what is weak or --without names"
        )
        parser.add_argument("--also", nargs="*", default=[], metavar="ID", help="weak ones to start too")
        parser.add_argument("--without", nargs="*", default=[], metavar="ID", help="proposals to leave out")
        parser.add_argument("--by", help="who starts it, by username; needed with --start")

    def answer(self, *, ref, start, also, without, by, **options):
        incident = incident_called(ref)
        proposed = [(group, one) for group in proposals.propose(incident) for one in group.proposals]
        begun = set()
        if start:
            strong = {one.id for _, one in proposed if not one.is_weak}
            chosen = (strong | set(also)) - set(without)
            watches = proposals.start(incident, chosen, by=person_called(by or ""))
            begun = {(watch.source_id, watch.aim, watch.query) for watch in watches}
        return [_described(group, one, begun) for group, one in proposed]

    def lines(self, answer):
        for one in answer:
            state = ", started" if one["started"] else ", weak" if one["weak"] else ""
            yield f"{one['id']}  {one['source']} {one['aim']}: {one['query']}{state}"
        yield f"{len(answer)} proposed, {sum(one['started'] for one in answer)} started"


def _described(group, one, begun) -> dict:
    return {
        "id": one.id,
        "group": group.title,
        "source": one.source.name,
        "aim": one.aim.value,
        "query": one.query,
        "every": one.every,
        "why": one.why or group.why,
        "weak": one.is_weak,
        "started": (one.source.pk, one.aim.value, one.query) in begun,
    }
