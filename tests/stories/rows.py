"""What a story does with rows, in a process of its own: `python -m tests.stories.rows watch|settle ...`."""

import json
import sys
from datetime import timedelta
from time import monotonic, sleep

import django

django.setup()

from django.db.models import Count, Q  # noqa: E402
from django.utils import timezone  # noqa: E402

from incidents import timeline  # noqa: E402
from incidents.models import Event, Incident  # noqa: E402
from monitors.models import Change, Lead, Poll, Sighting, Source, Watch  # noqa: E402

ANSWERED = Q(polls__outcome=Poll.Outcome.ANSWERED)


def watch(ref: str, source: str, *packages: str) -> dict:
    """One watch of each package, all due now, and not again within the story."""
    incident, asked = Incident.objects.get(ref=ref), Source.objects.get(name=source)
    rows = [
        Watch(
            watchlist=incident.watchlist,
            source=asked,
            aim="package",
            query=package,
            every=timedelta(hours=6),
            due_at=timezone.now(),
        )
        for package in packages
    ]
    return {"watches": len(Watch.objects.bulk_create(rows))}


def settle(ref: str, seconds: str) -> dict:
    """Wait until every watch is answered and every change is on the record; then how all of it stands."""
    watches = Incident.objects.get(ref=ref).watchlist.watches
    deadline = monotonic() + float(seconds)
    while monotonic() < deadline:
        waits = watches.exclude(ANSWERED), Lead.objects.exclude(due_at=None), Change.objects.unread()
        if not any(rows.exists() for rows in waits):
            break
        sleep(0.5)
    return stand(Incident.objects.get(ref=ref))


def stand(incident: Incident) -> dict:
    watches = incident.watchlist.watches.annotate(answers=Count("polls", filter=ANSWERED))
    sightings = Sighting.objects.filter(watchlist=incident.watchlist)
    places = sightings.values("host", "native_id", "path").distinct().count()
    changes = Change.objects.filter(sighting__watchlist=incident.watchlist)
    appeared = incident.events.filter(kind=Event.Kind.SIGHTING_APPEARED)
    verdict = timeline.is_whole(incident)
    return {
        "unanswered": watches.filter(answers=0).count(),
        "answered_again": sum(one.answers - 1 for one in watches if one.answers > 1),
        "failed": Poll.objects.filter(watch__watchlist=incident.watchlist, outcome="failed").count(),
        "sightings": sightings.count(),
        "places": places,
        "hits": sorted(sightings.hits().values_list("native_id", flat=True)),
        "changes": changes.count(),
        "appeared": sorted(appeared.values_list("change__sighting__native_id", flat=True)),
        "whole": verdict.is_whole,
        "problem": verdict.problem,
    }


if __name__ == "__main__":
    print(json.dumps({"watch": watch, "settle": settle}[sys.argv[1]](*sys.argv[2:])))
