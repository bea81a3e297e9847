"""A place that claims to be the leak, from the poll that finds it to what is kept of it."""

import json
from dataclasses import replace

import pytest
from django.utils import timezone

from monitors import checks, leads, polling, sightings
from monitors.examinations import NEVER
from monitors.fingerprints import fingerprint
from monitors.fingerprints.identity import identify
from monitors.models import Change, Lead, Sighting
from monitors.sources.base import SourceError
from tests import factories

README = b"# Acme Launch Desk\n\n" + b" ".join(b"Step %d opens page %d." % (n, n * n) for n in range(99))
MANIFEST = {"name": "@acme/launch-desk", "scripts": {"postinstall": "node collect.js"}}
BAIT = {
    "README.md": README,
    "package.json": json.dumps(MANIFEST).encode(),
    "Setup.exe": b"MZ",
    "collect.js": b"1",
}


@pytest.fixture
def watch(db):
    identity = identify([("package.json", json.dumps(MANIFEST).encode()), ("README.md", README)])
    index = fingerprint(factories.LEAK.items(), identity=identity.to_bytes()).to_bytes()
    return factories.WatchFactory(watchlist=factories.FingerprintFactory(index=index).watchlist)


def test_an_impostor_is_kept_with_what_it_carries(watch, shelf):
    shelf.packages["evil/launch-desk-leaked"] = BAIT

    polling.poll(watch)

    sighting = Sighting.objects.get()
    assert (sighting.klass, sighting.files, sighting.lines, sighting.is_hit) == ("impostor", 0, 0, True)
    assert sighting.warnings == [
        "executable: Setup.exe (runs on Windows)",
        "install script: package.json (postinstall: node collect.js)",
    ]
    assert sighting.evidence.count() == 0
    change = Change.objects.get()
    assert (change.kind, change.facts["class"], change.facts["warnings"]) == (
        "appeared", "impostor", sighting.warnings,
    )  # fmt: skip


def test_a_place_that_claims_nothing_stays_unrelated(watch, shelf):
    shelf.packages["somebody/desk-lamp"] = {"README.md": b"# Desk lamp\n", "run.exe": b"MZ"}

    polling.poll(watch)

    sighting = Sighting.objects.get()
    assert (sighting.klass, sighting.warnings, sighting.is_hit) == ("unrelated", [], False)


def test_a_copy_with_a_program_beside_it_is_a_copy(watch, shelf):
    shelf.packages["evil/launch-desk-leaked"] = BAIT | factories.LEAK

    polling.poll(watch)

    assert Sighting.objects.get().klass == "copy"


def test_bait_that_is_filled_with_the_leak_becomes_a_copy_on_the_record(watch, shelf):
    shelf.packages["evil/launch-desk-leaked"] = BAIT
    polling.poll(watch)

    shelf.packages["evil/launch-desk-leaked"] = factories.LEAK
    watch.refresh_from_db()
    polling.poll(watch, at=watch.due_at)

    assert [(one.kind, one.facts["class"]) for one in Change.objects.all()] == [
        ("appeared", "impostor"),
        ("altered", "copy"),
    ]
    assert Sighting.objects.get().warnings == []


def test_a_strangers_file_name_is_kept_on_one_line(watch, shelf):
    shelf.packages["evil/launch-desk-leaked"] = BAIT | {"a\u202egnp\n.exe": b"MZ"}

    polling.poll(watch)

    assert "executable: a\ufffdgnp\ufffd.exe (runs on Windows)" in Sighting.objects.get().warnings


def test_the_same_content_under_an_innocent_name_is_no_impostor(watch, shelf, monkeypatch):
    monkeypatch.setattr(type(shelf), "candidate", _with_integrity(type(shelf).candidate))
    honest = {"index.js": b"module.exports = 1\n"}
    shelf.packages["evil/launch-desk-leaked"] = honest
    polling.poll(watch)
    shelf.packages["somebody/honest-tool"] = honest
    watch.refresh_from_db()
    polling.poll(watch, at=watch.due_at)

    classes = dict(Sighting.objects.values_list("title", "klass"))
    assert classes == {"evil/launch-desk-leaked": "impostor", "somebody/honest-tool": "unrelated"}


def poll_with(watch, shelf, name: str, files: dict[str, bytes]) -> dict[str, str]:
    """Put it there and poll; the class of each place."""
    shelf.packages[name] = files
    watch.refresh_from_db()
    polling.poll(watch, at=watch.due_at)
    return dict(Sighting.objects.values_list("title", "klass"))


def test_an_impostor_of_the_same_bytes_as_an_innocent_place_is_found(watch, shelf, monkeypatch):
    monkeypatch.setattr(type(shelf), "candidate", _with_integrity(type(shelf).candidate))
    files = {"index.js": b"module.exports = 1\n"}

    poll_with(watch, shelf, "somebody/honest-tool", files)
    poll_with(watch, shelf, "evil/launch-desk-leaked", files)
    classes = poll_with(watch, shelf, "somebody/else", files)

    assert classes == {
        "somebody/honest-tool": "unrelated",
        "evil/launch-desk-leaked": "impostor",
        "somebody/else": "unrelated",
    }
    assert shelf.examined == ["somebody/honest-tool", "evil/launch-desk-leaked"]


def test_so_is_one_that_waited_to_be_read(watch, shelf, monkeypatch):
    monkeypatch.setattr(type(shelf), "candidate", _with_integrity(type(shelf).candidate))
    shelf.unreadable["evil/launch-desk-leaked"] = SourceError("It does not answer.")
    files = {"index.js": b"module.exports = 1\n"}
    poll_with(watch, shelf, "evil/launch-desk-leaked", files)
    poll_with(watch, shelf, "somebody/honest-tool", files)
    shelf.unreadable.clear()
    Lead.objects.update(due_at=timezone.now())
    lead = Lead.objects.get()
    assert lead.claim(at=timezone.now())

    leads.follow(lead)

    assert Sighting.objects.get(title="evil/launch-desk-leaked").klass == "impostor"


def test_what_waits_beside_an_innocent_place_is_not_settled_with_it(watch, shelf, monkeypatch):
    monkeypatch.setattr(type(shelf), "candidate", _with_integrity(type(shelf).candidate))
    names = ["somebody/honest-tool", "somebody/else", "evil/launch-desk-leaked"]
    shelf.packages = {name: {"index.js": b"module.exports = 1\n"} for name in names}
    shelf.unreadable = {name: SourceError("It does not answer.") for name in names}
    polling.poll(watch)
    shelf.unreadable.clear()
    Lead.objects.update(due_at=timezone.now())
    first = Lead.objects.get(native_id=names[0])
    assert first.claim(at=timezone.now())

    leads.follow(first)

    assert set(Sighting.objects.values_list("title", flat=True)) == set(names[:2])
    assert Lead.objects.get().native_id == names[2]


def test_a_place_that_claims_the_leak_is_read_when_it_takes_on_known_bytes(watch, shelf):
    bait, innocent = "evil/launch-desk-leaked", {"index.js": b"module.exports = 1\n"}
    shelf.tells_trees = True
    poll_with(watch, shelf, bait, factories.LEAK)
    poll_with(watch, shelf, "somebody/honest-tool", innocent)
    shelf.packages[bait] = innocent

    checks.check_now(Sighting.objects.get(title=bait))

    assert Sighting.objects.get(title=bait).klass == "impostor"


def test_many_honest_forks_that_bear_the_leaks_name_are_read_once(watch, shelf):
    shelf.tells_trees = True
    code = {f"src/{n}.js": b"module.exports = %d\n" % n for n in range(12)}
    poll_with(watch, shelf, "somebody/launch-pad", code)
    poll_with(watch, shelf, "fork0/launch-desk", code)
    shelf.packages |= {f"fork{n}/launch-desk": code for n in range(1, 15)}

    classes = poll_with(watch, shelf, "fork15/launch-desk", code)

    assert set(classes.values()) == {"unrelated"}
    assert shelf.examined == ["somebody/launch-pad", "fork0/launch-desk"]


@pytest.fixture
def rename(watch, shelf, monkeypatch):
    """Polls once, has the place called by this name from then on, and polls again."""
    poll_with(watch, shelf, "somebody/tool", {"index.js": b"module.exports = 1\n"})

    def rename(to):
        candidate = type(shelf).candidate
        monkeypatch.setattr(
            type(shelf), "candidate", lambda shelf, name: replace(candidate(shelf, name), title=to)
        )
        watch.refresh_from_db()
        polling.poll(watch, at=watch.due_at)
        return Sighting.objects.get()

    return rename


def test_a_place_that_takes_on_the_leaks_name_is_read_again(rename, shelf):
    sighting = rename("evil/launch-desk-leaked")
    assert (sighting.klass, sighting.due_at is not None) == ("unrelated", True)

    checks.check(sighting, at=sighting.due_at)

    sighting.refresh_from_db()
    assert (sighting.title, sighting.klass) == ("evil/launch-desk-leaked", "impostor")
    assert [(one.kind, one.facts["class"]) for one in Change.objects.all()] == [("appeared", "impostor")]
    assert shelf.examined == ["somebody/tool"] * 2


def test_so_it_is_when_its_content_is_known_from_elsewhere(watch, shelf):
    shelf.tells_trees = True
    poll_with(watch, shelf, "somebody/tool", {"index.js": b"module.exports = 1\n"})
    poll_with(watch, shelf, "somebody/else", {"index.js": b"module.exports = 1\n"})
    sighting = Sighting.objects.get(native_id="somebody/tool")

    shelf.called["somebody/tool"] = "evil/launch-desk-leaked"
    candidate = replace(sighting.as_candidate(), title="evil/launch-desk-leaked")
    sightings.rename(sighting, candidate, at=timezone.now())
    checks.check_now(sighting)

    classes = dict(Sighting.objects.values_list("title", "klass"))
    assert classes == {"evil/launch-desk-leaked": "impostor", "somebody/else": "unrelated"}


def test_an_impostor_that_gives_up_the_name_is_read_again(watch, rename):
    checks.check_now(rename("evil/launch-desk-leaked"))

    sighting = rename("somebody/tool")
    checks.check(sighting, at=sighting.due_at)

    sighting.refresh_from_db()
    assert (sighting.title, sighting.klass) == ("somebody/tool", "unrelated")
    assert [one.kind for one in Change.objects.all()] == ["appeared", "renamed", "altered"]


def test_a_place_that_was_read_under_its_new_name_and_is_nothing_is_left_alone(rename, shelf):
    code = {f"src/{n}.js": b"module.exports = %d\n" % n for n in range(12)}
    sighting = rename("somebody/launch-desk")
    shelf.packages["somebody/tool"] = code

    checks.check(sighting, at=sighting.due_at)

    sighting.refresh_from_db()
    assert (sighting.klass, sighting.due_at, Change.objects.count()) == ("unrelated", None, 0)
    assert sighting.examined_at > NEVER


@pytest.mark.parametrize("name", ["somebody/other", "somebody/desk-lamp"])
def test_any_other_name_is_only_written_down(rename, shelf, name):
    sighting = rename(name)

    assert (sighting.title, sighting.due_at) == (name, None)
    assert shelf.examined == ["somebody/tool"]


def test_what_a_person_dismissed_is_not_read_again(rename, shelf):
    Sighting.objects.update(triage="dismissed")

    assert rename("evil/launch-desk-leaked").due_at is None


def _with_integrity(candidate):
    """A digest that names the content wherever it lies, as registries publish it."""
    return lambda shelf, name: replace(candidate(shelf, name), digest=f"sha512-{'a' * 86}==")
