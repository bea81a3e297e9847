"""Four workers that poll as fast as they can, and the page that people look at meanwhile.

    python -m tests.bench.hosts_load [--seconds 20]

`DATA_DIR` and `DATABASE_URL` say which installation. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402
from django.test.utils import setup_test_environment  # noqa: E402
from django.utils import timezone  # noqa: E402

from config.serve import WORKER_NICE  # noqa: E402
from monitors import polling, sources  # noqa: E402
from monitors.models import Sighting, Watch  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.recording import LEAK, PAGE, Forks  # noqa: E402

WORKERS = 4
BETWEEN = 0.2  # seconds between two looks at the page


class Many(Forks):
    """Forks without end, other ones for each query."""

    def fetch(self, aim, query, *, cursor):
        first = int(query) * 10**5
        batch = super().fetch(aim, query, cursor={"page": first + cursor.get("page", 0)})
        return type(batch)(batch.candidates, {"page": cursor.get("page", 0) + 1}, more=True)


sources.ADAPTERS["bench"] = Many


def prepare():
    """An incident with a watch for each worker."""
    call_command("migrate", verbosity=0, interactive=False)
    incident = factories.IncidentFactory()
    factories.FingerprintFactory(watchlist=incident.watchlist, leak=LEAK)
    source = factories.SourceFactory(kind="bench", name="bench")
    for number in range(WORKERS):
        factories.WatchFactory(watchlist=incident.watchlist, source=source, aim="forks", query=str(number))
    return incident


def work(query: str, seconds: float) -> None:
    """Poll one watch for so long, as nicely as the product's worker; prints how often that was."""
    os.nice(WORKER_NICE)
    watch = Watch.objects.select_related("source", "watchlist").get(query=query)
    polling.poll(watch, at=timezone.now())
    until, polls = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        polls += polling.poll(watch, at=timezone.now()) is not None
    print(polls)


def look(incident, seconds: float) -> list[float]:
    """Milliseconds that the incident's first page took, each time."""
    setup_test_environment()
    browser = Client()
    browser.force_login(incident.opened_by)
    took, until = [], time.monotonic() + seconds
    while time.monotonic() < until:
        began = time.perf_counter()
        answer = browser.get(incident.get_absolute_url())
        if answer.status_code != 200:
            raise RuntimeError(f"The page answered {answer.status_code}.")
        took.append(1000 * (time.perf_counter() - began))
        time.sleep(BETWEEN)
    return took


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hosts_load", description=__doc__)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--worker", help=argparse.SUPPRESS)
    given = parser.parse_args(arguments)
    if given.worker is not None:
        return work(given.worker, given.seconds)
    incident = prepare()
    command = [sys.executable, "-m", "tests.bench.hosts_load", "--seconds", str(given.seconds), "--worker"]
    workers = [
        subprocess.Popen([*command, str(number)], stdout=subprocess.PIPE, text=True)
        for number in range(WORKERS)
    ]
    took = look(incident, given.seconds)
    polls = sum(int(worker.communicate()[0] or 0) for worker in workers)
    told = {"vendor": connection.vendor, "polls_per_s": round(polls / given.seconds, 1)}
    told |= {"candidates_per_poll": PAGE, "sightings": Sighting.objects.count()}
    print(json.dumps(told | {"page_ms": round(statistics.median(took)), "page_looks": len(took)}))
    return None


if __name__ == "__main__":
    main(sys.argv[1:])
