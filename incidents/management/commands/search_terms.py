from django.core.management.base import CommandError

from incidents import terms
from incidents.management.lookups import incident_called, person_called
from monitors.management.answers import Answering


class Command(Answering):
    help = "List the phrases to search for; confirm them, which sends them to third parties, or refuse them."
    refusals = (terms.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument("ref", help="such as LK-2026-001")
        parser.add_argument("--add", metavar="PHRASE", help="propose a phrase of your own; decides nothing")
        parser.add_argument("--approve", nargs="+", type=int, default=[], metavar="ID", help="send these")
        parser.add_argument(
            "--refuse", nargs="+", type=int, default=[], metavar="ID", help="never send these"
        )
        parser.add_argument(
            "--source",
            action="append",
            default=[],
            metavar="NAME",
            help="where to send them; where files can be searched, when left out",
        )
        parser.add_argument("--by", metavar="USER", help="who decides; it goes on the record")

    def answer(self, *, ref, add, approve, refuse, source, by, **options):
        incident = incident_called(ref)
        if add:
            terms.add(incident, add, by=_person(by))
        elif approve or refuse:
            where = [_place(name) for name in source] or None
            chosen, refused = _terms(incident, approve), _terms(incident, refuse)
            if both := set(approve) & set(refuse):
                raise CommandError(f"Approve {min(both)} or refuse it, not both.")
            terms.confirm(incident, chosen, refused, by=_person(by), where=where)
        return [
            _described(term) for term in incident.watchlist.search_terms.prefetch_related("watches__source")
        ]

    def lines(self, answer):
        for one in answer:
            place = f"{one['path']}:{one['line']}" if one["path"] else "added by hand"
            asked = f"  asked of {', '.join(one['asked_of'])}" if one["asked_of"] else ""
            yield f"{one['id']}  {one['state']:<8}  {one['text']}  ({place}){asked}"
        waiting = sum(one["state"] == "proposed" for one in answer)
        yield f"{len(answer)} in all, {waiting} not sent to anybody before they are approved"


def _person(by: str | None):
    if not by:
        raise CommandError("Say who decides: --by USER. It goes on the record.")
    return person_called(by)


def _place(name: str) -> terms.Place:
    places = terms.places()
    found = next((place for place in places if place.source.name.lower() == name.lower()), None)
    if found is None:
        known = ", ".join(place.source.name for place in places)
        raise CommandError(
            f"No source {name} can be searched. {f'These can: {known}.' if known else 'Add one: add_source.'}"
        )
    return found


def _terms(incident, numbers: list[int]) -> list:
    found = {term.pk: term for term in incident.watchlist.search_terms.filter(pk__in=numbers)}
    for number in numbers:
        if number not in found:
            raise CommandError(f"There is no phrase {number} in {incident}.")
    return list(found.values())


def _described(term):
    plain = "text kind path line files state proposed_at decided_at"
    return {
        "id": term.pk,
        **{name: getattr(term, name) for name in plain.split()},
        "asked_of": [watch.source.name for watch in term.watches.all() if not watch.is_paused],
    }
