"""`make scaffolds`: what new projects begin with, as the background that every leak is fingerprinted with.

Packs the packages of scaffolds.txt with npm into BENCH_CACHE (~/.cache/leakline) and writes the hashes of
their templates, and nothing else of them, to monitors/fingerprints/scaffolds.background. The same list makes
the same bytes.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from monitors.fingerprints import NOTHING, learn
from monitors.fingerprints.scaffolds import KEPT
from monitors.unpack import unpack
from tests.bench.ordinary import parsed, pins

LIST = Path(__file__).with_name("scaffolds.txt")
PACK_SECONDS = 300
# The folders that generators copy from; of a package that is a template itself, everything counts.
_TEMPLATE = re.compile(r"/(?:templates?|template-[\w-]+|tmpl|files(?:-[\w-]+)?)/")


def packed(pinned: str, cache: Path) -> Path:
    """The package's archive, as npm gives it."""
    folder = cache / "scaffolds" / pinned.replace("/", "+")
    if not (folder / "ready").exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        command = [shutil.which("npm") or "npm", "pack", pinned, "--silent", "--ignore-scripts"]
        subprocess.run(command, cwd=folder, check=True, timeout=PACK_SECONDS, stdout=subprocess.DEVNULL)
        (folder / "ready").touch()
    [archive] = folder.glob("*.tgz")
    return archive


def templates(pinned: str, archive: Path) -> Iterator[tuple[str, bytes]]:
    """The files of its templates (path, content)."""
    is_template = pinned.startswith("expo-template-")
    with archive.open("rb") as content:
        for file in unpack(content, name=archive.name):
            if is_template or _TEMPLATE.search(file.path):
                yield file.path, file.content


def main(arguments: list[str]) -> int:
    given = parsed(arguments, prog="python -m tests.bench.scaffolds", about=__doc__)
    files = [file for one in pins(LIST) for file in templates(one, packed(one, given.cache))]
    # Not their words: those are names that everybody calls, and of a rewritten copy words are all there is.
    made = replace(learn(files), words=NOTHING.words)
    KEPT.write_bytes(made.to_bytes())
    print(
        f"{len(files):,} files; {len(made.grams):,} pieces and {len(made.texts):,} whole files kept: "
        f"{KEPT.stat().st_size:,} bytes"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
