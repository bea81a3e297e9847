"""`make fuzz SECONDS=600`: every contract in turn for its share of the time, on one core.

With atheris, which is fetched into var/fuzz when it is not there and is no part of the product; where it has
no wheel for this machine, with plain mutations. What breaks a contract is kept in var/fuzz/found, and belongs
into tests/fuzz/cases once it is mended.
"""

import argparse
import hashlib
import os
import random
import subprocess
import sys
import time
import traceback
from collections.abc import Iterator
from pathlib import Path

from tests.fuzz.registry import CONTRACTS
from tests.fuzz.seeds import seeds

HOME = Path("var/fuzz")
LONGEST = 20_000  # bytes of an input
HANG = 20  # seconds
MEMORY = 1500  # MiB of the whole process, of which libFuzzer takes some
NO_WHEEL = "There is no atheris for this Python on this machine: fuzzing by plain mutations, which find less."


def has_atheris(folder: Path) -> bool:
    """Whether atheris is in the folder, or could be put there."""
    if (folder / "atheris").is_dir():
        return True
    fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--only-binary", ":all:"]
    fetched = subprocess.run([*fetch, "--target", str(folder), "atheris"], capture_output=True, check=False)
    return fetched.returncode == 0


def guided(contract: str, seconds: int, *, folder: Path) -> bool:
    """Whether the contract held under libFuzzer for so long."""
    corpus = HOME / "corpus" / contract
    corpus.mkdir(parents=True, exist_ok=True)
    for name, content in seeds(contract).items():
        (corpus / f"seed-{name}").write_bytes(content)
    told = [
        f"-max_total_time={seconds}",
        f"-timeout={HANG}",
        f"-rss_limit_mb={MEMORY}",
        f"-max_len={LONGEST}",
    ]
    kept = f"-artifact_prefix={HOME / 'found' / contract}-"
    command = [sys.executable, "-m", "tests.fuzz.harness", contract, str(corpus), *told, kept]
    ran = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": str(folder)}, capture_output=True, text=True, check=False
    )
    print(f"{contract}: {_last_words(ran.stderr, ran.returncode)}", flush=True)
    return ran.returncode == 0


def mutations(whole: dict[str, bytes], *, seed: int) -> Iterator[bytes]:
    """The seeds, then what a few changed, cut and doubled bytes make of them, without end."""
    yield from whole.values()
    chance = random.Random(seed)
    while True:
        content = bytearray(chance.choice(list(whole.values())))
        for _ in range(chance.randint(1, 8)):
            at = chance.randrange(len(content) + 1)
            content[at : at + chance.choice((0, 1, 1, 4, 40))] = chance.choice(
                (b"", chance.randbytes(1), chance.randbytes(4), bytes(content[at : at + 99]))
            )
        yield bytes(content[:LONGEST])


def unguided(contract: str, seconds: int) -> bool:
    """Whether the contract held under plain mutations for so long."""
    until, tried = time.monotonic() + seconds, 0
    for content in mutations(seeds(contract), seed=time.time_ns()):
        if time.monotonic() > until:
            break
        tried += 1
        try:
            CONTRACTS[contract](content)
        except Exception:
            kept = HOME / "found" / f"{contract}-{hashlib.sha1(content).hexdigest()}"
            kept.write_bytes(content)
            print(f"{contract}: {traceback.format_exc()}kept as {kept}", flush=True)
            return False
    print(f"{contract}: {tried:,} inputs in {seconds} seconds", flush=True)
    return True


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz.run", description=__doc__)
    parser.add_argument("--seconds", type=int, default=600, help="for all contracts together")
    parser.add_argument("--only", nargs="+", choices=CONTRACTS, default=list(CONTRACTS), metavar="CONTRACT")
    parser.add_argument("--unguided", action="store_true", help="do not fetch or use atheris")
    given = parser.parse_args(arguments)
    (HOME / "found").mkdir(parents=True, exist_ok=True)
    share = max(1, given.seconds // len(given.only))
    folder = (HOME / f"atheris-{sys.version_info.major}.{sys.version_info.minor}").absolute()
    if not given.unguided and has_atheris(folder):
        held = [guided(contract, share, folder=folder) for contract in given.only]
    else:
        print(NO_WHEEL, flush=True)
        held = [unguided(contract, share) for contract in given.only]
    return 0 if all(held) else 1


def _last_words(log: str, code: int) -> str:
    lines = log.strip().splitlines() or [f"ended with {code}"]
    return lines[-1] if code == 0 else "\n".join(lines[-25:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
