"""`make bench-ordinary`: does the engine take any of 1,000 ordinary packages for a place of a leak?

The packages of ordinary.txt are installed with the npm client into BENCH_CACHE (~/.cache/leakline), where
nothing of them is run, and each is held against the leaks of both corpora: the development one, from REPOSTS
(../shared/bench/reposts), and that of heldout.toml. Downloads and matches that were interrupted go on where
they stopped; what the same engine has answered before is not asked again. The last line is one JSON object.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from monitors import leaks
from monitors.fingerprints import Background, Index, learn
from monitors.matching import Match
from monitors.unpack import UnpackError, read_folder
from tests.bench.engine import CONFIRMED, corpus

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
LIST, HELDOUT = HERE / "ordinary.txt", HERE / "heldout.toml"
ENGINE = (
    "monitors/*.py",
    "monitors/fingerprints/*.py",
    "monitors/fingerprints/*.background",
    "monitors/inventory/*.py",
    "monitors/unpack/*.py",
    "monitors/sources/archives.py",
)
AT_ONCE = 50  # packages of one install
SOCKETS = 4
INSTALL_SECONDS = 900
REVIEW = {"snippet", "rewrite"}  # the classes that only a person may confirm

# Packages that really hold code of a leak, each read by hand. A leak's own package, at any version, and the
# kin that the corpora's lists declare are left out without standing here.
KIN = {
    ("next", "@radix-ui/react-select"): "a chunk of its bundle analyser holds the leak",
}


@dataclass(frozen=True)
class Leak:
    """A leak of a corpus: its package, whether it is held out, and its index."""

    name: str
    heldout: bool
    index: Index


@dataclass(frozen=True)
class Found:
    """What the engine said of one package and one leak; `why` is its best pair of files, theirs first."""

    package: str
    leak: str
    klass: str
    score: float
    share: float
    why: str


@dataclass(frozen=True)
class Corpus:
    """A corpus on this machine, its list, and whether its packages are held out."""

    root: Path
    listed: dict
    heldout: bool

    def rows(self, kind: str) -> list[dict]:
        manifest = json.loads((self.root / "manifest.json").read_text())
        return [row for row in manifest if row["kind"] == kind]

    def places(self, kind: str) -> dict[str, Path]:
        """Name and version of each package of this kind: its folder."""
        return {row["package"]: self.root / row["path"] for row in self.rows(kind)}


def corpora(reposts: Path, cache: Path) -> list[Corpus]:
    """The development corpus and the held-out one, built where they are not there: minutes, 1.7 GB."""
    lists = [(reposts / "dev.toml", corpus(reposts, cache)), (HELDOUT, _heldout(reposts, cache))]
    return [Corpus(root, tomllib.loads(path.read_text()), heldout=path == HELDOUT) for path, root in lists]


def _heldout(reposts: Path, cache: Path) -> Path:
    digest = hashlib.sha256(HELDOUT.read_bytes()).hexdigest()
    built = cache / "heldout"
    made_of = built / "made-of"
    if not made_of.exists() or made_of.read_text() != digest:
        built.mkdir(parents=True, exist_ok=True)
        made_of.unlink(missing_ok=True)
        subprocess.run([sys.executable, reposts / "build_corpus.py", HELDOUT, built], check=True)
        made_of.write_text(digest)
    return built


def opened(places: Iterable[Corpus]) -> list[Leak]:
    """The leaks of the corpora, indexed by the engine as it is, without what their backgrounds hold too."""
    found = []
    for place in places:
        known = _background(place)
        for row in place.rows("leak"):
            made = leaks.index(read_folder(place.root / row["path"] / "tree"), background=known)
            found.append(Leak(name_of(row["package"]), place.heldout, made.index))
    return found


def _background(place: Corpus) -> Background:
    folders = place.places("background").values()
    return learn((file.path, file.content) for folder in folders for file in read_folder(folder))


def pins(path: Path = LIST) -> list[str]:
    """Each package as name@version, sorted."""
    lines = (line.partition("#")[0].strip() for line in path.read_text().splitlines())
    return sorted(line for line in lines if line)


def installed(wanted: list[str], cache: Path) -> dict[str, Path]:
    """The folder of each package; those that are not there yet are installed, `AT_ONCE` at a time."""
    folders: dict[str, Path] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        folder = cache / "ordinary" / hashlib.sha256("\n".join(some).encode()).hexdigest()[:16]
        if not (folder / "ready").exists():
            _install(some, folder)
            (folder / "ready").touch()
        folders |= {one: folder / "node_modules" / name_of(one) for one in some}
    return folders


def _install(some: list[str], folder: Path) -> None:
    """Just these packages, without what they depend on: the lock that npm is given knows of no more."""
    npm = shutil.which("npm")
    if npm is None:
        sys.exit("npm is not installed: it fetches the ordinary packages.")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    versions = {name_of(one): version_of(one) for one in some}
    named = {"name": "ordinary", "version": "1.0.0", "private": True, "dependencies": versions}
    (folder / "package.json").write_text(json.dumps(named))
    entries = {f"node_modules/{name}": {"version": version} for name, version in versions.items()}
    lock = {"name": "ordinary", "version": "1.0.0", "lockfileVersion": 3, "packages": {"": named} | entries}
    (folder / "package-lock.json").write_text(json.dumps(lock))
    quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--silent", "--legacy-peer-deps"]
    command = [npm, "ci", "--force", "--prefer-offline", f"--maxsockets={SOCKETS}", *quiet]
    subprocess.run(command, cwd=folder, check=True, timeout=INSTALL_SECONDS)


def name_of(pinned: str) -> str:
    """The package of "name@version"."""
    return pinned.rpartition("@")[0] or pinned


def version_of(pinned: str) -> str:
    return pinned.rpartition("@")[2]


def matched(places: dict[str, Path], against: list[Leak], cache: Path) -> Iterator[Found]:
    """Every package against every leak. Those that cannot be read are told and left out."""
    kept = cache / "matched" / f"{_engine(against)}.jsonl"
    kept.parent.mkdir(parents=True, exist_ok=True)
    known = dict(_kept(kept))
    indexes = [leak.index for leak in against]
    with kept.open("a") as log:
        for package, folder in places.items():
            if package not in known:
                known[package] = _asked(package, folder, against, indexes)
                log.write(json.dumps([package, list(map(asdict, known[package]))]) + "\n")
                log.flush()
            yield from known[package]


def _kept(path: Path) -> Iterator[tuple[str, list[Found]]]:
    """What was answered before; a line that was cut off is asked again."""
    for line in path.read_text().splitlines() if path.exists() else ():
        try:
            package, rows = json.loads(line)
        except ValueError:
            continue
        yield package, [Found(**row) for row in rows]


def _asked(package: str, folder: Path, against: list[Leak], indexes: list[Index]) -> list[Found]:
    try:
        answers = leaks.compare(indexes, read_folder(folder))
    except (UnpackError, OSError) as reason:
        print(f"  not read: {package}: {reason}", flush=True)
        return []
    return [
        Found(package, leak.name, one.klass.value, one.score, one.share, _why(one))
        for leak, one in zip(against, answers, strict=True)
    ]


def _why(one: Match) -> str:
    best = max(one.pairs, key=lambda pair: pair.lines, default=None)
    return f"{best.theirs} ~ {best.ours} ({best.kind}, {best.share:.2f})" if best else "no file, only pieces"


def _engine(against: list[Leak]) -> str:
    """A digest of the engine and of what it is asked for: another engine answers anew."""
    files = sorted(path for pattern in ENGINE for path in ROOT.glob(pattern))
    made = hashlib.sha256(b"".join(path.read_bytes() for path in files))
    for leak in against:
        made.update(f"{leak.name} {leak.index.total_files} {leak.index.total_lines}\n".encode())
    return made.hexdigest()[:16]


def kin(places: Iterable[Corpus]) -> dict[tuple[str, str], str]:
    """Pairs of a package and a leak that share code by right, with the reason."""
    declared = {
        (name, pinned["leak"]): "declared kin"
        for place in places
        for name, pinned in place.listed["kin"].items()
    }
    own = {(name, name): "the leak's own package" for place in places for name in place.listed["leaks"]}
    return declared | own | KIN


def judged(found: Iterable[Found], excused: dict[tuple[str, str], str]) -> dict:
    """Prints each pair that was taken for related; the counts."""
    counts = {"pairs": 0, "confirmed": 0, "review": 0, "excused": 0}
    packages = set()
    for one in found:
        packages.add(one.package)
        if (name_of(one.package), one.leak) in excused:
            counts["excused"] += 1
            continue
        counts["pairs"] += 1
        verdict = "confirmed" if one.klass in CONFIRMED else "review" if one.klass in REVIEW else None
        if verdict:
            counts[verdict] += 1
            print(f"  {verdict}: {one.package} against {one.leak}: {one.klass}, {one.score:.3f}: {one.why}")
    return {"packages": len(packages)} | counts


def parsed(arguments: list[str], *, prog: str, about: str | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog=prog, description=about)
    beside = os.environ.get("REPOSTS", ROOT.parent / "shared" / "bench" / "reposts")
    home = os.environ.get("BENCH_CACHE", Path.home() / ".cache" / "leakline")
    parser.add_argument("--reposts", type=Path, default=Path(beside).resolve())
    parser.add_argument("--cache", type=Path, default=Path(home).resolve())
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    given = parsed(arguments, prog="python -m tests.bench.ordinary", about=__doc__)
    wanted = pins()
    folders = installed(wanted, given.cache)
    both = corpora(given.reposts, given.cache)
    against = opened(both)
    answer = judged(matched(folders, against, given.cache), kin(both))
    size = sum(
        path.stat().st_size for folder in folders.values() for path in folder.rglob("*") if path.is_file()
    )
    excused = answer.pop("excused")
    print(f"{size / 1e6:,.0f} MB, against {len(against)} leaks; {excused} pairs of true kin left out")
    print(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
