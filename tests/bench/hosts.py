"""`make bench-hosts`: the product against simulated worlds. What it finds, how soon, and what that costs.

* `march`: 82,000 forks in a day, with one token. By GraphQL; then a part of them by REST alone.
* everywhere: all that is proposed, on every host of a small `march`, with visits to what is known.
* recording: sightings written in a second on SQLite and on PostgreSQL (BENCH_POSTGRES, else the one on
  loopback), polls of four workers and the page meanwhile.
* `hostile`: 30 hours of every fault at once, with a worker that is killed every few minutes.

Requests per 1,000 forks are all by GraphQL and REST but the searches themselves; with small crowds they are
many more, as one asks as often. Fetches by git, of content that no id settles, and searches stand in the
table beside them. Visits to places that are known are no part of `march`. Figures depend on the machine; the
last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg

from tests.bench.outside import TOKEN
from tests.processes import python
from tests.stories.crash import fresh_database

POSTGRES = os.environ.get("BENCH_POSTGRES", "postgres://root@127.0.0.1:5432/test")
STARTED_AFTER = "35m"  # the company begins to watch
SMALL = 0.01  # of the forks of `march`, where all hosts are watched
BY_REST = 0.024  # of the forks of `march`: about 2,000

MARCH = ("github/search:acme cli", "github/code:PHRASES", "github/forks:acme/cli")
REST = ("github/forks:lina-q/cli",)
HOSTILE = (*MARCH, "npm/search:acme", "npm/package:open-acme-cli", "npm/feed:acme-cli")


@contextmanager
def outside(world: str, *options: str) -> Iterator[dict[str, str]]:
    """A world in a process of its own: where it is, and when it begins."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.outside", world, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.communicate()


class Installation:
    """A data folder and a database, for the modules of this bench to run in."""

    def __init__(self, folder: Path, database: dict[str, str] | None = None) -> None:
        folder.mkdir()
        self.settings = {"DATA_DIR": str(folder), "DJANGO_SETTINGS_MODULE": "config.settings"}
        self.settings |= {"SIMULATED_TOKEN": TOKEN, **(database or {})}

    def run(self, module: str, *arguments: str) -> dict[str, Any]:
        """The JSON that a module prints in its last line. Raises RuntimeError with what it complains of."""
        process = python("-m", f"tests.bench.{module}", *arguments, **self.settings)
        try:
            printed, complained = process.communicate()
        finally:
            process.kill()
        if process.returncode:
            raise RuntimeError(f"{module} {arguments}: {complained[-3000:]}")
        return json.loads(printed.splitlines()[-1])


def watched(
    folder: Path,
    world: str,
    asked: tuple[str, ...],
    *options: str,
    begin: str,
    until: str,
    work: tuple[str, ...] = (),
) -> dict[str, Any]:
    """What a worker finds in a world from `begin` to `until`, and what that costs."""
    installation = Installation(folder)
    with outside(world, *options) as there:
        installation.run("hosts_rows", "prepare", world, there["url"], there["start"], *asked)
        installation.run("hosts_clock", there["url"], begin)
        worker = installation.run(
            "hosts_worker", there["url"], "--start", there["start"], "--until", until, *work
        )
        return worker | installation.run("hosts_rows", "figures", there["url"])


def march(folder: Path, scale: float, hours: float) -> dict[str, Any]:
    options = ("--scale", str(scale))
    return watched(folder, "march", MARCH, *options, begin=STARTED_AFTER, until=f"{min(hours, 27)}h")


def march_by_rest(folder: Path, scale: float) -> dict[str, Any]:
    options = ("--scale", str(scale * BY_REST), "--rest-only")
    return watched(folder, "march", REST, *options, begin="26h", until="26.5h")


def everywhere(folder: Path, scale: float, hours: float) -> dict[str, Any]:
    """All that is proposed, on every host of `march`, with visits; its crowd is small."""
    installation = Installation(folder)
    with outside("march", "--scale", str(scale * SMALL)) as there:
        fronts = json.dumps(there["fronts"])
        begun = installation.run("hosts_everywhere", "prepare", "march", there["start"], fronts)
        installation.run("hosts_clock", there["url"], STARTED_AFTER)
        until = ("--start", there["start"], "--until", f"{min(hours, 27)}h")
        worker = installation.run("hosts_worker", there["url"], *until, "--visits", "--proposals")
        return begun | worker | installation.run("hosts_everywhere", "figures", there["url"])


def hostile(folder: Path, scale: float, hours: float, every: str) -> dict[str, Any]:
    options = ("--scale", str(scale))
    work = ("--visits", "--killed-every", every)
    return watched(folder, "hostile", HOSTILE, *options, begin="15m", until=f"{min(hours, 32)}h", work=work)


def recorded(folder: Path, rows: int, seconds: float) -> dict[str, dict[str, Any]]:
    """Rates on each database there is."""
    told = {"sqlite": rates(Installation(folder), rows) | load(Installation(folder / "load"), seconds)}
    try:
        with fresh_database(POSTGRES) as one:
            told["postgres"] = rates(Installation(folder / "postgres", one), rows)
        with fresh_database(POSTGRES) as one:
            told["postgres"] |= load(Installation(folder / "postgres load", one), seconds)
    except psycopg.OperationalError as error:
        print(f"No PostgreSQL ({error}): set BENCH_POSTGRES to one where databases may be made.", flush=True)
    return told


def rates(installation: Installation, rows: int) -> dict[str, Any]:
    return installation.run("recording", "--rows", str(rows))


def load(installation: Installation, seconds: float) -> dict[str, Any]:
    return installation.run("hosts_load", "--seconds", str(seconds))


def table(title: str, told: dict[str, Any]) -> None:
    print(f"\n{title}")
    for name, value in told.items():
        print(f"    {name.replace('_', ' '):<24}{value}", flush=True)


def per_thousand(told: dict[str, Any]) -> float | None:
    """Requests of the API, refused ones too, for a thousand places verified."""
    asked = told["requests"].get("graphql", 0) + told["requests"].get("core", 0)
    return round(1000 * asked / told["verified"], 1) if told["verified"] else None


def answer(told: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """The last line."""
    march, rest, rows, hostile = (told.get(name, {}) for name in ("march", "rest", "recording", "hostile"))
    return {
        "requests_per_1000_forks_graphql": per_thousand(march) if march else None,
        "requests_per_1000_forks_rest": per_thousand(rest) if rest else None,
        "copies_found_share": round(march["found"] / march["copies"], 5) if march else None,
        "median_minutes_to_sighting": march.get("median_minutes_peak"),
        "honest_forks_confirmed": march.get("honest_confirmed"),
        "worker_peak_mb": march.get("peak_mb"),
        "sightings_per_s_sqlite": rows.get("sqlite", {}).get("sightings_per_s"),
        "sightings_per_s_postgres": rows.get("postgres", {}).get("sightings_per_s"),
        "hostile_lost": hostile["copies"] - hostile["found"] if hostile else None,
        "hostile_twice": hostile.get("twice"),
        "budget_violations": sum(one.get("violations", 0) for one in (march, rest, hostile)),
    }


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.hosts", description=__doc__)
    parser.add_argument("--scale", type=float, default=1.0, help="how large the crowds are; 1: as described")
    parser.add_argument("--hours", type=float, default=32.0, help="of the worlds' time, at most")
    parser.add_argument("--rows", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--killed-every", default="5m", help="on the world's clock")
    parser.add_argument(
        "--only", choices=("march", "everywhere", "rest", "recording", "hostile"), action="append"
    )
    given = parser.parse_args(arguments)
    parts = {
        "march": lambda folder: march(folder, given.scale, given.hours),
        "everywhere": lambda folder: everywhere(folder, given.scale, given.hours),
        "rest": lambda folder: march_by_rest(folder, given.scale),
        "recording": lambda folder: recorded(folder, given.rows, given.seconds),
        "hostile": lambda folder: hostile(folder, given.scale, given.hours, given.killed_every),
    }
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that no process is left behind
    told: dict[str, dict[str, Any]] = {}
    with tempfile.TemporaryDirectory(prefix="leakline-bench-") as base:
        for name in given.only or parts:
            told[name] = parts[name](Path(base) / name)
            table(name, told[name])
    print(json.dumps(answer(told)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
