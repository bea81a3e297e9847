"""A worker is killed again and again while it polls: nothing may be lost, nothing may be there twice.

Real processes throughout: the supervisor, its web process and its worker, a registry on loopback.
By hand: `python -m tests.stories.crash --help`.
"""

import argparse
import contextlib
import json
import os
import random
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

from tests.processes import python, until
from tests.stories.installation import Installation
from tests.stories.registry import Registry, tarball

LEAK = {
    f"src/part{number}.ts": "".join(
        f"export function step{number}x{line}(input: number) {{ return input * {line} + {number}; }}\n"
        for line in range(40)
    ).encode()
    for number in range(4)
}
LEAKY = 5  # every fifth package carries a file of the leak
LEASE = 4  # seconds
SLOWEST = 0.25  # seconds that the registry takes for an answer, at most
LONGEST_LIFE = 1.0  # seconds that a worker lives, at most, once it polls


@dataclass(frozen=True)
class Figures:
    """What came of it. `lost`: watches never answered, copies never seen, changes never recorded.

    `twice`: a watch answered twice, a place or a change recorded twice.
    """

    polls: int
    kills: int
    lost: int
    twice: int
    failed: int
    asked_again: int  # requests repeated because their worker was killed: the price of it
    whole: bool  # the timeline's chain
    seconds: int
    seed: int


def crash(*, polls: int, kills: int, seed: int, **settings: str) -> Figures:
    """Runs it, on an installation of its own. `settings` may name a database and a broker."""
    began, chance = time.monotonic(), random.Random(seed)
    packages = {f"package-{n}": tarball(_files(n)) for n in range(polls)}
    registry = Registry(packages, seed=seed, slowest=SLOWEST)
    with tempfile.TemporaryDirectory(prefix="leakline-") as folder:
        # Its registry is its own, so that nobody is spared by asking slowly.
        own = {"PACED": "0", "UNHEARD_SECONDS": "1"}
        leases = {"POLL_LEASE_SECONDS": str(LEASE), "INTAKE_LEASE_SECONDS": "60"}
        with Installation(Path(folder) / "data", **own, **leases, **settings) as installation:
            ref = _declare(installation, registry.url, list(packages), Path(folder))
            for _ in range(kills):
                _kill_while_it_polls(installation, registry, chance)
            stand = _rows(installation, "settle", ref, str(60 + polls))
    registry.close()
    leaky = sorted(name for n, name in enumerate(packages) if n % LEAKY == 0)
    again = sum(registry.asked.values()) - 2 * polls
    return Figures(
        polls=polls,
        kills=kills,
        lost=_lost(stand, leaky),
        twice=_twice(stand, leaky),
        failed=stand["failed"],
        asked_again=again,
        whole=stand["whole"],
        seconds=round(time.monotonic() - began),
        seed=seed,
    )


def _files(number: int) -> dict[str, bytes]:
    """A package: one file of its own, and in every fifth one file of the leak."""
    own = "".join(f"module.exports.value{line} = 'package {number} line {line}';\n" for line in range(30))
    stolen = list(LEAK.items())[number % len(LEAK)]
    return {"index.js": own.encode()} | ({f"lib/{number}.ts": stolen[1]} if number % LEAKY == 0 else {})


def _declare(installation: Installation, url: str, packages: list[str], folder: Path) -> str:
    """An incident whose leak is taken in, and a due watch of every package."""
    (folder / "leak.tgz").write_bytes(tarball(LEAK))
    installation.manage("add_person", "ada", "--staff")
    opened = installation.manage_json(
        "open_incident", str(folder / "leak.tgz"), "--title", "A leak", "--by", "ada", "--wait",
        "--exposed-at", "2026-03-31T08:26:00Z",
    )  # fmt: skip
    installation.manage("add_source", "--kind", "npm", "--name", "registry", "--url", url, "--allow-private")
    _rows(installation, "watch", opened["ref"], "registry", *packages)
    return opened["ref"]


def _kill_while_it_polls(installation: Installation, registry: Registry, chance: random.Random) -> None:
    until(lambda: registry.under_way, seconds=60)
    time.sleep(chance.uniform(0, LONGEST_LIFE))
    until(lambda: registry.under_way, seconds=60)
    installation.kill_worker()
    until(lambda: not registry.under_way)


def _rows(installation: Installation, *arguments: str) -> dict:
    settings = installation.settings | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    command = python("-m", "tests.stories.rows", *arguments, **settings)
    printed, complained = command.communicate()
    if command.returncode:
        raise RuntimeError(complained)
    return json.loads(printed)


def _lost(stand: dict, leaky: list[str]) -> int:
    unseen = len(set(leaky) - set(stand["hits"]))
    untold = len(set(leaky) - set(stand["appeared"]))
    return stand["unanswered"] + unseen + untold


def _twice(stand: dict, leaky: list[str]) -> int:
    places = stand["sightings"] - stand["places"]
    hits, told = (
        len(stand["hits"]) - len(set(stand["hits"])),
        len(stand["appeared"]) - len(set(stand["appeared"])),
    )
    astray = len(set(stand["hits"]) - set(leaky)) + max(stand["changes"] - len(leaky), 0)
    return stand["answered_again"] + places + hits + told + astray


@contextlib.contextmanager
def fresh_database(url: str) -> Iterator[dict[str, str]]:
    """The setting of an empty database on that PostgreSQL server, gone afterwards; none for an empty URL."""
    if not url:
        yield {}
        return
    name = f"leakline_story_{os.getpid()}"
    with psycopg.connect(url, autocommit=True) as server:
        server.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield {"DATABASE_URL": urlsplit(url)._replace(path=f"/{name}").geturl()}
        finally:
            server.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.stories.crash", description=__doc__)
    parser.add_argument("--polls", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    parser.add_argument("--database-url", default="", help="a PostgreSQL server; a database is made on it")
    parser.add_argument("--broker-url", default="")
    given = parser.parse_args(arguments)
    broker = {"CELERY_BROKER_URL": given.broker_url} if given.broker_url else {}
    print(f"seed {given.seed}", file=sys.stderr)
    with fresh_database(given.database_url) as database:
        figures = crash(polls=given.polls, kills=given.kills, seed=given.seed, **database, **broker)
    print(json.dumps(asdict(figures)))
    return 0 if (figures.lost, figures.twice, figures.whole) == (0, 0, True) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
