import json

import pytest

from monitors.fingerprints.identity import identify

from .conftest import CODE, README


def leak(name, readme=b""):
    return identify([("package.json", json.dumps({"name": name}).encode()), ("README.md", readme)])


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("drizzle-orm", "drizzle-zod"),  # a sibling
        ("@trpc/server", "@trpc/client"),
        ("@trpc/server", "@orpc/server"),  # a rival, one letter away
        ("@trpc/server", "server"),
        ("@tiptap/core", "@mikro-orm/core"),  # the same name in everybody's scope
        ("snyk", "snyk-docker-plugin"),
        ("livekit-client", "livekit-server-sdk"),
        ("livekit-client", "mediasoup-client"),
        ("preact", "preact-router"),
        ("webpack", "webpack-sources"),
        ("claude", "claude-code"),
        ("@acme/cli", "evil/cli"),
    ],
)
def test_another_name_is_no_claim(claim, ours, theirs):
    readme = f"# {theirs}\n\nWorks with {ours}. Read its source code on the web."

    assert (
        claim(f"{theirs}@1.0.0", {"README.md": readme, "package.json": {"name": theirs}}, leak(ours)) is None
    )


@pytest.mark.parametrize("title", ["@acme/launch-desk@0.9.0", "acme/launch-desk", "@acme/launch-desk-source"])
def test_what_lies_under_the_owners_account_is_the_owners(claim, title):
    assert claim(title, {"README.md": README, "package.json": {"name": "launch-desk-leaked"}}) is None


def test_an_account_that_only_looks_like_the_owners_is_not(claim):
    for account in ("ac-me", "аcme", "acme_"):
        assert claim(f"{account}/launch-desk", {"README.md": README}) is not None


def test_a_name_one_letter_away_in_a_place_full_of_code_is_another_name(claim):
    assert claim("react@19.0.0", CODE, leak("preact")) is None


def test_one_large_bundle_is_as_much_as_a_fork_has(claim):
    assert claim("evil/launch-desk", {"README.md": README, "cli.js": b"x" * 60_000}) is None


def test_a_readme_that_quotes_a_tenth_of_ours_is_no_copy_of_it(claim):
    assert claim("evil/review", {"README.md": b"# A review\n\n" + README[: len(README) // 10]}) is None


def test_a_readme_that_a_tool_wrote_is_everybodys(claim):
    boilerplate = README.replace(b"Acme Launch Desk", b"Getting Started with the Template")
    ours = leak("@acme/launch-desk", boilerplate)

    place = {"README.md": boilerplate, "package.json": {"name": "my-app", "scripts": {"postinstall": "x"}}}

    assert claim("someone/my-app", place, ours) is None
    assert claim("someone/launch-desk", place, ours).readme_share == 1.0


@pytest.mark.parametrize(
    "heading",
    [
        "Launch Desk leak: an analysis",
        "Detect leaked keys with Launch Desk",
        "A plugin for Launch Desk, with full source code",
        "Fix the memory leak of Launch Desk",
        "Leaked source of Another Thing",
    ],
)
def test_to_speak_of_a_leak_is_not_to_claim_it(claim, heading):
    assert claim("evil/abc", {"README.md": f"# {heading}\n\nText."}) is None


def test_what_a_place_has_installed_is_not_its_own_name(claim):
    installed = {"node_modules/@acme/launch-desk/package.json": {"name": "@acme/launch-desk"}}

    assert claim("evil/abc", installed) is None


def test_one_word_in_a_scope_is_anybodys_name(claim):
    small = {"index.js": "1", "package.json": {"name": "@types/express"}}

    assert claim("@types/express@5.0.0", small, leak("express")) is None
    assert claim("@evil/express@5.0.0", small | {"run.exe": b"MZ"}, leak("express")) is not None


def test_a_name_that_has_such_letters_itself_is_no_disguise(claim):
    assert claim("someone/auth0-kit", CODE, leak("auth0-kit")) is None
