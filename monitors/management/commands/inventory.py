from collections.abc import Iterator
from dataclasses import asdict, replace
from pathlib import Path

from django.core.management.base import CommandError

from monitors import leaks
from monitors.fingerprints import Background, BadIndex
from monitors.inventory import Exposures, Inventory, Kind, expose, take
from monitors.management import publics
from monitors.management.answers import Answering
from monitors.management.progress import ProgressBar
from monitors.management.reading import lines_of, read_path, skipped
from monitors.unpack import Notes, UnpackError

FILE_FIELDS = ("path", "size", "lines", "language", "ownership", "why", "origin", "binary")


class Command(Answering):
    help = "Say whose the files of an archive, a source map or a folder are, and what they give away."
    refusals = (UnpackError, BadIndex)
    requires_system_checks = []  # it needs no database and no settings

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="an archive, a source map, a folder or a git repository")
        publics.add_arguments(parser)

    def answer(self, *, path, background, background_list, **options):
        notes = Notes()
        with ProgressBar(self.stderr) as progress:
            public = _public(background, background_list, progress)
            taken = take(read_path(path, notes=notes, progress=progress), progress=progress)
            taken = replace(taken, entries=leaks.known(taken.entries, public))
            found = expose(taken.entries, progress=progress)
        return {
            "path": str(path),
            "totals": taken.totals(),
            "gives_away": _given_away(found),
            "files": _files(taken),
            "skipped": skipped(notes),
        }

    def lines(self, answer) -> Iterator[str]:
        for ownership, sums in answer["totals"]["ownership"].items():
            yield f"{ownership:<8} {sums['files']:>7,} files {sums['lines']:>10,} lines"
        counts = answer["gives_away"]["counts"]
        yield from (f"{count:>7,} {kind.replace('_', ' ')}" for kind, count in counts.items() if count)
        for item in answer["gives_away"]["items"]:
            if item["kind"] == Kind.CREDENTIAL:
                yield f"{item['path']}:{item['line']}: {item['what']} {item['value']} ({item['confidence']})"
        yield from lines_of(answer["skipped"])


def _public(paths: list[Path], listing: Path | None, progress: ProgressBar) -> Background:
    try:
        return publics.learned(paths, listing, progress)
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error


def _given_away(found: Exposures) -> dict:
    return {
        "counts": found.counts(),
        "items": [asdict(item) for item in found.items],
        "left_out": found.left_out,
    }


def _files(taken: Inventory) -> list[dict]:
    return [{name: getattr(entry, name) for name in FILE_FIELDS} for entry in taken.entries]
