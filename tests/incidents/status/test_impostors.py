from datetime import timedelta

from django.utils import timezone

from incidents import attention, impostors, status
from monitors.models import Change
from tests import factories
from tests.commands import answered, printed


def impostor(incident, **how):
    return factories.SightingFactory(watchlist=incident.watchlist, impostor=True, **how)


def test_impostors_are_counted_apart(incident, lead):
    impostor(incident)
    impostor(incident, warnings=[])
    impostor(incident, confirmed=True)
    impostor(incident, gone=True)
    impostor(incident, dismissed=True)

    assert impostors.standing(incident) == impostors.Impostors(live=3, armed=2, new=2, armed_new=1)
    figures = status.figures(incident)
    assert (figures.live, figures.seen, figures.gone, figures.confirmed, figures.new) == (0, 0, 0, 0, 3)


def test_the_headline_does_not_call_an_impostor_a_copy(incident):
    impostor(incident, confirmed=True)

    assert "Nobody is looking for copies yet." in status.headline(incident)


def test_an_impostor_is_never_on_the_curve_until_it_turns_into_a_copy(incident):
    sighting = impostor(incident)
    at = timezone.now() - timedelta(hours=9)
    for hours, kind in enumerate(["appeared", "confirmed", "gone", "returned"]):
        facts = {"class": "impostor"}
        Change.objects.create(sighting=sighting, kind=kind, at=at + timedelta(hours=hours), facts=facts)
    assert status.spread(incident).points == []

    Change.objects.create(sighting=sighting, kind="altered", at=timezone.now(), facts={"class": "copy"})
    assert [(point.live, point.gone) for point in status.spread(incident).points] == [(1, 0)]


def test_executives_and_the_desk_are_told_how_many_and_how_many_carry_programs(visit, incident, executive):
    impostor(incident)
    impostor(incident, warnings=[])

    browser = visit(executive)
    shown = browser.get(f"/i/{incident.ref}/status/").text
    assert "Impostors: 2, 1 with executables." in shown
    assert "2 impostors, 1 with executables" in browser.get(f"/i/{incident.ref}/").text
    assert "Impostors: 2, 1 with executables." in browser.get(f"/i/{incident.ref}/takedowns/").text


def test_without_one_nothing_is_said_of_them(visit, incident, lead):
    factories.SightingFactory(watchlist=incident.watchlist)

    shown = [visit(lead).get(f"/i/{incident.ref}/{page}").text for page in ("", "status/", "takedowns/")]

    assert [page for page in shown if "mpostors:" in page or "with executables" in page] == []


def test_one_that_nobody_has_judged_waits_for_somebody(incident, lead):
    impostor(incident)

    waiting = [one for one in attention.waiting(incident, lead) if one.label == "Impostor"]

    assert [(one.kind, one.text) for one in waiting] == [
        ("live", "1 place claims to be the leak: do not open")
    ]


def test_commands_tell_of_them_with_their_warnings(incident):
    impostor(incident)

    assert "Impostors: 1, 1 with executables" in printed("status", incident.ref)
    assert "    do not open: executable: Setup.exe (runs on Windows)" in printed("sightings", incident.ref)
    assert answered("sightings", incident.ref)[0]["warnings"] == ["executable: Setup.exe (runs on Windows)"]
