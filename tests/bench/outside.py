"""A simulated world in a process of its own, whose clock the bench moves.

    python -m tests.bench.outside WORLD [--scale 0.1] [--rest-only]

Prints one line of JSON (`url`, `start`, `fronts`: the address of each host), and serves until its input ends.
The clock runs as ours does, and jumps when it is told to; whoever asks is taken to go by it.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping

from monitors.simulator import Clock, World, growth, serve, worldfile
from monitors.simulator.customs import Token

TOKEN = "sesame"
SCHEMA_EVERY = (
    20  # answers of GraphQL, of which one is held against the schema: there are 82,000 forks to tell
)


def load(name: str, *, scale: float, rest_only: bool) -> World:
    """The world, its crowds `scale` times as large."""
    plan = worldfile.read(name)
    for crowd in plan.forks:
        crowd.count = max(int(crowd.count * scale), 1)
    world = World(
        name=plan.name,
        seed=plan.seed,
        clock=Clock(plan.moment, speed=1, is_shared=True),
        material=plan.material(),
        faults=plan.errors(plan.moment),
        limits=plan.stated_limits(),
        tokens=_tokens(rest_only),
        customs=plan.customs(),
        indexing=plan.indexing,
        schema_every=SCHEMA_EVERY,
    )
    growth.populate(world, plan)
    return world


def _tokens(rest_only: bool) -> Mapping[str, Token]:
    """One token; GraphQL refuses it when it has this scope."""
    return {TOKEN: Token("watcher", ("rest-only",) if rest_only else ())}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.outside", description=__doc__)
    parser.add_argument("world")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--rest-only", action="store_true")
    given = parser.parse_args(arguments)
    world = load(given.world, scale=given.scale, rest_only=given.rest_only)
    with serve(world) as server:
        fronts = {kind: front for kind in server.dialects if (front := server.front(kind))}
        told = {"url": server.url, "start": world.start.isoformat(), "fronts": fronts}
        print(json.dumps(told), flush=True)
        sys.stdin.read()
        print("\n".join(server.failures[:3]), file=sys.stderr)


if __name__ == "__main__":
    main(sys.argv[1:])
