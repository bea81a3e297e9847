"""Each change is read once, however often the page is looked at, and none is missed."""

from datetime import timedelta

from django.utils import timezone

from incidents import curve
from monitors import own
from monitors.models import Change
from tests import factories


def appeared(incident, *, minutes: int, **facts):
    sighting = factories.SightingFactory(watchlist=incident.watchlist)
    at = timezone.now() - timedelta(minutes=minutes)
    Change.objects.create(sighting=sighting, kind="appeared", at=at, facts=facts)
    return sighting


def last(incident):
    point = curve.points(incident.watchlist)[-1]
    return point.live, point.returned, point.gone


def test_what_was_read_for_good_is_not_read_again(incident, monkeypatch):
    monkeypatch.setattr(curve, "SETTLED", 0.0)
    for minutes in (50, 40, 30):
        appeared(incident, minutes=minutes)
    curve.points(incident.watchlist)
    curve.points(incident.watchlist)

    Change.objects.update(kind="gone")  # as nobody ever does: what is settled is not looked at again

    assert last(incident) == (3, 0, 0)


def test_a_change_that_came_late_is_not_missed(incident):
    appeared(incident, minutes=50)
    assert last(incident) == (1, 0, 0)

    appeared(incident, minutes=90)

    assert last(incident) == (2, 0, 0)


def test_many_changes_of_one_minute_are_one_point(incident):
    for _ in range(9):
        appeared(incident, minutes=50)

    assert len(curve.points(incident.watchlist)) <= 2
    assert last(incident) == (9, 0, 0)


def test_what_came_back_elsewhere_is_drawn_as_returned(incident):
    appeared(incident, minutes=50, earlier="mallory/cli on github.com")

    assert last(incident) == (0, 1, 0)


def test_a_place_of_ours_is_not_drawn(incident):
    mine = appeared(incident, minutes=50)
    appeared(incident, minutes=40)
    assert last(incident) == (2, 0, 0)

    own.add(host=mine.host, name=mine.title)

    assert last(incident) == (1, 0, 0)


def test_a_change_with_a_lower_number_that_came_later_is_not_missed(incident):
    late = appeared(incident, minutes=2)
    appeared(incident, minutes=1)
    held = Change.objects.get(sighting=late)
    Change.objects.filter(pk=held.pk).delete()
    assert last(incident) == (1, 0, 0)

    held.save(force_insert=True)

    assert last(incident) == (2, 0, 0)


def test_what_one_look_read_the_next_one_does_not_read_again(incident):
    for minutes in (50, 40, 30):
        appeared(incident, minutes=minutes)
    curve.points(incident.watchlist)

    Change.objects.update(kind="gone")  # as nobody ever does
    appeared(incident, minutes=20)

    assert last(incident) == (4, 0, 0)


def test_changes_of_other_incidents_do_not_confuse_the_count(incident, monkeypatch):
    other = factories.IncidentFactory()
    monkeypatch.setattr(curve, "SETTLED", 0.0)
    for minutes in (50, 40):
        appeared(incident, minutes=minutes)
        appeared(other, minutes=minutes)
        assert (last(incident), last(other)) == (last(incident), last(incident))

    monkeypatch.setattr(curve, "SETTLED", 60.0)
    appeared(other, minutes=5)
    appeared(incident, minutes=5)

    assert (last(incident), last(other)) == ((3, 0, 0), (3, 0, 0))


def test_a_renamed_place_stands_as_it_stood(incident):
    place = appeared(incident, minutes=50)

    Change.objects.create(sighting=place, kind="renamed", at=timezone.now(), facts={})

    assert last(incident) == (1, 0, 0)


def test_a_place_that_was_transferred_to_us_is_drawn_no_more(incident):
    place = appeared(incident, minutes=50)
    assert last(incident) == (1, 0, 0)

    place.is_ours = True
    place.save()
    Change.objects.create(sighting=place, kind="renamed", at=timezone.now(), facts={})

    assert last(incident) == (0, 0, 0)
