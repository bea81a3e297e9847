"""Somebody else's code is told from ours by where it lies and what its header says."""

import pytest

from monitors.inventory.licences import Header, header
from tests.monitors.inventory.trees import ACME, CODE, FACEBOOK, leaked, manifest, ownerships, taken, whys


@pytest.mark.parametrize(
    "path",
    [
        "node_modules/react/index.js",
        "package/src/vendor/lib.ts",
        "third_party/x/a.c",
        "ios/Pods/X/a.m",
        "lib/python3.11/site-packages/x.py",
        "bower_components/x/x.js",
    ],
)
def test_vendored_directories_are_somebody_else_s(path):
    assert ownerships(taken({path: CODE, "src/a.ts": CODE})) == {path: "third", "src/a.ts": "first"}


@pytest.mark.parametrize(
    "source",
    [
        "webpack://acme/webpack/bootstrap",
        "webpack:///webpack/runtime/define property getters",
        "webpack:///(webpack)/buildin/global.js",
        'webpack://acme/external commonjs "react"',
        "webpack:///./src/locales sync ^\\.\\/.*$",
        "\0commonjsHelpers.js",
        "\0vite/preload-helper",
        "turbopack:///[turbopack]/browser/runtime.ts",
    ],
)
def test_what_a_bundler_made_up_is_not_ours(source):
    inventory = leaked({}, {source: "runtime()", "webpack:///./src/a.ts": "a"})

    assert [entry.ownership.value for entry in inventory.entries] == ["shipped", "third", "first"]
    assert inventory.entries[1].why == "made up by a bundler"


def test_packages_of_our_own_scope_are_ours_wherever_they_are_installed():
    inventory = leaked(
        {"package/package.json": manifest(name="@acme/cli")},
        {
            "../node_modules/@acme/secret/src/a.ts": "a",
            "../node_modules/@acme/secret/node_modules/lodash/b.js": "b",
            "../node_modules/@other/x/c.js": "c",
        },
    )

    assert ownerships(inventory) == {
        "package/package.json": "shipped",
        "package/cli.js.map": "shipped",
        "package/node_modules/@acme/secret/src/a.ts": "first",
        "package/node_modules/@acme/secret/node_modules/lodash/b.js": "third",
        "package/node_modules/@other/x/c.js": "third",
    }


def test_a_package_of_our_own_scope_that_installs_by_itself_is_public_and_no_leak():
    inventory = leaked(
        {"package/package.json": manifest(name="@acme/cli", dependencies={"@acme/public": "^1.0.0"})},
        {"../node_modules/@acme/public/src/a.ts": "a", "../node_modules/@acme/secret/src/a.ts": "b"},
    )

    assert ownerships(inventory) == {
        "package/package.json": "shipped",
        "package/cli.js.map": "shipped",
        "package/node_modules/@acme/public/src/a.ts": "third",
        "package/node_modules/@acme/secret/src/a.ts": "first",
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (FACEBOOK, Header("MIT", "facebook")),
        (ACME, Header("apache-2.0", "acme")),
        (
            b"/*!\nCopyright (c) Microsoft Corporation.\nPermission to use, copy, modify, and/or distribute",
            Header("ISC", "microsoft corporation"),
        ),
        (
            b"#!/bin/python\n# Copyright 2019 Google LLC. All rights reserved.\n# The Apache License\n",
            Header("Apache", "google"),
        ),
        (
            b"'use strict';\n/*!\n * jQuery JavaScript Library v3.7.1\n */",
            Header("banner", "jquery javascript library"),
        ),
        (b"/** @license React v16 */", Header("@license", "")),
        (
            b"<!-- Copyright Foo; Mozilla Public License -->",
            Header("MPL", "foo; mozilla public license".replace(";", "")),
        ),
        (b"// Copyright Acme. All rights reserved. Proprietary and confidential.\n", Header("", "acme")),
        (b"// SPDX-License-Identifier: LicenseRef-Acme\n", Header("", "")),
        (b"const a = 1; // MIT License\n", Header("", "")),
        (b"", Header("", "")),
    ],
)
def test_a_header_tells_the_licence_and_its_holder(text, expected):
    assert header(text) == expected


def test_a_public_licence_by_somebody_else_is_third_party():
    sources = {f"src/{number}.ts": f"export const n = {number};\n" for number in range(9)}

    inventory = leaked({}, {**sources, "src/fb.ts": FACEBOOK.decode()})

    assert ownerships(inventory)["package/src/fb.ts"] == "third"
    assert whys(inventory)["package/src/fb.ts"] == "its header: MIT, facebook"
    assert list(ownerships(inventory).values()).count("first") == 9


def test_our_own_header_on_most_files_is_no_evidence_against_us():
    sources = {f"src/{number}.ts": f"{ACME.decode()}export const n = {number};\n" for number in range(15)}
    sources |= {f"src/plain{number}.ts": f"let n = {number}" for number in range(30)}
    sources |= {f"src/fb{number}.ts": f"{FACEBOOK.decode()}let n = {number}" for number in range(3)}

    owners = ownerships(leaked({}, sources))

    assert [path for path, owner in owners.items() if owner == "third"] == [
        "package/src/fb0.ts",
        "package/src/fb1.ts",
        "package/src/fb2.ts",
    ]


def test_a_licence_without_a_holder_on_most_files_is_ours_too():
    sources = {
        f"src/{number}.ts": f"// SPDX-License-Identifier: MIT\nlet n = {number}" for number in range(5)
    }

    assert set(ownerships(leaked({}, sources)).values()) == {"shipped", "first"}


@pytest.mark.parametrize(
    "fields",
    [
        {"author": "Acme Inc. <dev@acme.example>"},
        {"author": {"name": "Acme"}},
        {"name": "@acme/cli"},
        {"repository": "github:acme/cli"},
        {"repository": {"url": "git+https://git.example.com/acme/cli.git"}},
        {"repository": {"url": "git@git.example.com:acme/cli.git"}},
    ],
)
def test_a_rare_header_of_whom_the_manifest_names_is_ours(fields):
    tree = {f"src/{number}.ts": b"let n = %d" % number for number in range(30)}

    owners = ownerships(taken({"package.json": manifest(**fields), **tree, "src/acme.ts": ACME}))

    assert owners["src/acme.ts"] == "first"


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"author": 1}', b"\xff", b"[" * 100_000])
def test_a_manifest_that_cannot_be_read_says_nothing(content):
    assert ownerships(taken({"package.json": content, "a.ts": CODE})) == {
        "package.json": "first",
        "a.ts": "first",
    }


PUBLIC = {"name": "lodash", "version": "4.17.21", "license": "MIT", "author": "John-David"}
ROOT = {"name": "@acme/app", "author": "Acme", "repository": "git@forge.example:acme-co/app.git"}


def copied_in(fields, root=ROOT):
    """Whose a file of a package that lies in a folder of ours is."""
    tree = {"package.json": manifest(**root), "src/a.ts": CODE * 9, "lib/x/package.json": manifest(**fields)}
    return ownerships(taken(tree | {"lib/x/index.js": CODE}))["lib/x/index.js"]


def test_a_stranger_s_package_that_was_copied_in_is_not_ours():
    assert copied_in(PUBLIC) == "third"


@pytest.mark.parametrize(
    ("fields", "root"),
    [
        ({"version": ""}, {}),
        ({"license": None}, {}),
        ({"license": "UNLICENSED"}, {}),
        ({"private": True}, {}),
        ({"name": "@acme/lid"}, {}),
        ({"name": "app-core"}, {}),
        ({"author": {"name": "Acme"}}, {}),
        ({"repository": {"url": "https://forge.example/acme-co/lid"}}, {}),
        ({}, {"workspaces": ["lib/*"]}),
        ({}, {"workspaces": {"packages": ["./lib/**"]}}),
        ({}, {"dependencies": {"lodash": "file:lib/x"}}),
        ({}, {"name": ""}),
    ],
)
def test_a_package_that_may_be_of_ours_is_ours(fields, root):
    assert copied_in(PUBLIC | fields, ROOT | root) == "first"


@pytest.mark.parametrize("other", [{"pnpm-workspace.yaml": b""}, {"lib/x/more.js": CODE * 99}])
def test_packages_of_a_workspace_and_most_of_the_code_are_ours(other):
    tree = {
        "package.json": manifest(**ROOT),
        "src/a.ts": CODE * 9,
        "lib/x/package.json": manifest(**PUBLIC),
        "lib/x/index.js": CODE,
    }

    assert ownerships(taken(tree | other))["lib/x/index.js"] == "first"
