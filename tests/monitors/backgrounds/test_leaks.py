"""What is learned beside one leak, and what the next one gets of it."""

import json
import random

import pytest

from monitors import backgrounds, leaks
from monitors.inventory import take
from monitors.models import Background
from monitors.unpack import File
from tests import factories

from .test_keep import code, kept

pytestmark = pytest.mark.django_db


def entries(files):
    return take(File(path, content, "") for path, content in files.items()).entries


def manifest(**said):
    return json.dumps(said).encode()


PICTURE = b"\x89PNG\0" + random.Random(1).randbytes(4000)
OURS = {
    "package.json": manifest(name="@acme/cli", private=True),
    **{f"src/part{n}.ts": code(f"ours{n}x") for n in range(12)},
}


def learned_beside(files):
    return [path for path, _ in backgrounds.installed(entries(OURS | files))]


def test_packages_beside_a_leak_are_learned_and_nothing_of_the_leak():
    beside = {"node_modules/lodash/a.js": code("lodash"), "node_modules/lodash/logo.png": PICTURE}

    assert learned_beside(beside) == list(beside)


def test_a_picture_of_a_package_beside_the_leak_is_no_sign_of_it():
    leak = leaks.fingerprinted(
        entries(OURS | {"logo.png": PICTURE, "own.png": PICTURE[:3000], "node_modules/a/logo.png": PICTURE})
    )
    known = leaks.known(entries({"logo.png": PICTURE, "own.png": PICTURE[:3000]}), leak.background)

    telling = {leak.index.files[number].path for number in leak.index.telling}
    assert (telling & {"logo.png", "own.png"}) == {"own.png"}
    assert [entry.ownership.value for entry in known] == ["shipped", "first"]


@pytest.mark.parametrize(
    "said",
    [{"private": True}, {"license": "UNLICENSED"}, {"private": "yes"}],
    ids=["private", "licence", "text"],
)
def test_a_package_that_says_it_is_private_is_not_learned(said):
    package = {
        "node_modules/tool/package.json": manifest(name="tool", **said),
        "node_modules/tool/a.js": code("tool"),
    }

    assert learned_beside(package) == []


def test_a_package_with_a_broken_manifest_is_not_learned():
    package = {"node_modules/tool/package.json": b"[" * 9999, "node_modules/tool/a.js": code("tool")}

    assert learned_beside(package) == []


def test_a_package_of_the_owners_scope_is_not_learned_even_if_it_is_published():
    files = OURS | {
        "package.json": manifest(name="@acme/cli", dependencies={"@acme/inner": "1"}),
        "node_modules/@acme/inner/a.js": code("inner"),
    }

    found = entries(files)
    assert "third" in [entry.ownership.value for entry in found]
    assert list(backgrounds.installed(found)) == []


def test_third_party_code_outside_of_packages_is_not_learned():
    assert learned_beside({"vendor/lib/a.js": code("vendored"), "third_party/x.py": code("third")}) == []


def test_the_next_leak_is_fingerprinted_without_what_is_kept():
    ordinary = code("ordinary")
    kept({"a.js": ordinary}, origin=Background.Origin.LEAK)
    next_leak = entries(OURS | {"src/copied.ts": ordinary})

    index = leaks.fingerprinted(next_leak, background=backgrounds.fitting(next_leak)).index

    weights = {file.path: file.weight for file in index.files}
    assert weights["src/copied.ts"] == 0
    assert all(weight for path, weight in weights.items() if path.startswith("src/part"))


def test_a_leak_that_was_once_taken_for_packages_is_fingerprinted_all_the_same():
    kept(OURS, origin=Background.Origin.LEAK, sure=True)
    public = kept({"a.js": code("public")}, origin=Background.Origin.PACKAGE)

    known = backgrounds.fitting(entries(OURS))

    assert known.grams.size + known.words.size + known.texts.size == public.hashes


def test_what_is_kept_names_nobody():
    row = backgrounds.save(backgrounds.beside(entries(OURS | {"node_modules/x/a.js": code("x")})))

    assert (row.name, row.origin, row.files) == ("packages beside a leak", "leak", 1)
    assert b"acme" not in bytes(row.blob)


def test_packages_that_are_another_leak_are_not_kept():
    package = {f"node_modules/tool/part{n}.js": code(f"tool{n}x") for n in range(12)}
    factories.FingerprintFactory(leak=package)

    assert backgrounds.beside(entries(OURS | package)) is None
