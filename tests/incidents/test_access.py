"""Every address x every kind of person. A new address without a row here fails."""

import re
from dataclasses import dataclass, field

import pytest
from django.contrib.staticfiles import finders
from django.core.files.base import ContentFile
from django.urls import URLPattern, get_resolver, reverse

from incidents import people
from incidents.models import Incident, Membership
from monitors.models import Own
from tests import factories

MEMBERS = ("lead", "triage", "comms", "legal", "executive")
PEOPLE = ("anonymous", "stranger", *MEMBERS, "keeper")


@dataclass(frozen=True)
class Row:
    """What each kind of person is answered, in the order of PEOPLE; and what a POST carries."""

    get: list[int]
    post: list[int]
    form: dict = field(default_factory=dict)


def members(each: dict[str, int] | int, *, rest: int = 403) -> list[int]:
    """Anonymous people are sent to sign in, outsiders see nothing, staff or not; members as told."""
    told = dict.fromkeys(MEMBERS, each) if isinstance(each, int) else dict.fromkeys(MEMBERS, rest) | each
    return [302, 404, *told.values(), 404]


def may(*roles: str, gives: int = 302) -> list[int]:
    return members(dict.fromkeys(roles, gives))


# A page that only shows, and an address that only takes.
READ = {"get": members(200), "post": [302, *[405] * 7]}
TAKES = [302, *[405] * 7]
ALL = 8

ROWS = {
    "incidents": Row([302, *[200] * 7], [302, *[405] * 7]),
    "declare": Row([302, *[200] * 7], [302, *[400] * 7]),
    "sign-in": Row([200, *[302] * 7], [200, *[302] * 7]),
    "sign-out": Row([405] * ALL, [302] * ALL),
    "welcome": Row([200] * ALL, [200] * ALL),
    "healthz": Row([200] * ALL, [405] * ALL),
    "hook-github": Row([405] * ALL, [404] * ALL),  # nobody's session signs a delivery
    "public": Row([200] * ALL, [405] * ALL),
    "sources": Row([302, *[200] * 7], [302, *[405] * 7]),
    "source-add": Row([302, *[403] * 6, 200], [302, *[403] * 6, 400]),
    "source-edit": Row([302, *[403] * 6, 200], [302, *[403] * 6, 400]),
    "source-check": Row(TAKES, [302, *[403] * 6, 302]),
    "own": Row([302, *[200] * 7], [302, 403, 400, *[403] * 4, 400]),
    "own-remove": Row(TAKES, [302, 403, 302, *[403] * 4, 404]),
    "overview": Row(**READ),
    "timeline": Row(members(200), may("lead", "triage", "comms", "legal"), {"text": "Seen."}),
    "sightings": Row(**READ),
    "sightings-triage": Row(TAKES, may("lead", "triage")),
    "sighting": Row(**READ),
    "sighting-triage": Row(TAKES, may("lead", "triage"), {"to": "confirmed"}),
    "sighting-check": Row(TAKES, may("lead", "triage")),
    "exposure": Row(**READ),
    "artifact-add": Row(may("lead", "triage", gives=200), may("lead", "triage", gives=400)),
    "artifact": Row(**READ),
    "artifact-items": Row(**READ),
    "artifact-progress": Row(members(302), [302, *[405] * 7]),
    "artifact-retry": Row(TAKES, may("lead", "triage")),
    "artifact-published": Row(TAKES, may("lead", "triage")),
    "exposed-file": Row(**READ),
    "watches": Row(members(200), may("lead", "triage", gives=400)),
    "watches-propose": Row(members(200), may("lead", "triage", gives=400)),
    "watch": Row(**READ),
    "watch-pause": Row(TAKES, may("lead", "triage")),
    "watch-resume": Row(TAKES, may("lead", "triage")),
    "watch-poll": Row(TAKES, may("lead", "triage")),
    "search-terms": Row(members(200), may("lead", "triage", gives=400)),
    "search-term-add": Row(TAKES, may("lead", "triage", gives=400)),
    "search-term-refuse": Row(TAKES, may("lead", "triage")),
    "mentions": Row(**READ),
    "statements": Row(**READ),
    "statement-draft": Row(TAKES, may("lead", "comms"), {"audience": "staff"}),
    "statement": Row(members(200), may("lead", "comms", gives=400)),
    "statement-approve": Row(TAKES, may("legal", "executive")),  # the lead wrote it
    "statement-publish": Row(TAKES, may("lead", "comms")),
    "fact-add": Row(TAKES, may("lead", "triage", "comms", "legal", gives=400)),
    "fact": Row(members(200), may("lead", "triage", "comms", "legal", gives=400)),
    "takedowns": Row(**READ),
    "notice-draft": Row(TAKES, may("lead", "legal"), {"host": "code.example"}),
    "notice": Row(members(200), may("lead", "legal")),
    "notice-check": Row(TAKES, may("lead", "legal")),
    "notice-form": Row(**READ),
    "notice-letter": Row(**READ),
    "status": Row(**READ),
    "decision-ask": Row(TAKES, may("lead", "triage", "comms", "legal"), {"question": "Now?"}),
    "decision": Row(TAKES, may("lead", "executive")),
    "people": Row(members(200), may("lead", gives=400)),
    "person-remove": Row(TAKES, may("lead")),
    "incident-edit": Row(may("lead", gives=200), may("lead", gives=400)),
}

NOTHING = {"csrfmiddlewaretoken": "a form that somebody sent empty"}


def patterns(resolver) -> list[str]:
    """The name of every address there is."""
    names = []
    for one in resolver.url_patterns:
        names += [one.name] if isinstance(one, URLPattern) else patterns(one)
    return names


def test_every_address_has_a_row():
    assert sorted(patterns(get_resolver())) == sorted(ROWS)


@pytest.mark.slow  # eight people and one of everything, for each address
@pytest.mark.parametrize("name", ROWS)
def test_an_address_shows_each_person_what_the_table_says(world, visit, name):
    answers = {person: visit(user).get(world.addresses[name]) for person, user in world.people.items()}

    statuses = {person: answer.status_code for person, answer in answers.items()}
    assert statuses == dict(zip(PEOPLE, ROWS[name].get, strict=True))


@pytest.mark.slow  # eight people and one of everything, for each address
@pytest.mark.parametrize("name", ROWS)
def test_an_address_takes_from_each_person_what_the_table_says(world, visit, name):
    sent = ROWS[name].form or NOTHING

    answers = {person: visit(user).post(world.addresses[name], sent) for person, user in world.people.items()}

    statuses = {person: answer.status_code for person, answer in answers.items()}
    assert statuses == dict(zip(PEOPLE, ROWS[name].post, strict=True))


@dataclass
class World:
    people: dict
    addresses: dict[str, str]


@pytest.fixture
def world(incident, keeper, stranger) -> World:
    found = {"anonymous": None, "stranger": stranger, "lead": incident.opened_by}
    for role in MEMBERS[1:]:
        found[role] = factories.UserFactory()
        Membership.objects.create(incident=incident, user=found[role], role=role)
    return World(found | {"keeper": keeper}, addresses(incident))


def addresses(incident: Incident) -> dict[str, str]:
    """Where each name leads in an incident that has one of everything."""
    of = {"incident": incident}
    sighting = factories.SightingFactory(watchlist=incident.watchlist, confirmed=True)
    watch = factories.WatchFactory(watchlist=incident.watchlist, source=sighting.source)
    artifact = artifact_with_a_tree(incident)
    draft, said = factories.StatementFactory(**of), factories.StatementFactory(**of, published=True)
    notice, fact, decision = (
        factories.NoticeFactory(**of, drafted=True),
        factories.FactFactory(**of),
        factories.DecisionFactory(**of),
    )
    someone = factories.UserFactory()
    membership = Membership.objects.create(incident=incident, user=someone, role="executive")
    details = {
        "sighting": [sighting.pk],
        "artifact": [artifact.pk],
        "exposed-file": [artifact.pk, 0],
        "watch": [watch.pk],
        "statement": [draft.number],
        "fact": [fact.number],
        "notice": [notice.number],
        "decision": [decision.pk],
        "person": [membership.pk],
    }
    fixed = {
        "welcome": [people.sign_in_link(someone)],
        "public": [said.incident.public_slug],
        "source-edit": [sighting.source_id],
        "source-check": [sighting.source_id],
        "own-remove": [Own.objects.create(host="code.example", name="acme").pk],
        "hook-github": [sighting.source_id],
    }
    return {name: reverse(name, args=fixed.get(name) or _args(name, incident, details)) for name in ROWS}


WITHOUT_INCIDENT = ("incidents", "declare", "sign-in", "sign-out", "healthz", "sources", "source-add", "own")
WITHOUT_DETAIL = ("artifact-add", "statement-draft", "fact-add", "notice-draft", "decision-ask")


def _args(name: str, incident: Incident, details: dict[str, list]) -> list:
    if name in WITHOUT_INCIDENT:
        return []
    noun = name if name in details else name.partition("-")[0]
    return [incident.ref, *([] if name in WITHOUT_DETAIL else details.get(noun, []))]


def artifact_with_a_tree(incident: Incident):
    artifact = factories.ArtifactFactory(incident=incident, ready=True)
    factories.ExposedFileFactory(artifact=artifact, number=0, path="src/main.ts")
    for kind in ("credential", "flag"):
        factories.ExposedItemFactory(artifact=artifact, kind=kind)
    artifact.tree.save("tree.zip", ContentFile(factories.tree_of({"0": b"main()\n"})))
    return artifact


def test_an_unknown_incident_answers_like_one_that_is_not_yours(visit, stranger, incident):
    browser = visit(stranger)

    theirs, nobodys = browser.get(f"/i/{incident.ref}/"), browser.get("/i/LK-1999-001/")

    assert (theirs.status_code, without_token(theirs)) == (nobodys.status_code, without_token(nobodys))


def without_token(answer) -> str:
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.text)


@pytest.mark.parametrize("number", ["99999999999999999999999", "0"])
def test_a_number_beyond_every_row_is_not_found(visit, lead, incident, number):
    browser = visit(lead)
    of = f"/i/{incident.ref}"

    paths = ["sightings", "exposure", "watches", "statements", "takedowns", "facts"]

    assert {browser.get(f"{of}/{path}/{number}/").status_code for path in paths} == {404}


def test_a_member_removed_sees_nothing_any_more(visit, incident, triager):
    browser = visit(triager)
    before = browser.get(incident.get_absolute_url()).status_code

    incident.memberships.filter(user=triager).delete()

    assert (before, browser.get(incident.get_absolute_url()).status_code) == (200, 404)


def test_the_stylesheet_and_the_scripts_are_there():
    names = ["leakline.css", "leakline.svg", "page.js", "queue.js", "copy.js"]

    assert all(finders.find(f"incidents/{name}") for name in names)
