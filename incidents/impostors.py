"""Places that say they are the leak and hold none of it: how many, and how they are told. Reads only."""

from collections import Counter
from dataclasses import dataclass

from monitors.dangers import is_armed
from monitors.models import Sighting


@dataclass(frozen=True)
class Impostors:
    """Those that stand; of them, those with a program in them; and the same of those nobody has judged."""

    live: int
    armed: int
    new: int
    armed_new: int


def standing(incident) -> Impostors:
    rows = incident.watchlist.sightings.impostors().live().order_by().values_list("triage", "warnings")
    found = [(triage == Sighting.Triage.NEW, is_armed(warnings)) for triage, warnings in rows]
    return Impostors(
        live=len(found),
        armed=sum(armed for _, armed in found),
        new=sum(new for new, _ in found),
        armed_new=sum(new and armed for new, armed in found),
    )


def described(facts: dict) -> str:
    """What a change of an impostor says that it does: for a sentence that begins with its name.

    Warnings are told by their sorts: the sighting and the facts have the strangers' own words.
    """
    sorts = Counter(warning.partition(":")[0] for warning in facts.get("warnings", []))
    told = ", ".join(f"{sort} ({count})" for sort, count in sorts.items())
    warned = f". Do not open it: {told}" if told else ""
    return f"says it is the leak and holds none of it (impostor){warned}"
