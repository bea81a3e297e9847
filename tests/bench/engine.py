"""`make bench-engine`: the engine and SCANOSS's winnowing, side by side over the same disguised copies.

The corpus is built once, from REPOSTS (../shared/bench/reposts), into BENCH_CACHE (~/.cache/leakline).
The last line is one JSON object.
"""

import argparse
import json
import os
import random
import resource
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from monitors.fingerprints import fingerprint
from monitors.matching import match

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
CONFIRMED = {"copy", "partial", "derived"}  # the classes that a notice may name
SEED_FILES, SEED_LINES, SEED_OURS = 3_210, 182, 1_906
ENTRIES = 400_000


def corpus(reposts: Path, cache: Path) -> Path:
    """The folder of the corpus, built when it is not there: two minutes, 0.7 GB."""
    built = cache / "reposts"
    if not (built / "manifest.json").exists():
        cache.mkdir(parents=True, exist_ok=True)
        subprocess.run([sys.executable, reposts / "build_corpus.py", reposts / "dev.toml", built], check=True)
    return built


def scanoss(cache: Path) -> Path:
    """A Python that has SCANOSS, pinned by hashes, and nothing of ours."""
    python = cache / "scanoss" / "bin" / "python"
    if not (cache / "scanoss" / "ready").exists():
        venv.create(cache / "scanoss", with_pip=True, clear=True)
        install = [python, "-m", "pip", "install", "-qq", "--require-hashes", "-r", HERE / "scanoss.txt"]
        subprocess.run(install, check=True)
        (cache / "scanoss" / "ready").touch()
    return python


def scored(name: str, matcher: list, reposts: Path, built: Path, *options: str, **environment: str) -> dict:
    """What score.py says of a matcher."""
    with tempfile.TemporaryDirectory() as folder:
        result = Path(folder) / "result.json"
        subprocess.run(
            [
                sys.executable,
                reposts / "score.py",
                built,
                "--name",
                name,
                "--json",
                result,
                *options,
                "--",
                *matcher,
            ],
            check=True,
            stdout=subprocess.DEVNULL,
            env=os.environ | {"PYTHONPATH": str(ROOT)} | environment,
        )
        return json.loads(result.read_text())[name]


def innocents_confirmed(built: Path, log: Path) -> int:
    """Pairs of an innocent package and a leak that the engine would let a notice name."""
    innocent = {
        str(built / record["path"])
        for record in json.loads((built / "manifest.json").read_text())
        if record["kind"] == "innocent"
    }
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    return sum(
        len(CONFIRMED.intersection([one]))
        for row in rows
        if row["path"] in innocent
        for one in row["classes"]
    )


def seed_map(path: Path) -> None:
    """A source map of the size of the known leak: 3,210 files and 584,220 lines, 1,906 of the files ours."""
    chance = random.Random(1)
    vocabulary = [
        "".join(chance.choices("abcdefghijklmnoprstuvw", k=chance.randrange(3, 14))) for _ in range(30_000)
    ]

    def line() -> str:
        one, two, three, four, *rest = chance.choices(vocabulary, k=9)
        return f"  const {one} = {two}.{three}({four}, 'the {' '.join(rest)}');"

    names = [
        f"../src/{at % 40}/{at}.ts" if at < SEED_OURS else f"../node_modules/{at % 90}/{at}.js"
        for at in range(SEED_FILES)
    ]
    texts = ["\n".join(line() for _ in range(SEED_LINES)) for _ in names]
    path.write_text(json.dumps({"version": 3, "sources": names, "sourcesContent": texts, "mappings": ""}))


def seed() -> dict[str, float]:
    """From the bytes of such a map to its index, with the command: seconds, and the peak of memory."""
    with tempfile.TemporaryDirectory() as folder:
        leak, index = Path(folder) / "cli.js.map", Path(folder) / "index"
        seed_map(leak)
        size, began = leak.stat().st_size, time.monotonic()
        command = [sys.executable, ROOT / "manage.py", "fingerprint", leak, "-o", index]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        seconds, written = time.monotonic() - began, index.stat().st_size
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    sizes = {"seed_mb": size / 1e6, "seed_index_mb": round(written / 1e6, 1)}
    return sizes | {"seed_seconds": round(seconds, 2), "seed_peak_mb": round(peak, 1)}


class Tree:
    """A git tree that is known by its ids alone."""

    def __init__(self, entries: int) -> None:
        chance = random.Random(2)
        self.entries = {
            f"src/{at // 100}/{at}.ts": f"{chance.getrandbits(160):040x}" for at in range(entries)
        }
        self.trees = {f"src/{at}": f"{chance.getrandbits(160):040x}" for at in range(entries // 100)}

    def read(self, paths):
        return iter(())


def ids_per_second() -> float:
    index = fingerprint((f"{at}.ts", b"export const value%d = %d;\n" % (at, at) * 40) for at in range(2_000))
    place = Tree(ENTRIES)
    began = time.monotonic()
    match(index, place)
    return ENTRIES / (time.monotonic() - began)


def table(ours: dict, theirs: dict) -> str:
    """Recall of each disguise, and what else score.py measures, ours beside SCANOSS's."""
    rows = [f"{'':<24}{'engine':>10}{'scanoss':>10}"]
    for split in ("all", "dev", "test"):
        for key in ("auc", "recall"):
            pair = [result["splits"][split][key] for result in (ours, theirs)]
            rows.append(f"{f'{key}, {split}':<24}{pair[0]:>10.4f}{pair[1]:>10.4f}")
    for disguise, share in ours["splits"]["all"]["recall_by_mutation"].items():
        other = theirs["splits"]["all"]["recall_by_mutation"][disguise]
        rows.append(f"  {disguise:<22}{share:>10.2f}{other:>10.2f}")
    for key in ("match_mb_s", "match_files_s"):
        rows.append(f"{key:<24}{ours[key]:>10.2f}{theirs[key]:>10.2f}")
    limit = ours["dev_threshold_on_test"]
    rows.append(
        f"dev limit on test: recall {limit['recall']:.4f}, false positives {limit['false_positives']}"
    )
    return "\n".join(rows)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine", description=__doc__)
    beside = os.environ.get("REPOSTS", ROOT.parent / "shared" / "bench" / "reposts")
    home = os.environ.get("BENCH_CACHE", Path.home() / ".cache" / "leakline")
    parser.add_argument("--reposts", type=Path, default=Path(beside))
    parser.add_argument("--cache", type=Path, default=Path(home))
    given = parser.parse_args(arguments)
    # First, because the peak is that of the largest child so far.
    answer = seed() | {"ids_per_s": round(ids_per_second())}
    built = corpus(given.reposts.resolve(), given.cache.resolve())
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "classes"
        ours = scored(
            "engine",
            [sys.executable, "-m", "tests.bench.engine_matcher"],
            given.reposts,
            built,
            "--background",
            ENGINE_CLASSES=str(log),
        )
        answer["innocent_confirmed"] = innocents_confirmed(built, log)
    peer = [scanoss(given.cache.resolve()), given.reposts.resolve() / "peers" / "scanoss_wfp.py"]
    theirs = scored("scanoss", peer, given.reposts, built)
    print(table(ours, theirs))
    whole = ours["splits"]["all"]
    answer |= {
        "auc": round(whole["auc"], 5),
        "recall_zero_fp": round(whole["recall"], 4),
        "recall_snippet": whole["recall_by_mutation"]["snippet60"],
        "share_mae": round(whole["fraction_mae"], 4),
        "match_ratio_scanoss": round(ours["match_mb_s"] / theirs["match_mb_s"], 2),
        "files_per_s": ours["match_files_s"],
    }
    print(
        f"seed-size leak: {answer.pop('seed_mb'):.1f} MB, no two lines alike; "
        f"its index: {answer['seed_index_mb']} MB"
    )
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
