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
