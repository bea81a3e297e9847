"""A small outside world on loopback: every host's dialect, from one in-memory world on an accelerated clock.

Use it:

    world = World.load("quiet", speed=0)     # a shipped world or a file; speed 0: the clock is moved by hand
    world = World()                          # or an empty one, for a test, which starts at world.start
    world.add_repository("gitlab", "eve/copy", holds=Holds.LEAK, at=world.start)
    world.add_version("npm", "open-cli", "1.0.0", holds=Holds.TOUCHED, share=0.2)
    with serve(world) as server:             # real HTTP, in threads, on a free port
        server.address("npm")                # "http://127.0.0.1:41234/npm": the base address of a source,
                                             # each dialect at a port of its own: a host of its own
        world.clock.advance(timedelta(hours=1))
        world.faults.force("npm", Fault.LIMITED, None)   # what the next requests meet, one each
        world.meter.violations               # who asked on after being told to stop, by Key

Over HTTP the same is at /_sim/: GET clock, facts (?list=copies|all), hooks; POST clock, takedown, faults,
hooks.

Write a dialect: a module `dialects/<kind>.py`, and a line in `dialects/__init__.py`:

    class Dialect(base.Dialect):
        kind = "gitea"                       # its paths begin with "/gitea"
        tables = frozenset({"repository"})   # of a world file, that put something here
        limits = {"api": Limit(60, 60)}      # by bucket: so many in so many seconds
        anonymous = {"api": Limit(10, 60)}   # for those without a token; leave out when it is the same
        style = staticmethod(limits.gitlab)  # its headers: github, gitlab, structured, silent
        tells = True                         # whether these headers say how many are left

        def answer(self, request, world, at): -> Response
            host = world.host(self.kind)     # repositories, packages, gists, pages, captures, posts, images
            ...

`request` has `method`, `path` (encoded), `parts` (decoded segments), `query`, `one(name)`,
`number(name, default)`, `headers` (lower case), `json()`, `token`, `base` (the dialect's address, for links).
`Response.json(value, status, headers)`, `.text`, `.content(bytes, type=)`, `.redirect(url, status)`.
`bucket`, `cost`, `limited`, `secondary`, `retry_after`, `error` may be overridden where the host
differs. Limits, headers, Retry-After, faults and the count of violations are the server's work. No limits:
it never refuses.

What lies on a host (hosts.Host): ask each thing whether it `is_live(at)`; if not, `absence(at)` says why.

    host.repository(full_name, at)           # by present or former name; None if it never was. A rename shows
    host.repository_by_id(id, at)            #   in repository.full_name(at) != full_name
    host.search(words, at, forks=False)      # live ones that tell all the words, newest first
    host.repositories                        # all but the crowd's; host.all_repositories() has these too
    repository.head(at) -> Commit | None     # .tree: Tree (entries, walk(), files(), at(path)), true git ids
    repository.forks                         # None, or Forks: live(at), newest, oldest, listed, counted
    repository.parent, .releases, .stars, .description, .topics, .sort, .default_branch, .pushed_at(at)
    world.objects.get(id)                    # any object of the world; repository.network.resolves(id)
    host.packages[name].live(at)             # Versions: number, files, archive (bytes), created_at
    host.changes(at, since=0), .feed_id(at)  # the registry's feed; it begins anew at resets
    host.gists, .pages, .captures, .posts, .images, .account(login), .has_account(login, at)
    git.answer(request, repository, world, at)   # ls-remote, clone, fetch with depth and filter (smart HTTP)

It is pure: no Django, and of monitors only fingerprints.ids.
"""

from monitors.simulator.clock import Clock
from monitors.simulator.faults import Fault, Faults
from monitors.simulator.limits import Key, Limit
from monitors.simulator.messages import Request, Response
from monitors.simulator.places import Absence, Holds
from monitors.simulator.server import Server, serve
from monitors.simulator.world import World
from monitors.simulator.worldfile import WorldError

__all__ = [
    "Absence",
    "Clock",
    "Fault",
    "Faults",
    "Holds",
    "Key",
    "Limit",
    "Request",
    "Response",
    "Server",
    "World",
    "WorldError",
    "serve",
]
