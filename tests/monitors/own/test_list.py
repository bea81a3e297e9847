"""Places of ours are no copies and no targets, whatever they hold."""

import pytest
from django.utils import timezone

from incidents import intake, status, takedowns
from monitors import own, polling, sightings
from monitors.models import Change, Ours, Own, Sighting, Watch
from monitors.sources.base import Candidate
from tests import factories

GITHUB = ("github", "github.com", "acme/cli", "https://github.com/acme/cli")
GIST = ("github", "github.com", "acme/cli.js", "https://gist.github.com/0a1b")
ASSET = ("github", "github.com", "acme/cli cli.tgz", "https://github.com/acme/cli/releases/tag/v1")
GITLAB = ("gitlab", "gitlab.com", "acme/team/cli", "https://gitlab.com/acme/team/cli")
NPM = ("npm", "npm.example", "@acme/cli@1.4.2", "https://www.pages.example/package/@acme/cli/v/1.4.2")
BELOW = ("npm", "repo.example/npm", "@acme/cli@1.4.2", "https://repo.example/npm/@acme%2Fcli/1.4.2")
PYPI = ("pypi", "pypi.example", "acme_cli-1.0.tar.gz", "https://pypi.example/project/acme-cli/1.0/")
DATASET = ("huggingface", "huggingface.co", "datasets/acme/src", "https://huggingface.co/datasets/acme/src")
IMAGE = ("dockerhub", "hub.docker.com", "acme/cli:latest", "https://hub.docker.com/r/acme/cli/tags")
SEEN = (
    "sourcegraph",
    "sourcegraph.com",
    "github.com/acme/cli: a.js",
    "https://sourcegraph.com/x@c/-/blob/a.js",
)
CDN = ("mirror", "cdn.example", "gh/acme/cli/a.js@1", "https://cdn.example/gh/acme/cli@1/a.js")
GIT = ("git", "git.example", "acme/cli", "https://git.example/acme/cli")
LINK = ("url", "short.example", "short.example/x", "https://short.example/x")
ALIKE = ("github", "github.com", "datasets/acme", "https://github.com/datasets/acme")
LEAKS = ("github", "github.com", "acme-leaks/cli", "https://github.com/acme-leaks/cli")
HERS = ("gitlab", "gitlab.com", "mallory/acme", "https://gitlab.com/mallory/acme")
IDS = {NPM: "@acme/cli", BELOW: "@acme/cli", PYPI: "acme-cli", IMAGE: "acme/cli", CDN: "gh/acme/cli/a.js"}
TICKETS = {
    LINK: {"served": {"final": "https://github.com/acme/cli/archive/main.zip"}},
    DATASET: {"name": "datasets/acme/src"},
    SEEN: {"file": ["7", "github.com/acme/cli", "a.js", "c" * 40]},
}


def held(sighted, **listed) -> bool:
    kind, host, title, url = sighted
    place = Candidate(host, IDS.get(sighted, "R_1"), "", title, url, "", "", ticket=TICKETS.get(sighted, {}))
    return Ours.of([Own(**{"host": host} | listed)]).holds(place, kind)


@pytest.mark.parametrize(
    ("sighted", "names"),
    [
        (GITHUB, ["acme", "Acme", "acme/cli", "ACME/CLI"]),
        (GIST, ["acme"]),
        (ASSET, ["acme", "acme/cli"]),
        (GITLAB, ["acme", "acme/team", "acme/team/cli"]),
        (NPM, ["@acme", "@acme/cli"]),
        (BELOW, ["@acme", "@acme/cli"]),
        (PYPI, ["acme-cli", "acme_cli", "Acme-CLI"]),
        (DATASET, ["acme", "acme/src", "datasets/acme/src"]),
        (IMAGE, ["acme", "acme/cli"]),
        (SEEN, ["github.com/acme/cli"]),
        (GIT, ["acme", "acme/cli"]),
    ],
)
def test_a_place_is_known_by_its_name_and_by_each_group_and_account_above(sighted, names):
    assert [name for name in names if not held(sighted, name=name)] == []


@pytest.mark.parametrize(
    ("sighted", "listed"),
    [
        (GITHUB, {"native_id": "R_1"}),
        (NPM, {"host": "www.pages.example", "name": "@acme"}),
        (NPM, {"host": "pages.example", "name": "@acme"}),
        (SEEN, {"host": "github.com", "name": "acme"}),
        (SEEN, {"host": "github.com", "name": "acme/cli"}),
        (CDN, {"host": "github.com", "name": "acme/cli"}),
        (LINK, {"host": "github.com", "name": "acme/cli"}),
    ],
)
def test_a_place_is_known_by_its_id_and_where_people_see_it_or_it_comes_from(sighted, listed):
    assert held(sighted, **listed)


@pytest.mark.parametrize(
    ("sighted", "listed"),
    [
        (GITHUB, {"name": "acme/cl"}),
        (GITHUB, {"name": "cli"}),
        (GITHUB, {"name": "acme", "host": "gitlab.com"}),
        (GITLAB, {"name": "team"}),
        (GITLAB, {"name": "team/cli"}),
        (LEAKS, {"name": "acme"}),
        (HERS, {"name": "acme"}),
        (ALIKE, {"name": "acme"}),
        (DATASET, {"name": "src"}),
        (SEEN, {"name": "acme"}),
        (PYPI, {"name": "acme"}),
    ],
)
def test_a_place_of_somebody_else_is_not_taken_for_ours(sighted, listed):
    assert not held(sighted, **listed)


@pytest.mark.parametrize("host", ["Repo.Example/npm/", "localhost:4873"])
def test_a_registry_below_a_path_or_at_a_port_can_be_listed(db, host):
    assert own.add(host=host, name="@acme").host == host.lower().rstrip("/")


def test_an_entry_says_how_many_sightings_it_covers(found):
    own.add(host=found.host, name=found.title)
    own.add(host=found.host, name="acme")
    own.add(host="elsewhere.example", name=found.title)

    assert {str(one.entry): one.covers for one in own.listed()} == {
        "open-kettle on packages.example": 1,
        "acme on packages.example": 0,
        "open-kettle on elsewhere.example": 0,
    }


def test_listing_a_repository_takes_it_off_the_copies_that_others_show_of_it(incident):
    seen = factories.SightingFactory(
        watchlist=incident.watchlist,
        source=factories.SourceFactory(kind="sourcegraph"),
        ticket=TICKETS[SEEN],
        url="https://sourcegraph.com/github.com/acme/cli@c/-/blob/a.js",
        host="sourcegraph.com",
    )

    own.add(host="github.com", name="acme/cli")

    seen.refresh_from_db()
    assert (seen.is_ours, status.figures(incident).live) == (True, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"host": "", "name": "a"},
        {"host": "https://x", "name": "a"},
        {"host": "x"},
        {"host": "x", "name": "a", "native_id": "b"},
    ],
)
def test_an_entry_that_says_nothing_certain_is_refused(db, wrong):
    with pytest.raises(own.NotReady):
        own.add(**wrong)


def test_what_is_ours_is_looked_at_and_never_a_hit(watch, shelf):
    own.add(host="packages.example", name="acme")
    shelf.packages = {"acme/cli": factories.LEAK, "mallory/cli": factories.LEAK}

    poll = polling.poll(watch)

    assert poll.found == 1
    assert list(Sighting.objects.hits().values_list("title", flat=True)) == ["mallory/cli"]
    assert Change.objects.count() == 1


def test_listing_a_place_takes_it_off_the_copies_and_unlisting_puts_it_back(incident, found):
    listed = own.add(host=found.host, name=found.title)
    ours = status.figures(incident).live

    own.remove(listed)

    assert (ours, status.figures(incident).live) == (0, 1)


def test_what_was_ours_from_the_start_appears_once_it_is_no_longer(watch, shelf):
    listed = own.add(host="packages.example", name="acme")
    shelf.packages = {"acme/cli": factories.LEAK}
    polling.poll(watch)

    own.remove(listed)

    assert [change.kind for change in Change.objects.all()] == ["appeared"]
    assert Sighting.objects.get().due_at <= timezone.now()


def test_our_own_place_cannot_be_confirmed_or_named_in_a_notice(incident, found, lead):
    sightings.triage(found, "confirmed", by=lead)
    own.add(host=found.host, name=found.title)
    found.refresh_from_db()

    with pytest.raises(takedowns.NotReady, match="on the list of our own places: never a target"):
        takedowns.draft(incident, host=found.host, by=lead)
    sightings.triage(found, "new", by=lead)
    with pytest.raises(sightings.NotReady, match="our own places"):
        sightings.triage(found, "confirmed", by=lead)


def poll_again(watch):
    Watch.objects.filter(pk=watch.pk).update(due_at=timezone.now())
    watch.refresh_from_db()
    polling.poll(watch)


@pytest.mark.parametrize("push", [{}, {"README.md": b"Ours now"}])
def test_a_copy_that_was_transferred_to_us_is_ours_and_the_record_says_so(incident, found, shelf, push):
    own.add(host=found.host, name="acme")
    shelf.called["open-kettle"] = "acme/kettle"
    shelf.packages["open-kettle"] = factories.LEAK | push

    poll_again(found.watch)

    intake.read()
    assert (Sighting.objects.get().is_ours, status.figures(incident).live) == (True, 0)
    assert [event.heading for event in incident.events.filter(kind="sighting_altered")] == [
        "Renamed: open-kettle is called acme/kettle on packages.example now, one of our own places"
    ]


@pytest.mark.parametrize("push", [{}, {"README.md": b"Mine now"}])
def test_a_place_of_ours_that_was_transferred_to_others_appears(watch, shelf, push):
    own.add(host="packages.example", name="acme")
    shelf.packages = {"acme/cli": factories.LEAK}
    polling.poll(watch)
    shelf.called["acme/cli"] = "mallory/cli"
    shelf.packages["acme/cli"] = factories.LEAK | push

    poll_again(watch)

    [change] = Change.objects.all()
    assert (change.kind, change.facts["title"]) == ("appeared", "mallory/cli")
    assert Sighting.objects.hits().get().due_at is not None
