"""The whole set that is proposed, on every host that a world has: what is found where, and how soon.

    python -m tests.bench.hosts_everywhere prepare WORLD START FRONTS
    python -m tests.bench.hosts_everywhere figures URL

FRONTS is JSON: where the sources of each kind are. `DATA_DIR` and `DATABASE_URL` say which installation.
Prints one line of JSON.
"""

from __future__ import annotations

import json
import statistics
import sys
from collections import defaultdict
from datetime import datetime, timedelta

import django

django.setup()

import requests  # noqa: E402
from django.core.management import call_command  # noqa: E402
from packageurl import PackageURL  # noqa: E402

from incidents import proposals, terms  # noqa: E402
from monitors import own, polling  # noqa: E402
from monitors.models import Sighting, Watch  # noqa: E402
from monitors.simulator import worldfile  # noqa: E402
from monitors.simulator.places import Holds  # noqa: E402
from monitors.sources import ADAPTERS  # noqa: E402
from tests import factories  # noqa: E402
from tests.bench.hosts_rows import OLD_ENOUGH, PHRASES, TOKEN_ENV  # noqa: E402


def prepare(world: str, start: str, fronts: str) -> dict:
    """An incident whose leak is the world's, a source for each front, and all that is proposed, started."""
    call_command("migrate", verbosity=0, interactive=False)
    at, plan, addresses = datetime.fromisoformat(start), worldfile.read(world), json.loads(fronts)
    material = plan.material()
    incident = factories.IncidentFactory(exposed_at=at, detected_at=at, title=f"The world {world}")
    made = factories.FingerprintFactory(
        watchlist=incident.watchlist, leak=material.sources, label=material.name
    )
    type(made).objects.filter(pk=made.pk).update(made_at=at - timedelta(days=1))
    for kind, address in addresses.items():
        if kind in ADAPTERS:
            factories.SourceFactory(kind=kind, name=kind, base_url=address, token_env=TOKEN_ENV)
    _what_got_out(incident, plan, addresses, at)
    rare = material.phrases[:: max(len(material.phrases) // PHRASES, 1)][:PHRASES]
    begun = start_all(incident, at) + _search_for(incident, rare, at)
    return {"incident": incident.ref, "watches": begun, "missing": proposals.missing()}


def _search_for(incident, phrases: list[str], at: datetime) -> int:
    """As if a person had confirmed them: made-up words with digits in them look too much like keys."""
    places = terms.usual(terms.places())
    for place in places:
        for text in phrases:
            asked = {"aim": place.aim, "query": place.query(text), "every": terms.EVERY}
            polling.watch(incident.watchlist, place.source, **asked, at=at)
    return len(places) * len(phrases)


def _what_got_out(incident, plan, addresses: dict[str, str], at: datetime) -> None:
    """The package whose version is the leak, and the accounts that are ours."""
    package = next(one for one in plan.package if any(made.holds == "leak" for made in one.version))
    number = next(made.number for made in package.version if made.holds == "leak")
    namespace, _, name = package.name.rpartition("/")
    locator = PackageURL(package.host, namespace or None, name, number).to_string()
    factories.ArtifactFactory(incident=incident, ready=True, locator=locator, name=locator, added_at=at)
    for kind in ("github", package.host):
        host = addresses[kind].partition("://")[2].partition("/")[0]
        own.add(host=host, name="acme" if kind == "github" else package.name)


def start_all(incident, at: datetime) -> int:
    """Start whatever is proposed now, as a person would who unticks nothing; how many watches that began."""
    chosen = [one.id for group in proposals.propose(incident) for one in group.proposals]
    return len(proposals.start(incident, chosen, by=incident.opened_by, at=at)) if chosen else 0


def figures(url: str) -> dict:
    """By host: copies that are public and have been for long enough, those that we know, and how soon."""
    session = requests.Session()
    session.trust_env = False
    told = session.get(f"{url}/_sim/facts?list=all", timeout=600).json()
    now, kinds = datetime.fromisoformat(told["now"]), defaultdict(list)
    for fact in told["list"]:
        is_old = now - datetime.fromisoformat(fact["since"]) > OLD_ENOUGH
        if _is_copy(fact) and fact["is_public"] and fact["is_live"] and is_old:
            kinds[fact["kind"]].append(fact)
    known = _known()
    return {
        "hosts": {kind: _found(facts, known[kind]) for kind, facts in sorted(kinds.items())},
        "wrong": _wrong(told["list"], known),
        "asked": _asked(told["asked"]),
        "violations": told["violations"],
        "violated": [one for one in told["asked"] if one["violations"]],
        "failing": _failing(),
    }


def _failing() -> list[str]:
    failing = Watch.objects.exclude(failures=0).select_related("source")
    return [f"{one.source.kind} {one.aim} {one.query}: {one.last_error}" for one in failing]


def _asked(counts: list[dict]) -> dict[str, int]:
    """Requests by host and bucket."""
    asked: dict[str, int] = defaultdict(int)
    for one in counts:
        asked[f"{one['host']} {one['bucket']}".strip()] += one["requests"]
    return dict(asked)


def _is_copy(fact: dict) -> bool:
    return Holds(fact["holds"]).is_copy and not fact["is_own"]


def _known() -> dict[str, list[tuple[str, datetime]]]:
    """By kind of source: all that names a place which counts as a copy, and since when we know it."""
    found = defaultdict(list)
    for one in Sighting.objects.copies().select_related("source"):
        names = f"{one.native_id} {one.path} {one.title} {one.url} {one.version}"
        found[one.source.kind].append((names, one.first_seen_at))
    return found


def _found(facts: list[dict], known: list[tuple[str, datetime]]) -> dict:
    each = [(fact, _seen(fact, known)) for fact in facts]
    minute = timedelta(minutes=1)
    waits = [(seen - datetime.fromisoformat(fact["since"])) / minute for fact, seen in each if seen]
    return {
        "copies": len(facts),
        "found": len(waits),
        "median_minutes": round(statistics.median(waits), 1) if waits else None,
        "slowest_minutes": round(max(waits), 1) if waits else None,
        "missed": [f"{fact['sort']} {fact['name']}" for fact, seen in each if not seen][:10],
    }


def _seen(fact: dict, known: list[tuple[str, datetime]]) -> datetime | None:
    """When it was seen first, by whatever its host calls it: "@acme/cli@2.1.88" is two names here."""
    name, at, number = fact["name"].rpartition("@")
    wanted = [name, number] if name and at else [fact["name"]]
    seen = (when for names, when in known if fact["id"] in names or all(part in names for part in wanted))
    return min(seen, default=None)


def _wrong(facts: list[dict], known: dict[str, list[tuple[str, datetime]]]) -> list[str]:
    """Repositories that count as copies and hold none of it."""
    honest = [one for one in facts if one["sort"] == "repository" and not _is_copy(one)]
    return [
        f"{one['kind']} {one['name']} ({one['holds']})"
        for one in honest
        if any(one["id"] == names.split(" ", 1)[0] for names, _ in known[one["kind"]])
    ]


if __name__ == "__main__":
    command, *given = sys.argv[1:]
    print(json.dumps({"prepare": prepare, "figures": figures}[command](*given)))
