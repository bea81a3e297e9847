import pytest

from monitors.evidence import Class, Match, Pair
from monitors.fingerprints import BadIndex
from monitors.impostors import Glimpse, Place, judged

from .conftest import IDENTITY, README

UNRELATED = Match(Class.UNRELATED, 0.1, 0.0, 0.0, 0, 0, [])
BAIT = {"README.md": README, "Setup.exe": b"MZ", "lib/a.js": b"1"}


def place(files, title="evil/launch-desk-leaked"):
    glimpse = Glimpse()
    assert list(glimpse.seen(files.items())) == list(files.items())
    return Place(title=title, paths=glimpse.paths, read=glimpse.read)


def test_a_place_that_holds_nothing_and_claims_to_be_the_leak_is_an_impostor():
    found = judged(UNRELATED, IDENTITY.to_bytes(), place(BAIT))

    assert (found.klass, found.warnings) == (Class.IMPOSTOR, ("executable: Setup.exe (runs on Windows)",))
    assert (found.files, found.lines, found.share, found.pairs) == (0, 0, 0.0, [])


def test_a_place_that_holds_some_of_the_leak_is_what_it_was():
    copy = Match(Class.SNIPPET, 0.9, 0.1, 0.1, 1, 30, [Pair("a", "b", "text", 1.0, 30)])

    assert judged(copy, IDENTITY.to_bytes(), place(BAIT)) is copy


def test_an_index_without_an_identity_knows_no_impostors():
    assert judged(UNRELATED, b"", place(BAIT)) is UNRELATED
    with pytest.raises(BadIndex):
        judged(UNRELATED, b"nonsense", place(BAIT))


def test_of_files_that_come_one_by_one_only_a_few_are_kept():
    files = {f"src/{n}.ts": b"x" * 1000 for n in range(500)} | BAIT
    glimpse = Glimpse()
    list(glimpse.seen(files.items()))

    kept = [path for path, _ in glimpse.read(glimpse.paths)]
    assert len(kept) < 15
    assert {"README.md", "Setup.exe"} <= set(kept)


def test_of_a_large_file_both_ends_are_kept():
    glimpse = Glimpse()
    list(glimpse.seen([("big.zip", b"PK" + bytes(3 * 2**20) + b"END")]))

    [(_, content)] = glimpse.read(["big.zip"])
    assert (content[:2], content[-3:], len(content)) == (b"PK", b"END", 2**20)


def test_what_is_kept_of_all_is_bounded(monkeypatch):
    monkeypatch.setattr(Glimpse, "MOST", 3000)
    glimpse = Glimpse()
    list(glimpse.seen((f"{n}.bin", bytes(1000)) for n in range(50)))

    assert (len(glimpse.paths), len(list(glimpse.read(glimpse.paths)))) == (50, 3)
