"""The world's own address, /_sim/: its clock, what is true, what was counted, and giving notice."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from itertools import islice

from monitors.simulator import reactions, truth
from monitors.simulator.faults import Fault
from monitors.simulator.hooks import HookError
from monitors.simulator.messages import Request, Response
from monitors.simulator.spans import span
from monitors.simulator.world import World

MOST_FACTS = 200_000


def answer(request: Request, world: World, places: Mapping[str, str]) -> Response:
    """What the world says of itself; where the dialects are, on any other path."""
    route = _ROUTES.get((request.method, request.path.rstrip("/")))
    if route:
        return route(request, world)
    known = sorted({path for _, path in _ROUTES})
    status = 200 if request.path in ("/", "/_sim", "/_sim/") else 404
    return Response.json({"world": world.name, "dialects": dict(places), "control": known}, status)


def _clock(request: Request, world: World) -> Response:
    return Response.json({"now": world.clock.now().isoformat(), "speed": world.clock.speed})


def _advance(request: Request, world: World) -> Response:
    """{"advance": "10m"} or {"to": "2026-03-31T12:00:00Z"}."""
    asked = request.json()
    try:
        if "to" in asked:
            world.clock.move_to(datetime.fromisoformat(asked["to"]))
        else:
            world.clock.advance(span(asked["advance"]))
    except (KeyError, TypeError, ValueError) as error:
        return Response.json({"error": f"Not moved: {error}"}, 400)
    return _clock(request, world)


def _facts(request: Request, world: World) -> Response:
    """Counts; with ?list=copies or ?list=all also the places (at most `limit`)."""
    at = world.clock.now()
    told = {
        "now": at.isoformat(),
        "places": truth.summary(world, at),
        "asked": world.meter.facts(),
        "violations": sum(world.meter.violations.values()),
        "faults": dict(world.faults.met),
    }
    lists = {"copies": truth.copies, "all": truth.facts}
    if chosen := lists.get(request.one("list")):
        most = request.number("limit", MOST_FACTS, most=MOST_FACTS)
        told["list"] = [truth.written(fact) for fact in islice(chosen(world, at), most)]
    return Response.json(told)


def _takedown(request: Request, world: World) -> Response:
    """{"host": "github", "name": "owner/name", "network": false}; names as in a world file's [[notice]]."""
    asked, at = request.json(), world.clock.now()
    if not isinstance(asked, dict):
        return Response.json({"error": "Send a JSON object with host and name."}, 400)
    host = world.host(str(asked.get("host", "github")))
    things = reactions.named(host, str(asked.get("name", "")), at)
    if not things:
        return Response.json({"error": "There is nothing of this name."}, 404)
    hit = reactions.take_down(world, *things, at=at, network=bool(asked.get("network")))
    return Response.json({"noticed": len(hit), "ids": [reactions.id_of(one) for one in hit[:1000]]})


def _hooks(request: Request, world: World) -> Response:
    return Response.json(world.hooks.facts())


def _hook(request: Request, world: World) -> Response:
    """{"owner": "acme", "url": "http://127.0.0.1:8000/hooks/github/1", "secret": "..."}."""
    asked = request.json()
    try:
        owner, url, secret = (str(asked[name]) for name in ("owner", "url", "secret"))
        hook = world.hooks.add(owner, url, secret, at=world.clock.now())
    except (KeyError, TypeError, HookError) as error:
        return Response.json({"error": f"Not kept: {error}"}, 400)
    return Response.json({"id": hook.id, "owner": hook.owner, "url": hook.url}, 201)


def _force(request: Request, world: World) -> Response:
    """{"host": "npm", "next": ["limited", null]}: what the next requests meet."""
    asked = request.json()
    try:
        faults = [Fault(one) if one else None for one in asked["next"]]
        world.faults.force(str(asked["host"]), *faults)
    except (KeyError, TypeError, ValueError) as error:
        return Response.json({"error": f"Not set: {error}"}, 400)
    return Response.json({"host": asked["host"], "next": len(faults)})


_ROUTES = {
    ("GET", "/_sim/clock"): _clock,
    ("POST", "/_sim/clock"): _advance,
    ("GET", "/_sim/facts"): _facts,
    ("POST", "/_sim/takedown"): _takedown,
    ("POST", "/_sim/faults"): _force,
    ("GET", "/_sim/hooks"): _hooks,
    ("POST", "/_sim/hooks"): _hook,
}
