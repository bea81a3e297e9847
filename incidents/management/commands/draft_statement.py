from incidents import comms
from incidents.management.lookups import incident_called, person_called
from incidents.models import Statement
from monitors.management.answers import Answering


class Command(Answering):
    help = "Draft a statement from the facts and the timeline. A second person approves it on its page."
    refusals = (comms.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")
        parser.add_argument("--by", required=True, metavar="USER")
        parser.add_argument("--audience", choices=Statement.Audience.values, default="public")

    def answer(self, *, ref, by, audience, **options):
        statement = comms.draft(incident_called(ref), by=person_called(by), audience=audience)
        return {
            "number": statement.number,
            "audience": statement.audience,
            "title": statement.title,
            "text": statement.text(),
            "problems": comms.standing(statement).problems,
        }

    def lines(self, answer):
        yield f"{answer['title']}\n\n{answer['text']}\n"
        yield from answer["problems"]
