"""The engine behind the contract of bench/reposts: `prepare LEAK_DIR STATE` and `batch STATE ...`."""

import json
import os
import sys
from pathlib import Path

from monitors import leaks
from monitors.fingerprints import NOTHING, Background, learn
from monitors.management.comparing import Comparer, processors
from monitors.unpack import Limits, read_folder


def public_code() -> Background:
    """What the folders listed in REPOSTS_BACKGROUND hold, learnt by the first who asks and kept."""
    if not (listing := os.environ.get("REPOSTS_BACKGROUND")):
        return NOTHING
    kept = Path(f"{listing}.learned")
    if not kept.exists():
        folders = [Path(line) for line in Path(listing).read_text().splitlines()]
        files = (file for folder in folders for file in read_folder(folder))
        kept.write_bytes(learn((file.path, file.content) for file in files).to_bytes())
    return Background.from_bytes(kept.read_bytes())


def prepare(leak: str, state: str) -> None:
    files = read_folder(Path(leak) / "tree")
    Path(state).write_bytes(leaks.index(files, background=public_code()).index.to_bytes())


def batch(states: list[str]) -> None:
    comparer = Comparer([Path(state) for state in states], limits=Limits(), evidence=0)
    for answer in comparer.answers((Path(line.rstrip("\n")) for line in sys.stdin), jobs=processors()):
        found = answer["matches"]
        told = {"scores": [one["score"] for one in found], "fractions": [one["share"] for one in found]}
        print(json.dumps({"path": answer["path"]} | told), flush=True)
        if log := os.environ.get("ENGINE_CLASSES"):
            with open(log, "a") as classes:
                row = {"path": answer["path"], "classes": [one["class"] for one in found]}
                classes.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    verb, *rest = sys.argv[1:]
    if verb == "prepare":
        prepare(*rest)
    else:
        batch(rest)
