"""What comes back under another name or account is known by its content."""

import pytest
from django.utils import timezone

from incidents import intake, status
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
