from datetime import timedelta

from django.core.management.base import CommandError

from incidents.management.lookups import incident_called
from monitors import polling
from monitors.management.answers import Answering, duration
from monitors.models import Source
from monitors.sources.base import Aim


class Command(Answering):
    help = "Ask a source the same thing from now on."
    refusals = (polling.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")
        parser.add_argument("--source", required=True, metavar="NAME")
        parser.add_argument("--aim", required=True, choices=[aim.value for aim in Aim])
        parser.add_argument("--query", required=True, help="a package's name, words, or a repository's URL")
        parser.add_argument(
            "--every", type=duration, default=timedelta(minutes=5), help="such as 90s, 5m or 6h"
        )

    def answer(self, *, ref, source, aim, query, every, **options):
        watch = polling.watch(
            incident_called(ref).watchlist, _source_called(source), aim=aim, query=query, every=every
        )
        return {
            "id": watch.pk,
            "source": source,
            "aim": watch.aim,
            "query": watch.query,
            "every": watch.every,
        }

    def lines(self, answer):
        yield f"Watch {answer['id']}: {answer['source']} {answer['aim']} {answer['query']}"


def _source_called(name: str) -> Source:
    found = Source.objects.filter(name__iexact=name).first()
    if found is None:
        known = ", ".join(Source.objects.values_list("name", flat=True))
        raise CommandError(
            f"There is no source {name}. {f'There are: {known}.' if known else 'Add one: add_source.'}"
        )
    return found
