"""Places of ours are no copies and no targets, whatever they hold."""

import pytest
from django.utils import timezone

from incidents import intake, status, takedowns
from monitors import own, polling, sightings
from monitors.models import Change, Ours, Own, Sighting, Watch
from tests import factories


def place(**details) -> Sighting:
    return factories.SightingFactory.build(
        **{
            "host": "github.com",
            "native_id": "R_1",
            "url": "https://github.com/acme/cli",
            "title": "acme/cli",
        }
        | details
    )


@pytest.mark.parametrize(
    ("listed", "sighted", "is_ours"),
    [
        ({"name": "acme"}, {}, True),
        ({"name": "Acme"}, {"title": "ACME/CLI"}, True),
        ({"name": "acme/cli"}, {}, True),
        ({"name": "acme/cli"}, {"title": "acme/cli2", "url": "https://github.com/acme/cli2"}, False),
        ({"name": "acme"}, {"title": "acme-leaks/cli", "url": "https://github.com/acme-leaks/cli"}, False),
        ({"name": "acme"}, {"title": "mallory/acme", "url": "https://github.com/mallory/acme"}, False),
        ({"name": "acme"}, {"host": "gitlab.com"}, False),
        ({"native_id": "R_1"}, {"title": "renamed/since", "url": "https://github.com/renamed/since"}, True),
        (
            {"name": "@acme"},
            {"title": "@acme/cli@1.4.2", "url": "https://github.com/package/@acme/cli"},
            True,
        ),
        ({"name": "@acme/cli"}, {"title": "@acme/cli@1.4.2", "url": ""}, True),
        ({"name": "left-pad"}, {"title": "left-pad@1.0.0", "url": ""}, True),
    ],
)
def test_what_is_listed_is_recognised(db, listed, sighted, is_ours):
    Own.objects.create(**{"host": "github.com"} | listed)

    assert Ours.load().holds(place(**sighted)) is is_ours


@pytest.mark.parametrize(
    "wrong",
    [{"host": ""}, {"host": "https://x"}, {"host": "x"}, {"host": "x", "name": "a", "native_id": "b"}],
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
