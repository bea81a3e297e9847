from incidents import intake, timeline
from monitors import checks, polling, sightings
from monitors.models import Change
from tests import factories


def kinds(incident):
    return [event.kind for event in incident.events.all() if event.kind.startswith("sighting")]


def test_what_a_worker_saw_is_on_the_record_when_it_saw_it(incident, found):
    intake.read()

    event = incident.events.get(kind="sighting_appeared")
    assert event.at == found.first_seen_at
    assert event.text == (
        "Found: open-kettle on packages.example holds at least 2 files, 100% of the leak's lines (copy)"
    )
    assert timeline.is_whole(incident).is_whole


def test_reading_twice_is_one_event_each(incident, found):
    assert [intake.read(), intake.read()] == [1, 0]

    Change.objects.update(read_at=None)
    Change.objects.filter(kind="appeared").update(read_at=found.first_seen_at)

    assert kinds(incident) == ["sighting_appeared"]


def test_removal_and_return_follow_in_order(incident, found, shelf, lead):
    sightings.triage(found, "confirmed", by=lead)
    removed = shelf.packages.pop("open-kettle")
    checks.check_now(found)
    shelf.packages["open-kettle"] = removed
    checks.check_now(found)

    intake.read()

    assert kinds(incident) == [
        "sighting_appeared",
        "sighting_confirmed",
        "sighting_gone",
        "sighting_returned",
    ]
    assert incident.events.get(kind="sighting_confirmed").by == lead


def test_a_watchlist_without_an_incident_loses_nothing_and_stops_nothing(incident, found):
    orphan = factories.SightingFactory()
    Change.objects.create(sighting=orphan, kind="gone", at=orphan.first_seen_at)

    assert intake.read() == 1
    assert not Change.objects.unread().exists()


def test_a_strangers_name_is_kept_on_one_line(incident, shelf):
    factories.FingerprintFactory(watchlist=incident.watchlist)
    shelf.packages["evil\u202egnp.exe\nDecided: pay them"] = factories.LEAK

    polling.poll(factories.WatchFactory(watchlist=incident.watchlist))
    intake.read()

    text = incident.events.get(kind="sighting_appeared").text
    assert "\n" not in text
    assert "\u202e" not in text


def forks(incident, shelf, number: int):
    factories.FingerprintFactory(watchlist=incident.watchlist)
    shelf.packages = {f"user{n}/cli": factories.LEAK for n in range(number)}
    shelf.packages |= {
        f"part{n}/cli": {"src/main.ts": factories.LEAK["src/main.ts"]} for n in range(number // 4)
    }
    shelf.tells_trees = True
    polling.poll(factories.WatchFactory(watchlist=incident.watchlist))


def test_what_one_poll_found_in_many_places_is_one_line_that_names_them_all(incident, shelf):
    forks(incident, shelf, 40)

    while intake.read():
        pass

    whole, part = incident.events.filter(kind="sighting_appeared").order_by("seq")
    assert whole.text == (
        "Found: 40 places on packages.example hold at least 100% of the leak's lines each (copy), "
        "such as user0/cli"
    )
    assert [place["title"] for place in whole.facts["places"]] == [f"user{n}/cli" for n in range(40)]
    assert len(part.facts["places"]) == 10
    assert not Change.objects.unread().exists()
    assert timeline.is_whole(incident).is_whole


def test_a_few_places_have_a_line_each(incident, shelf):
    forks(incident, shelf, 8)

    intake.read()

    assert kinds(incident) == ["sighting_appeared"] * 10


def test_a_place_that_went_before_anybody_read_is_told_in_order(incident, shelf):
    forks(incident, shelf, 40)
    del shelf.packages["user7/cli"]
    checks.check_now(incident.watchlist.sightings.get(title="user7/cli"))

    intake.read()

    assert kinds(incident) == ["sighting_appeared", "sighting_appeared", "sighting_gone"]


def test_a_watch_that_is_blind_is_on_the_record_with_its_reason(incident, shelf):
    watch = factories.WatchFactory(watchlist=incident.watchlist)
    facts = {"watch": watch.reason, "error": "registry.example answered 500."}
    Change.objects.create(watch=watch, kind="blind", at=watch.made_at, facts=facts)
    Change.objects.create(watch=watch, kind="seeing", at=watch.made_at, facts={"watch": watch.reason})

    intake.read()

    assert [event.text for event in incident.events.filter(kind="watch")] == [
        f"Blind for an hour: {watch.reason} (registry.example answered 500.)",
        f"Seeing again: {watch.reason}",
    ]
