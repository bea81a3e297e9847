import json
from time import process_time

import pytest

from monitors.fingerprints.identity import Identity, identify

from .conftest import CODE, README


@pytest.mark.parametrize(
    "title",
    [
        "@evil/launch-desk@1.0.0",
        "evil/launch-desk",
        "acme-launch-desk@9.9.9",
        "AcmeLaunchDesk",
        "evil/launch-desk-leaked",
        "leaked-acme-launch-desk",
        "launch-desk-source-code@0.1.0",
        "evil/LaunchDesk-Cracked",
        "acme-launch-desk-mirror",
        "unlocked-launchdesk",
        "launch-desk-official",
        "lauch-desk@1.0.0",
        "launhc-desk",
        "launnch-desk",
        "acme-lamnch-desk",
        "evil/lаunch-desk",  # with a Cyrillic a
        "1aunch-desk@2.0.0",
    ],
)
def test_a_place_that_is_called_like_the_leak_claims_to_be_it(claim, title):
    found = claim(title, {"index.js": "module.exports = {}"})

    assert found is not None
    assert found.names
    assert (found.readme_share, found.dangers) == (0.0, ())


def test_the_name_in_a_manifest_counts_like_the_title(claim):
    npm = claim("evil/stuff", {"x/package.json": {"name": "@acme/launch-desk"}})
    pip = claim("evil/stuff", {"pyproject.toml": '[project]\nname = "launch_desk_src"\n'})

    assert (npm.names, pip.names) == (("@acme/launch-desk",), ("launch_desk_src",))


def test_a_place_that_repeats_the_readme_claims_to_be_it(claim):
    found = claim("evil/free-stuff", {"README.md": b"# Something else\n" + README})

    assert found.readme_share > 0.9


def test_a_title_that_names_ours_and_speaks_of_a_leak_makes_the_claim_of_any_place(claim):
    readme = "# Acme Launch Desk: full leaked source\n\nDownload below."

    found = claim("evil/abc", CODE | {"README.md": readme})

    assert found.names == ("Acme Launch Desk: full leaked source",)


@pytest.mark.parametrize(
    "heading", ["Leaked code for Launch Desk", "launch-desk source code", "LAUNCH DESK cracked"]
)
def test_leaks_are_offered_in_many_words(claim, heading):
    assert claim("evil/abc", CODE | {"README.md": f"# {heading}\n"}).names == (heading,)


def test_a_readme_that_calls_itself_leaked_in_its_first_lines_makes_the_claim(claim):
    found = claim(
        "evil/abc", CODE | {"README.md": "# Launch Desk\n\nThe source code, leaked from their registry."}
    )

    assert found.names == ("Launch Desk",)


def test_a_fork_full_of_code_becomes_an_impostor_by_what_it_runs(claim):
    fork = CODE | {"README.md": README, "package.json": {"name": "@acme/launch-desk"}}

    harmless, harmful = (
        claim("evil/launch-desk", fork),
        claim("evil/launch-desk", fork | {"Setup.exe": b"MZ"}),
    )

    assert harmless is None
    assert [str(danger) for danger in harmful.dangers] == ["executable: Setup.exe (runs on Windows)"]


def test_a_command_in_our_own_readme_makes_no_impostor_of_a_fork(claim):
    readme = README + b"\n\n    curl -fsSL https://acme.example/install.sh | bash\n"

    assert claim("someone/launch-desk", CODE | {"README.md": readme}) is None


def test_a_short_name_needs_a_danger_or_words_of_a_leak(claim):
    snyk = identify([("package.json", b'{"name": "snyk"}')])
    script = {"package.json": {"name": "snyk", "scripts": {"postinstall": "node x.js"}}}

    assert claim("evil/snyk", {"a.js": "1"}, snyk) is None
    assert claim("evil/snyk-leaked", {"a.js": "1"}, snyk).names == ("@evil/snyk-leaked",)
    assert claim("evil/snyk", script, snyk).dangers[0].detail == "postinstall: node x.js"


def test_of_a_leak_without_a_name_nobody_claims_anything(claim):
    assert claim("evil/launch-desk-leaked", {"README.md": README}, Identity.NOTHING) is None


@pytest.mark.slow  # a second and a half, all of it the readers' of a nested TOML and of long names
def test_hostile_names_and_manifests_cost_little_and_raise_nothing(claim):
    hostile = {
        "package.json": b"[" * 500_000,
        "pyproject.toml": b"a=" + b"[" * 20_000,
        "README.md": b"<h1>" * 100_000 + b"![" * 50_000,
    }
    began = process_time()

    found = [
        claim("leak-" * 500 + name, hostile) for name in ("x", "é" * 5000, "\ud800/\x00", "@/@@", "pkg:/")
    ]

    assert found == [None] * 5
    assert process_time() - began < 10


def test_a_manifest_may_hold_anything_where_text_belongs(claim):
    for name in (None, 7, [], {"a": 1}, "x" * 100_000):
        assert claim("evil/abc", {"package.json": json.dumps({"name": name, "scripts": name})}) is None
