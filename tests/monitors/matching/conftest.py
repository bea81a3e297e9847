import random

import pytest

from monitors.fingerprints import git_blob_id, git_tree_ids

SYLLABLES = [
    "ba",
    "ce",
    "di",
    "fo",
    "gu",
    "ha",
    "je",
    "ki",
    "lo",
    "mu",
    "na",
    "pe",
    "qui",
    "ro",
    "su",
    "ta",
    "ve",
    "wi",
    "xo",
    "zu",
]


class Folder:
    """A place that holds these files, and remembers which of them were read."""

    def __init__(self, files, *, ids_only=False):
        self.files = files
        self.entries = {path: git_blob_id(content) for path, content in files.items()}
        self.trees = git_tree_ids(self.entries)
        self.ids_only = ids_only
        self.asked = []

    def read(self, paths):
        self.asked += paths
        yield from () if self.ids_only else ((path, self.files[path]) for path in paths)


def source(seed, functions=12):
    """A TypeScript file of its own for every seed, about 14 lines for each function."""
    return "\n".join(_function(random.Random(f"{seed}/{at}")) for at in range(functions)).encode()


def _function(chance):
    def name():
        return "".join(chance.choices(SYLLABLES, k=3)) + "".join(chance.choices(SYLLABLES, k=4)).title()

    return f"""
/** Asks the {name()} before {name()}, for the sake of {name()}. */
export async function {name()}(input: {name().title()}, retries: {name().title()}): Promise<string> {{
  const {(local := name())} = await input.{name()}({{ reason: "{name()} was refused by {name()}" }});
  if ({local}.{name()} > retries) {{
    throw new Error('could not {name()} the {name()} in time');
  }}
  for (const item of {local}.{name()}) {{
    item.{name()}(`{name()} of ${{item.id}}`, {chance.randrange(10**6)});
  }}
  return {local}.{name()}.{name()};
}}
"""


@pytest.fixture
def leak():
    """Twenty files of ours in three folders, an empty one and a licence among them."""
    files = {
        f"src/{folder}/{at}.ts": source(f"{folder}{at}")
        for folder in ("core", "net", "ui")
        for at in range(6)
    }
    return {**files, "src/empty.ts": b"", "LICENSE": b"Permission is hereby granted, free of charge, " * 20}
