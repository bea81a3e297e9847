from datetime import timedelta
from xml.etree import ElementTree

import pytest
from django.utils import timezone

from incidents import charts, status
from monitors.models import Change
from tests import factories


@pytest.fixture
def sighting(incident):
    return factories.SightingFactory(watchlist=incident.watchlist)


def change(sighting, kind, *, hours, **facts):
    at = timezone.now() - timedelta(hours=hours)
    return Change.objects.create(sighting=sighting, kind=kind, at=at, facts=facts)


def stands(incident):
    return [(point.live, point.returned, point.gone) for point in status.spread(incident).points]


def test_a_copy_that_appears_goes_and_returns(incident, sighting):
    change(sighting, "appeared", hours=5)
    change(sighting, "gone", hours=4)
    change(sighting, "returned", hours=3)

    assert stands(incident) == [(1, 0, 0), (0, 0, 1), (0, 1, 0)]


def test_a_dismissed_place_leaves_the_curve_and_comes_back_as_it_was(incident, sighting):
    for hours, kind in [(5, "appeared"), (4, "gone"), (3, "dismissed"), (2, "reopened")]:
        change(sighting, kind, hours=hours)

    assert stands(incident) == [(1, 0, 0), (0, 0, 1), (0, 0, 0), (0, 0, 1)]


def test_a_place_that_holds_nothing_any_more_leaves_the_curve(incident, sighting):
    change(sighting, "appeared", hours=5)
    change(sighting, "altered", hours=4, **{"class": "unrelated"})

    assert stands(incident) == [(1, 0, 0), (0, 0, 0)]


def test_a_passage_is_on_the_curve_only_once_a_person_calls_it_a_copy(incident, sighting):
    change(sighting, "appeared", hours=5, **{"class": "snippet"})
    assert stands(incident) == []

    change(sighting, "confirmed", hours=4, **{"class": "snippet"})
    change(sighting, "gone", hours=3, **{"class": "snippet"})
    change(sighting, "reopened", hours=2, **{"class": "snippet"})

    assert stands(incident) == [(1, 0, 0), (0, 0, 1), (0, 0, 0)]


def test_a_passage_that_grows_into_a_copy_comes_onto_the_curve(incident, sighting):
    change(sighting, "appeared", hours=5, **{"class": "snippet"})
    change(sighting, "altered", hours=4, **{"class": "copy"})

    assert stands(incident) == [(1, 0, 0)]


def test_another_incidents_copies_are_not_on_it(incident, db):
    change(factories.SightingFactory(), "appeared", hours=1)

    assert stands(incident) == []


def test_the_drawing_stacks_to_what_was_counted(incident, sighting):
    other = factories.SightingFactory(watchlist=incident.watchlist)
    change(sighting, "appeared", hours=5)
    change(other, "appeared", hours=4)
    change(other, "gone", hours=1)

    chart = charts.spread(status.spread(incident), since=incident.exposed_at, until=timezone.now())

    last = [area.points.split()[charts.STEPS] for area in chart.areas]
    heights = [(chart.bottom - float(point.split(",")[1])) / (chart.bottom - chart.top) for point in last]
    assert [area.kind for area in chart.areas] == ["live", "back", "gone"]
    assert [round(height * 4) for height in heights] == [1, 1, 2]
    assert chart.summary == "Copies over time. Now: 1 live, 0 returned, 1 gone."


@pytest.mark.parametrize("hours", [0, 1, 5, 71, 400, 9000])
def test_the_axis_is_readable_at_any_age(hours):
    until = timezone.now()

    chart = charts.spread(status.Spread([], []), since=until - timedelta(hours=hours), until=until)

    assert 2 <= len(chart.hours) <= 14
    assert chart.hours[0].label.startswith("T+0")
    assert [level.label for level in chart.levels] == ["0", "1", "2", "3", "4"]


def test_points_are_numbers_that_svg_can_read(incident, sighting):
    change(sighting, "appeared", hours=5)
    chart = charts.spread(status.spread(incident), since=incident.exposed_at, until=timezone.now())

    drawn = "".join(f'<polygon points="{area.points}"/>' for area in chart.areas)

    assert len(ElementTree.fromstring(f"<svg>{drawn}</svg>")) == 3
