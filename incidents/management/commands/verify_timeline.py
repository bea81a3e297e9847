from incidents import timeline
from incidents.management.lookups import incident_called
from monitors.management.answers import Answering


class Command(Answering):
    help = (
        "Walk the hash chain of an incident's record; ends with code 1 when a line is not what was recorded."
    )

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")

    def answer(self, *, ref, **options):
        incident = incident_called(ref)
        verdict = timeline.is_whole(incident)
        return {
            "ref": incident.ref,
            "whole": verdict.is_whole,
            "events": verdict.events,
            "head": verdict.head,
            "broken_at": verdict.broken_at,
            "problem": verdict.problem,
        }

    def lines(self, answer):
        if answer["whole"]:
            yield f"{answer['ref']}: whole, {answer['events']} events, head {answer['head']}"

    def problem(self, answer):
        if answer["whole"]:
            return ""
        return f"{answer['ref']}: broken at line {answer['broken_at']}: {answer['problem']}"
