"""What the bench of hosts puts into an installation's database before, and reads out of it after.

    python -m tests.bench.hosts_rows prepare WORLD URL START KIND/AIM:QUERY...
    python -m tests.bench.hosts_rows figures URL

The query PHRASES is rare strings of the leak.

`DATA_DIR` and `DATABASE_URL` say which installation. Prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta

import django

django.setup()

import requests  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.db.models import Count, Sum  # noqa: E402

from incidents import timeline  # noqa: E402
from incidents.models import Event, Incident  # noqa: E402
from incidents.proposals import MINUTES  # noqa: E402
from monitors import own, polling  # noqa: E402
from monitors.models import Change, Poll, Sighting, Watch  # noqa: E402
from monitors.simulator import worldfile  # noqa: E402
from monitors.sources.base import Aim  # noqa: E402
from tests import factories  # noqa: E402

TOKEN_ENV = "SIMULATED_TOKEN"
PHRASES = 12  # rare strings of the leak that are searched for
PEAK = (timedelta(hours=4), timedelta(hours=7))  # after the first copy: when most forks of `march` come
OLD_ENOUGH = timedelta(hours=2)  # a copy that was public so long must have been found

Place = tuple[str, str, str]  # kind of host, the host's own id, path


def prepare(world: str, url: str, start: str, *asked: str) -> dict:
    """An incident whose leak is the world's, and a watch for each question, as often as is proposed."""
    call_command("migrate", verbosity=0, interactive=False)
    at = datetime.fromisoformat(start)
    material = worldfile.read(world).material()
    incident = factories.IncidentFactory(exposed_at=at, detected_at=at, title=f"The world {world}")
    made = factories.FingerprintFactory(
        watchlist=incident.watchlist, leak=material.sources, label=material.name
    )
    # Made before the world began, so that nothing has to be examined anew.
    type(made).objects.filter(pk=made.pk).update(made_at=at - timedelta(days=1))
    own.add(host=url.partition("://")[2], name="acme")
    rare = material.phrases[:: max(len(material.phrases) // PHRASES, 1)][:PHRASES]
    sources: dict[str, object] = {}
    for one in asked:
        kind, _, question = one.partition("/")
        aim, _, query = question.partition(":")
        if kind not in sources:
            sources[kind] = factories.SourceFactory(
                kind=kind, name=kind, base_url=f"{url}/{kind}", token_env=TOKEN_ENV
            )
        for text in rare if query == "PHRASES" else [query]:
            every = timedelta(minutes=MINUTES.get(Aim(aim), 30))
            polling.watch(incident.watchlist, sources[kind], aim=aim, query=text, every=every, at=at)
    return {"incident": incident.ref, "watches": incident.watchlist.watches.count()}


def figures(url: str) -> dict:
    """What was found, held against what is true; what it cost."""
    session = requests.Session()
    session.trust_env = False
    told = session.get(f"{url}/_sim/facts?list=all", timeout=600).json()
    rows = Sighting.objects.values_list("source__kind", "native_id", "path", "klass", "first_seen_at")
    sighted = {(kind, id, path): (klass, seen_at) for kind, id, path, klass, seen_at in rows}
    known = {place: seen_at for place, (klass, seen_at) in sighted.items() if klass != "unrelated"}
    watched = set(Watch.objects.values_list("source__kind", flat=True))
    facts = [
        one for one in told["list"] if one["kind"] in watched and one["sort"] in ("repository", "version")
    ]
    copies = [one for one in facts if one["holds"] in ("leak", "touched", "part")]
    honest = [one for one in facts if one["holds"] == "own" and not one["is_own"]]
    return {
        **_found(copies, known, datetime.fromisoformat(told["now"])),
        **_delays(copies, known),
        **_cost(told),
        "verified": len(sighted),
        "honest": sum(place_of(one) in sighted for one in honest),
        "honest_confirmed": sum(place_of(one) in known for one in honest),
        "twice": _twice(),
        "untold": Change.objects.unread().count(),
        "record_is_whole": timeline.is_whole(Incident.objects.get()).is_whole,
        "database_mb": _database_mb(),
    }


def place_of(fact: dict) -> Place:
    """How the product names a place that the world knows."""
    if fact["sort"] == "version":
        name, _, number = fact["id"].rpartition("@")
        return fact["kind"], name, number
    return fact["kind"], fact["id"], ""


def _found(copies: Iterable[dict], known: dict[Place, datetime], now: datetime) -> dict:
    """Copies that are public now and have been for long enough: how many, and how many of these we know.

    Nobody can find the others: of the 82,000 forks of `march` 164 are private from their first second, which
    GitHub counts and does not list, and a few are deleted within a minute or two. `never_seen` is how many.
    """
    old = (now - OLD_ENOUGH).isoformat()
    public = [one for one in copies if one["is_live"] and one["since"] < old]
    lost = [one["name"] for one in public if place_of(one) not in known]
    unseen = sum(not one["is_live"] and place_of(one) not in known for one in copies)
    return {
        "copies": len(public),
        "found": len(public) - len(lost),
        "lost": lost[:5],
        "never_seen": unseen,
    }


def _delays(copies: list[dict], known: dict[Place, datetime]) -> dict:
    """Minutes from appearance to sighting: the median at the peak, and of all."""
    each = []
    begins = min(datetime.fromisoformat(one["since"]) for one in copies)
    for one in copies:
        since, seen_at = datetime.fromisoformat(one["since"]), known.get(place_of(one))
        if seen_at:
            each.append((since - begins, (seen_at - since) / timedelta(minutes=1)))
    return {
        "median_minutes_peak": _median(wait for after, wait in each if PEAK[0] <= after <= PEAK[1]),
        "median_minutes": _median(wait for _, wait in each),
        "slowest_minutes": round(max((wait for _, wait in each), default=0), 1),
    }


def _median(values: Iterable[float]) -> float | None:
    listed = list(values)
    return round(statistics.median(listed), 2) if listed else None


def _cost(told: dict) -> dict:
    """Requests as the polls of forks count them, and by bucket, as the world does."""
    polls = list(
        Poll.objects.values("watch__aim", "outcome").annotate(polls=Count("pk"), asked=Sum("requests"))
    )
    outcomes, by_bucket = Counter[str](), Counter[str]()
    for one in told["asked"]:
        by_bucket[one["bucket"] or "git and pages"] += one["requests"]
    for one in polls:
        outcomes[one["outcome"]] += one["polls"]
    return {
        "fork_requests": sum(one["asked"] for one in polls if one["watch__aim"] == Aim.FORKS),
        "polls": dict(outcomes),
        "requests": dict(by_bucket),
        "violations": told["violations"],
        "violated": [one for one in told["asked"] if one["violations"]],
        "faults": told["faults"],
    }


def _twice() -> int:
    """Places that are there twice, and places and changes that were told of twice."""
    places = Sighting.objects.values("host", "native_id", "path").annotate(n=Count("pk")).filter(n__gt=1)
    appeared = Change.objects.filter(kind=Change.Kind.APPEARED, sighting__isnull=False)
    told = appeared.values("sighting").annotate(n=Count("pk")).filter(n__gt=1)
    events = Event.objects.exclude(change=None).values("change").annotate(n=Count("pk")).filter(n__gt=1)
    return places.count() + told.count() + events.count()


def _database_mb() -> float:
    if connection.vendor != "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_database_size(current_database())")
            return round(cursor.fetchone()[0] / 2**20, 1)
    files = [f"{connection.settings_dict['NAME']}{end}" for end in ("", "-wal")]
    return round(sum(os.path.getsize(file) for file in files if os.path.exists(file)) / 2**20, 1)


if __name__ == "__main__":
    command, *given = sys.argv[1:]
    print(json.dumps({"prepare": prepare, "figures": figures}[command](*given)))
