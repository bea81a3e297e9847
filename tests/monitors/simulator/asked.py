"""For every kind of host that has an adapter: a world with something to find, and how it is asked for."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from monitors.simulator import World, worldfile
from monitors.simulator.growth import populate
from monitors.simulator.objects import Tree
from monitors.simulator.places import Holds
from monitors.sources import ADAPTERS
from monitors.sources.base import Adapter, Aim, Ours
from monitors.sources.http import Client, Limits

HOSTS = ("gitlab", "gitea", "bitbucket", "gitee", "huggingface", "swh", "sourcegraph")
PLAN = """
name = "asked"
start = 2026-03-31T08:00:00Z
drip = "0.1s"

[leak]
files = 6
lines = 120

[[repository]]
name = "eve/leak"
holds = "leak"
description = "acme cli source"
release = [{ tag = "v1", at = "0s" }]

[[forks]]
of = "eve/leak"
count = 130
within = "1h"
of_forks = 0.1
readme = 0.1

[[gist]]
owner = "eve"
description = "acme cli"

[[package]]
name = "@acme/cli"
description = "acme cli"
version = [{ number = "1.0.0", holds = "leak" }, { number = "1.0.1", at = "5m", holds = "own" }]

[[package]]
host = "pypi"
name = "acme-cli"
description = "acme cli"
version = [{ number = "1.0", holds = "leak" }, { number = "1.1", at = "5m", holds = "part" }]

[[page]]
path = "/npm/@acme/cli@1.0.0/cli.js.map"
holds = "map"

[[page]]
path = "/@acme/cli/-/cli-1.0.0.tgz"
package = "@acme/cli"
number = "1.0.0"

[[page]]
host = "url"
path = "/files/src.tgz"
package = "@acme/cli"
number = "1.0.0"

[[capture]]
url = "https://files.acme.example/src.tgz"

[[image]]
name = "eve/acme-cli"
description = "acme cli"

[[posts]]
title = "acme cli leaked"
count = 5

[[posts]]
host = "feed"
feed = "press"
title = "acme cli leaked"
count = 5
"""


class Question(NamedTuple):
    """What one kind is asked; `%s` in it is the dialect's own address."""

    kind: str
    aim: Aim
    query: str


QUESTIONS = [
    Question("github", Aim.FORKS, "eve/leak"),
    Question("github", Aim.REPOSITORY, "eve/leak"),
    Question("github", Aim.SEARCH, "acme cli"),
    Question("github", Aim.CODE, "export function"),
    Question("github", Aim.COMMITS, "Initial commit"),
    Question("github", Aim.GISTS, "acme"),
    Question("github", Aim.GISTS, "user:eve"),
    Question("github", Aim.RELEASES, "eve/leak"),
    Question("npm", Aim.PACKAGE, "@acme/cli"),
    Question("npm", Aim.SEARCH, "acme"),
    Question("npm", Aim.FEED, "@acme/cli"),
    Question("pypi", Aim.PACKAGE, "acme-cli"),
    Question("pypi", Aim.FEED, "acme"),
    Question("mirror", Aim.ADDRESS, "pkg:npm/%%40acme/cli@1.0.0"),
    Question("url", Aim.ADDRESS, "%s/files/src.tgz"),
    Question("wayback", Aim.CAPTURES, "https://files.acme.example/src.tgz"),
    Question("swh", Aim.IDS, "our files"),
    Question("huggingface", Aim.SEARCH, "acme"),
    Question("dockerhub", Aim.SEARCH, "acme"),
    Question("gitlab", Aim.SEARCH, "acme"),
    Question("gitlab", Aim.FORKS, "%s/eve/leak"),
    Question("gitea", Aim.SEARCH, "acme"),
    Question("gitea", Aim.FORKS, "%s/eve/leak"),
    Question("bitbucket", Aim.FORKS, "%s/eve/leak"),
    Question("gitee", Aim.SEARCH, "acme"),
    Question("gitee", Aim.FORKS, "%s/eve/leak"),
    Question("sourcegraph", Aim.CODE, "export function"),
    Question("hackernews", Aim.MENTIONS, "acme"),
    Question("feed", Aim.MENTIONS, "%s/press.xml acme"),
]


def world() -> World:
    """Two hours after it began."""
    plan = worldfile.parse(PLAN.encode())
    world = World(material=plan.material(), faults=plan.errors(plan.moment))
    populate(world, plan)
    for kind in HOSTS:
        leak = world.add_repository(kind, "eve/leak", holds=Holds.LEAK, description="acme cli source")
        leak.sort = "dataset" if kind == "huggingface" else "repository"
        for number in range(3):
            world.add_repository(kind, f"fork{number}/leak", holds=Holds.LEAK, parent=leak)
    world.clock.move_to(world.start + timedelta(hours=2))
    return world


def adapter(kind: str, address: str, world: World) -> Adapter:
    """With a token, and bounds that fit a test."""
    base = "" if kind == "url" else address
    limits = Limits(seconds=5, download_seconds=5, read_seconds=5)
    made = ADAPTERS[kind](Client(token="sesame", allow_private=True, limits=limits), base)
    leak = world.tree(Holds.LEAK)
    folders = tuple(entry.node.id for _, entry in leak.walk() if isinstance(entry.node, Tree))
    made.ours = Ours(tuple(blob.id for blob in leak.files().values()), (leak.id, *folders))
    return made
