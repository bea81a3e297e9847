import io
import os
import sys
from collections.abc import Iterable, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from monitors.fingerprints import BadIndex, is_index
from monitors.management.answers import dumped
from monitors.management.comparing import Comparer, processors
from monitors.management.keys import key_from
from monitors.management.progress import ProgressBar


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
        parser.add_argument("--key-file", type=Path, metavar="FILE", help="of the locked indexes")
        parser.add_argument(
            "--jobs", type=int, metavar="N", help="processes that compare (as many as processors)"
        )

    def handle(self, *, paths, evidence, key_file, jobs, **options):
        try:
            indexes, given = _parted(paths)
            key = key_from(key_file) if key_file else b""
            comparer = Comparer(indexes, limits=settings.UNPACK_LIMITS, key=key, evidence=evidence)
        except BadIndex as reason:
            raise CommandError(str(reason)) from reason
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        told = [self._tell(answer) for answer in self._answers(comparer, given, jobs or processors())]
        if not all(told):
            raise CommandError(f"{told.count(False)} of {len(told)} places could not be read.")

    def _answers(self, comparer: Comparer, given: list[Path], jobs: int) -> Iterator[dict]:
        if jobs == 1 or len(given) == 1:
            for place in given or _typed():
                with ProgressBar(self.stderr) as progress:
                    answer = comparer.answer(place, progress=progress)
                yield answer
            return
        try:
            with ProgressBar(self.stderr) as progress:
                for done, answer in enumerate(comparer.answers(given or _typed(), jobs=jobs), start=1):
                    progress("places", done, len(given))
                    yield answer
        except BrokenProcessPool:
            raise CommandError(
                "A process died over a place: memory may be too small for it. Try with --jobs 1."
            ) from None

    def _tell(self, answer: dict) -> bool:
        """Print what was found; False when the place could not be read."""
        self.stdout.write(dumped(answer))
        self.stdout.flush()
        return "error" not in answer


def _parted(paths: list[Path]) -> tuple[list[Path], list[Path]]:
    """The indexes, which come first, and the places."""
    kinds = [_is_index(path) for path in paths]
    count = kinds.index(False) if False in kinds else len(kinds)
    if not count:
        what = "is no index" if os.path.lexists(paths[0]) else "is not there"
        raise CommandError(f"{paths[0]} {what}. Make one with: manage.py fingerprint PATH -o INDEX")
    if True in kinds[count:]:
        misplaced = paths[kinds.index(True, count)]
        raise CommandError(
            f"{misplaced} is an index, but {paths[count]} before it is none. Indexes come first."
        )
    return paths[:count], paths[count:]


def _is_index(path: Path) -> bool:
    if not path.is_file():
        return False
    with path.open("rb") as file:
        return is_index(file.read(64))


def _typed() -> Iterable[Path]:
    if isinstance(sys.stdin, io.TextIOWrapper):
        sys.stdin.reconfigure(errors="surrogateescape")  # a path is bytes, whatever the terminal speaks
    return (Path(line.rstrip("\r\n")) for line in sys.stdin if line.strip())
