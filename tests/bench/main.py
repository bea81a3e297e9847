"""`make bench-main`: the crash story in full, then how a fresh installation starts and idles.

The last line is one JSON object.
"""

import argparse
import json
import random
import sys
import tempfile
import time
from pathlib import Path

from tests.stories.crash import crash
from tests.stories.installation import Installation

SETTLED = 5.0  # seconds after the first page until idling is measured
IDLE = 30.0  # seconds over which it is measured


def fresh_start() -> tuple[float, float]:
    """Seconds from nothing to the first answered page, and what all processes use while idle, in percent."""
    with (
        tempfile.TemporaryDirectory(prefix="leakline-") as folder,
        Installation(Path(folder) / "data") as installation,
    ):
        time.sleep(SETTLED)
        before, began = installation.cpu_seconds(), time.monotonic()
        time.sleep(IDLE)
        used = (installation.cpu_seconds() - before) / (time.monotonic() - began)
        return installation.first_page_seconds, 100 * used


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.main", description=__doc__)
    parser.add_argument("--polls", type=int, default=500)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(10**6))
    given = parser.parse_args(arguments)
    first_page, idle = fresh_start()
    print(f"Crash story: {given.polls} polls, {given.kills} kills, seed {given.seed}", flush=True)
    figures = crash(polls=given.polls, kills=given.kills, seed=given.seed)
    print(figures)
    answer = {name: getattr(figures, name) for name in ("polls", "kills", "lost", "twice")}
    print(
        json.dumps(answer | {"idle_cpu_percent": round(idle, 2), "first_page_seconds": round(first_page, 2)})
    )
    return 0 if (figures.lost, figures.twice, figures.whole) == (0, 0, True) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
