"""What got out becomes phrases to search for; nothing that must not be told is among them."""

import pytest
from django.utils import timezone

from incidents import artifacts, terms
from incidents.models import Artifact, Event
from monitors.fingerprints import learn
from monitors.inventory import take
from monitors.models import SearchTerm
from monitors.unpack import File
from tests import factories
from tests.incidents.artifacts.test_take_in import take_in
from tests.incidents.terms.leaks import (
    MESSAGE,
    NAME,
    PACKAGE,
    PASSWORD,
    SAFE,
    SECRETIVE,
    SPOUT,
    THIRD,
    TOKEN,
    leak,
)
from tests.monitors.inventory.minted import Mint


@pytest.fixture
def artifact(incident, lead):
    return take_in(incident, lead, PACKAGE)


def texts(incident):
    return sorted(incident.watchlist.search_terms.values_list("text", flat=True))


def test_what_may_be_told_is_proposed_with_its_place(artifact, incident):
    kept = artifact.files.get(path="src/lid.ts")

    term = incident.watchlist.search_terms.get(text=SAFE)

    assert texts(incident) == sorted([SAFE, MESSAGE, NAME])
    assert (term.path, term.line, term.blob) == ("src/lid.ts", 2, kept.blob)
    assert (term.kind, term.files, term.state) == ("comment", 1, "proposed")


def test_nothing_that_must_not_be_told_is_proposed(artifact, incident):
    proposed = " ".join(texts(incident)).lower()

    for word in (
        "quokka",
        "walrus",
        "jane",
        "acme",
        "snowfall",
        "copper",
        "kettle walrus",
        "keeper",
        "obsidian",
    ):
        assert word not in proposed
    assert PASSWORD not in proposed
    assert TOKEN.lower() not in proposed


def test_what_others_hold_honestly_is_not_proposed(artifact, incident):
    assert THIRD not in texts(incident)


def test_what_is_known_to_be_public_is_not_proposed(artifact, incident, lead):
    entries = take([File("src/lid.ts", SPOUT.encode(), "cli.js.map")]).entries
    public = learn([("a.js", f"throw Error('{MESSAGE}'); x.{NAME}()".encode())])

    assert [one.term.text for one in terms.find(incident, entries).proposals] == [MESSAGE, NAME]
    assert terms.find(incident, entries, public=public).proposals == []


def test_the_record_says_that_nobody_was_told(artifact, incident):
    event = incident.events.get(kind=Event.Kind.WATCH)

    assert event.text == (
        "3 search phrases proposed from acme-cli-1.4.2.tgz. None is sent before a person confirms it."
    )
    assert not incident.watchlist.watches.exists()


def test_taking_the_same_thing_in_again_proposes_nothing_twice(artifact, incident, lead):
    before = list(SearchTerm.objects.values())

    take_in(incident, lead, PACKAGE, name="again.tgz")
    _again(artifact)

    assert list(SearchTerm.objects.values()) == before
    assert incident.events.filter(kind=Event.Kind.WATCH).count() == 1


def test_a_decision_outlives_another_reading(artifact, incident, lead):
    chosen = incident.watchlist.search_terms.filter(text=SAFE)
    terms.refuse(incident, chosen, by=lead)

    _again(artifact)

    assert chosen.get().state == SearchTerm.State.REFUSED


def test_what_was_found_in_one_artifact_is_not_told_from_another(incident, lead):
    take_in(incident, lead, leak(**{"../src/a.ts": "// codename: Whistle\n" * 9}), name="first.tgz")

    take_in(incident, lead, leak(**{"../src/a.ts": f"// {SAFE}\n", "../src/b.ts": SPOUT}), name="second.tgz")

    assert texts(incident) == [MESSAGE]


def test_what_turns_out_to_tell_something_is_withdrawn_and_asked_for_no_more(artifact, incident, lead):
    factories.SourceFactory(name="npm")
    [watch, *_] = terms.approve(incident, incident.watchlist.search_terms.filter(text=SAFE), by=lead)

    take_in(incident, lead, leak(**{"../src/z.ts": "// codename: Whistle\n" * 9}), name="second.tgz")

    watch.refresh_from_db()
    assert (watch.is_paused, texts(incident)) == (True, sorted([SAFE, MESSAGE]))
    assert incident.events.get(text__startswith="Searches paused").text == (
        f"Searches paused: by what second.tgz holds, “{SAFE}” tells a code name."
    )
    assert incident.watchlist.search_terms.get(text=SAFE).state == SearchTerm.State.APPROVED


def test_the_name_of_our_package_is_not_told(incident, lead):
    manifest = '{"name": "@zirconium/spout"}'
    sources = {
        "../src/package.json": manifest,
        "../src/a.ts": f"// {SAFE}\n// the zirconium spout is never full\n",
    }

    take_in(incident, lead, leak(**sources))

    assert texts(incident) == [SAFE]


def test_other_peoples_code_alone_proposes_nothing(incident, lead):
    take_in(incident, lead, leak(**{"../node_modules/lodash/debounce.js": f"// {THIRD}\n// {SAFE}\n"}))

    assert texts(incident) == []


@pytest.mark.slow  # ten megabytes
def test_hostile_text_is_read_and_offers_nothing_hostile(incident, lead):
    hostile = (
        f"// {SAFE}\n// the \u202elid of the spout reads backwards\n// never <img src=x> pour from a lid\n"
    )
    endless = "// the spout never ends " + Mint(1).of("kettle spout lid", 10_000_000)  # no archive's bomb

    take_in(
        incident, lead, leak(**{"../src/a.ts": hostile, "../src/b.ts": endless, "../src/c.ts": SECRETIVE})
    )

    found = texts(incident)
    assert SAFE in found
    assert all(text.isascii() and text.isprintable() and len(text) <= 80 for text in found)


def _again(artifact):
    Artifact.objects.filter(pk=artifact.pk).update(
        stage="waiting", ready_at=None, due_at=timezone.now(), attempts=0
    )
    artifact.refresh_from_db()
    assert artifact.claim(at=timezone.now())
    artifacts.take_in(artifact)
