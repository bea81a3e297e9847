"""Trees of files as the tests need them."""

import json

from monitors.inventory import take
from monitors.unpack import File, unpack
from tests.monitors.unpack.packing import source_map, tarred

FACEBOOK = (
    b"/**\n * Copyright (c) Facebook, Inc. and its affiliates.\n *\n * Licensed under the MIT license.\n */\n"
)
ACME = b"// Copyright 2026 Acme, Inc.\n// SPDX-License-Identifier: Apache-2.0\n"
CODE = b"export const answer = 42;\n"


def taken(tree):
    """The inventory of {path: content}."""
    return take(File(path, content) for path, content in tree.items())


def leaked(plain, sources, map_path="package/cli.js.map"):
    """The inventory of a package of these files, with a map of these sources last."""
    return take(unpack(tarred({**plain, map_path: source_map(sources)}), name="a.tgz"))


def ownerships(inventory):
    return {entry.path: entry.ownership.value for entry in inventory.entries}


def whys(inventory):
    return {entry.path: entry.why for entry in inventory.entries}


def manifest(**fields):
    return json.dumps(fields).encode()
