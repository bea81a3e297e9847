from dataclasses import asdict

from incidents import impostors, status
from incidents.management.lookups import incident_called
from monitors import coverage
from monitors.management.answers import Answering


class Command(Answering):
    help = "Say how an incident stands: the headline, the copies, what is out, what was said, who sees."

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")

    def answer(self, *, ref, **options):
        incident = incident_called(ref)
        out = status.exposure(incident)
        return {
            "ref": incident.ref,
            "title": incident.title,
            "status": incident.status,
            "headline": status.headline(incident),
            "known": status.known(incident),
            "copies": asdict(status.figures(incident)),
            "impostors": asdict(impostors.standing(incident)),
            "exposure": {"files": out.files, "lines": out.lines, "bytes": out.bytes},
            "artifacts": [
                {"name": one.name, "stage": one.stage, "error": one.error} for one in out.artifacts
            ],
            "said": [
                {"title": one.statement.published_title, "at": one.statement.published_at}
                | {"problems": one.standing.problems}
                for one in status.said(incident)
            ],
            "watches": [
                {"watch": str(one.watch), "words": one.words} for one in coverage.sights(incident.watchlist)
            ],
            "coverage": [
                {"host": one.name, "health": one.health, "words": one.words, "since": one.since}
                | {"gaps": one.gaps, "waiting": one.waiting, "unread": one.unread}
                for one in coverage.hosts(incident.watchlist)
            ],
        }

    def lines(self, answer):
        yield f"{answer['ref']} ({answer['status']}): {answer['title']}"
        yield answer["headline"]
        if found := answer["impostors"]["live"]:
            yield f"Impostors: {found}, {answer['impostors']['armed']} with executables"
        for host in answer["coverage"]:
            yield f"{host['host']}: {host['words']}"
            yield from (f"  {gap}" for gap in host["gaps"])
