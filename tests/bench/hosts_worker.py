"""A worker on a world's clock: the product's own polls, leads, deeper looks and visits, in the tick's order,
and what the record takes from them.

    python -m tests.bench.hosts_worker URL --start 2026-03-31T08:00:00+00:00 --until 24h [--visits]
        [--proposals] [--killed-every 5m]

It works as long as something is due, and moves the world's clock on when nothing is. With --killed-every, it
is killed after about so long on that clock, wherever it is, and started again. Prints one line of JSON.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import sys
import time
import traceback
from datetime import datetime, timedelta
from typing import NoReturn
from unittest import mock

import django
import requests

django.setup()

from django.db.models import Min  # noqa: E402

from incidents import intake  # noqa: E402
from incidents.models import Incident  # noqa: E402
from incidents.proposals import MINUTES  # noqa: E402
from monitors import checks, leads, polling  # noqa: E402
from monitors.models import Examination, Lead, LeaseLost, Sighting, Source, Watch  # noqa: E402
from monitors.simulator.spans import span  # noqa: E402
from monitors.sources.base import Aim  # noqa: E402
from tests.bench.hosts_everywhere import start_all  # noqa: E402
from tests.bench.memory import peak_mb  # noqa: E402

EVERY = timedelta(minutes=MINUTES[Aim.FORKS])
LOOK_AROUND = timedelta(minutes=2)  # how often the person looks at what was found


class WorldClock:
    """The world's clock as this process sees it: it runs as ours does, and jumps when somebody moves it."""

    def __init__(self, url: str) -> None:
        self.url = f"{url}/_sim/clock"
        self._session = requests.Session()
        self._session.trust_env = False
        self._heard(self._session.get(self.url, timeout=30).json())

    def now(self) -> datetime:
        return self._at + timedelta(seconds=time.monotonic() - self._told)

    def move_to(self, at: datetime) -> None:
        """Move it on to this moment; to one that has passed, only hear what it is."""
        self._heard(self._session.post(self.url, json={"to": at.isoformat()}, timeout=30).json())

    def _heard(self, answer: dict) -> None:
        self._at, self._told = datetime.fromisoformat(answer["now"]), time.monotonic()


class Worker:
    """Does what is due, one thing after the other."""

    def __init__(self, clock: WorldClock, *, visits: bool, proposals: bool) -> None:
        self.clock, self.visits, self.proposals = clock, visits, proposals
        self.looked_at = datetime.min.replace(tzinfo=clock.now().tzinfo)
        self.rounds = 0

    def run(self, until: datetime) -> None:
        while self.clock.now() < until:
            if self.clock.now() >= self.looked_at + LOOK_AROUND:
                self._look_around()
                self.looked_at = self.clock.now()
            if not self.round():
                self.clock.move_to(min(self._next_due(), until))

    def _look_around(self) -> None:
        if self.proposals:
            start_all(Incident.objects.get(), self.clock.now())
        else:
            follow_forks()

    def round(self) -> bool:
        """Everything that is due now, as the tick would hand it out; whether there was anything."""
        self.rounds += 1
        done = 0
        for model, work in self._kinds():
            for row in list(model.objects.due(self.clock.now())[:8]):
                done += self._one(row, work)
        done += self._visit() if self.visits else 0
        return bool(done + intake.read())

    def _kinds(self):
        return (
            (Watch, lambda row: polling.poll_claimed(row, at=self.clock.now())),
            (Lead, lambda row: leads.follow(row, at=self.clock.now())),
            (Examination, lambda row: checks.deepen(row, at=self.clock.now())),
        )

    def _one(self, row, work) -> int:
        if not row.claim(at=self.clock.now()):
            return 0
        with contextlib.suppress(LeaseLost):
            work(row)
        return 1

    def _visit(self) -> int:
        at, done = self.clock.now(), 0
        due = Sighting.objects.due(at)
        for source in Source.objects.filter(pk__in=due.order_by().values("source").distinct()):
            lease = due.filter(source=source).claim(at=at, most=checks.bulk_of(source))
            if lease:
                held = Sighting.objects.filter(source=source, due_at=lease)
                checks.check_many(
                    list(held.select_related("source", "watchlist", "examination")), at=self.clock.now()
                )
                done += 1
        return done

    def _next_due(self) -> datetime:
        """When there is something to do again; the person looks around meanwhile."""
        rows = [
            Watch.objects.filter(paused_at=None),
            Lead.objects.all(),
            Examination.objects.all(),
            *([Sighting.objects.all()] if self.visits else []),
        ]
        each = [one.aggregate(due=Min("due_at"))["due"] for one in rows]
        return min([at for at in each if at] + [self.clock.now() + LOOK_AROUND])


def follow_forks() -> None:
    """What a person does with what the searches find: ask for the forks of each repository that holds it."""
    hits = Sighting.objects.hits().exclude(klass=Sighting.Class.IMPOSTOR)
    found = hits.filter(source__kind="github", path="").exclude(watch__aim=Aim.FORKS)
    for sighting in found.select_related("source", "watchlist"):
        asked = {"aim": Aim.FORKS, "query": sighting.title}
        polling.watch(sighting.watchlist, sighting.source, every=EVERY, **asked)


def work(url: str, until: datetime, **kinds: bool) -> Worker:
    """Work on the world's time until then."""
    clock = WorldClock(url)
    with mock.patch("django.utils.timezone.now", clock.now):
        worker = Worker(clock, **kinds)
        worker.run(until)
    return worker


def killed(url: str, until: datetime, *, every: timedelta, **kinds: bool) -> int:
    """The same by workers that are killed, one after the other; how many were.

    They are forked from this process, which has everything imported and no connection open.
    """
    chance, clock, kills = random.Random(5), WorldClock(url), 0
    while True:
        child = os.fork()
        if not child:
            _as_child(url, until, **kinds)
        clock.move_to(clock.now())
        dies_at = clock.now() + every * chance.uniform(0.5, 1.5)
        while not (ended := os.waitpid(child, os.WNOHANG))[0] and clock.now() < dies_at:
            time.sleep(0.02)
            clock.move_to(datetime.min.replace(tzinfo=until.tzinfo))
        if ended[0]:
            if ended[1]:
                raise RuntimeError("A worker failed.")
            return kills
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        kills += 1


def _as_child(url: str, until: datetime, **kinds: bool) -> NoReturn:
    """Work, and end this process without what its parent would do at its end."""
    code = 1
    try:
        work(url, until, **kinds)
        code = 0
    except Exception:
        traceback.print_exc()
    finally:
        os._exit(code)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hosts_worker", description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--start", required=True, type=datetime.fromisoformat)
    parser.add_argument("--until", type=span, required=True, help="on the world's clock, from its start")
    parser.add_argument("--visits", action="store_true", help="visit places again, too")
    parser.add_argument("--proposals", action="store_true", help="start whatever is proposed")
    parser.add_argument("--killed-every", type=span, help="on the world's clock, about")
    given = parser.parse_args(arguments)
    until, began, told = given.start + given.until, time.monotonic(), {}
    kinds = {"visits": given.visits, "proposals": given.proposals}
    if given.killed_every:
        told["kills"] = killed(given.url, until, every=given.killed_every, **kinds)
    else:
        told["rounds"] = work(given.url, until, **kinds).rounds
    print(json.dumps(told | {"peak_mb": round(peak_mb()), "seconds": round(time.monotonic() - began)}))


if __name__ == "__main__":
    main(sys.argv[1:])
