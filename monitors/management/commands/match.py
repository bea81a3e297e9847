import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from monitors import leaks
from monitors.fingerprints import BadIndex, Index, is_index
from monitors.management.progress import ProgressBar
from monitors.management.reading import read_path
from monitors.matching import Match
from monitors.unpack import UnpackError


class Command(BaseCommand):
    help = "Say how much of each leak is in each place: folders, archives or source maps on this machine."
    requires_system_checks = []  # it needs no database and no settings

    def add_arguments(self, parser):
        parser.add_argument(
            "paths",
            type=Path,
            nargs="+",
            metavar="PATH",
            help="indexes, then places; without places, they are read from standard input, one a line",
        )
        parser.add_argument(
            "--evidence", type=int, default=20, metavar="N", help="pairs of files shown a match"
        )

    def handle(self, *, paths, evidence, **options):
        try:
            indexes = [path for path in paths if path.is_file() and _is_index(path)]
            opened = [Index.from_bytes(path.read_bytes()) for path in indexes]
        except BadIndex as reason:
            raise CommandError(str(reason)) from reason
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        if not indexes:
            raise CommandError(
                "None of these is an index. Make one with: manage.py fingerprint PATH -o INDEX"
            )
        given = [path for path in paths if path not in indexes]
        answers = [self._answer(path, indexes, opened, evidence) for path in given or _typed()]
        if not all(answers):
            raise CommandError(f"{answers.count(False)} of {len(answers)} places could not be read.")

    def _answer(self, path: Path, indexes: list[Path], opened: list[Index], most: int) -> bool:
        """Print what was found; False when the place could not be read."""
        answer: dict = {"path": str(path), "matches": []}
        try:
            with ProgressBar(self.stderr) as progress:
                found = leaks.compare(opened, read_path(path, progress=progress))
        except (UnpackError, OSError) as reason:
            answer["error"] = str(reason)
        else:
            answer["matches"] = [_plain(at, one, most) for at, one in zip(indexes, found, strict=True)]
        self.stdout.write(json.dumps(answer, ensure_ascii=False))
        self.stdout.flush()
        return "error" not in answer


def _is_index(path: Path) -> bool:
    with path.open("rb") as file:
        return is_index(file.read(64))


def _typed() -> Iterable[Path]:
    return (Path(line.rstrip("\r\n")) for line in sys.stdin if line.strip())


def _plain(index: Path, found: Match, most: int) -> dict:
    return {
        "index": str(index),
        "score": round(found.score, 6),
        "share": round(found.share, 6),
        "class": found.klass.value,
        "files": found.files,
        "evidence": [asdict(pair) for pair in found.pairs[:most]],
    }
