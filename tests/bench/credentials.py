"""`make bench-credentials`: how many credentials are found, how many are not ones, and how fast.

Recall is over credentials made of dice, each form many times; the near misses among them must stay silent.
The same over a public corpus of token formats (tokens/README.md), kind by kind; the unknown is missed.
False alarms are counted in ordinary public packages, fetched by name with the npm client: every find of high
or medium confidence in them is taken for one, and so is every near miss. The last line is one JSON object.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from monitors.inventory import Confidence, credentials
from monitors.unpack import unpack
from tests.bench.tokens.corpus import Kind, kinds
from tests.monitors.inventory.minted import Mint, issued, spoiled

PACKAGES = [
    "lodash", "react", "react-dom", "express", "axios", "chalk", "commander", "debug", "moment",
    "vue", "typescript", "webpack", "rollup", "eslint", "prettier", "jest-cli", "mocha", "yargs",
    "glob", "semver", "uuid", "async", "bluebird", "rxjs", "redux", "next-auth", "jsonwebtoken",
    "passport", "aws-sdk", "@aws-sdk/client-s3", "stripe", "@octokit/rest", "firebase",
    "googleapis-common", "@slack/web-api", "openai", "@anthropic-ai/sdk", "pg", "mysql2", "mongodb",
    "redis", "nodemailer", "dotenv", "ws", "socket.io", "graphql", "apollo-server-core", "zod",
    "ajv",
]  # fmt: skip
TEXT = {".js", ".mjs", ".cjs", ".ts", ".tsx", ".jsx", ".json", ".md", ".yml", ".yaml", ".css", ".html"}
LARGEST = 5_000_000  # bytes of a file
AT_ONCE = 10  # packages for one call of npm
FOUND = 0.9  # of what was made of a kind; from there on it is said to be found
QUIET = {"stdout": subprocess.DEVNULL, "timeout": 300}


def recall(rounds: int) -> tuple[float, int, int, int]:
    """The share found exactly, of how many; near misses reported, of how many."""
    found = made = wrong = near = 0
    for seed in range(rounds):
        mint = Mint(seed)
        for name, line, secret in issued(mint):
            made += 1
            found += [(one.name, one.secret.decode()) for one in credentials.find(line.encode())] == [
                (name, secret)
            ]
        for _, text in spoiled(mint):
            near += 1
            wrong += bool(credentials.find(f"const value = `{text}`;\n".encode()))
    return found / made, made, wrong, near


@dataclass
class Outcome:
    """How often a kind of the public corpus was found, under which names, and what else was."""

    kind: Kind
    made: int = 0
    found: int = 0
    surely: int = 0  # of high or medium confidence
    near: int = 0
    names: Counter[str] = field(default_factory=Counter)
    flagged: list[str] = field(default_factory=list)

    @property
    def share(self) -> float:
        return self.found / self.made if self.made else 0.0

    @property
    def sure_share(self) -> float:
        return self.surely / self.made if self.made else 0.0


def looked_for(kind: Kind, rounds: int) -> Outcome:
    outcome = Outcome(kind)
    for mint in map(Mint, range(rounds)):
        for line, secret in kind.samples(mint):
            found = [one for one in credentials.find(line.encode()) if one.secret == secret.encode()]
            outcome.made += 1
            outcome.found += bool(found)
            outcome.surely += any(one.confidence is not Confidence.LOW for one in found)
            outcome.names.update(map(called, found))
        for form, text in kind.near_misses(mint):
            outcome.near += 1
            outcome.flagged += [f"{called(one)} in {form}" for one in credentials.find(text.encode())]
    return outcome


def called(one: credentials.Credential) -> str:
    return f"{one.name} ({one.confidence})"


def public(rounds: int) -> dict[str, float | int]:
    """The figures of the public corpus; each of its kinds on a line of its own, the least found first."""
    outcomes = [looked_for(kind, rounds) for kind in kinds()]
    for outcome in sorted(outcomes, key=lambda outcome: (outcome.share, outcome.kind.name)):
        print(f"  {outcome.share:.2f} {outcome.kind.name}: {', '.join(outcome.names) or 'missed'}")
    for outcome in outcomes:
        for what in sorted(set(outcome.flagged)):
            print(f"  near miss of {outcome.kind.name}: {what}")
    tuned = [outcome for outcome in outcomes if not outcome.kind.is_held_out]
    in_source = [outcome for outcome in tuned if outcome.kind.is_work]
    held_out = [outcome for outcome in outcomes if outcome.kind.is_held_out]
    told = {
        "public_recall": mean(outcome.share for outcome in tuned),
        "public_recall_in_source": mean(outcome.share for outcome in in_source),
        "public_recall_in_source_sure": mean(outcome.sure_share for outcome in in_source),
        "public_recall_held_out": mean(outcome.share for outcome in held_out),
        "public_kinds": len(outcomes),
        "public_kinds_found": sum(outcome.share >= FOUND for outcome in outcomes),
        "public_made": sum(outcome.made for outcome in outcomes),
        "public_near_misses": sum(outcome.near for outcome in outcomes),
        "public_near_miss_flagged": sum(len(outcome.flagged) for outcome in outcomes),
    }
    print(", ".join(f"{name.replace('_', ' ')} {value:,}" for name, value in told.items()), flush=True)
    return told


def mean(shares: Iterable[float]) -> float:
    """Each kind weighs the same."""
    listed = list(shares)
    return round(sum(listed) / len(listed), 4)


def packed(folder: Path) -> list[bytes]:
    """The text files of ordinary packages, as they are published; nothing of them is run."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not installed: it fetches the ordinary packages.")
    for start in range(0, len(PACKAGES), AT_ONCE):
        names = PACKAGES[start : start + AT_ONCE]
        subprocess.run([npm, "pack", "--ignore-scripts", "--silent", *names], **QUIET, cwd=folder, check=True)
    files = (file for path in sorted(folder.glob("*.tgz")) for file in unpack(path, name=path.name))
    return [file.content for file in files if Path(file.path).suffix in TEXT and len(file.content) <= LARGEST]


def scanned(contents: list[bytes]) -> tuple[list[credentials.Credential], float]:
    """What was found in the files, and MB/s of one process."""
    began = time.process_time()
    found = [one for content in contents for one in credentials.find(content)]
    return found, sum(map(len, contents)) / 1e6 / (time.process_time() - began)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.bench.credentials", description=__doc__)
    parser.add_argument("--rounds", type=int, default=100, help="how often each form is made")
    parser.add_argument(
        "--public-rounds", type=int, default=3, help="how often each line of the public corpus is"
    )
    given = parser.parse_args(arguments)
    share, made, wrong, near = recall(given.rounds)
    print(f"{made:,} credentials: {share:.4f} found; {near:,} near misses: {wrong} reported", flush=True)
    told = public(given.public_rounds)
    with tempfile.TemporaryDirectory(prefix="leakline-") as folder:
        contents = packed(Path(folder))
    found, speed = scanned(contents)
    sure = [one for one in found if one.confidence is not Confidence.LOW]
    size = sum(map(len, contents)) / 1e6
    print(f"{len(contents):,} files of {len(PACKAGES)} packages, {size:.0f} MB, {speed:.0f} MB/s")
    print(f"  reported in them: {dict(Counter(map(called, found)))}")
    answer = {"recall": round(share, 4), "false_positives": wrong + len(sure), "mb_per_s": round(speed, 1)}
    print(json.dumps(answer | told))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
