from django.utils import timezone

from incidents import intake
from monitors import sightings
from monitors.models import Change
from tests import factories


def changed(incident, kind, **how):
    sighting = factories.SightingFactory(watchlist=incident.watchlist, impostor=True, **how)
    return sightings.change(sighting, Change.Kind(kind), at=timezone.now())


def said(incident):
    intake.read()
    return [event.text for event in incident.events.all() if event.kind.startswith("sighting")]


def test_an_impostor_is_on_the_record_as_one_and_says_not_to_open_it(incident):
    changed(incident, "appeared", title="evil/kettle-leaked")

    assert said(incident) == [
        "Impostor: evil/kettle-leaked on code.example says it is the leak and holds none of it (impostor). "
        "Do not open it: executable: Setup.exe (runs on Windows)"
    ]
    assert incident.events.last().facts["class"] == "impostor"


def test_of_many_warnings_the_record_says_a_few(incident):
    warnings = [f"executable: {n}.exe (runs on Windows)" for n in range(9)]

    changed(incident, "appeared", warnings=warnings)

    [sentence] = said(incident)
    assert sentence.endswith("2.exe (runs on Windows) and 6 more")


def test_it_goes_and_returns_and_is_confirmed_like_any_place(incident):
    for kind in ("gone", "returned", "confirmed"):
        changed(incident, kind, title=f"a-{kind}", warnings=[])

    assert said(incident) == [
        "Gone: a-gone on code.example (gone)",
        "Returned: a-returned on code.example says it is the leak and holds none of it (impostor)",
        "Confirmed: a-confirmed on code.example, an impostor that holds none of the leak",
    ]


def test_many_at_once_are_one_line(incident):
    at = timezone.now()
    for n in range(intake.MANY):
        sighting = factories.SightingFactory(watchlist=incident.watchlist, impostor=True, title=f"bait-{n}")
        sightings.change(sighting, Change.Kind.APPEARED, at=at)

    assert said(incident) == [
        "Impostors: 10 places on code.example say they are the leak and hold none of it, such as bait-0"
    ]
