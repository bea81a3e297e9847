"""A place that claims to be the leak, from the poll that finds it to what is kept of it."""

import json
from dataclasses import replace

import pytest

from monitors import polling
from monitors.fingerprints import fingerprint
from monitors.fingerprints.identity import identify
from monitors.models import Change, Sighting
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


def _with_integrity(candidate):
    """A digest that names the content wherever it lies, as registries publish it."""
    return lambda shelf, name: replace(candidate(shelf, name), digest=f"sha512-{'a' * 86}==")
