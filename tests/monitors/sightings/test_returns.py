"""What comes back under another name or account is known by its content."""

from datetime import timedelta

import pytest
from django.utils import timezone

from incidents import curve, intake, status
from monitors import checks, polling, sightings
from monitors.models import Change, Sighting, Watch
from monitors.sources.base import Candidate
from tests import factories
from tests.factories import LEAK

TRIMMED = {"src/main.ts": LEAK["src/main.ts"]}


def poll_again(watch):
    Watch.objects.filter(pk=watch.pk).update(due_at=timezone.now())
    watch.refresh_from_db()
    return polling.poll(watch)


def take_down(shelf, name: str):
    files = shelf.packages.pop(name)
    checks.check_now(Sighting.objects.get(title=name))
    return files


@pytest.fixture
def watch(incident, shelf):
    factories.FingerprintFactory(watchlist=incident.watchlist)
    shelf.packages = {"mallory/cli": LEAK, "trent/cli": TRIMMED}
    watch = factories.WatchFactory(watchlist=incident.watchlist)
    polling.poll(watch)
    return watch


def test_a_copy_that_comes_back_elsewhere_is_linked_to_its_earlier_self(incident, watch, shelf):
    shelf.packages["mallory2/kettle"] = take_down(shelf, "mallory/cli")

    poll_again(watch)

    back = Sighting.objects.get(title="mallory2/kettle")
    assert (back.earlier.title, back.is_back, back.state) == ("mallory/cli", True, "returned")
    assert status.figures(incident).returned == 1
    intake.read()
    assert incident.events.get(kind="sighting_appeared", facts__title="mallory2/kettle").heading == (
        "Came back: mallory2/kettle on packages.example holds at least 2 files, "
        "100% of the leak's lines (copy), the same as mallory/cli on packages.example, which is gone"
    )


def told():
    """(kind, place, the earlier self) of what came after the first poll."""
    changes = Change.objects.exclude(facts__title__in=["mallory/cli", "trent/cli"])
    return [(one.kind, one.facts["title"], one.facts.get("earlier")) for one in changes]


EARLIER = "mallory/cli on packages.example"


def test_a_copy_that_was_seen_before_its_earlier_self_was_missed_is_linked_once_that_is_known(
    incident, watch, shelf
):
    files = shelf.packages.pop("mallory/cli")
    shelf.packages |= {"mallory2/kettle": files}
    poll_again(watch)
    assert told() == [("appeared", "mallory2/kettle", None)]

    checks.check_now(Sighting.objects.get(title="mallory/cli"))

    back = Sighting.objects.get(title="mallory2/kettle")
    assert (back.earlier.title, back.returns, back.state) == ("mallory/cli", 1, "returned")
    assert told()[1:] == [("returned", "mallory2/kettle", EARLIER)]
    intake.read()
    assert incident.events.get(kind="sighting_returned").heading == (
        "Came back: mallory2/kettle on packages.example holds at least 2 files, "
        f"100% of the leak's lines (copy), the same as {EARLIER}, which is gone"
    )
    assert curve.points(incident.watchlist)[-1].returned == 1


def test_a_copy_that_stood_beside_it_is_no_return(watch, shelf):
    shelf.packages["carol/cli"] = LEAK
    poll_again(watch)
    checks.check_now(Sighting.objects.get(title="mallory/cli"))

    take_down(shelf, "mallory/cli")

    assert Sighting.objects.get(title="carol/cli").earlier is None


def test_of_several_that_may_be_its_return_one_is_and_no_second_time(watch, shelf):
    files = shelf.packages.pop("mallory/cli")
    shelf.packages |= {"dave/x": files, "mallory/again": files}
    poll_again(watch)

    for _ in range(2):
        checks.check_now(Sighting.objects.get(title="mallory/cli"))

    assert list(Sighting.objects.exclude(earlier=None).values_list("title", "returns")) == [
        ("mallory/again", 1)
    ]


@pytest.mark.parametrize("look", [poll_again, lambda watch: checks.check_now(Sighting.objects.last())])
def test_a_known_place_that_becomes_the_copy_is_linked_too(watch, shelf, look):
    shelf.packages["mallory/other"] = {"a.js": b"module.exports = 1;\n" * 30}
    poll_again(watch)
    Sighting.objects.filter(title="mallory/other").update(first_seen_at=timezone.now() - timedelta(days=9))
    shelf.packages["mallory/other"] = take_down(shelf, "mallory/cli")

    look(watch)

    back = Sighting.objects.get(title="mallory/other")
    assert (back.earlier.title, back.returns) == ("mallory/cli", 1)
    assert told() == [("appeared", "mallory/other", EARLIER)]


def test_what_is_known_to_be_the_same_only_once_it_was_read_is_linked_then(watch, shelf):
    take_down(shelf, "mallory/cli")
    shelf.packages["mallory/kettle"], shelf.tells_trees = {"README.md": b"Mine", **LEAK}, True
    poll_again(watch)
    assert told() == [("appeared", "mallory/kettle", None)]

    checks.deepen(Sighting.objects.get(title="mallory/kettle").examination)

    assert told()[1:] == [("returned", "mallory/kettle", EARLIER)]


def test_a_copy_with_other_content_is_no_return(watch, shelf):
    take_down(shelf, "mallory/cli")
    shelf.packages["carol/cli"] = TRIMMED

    poll_again(watch)

    assert Sighting.objects.get(title="carol/cli").earlier is None


def test_one_that_went_comes_back_once(watch, shelf):
    files = take_down(shelf, "mallory/cli")
    shelf.packages |= {"a/x": files, "b/cli": files}

    poll_again(watch)

    assert list(Sighting.objects.exclude(earlier=None).values_list("title", flat=True)) == ["a/x"]


def test_of_several_that_went_the_one_of_the_same_account_is_meant(watch, shelf):
    shelf.packages |= {"dave/one": LEAK, "erin/two": LEAK}
    poll_again(watch)
    for name in ("dave/one", "erin/two", "mallory/cli"):
        files = take_down(shelf, name)
    shelf.packages["dave/again"] = files

    poll_again(watch)

    assert Sighting.objects.get(title="dave/again").earlier.title == "dave/one"


def test_what_a_host_took_down_comes_back_rather_than_what_somebody_deleted(watch, shelf):
    shelf.packages["dave/one"] = LEAK
    poll_again(watch)
    checks.check_now(Sighting.objects.get(title="mallory/cli"))
    for name in ("mallory/cli", "dave/one"):
        files = take_down(shelf, name)
    Sighting.objects.filter(title="mallory/cli").update(gone_reason="451 dmca https://host.example/n")
    shelf.packages["erin/again"] = files

    poll_again(watch)

    assert Sighting.objects.get(title="erin/again").earlier.title == "mallory/cli"


def test_a_renamed_place_is_the_same_place(watch, shelf):
    sighting = Sighting.objects.get(title="trent/cli")
    renamed = Candidate(
        **vars(sighting.as_candidate()) | {"title": "trent/tea", "url": "https://x.example/t"}
    )

    sightings.rename(sighting, renamed, at=timezone.now())

    sighting.refresh_from_db()
    [change] = Change.objects.filter(kind="renamed")
    assert (sighting.title, change.facts["before"], change.facts["title"]) == (
        "trent/tea",
        "trent/cli",
        "trent/tea",
    )


def test_the_reason_for_a_sighting_outlives_its_watch(watch):
    reason = watch.reason
    watch.polls.all().delete()
    watch.delete()

    assert set(Sighting.objects.values_list("reason", "watch")) == {(reason, None)}
