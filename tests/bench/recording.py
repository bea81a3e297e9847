"""How many sightings a worker writes in a second: polls of 100 forks each, from the ids they come with.

Run it with DATABASE_URL and DATA_DIR set; it migrates the database and adds a watchlist to it.
The last line is one JSON object.
"""

import argparse
import json
import sys
import time
from itertools import cycle, islice

import django

django.setup()

from django.core.management import call_command  # noqa: E402
from django.db import connection  # noqa: E402
from django.utils import timezone  # noqa: E402

from monitors import polling, sources  # noqa: E402
from monitors.fingerprints import fingerprint, git_blob_id, git_tree_ids  # noqa: E402
from monitors.models import Evidence, Fingerprint, Sighting, Source, Watch, Watchlist  # noqa: E402
from monitors.sources.base import Adapter, Aim, Batch, Candidate  # noqa: E402

PAGE = 100
VARIANTS = 20  # different trees among the copies


def module(number: int) -> bytes:
    lines = (
        f"export function step{number}x{n}(input) {{ return input * {n} + {number}; }}" for n in range(40)
    )
    return "\n".join(lines).encode()


LEAK = {f"src/part{number % 9}/file{number}.ts": module(number) for number in range(400)}


def trees(readme: int) -> dict[str, str]:
    files = LEAK | {"README.md": b"# Copy %d" % readme}
    ids = git_tree_ids({path: git_blob_id(content) for path, content in files.items()})
    return {path: ids[path] for path in ("", "src")}


class Forks(Adapter):
    """A host that lists `PAGE` forks of the leak at a time, without end."""

    kind, aims = "bench", frozenset({Aim.FORKS})
    variants = [trees(number) for number in range(VARIANTS)]

    def fetch(self, aim, query, *, cursor):
        begin = cursor.get("page", 0) * PAGE
        held = islice(cycle(self.variants), begin % VARIANTS, None)
        named = [self._fork(number, next(held)) for number in range(begin, begin + PAGE)]
        return Batch(named, {"page": cursor.get("page", 0) + 1}, more=True)

    def _fork(self, number: int, ids: dict[str, str]) -> Candidate:
        name = f"user{number}/agent-cli"
        ticket = {"id": f"R_kgDO{number:08}", "owner": f"user{number}", "name": "agent-cli"}
        url = f"https://code.example/{name}"
        return Candidate("code.example", f"R_{number}", "", name, url, "", ids[""], ticket, trees=ids)


def watched() -> Watch:
    sources.ADAPTERS["bench"] = Forks
    watchlist = Watchlist.objects.create(name="Bench")
    index = fingerprint(LEAK.items()).to_bytes()
    Fingerprint.objects.create(
        watchlist=watchlist, label="leak", sha256="0" * 64, index=index, files=len(LEAK), lines=40 * len(LEAK)
    )
    source, _ = Source.objects.get_or_create(name="bench", defaults={"kind": "bench"})
    return Watch.objects.create(
        watchlist=watchlist, source=source, aim="forks", query="x", due_at=timezone.now()
    )


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.recording", description=__doc__)
    parser.add_argument("--rows", type=int, default=10_000)
    given = parser.parse_args(arguments)
    call_command("migrate", verbosity=0)
    watch = watched()
    polling.poll(watch)
    began, written = time.perf_counter(), 0
    while written < given.rows:
        written += polling.poll(watch, at=timezone.now()).found
    seconds = time.perf_counter() - began
    rows = Evidence.objects.count()
    print(f"{connection.vendor}: {written:,} sightings in {seconds:.1f} s, {rows:,} rows of evidence")
    told = {
        "vendor": connection.vendor,
        "sightings_per_s": round(written / seconds),
        "rows": Sighting.objects.count(),
    }
    print(json.dumps(told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
