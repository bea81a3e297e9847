from collections.abc import Iterable
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from monitors import leaks
from monitors.backgrounds import published
from monitors.fingerprints import NOTHING, Background, BadIndex, is_background, learn
from monitors.management.answers import dumped
from monitors.management.keys import key_of
from monitors.management.progress import ProgressBar
from monitors.management.reading import lines_of, read_path, skipped
from monitors.unpack import Notes, UnpackError


class Command(BaseCommand):
    help = "Make the index that recognises a leak, without the leak: of an archive, a source map or a folder."
    requires_system_checks = []  # it needs no database and no settings

    def add_arguments(self, parser):
        parser.add_argument("path", type=Path, help="an archive, a source map, a folder or a git repository")
        parser.add_argument("-o", "--output", type=Path, required=True, metavar="INDEX")
        parser.add_argument(
            "--background",
            type=Path,
            nargs="+",
            action="extend",
            default=[],
            metavar="DIR",
            help="ordinary public code, or a background that was kept",
        )
        parser.add_argument("--background-list", type=Path, metavar="FILE", help="a file of such, one a line")
        parser.add_argument(
            "--name",
            action="append",
            default=[],
            help='what it is called, such as "@scope/name" or "owner/repository", to tell who only claims to '
            "have it; may be given several times",
        )
        parser.add_argument("--keep-background", type=Path, metavar="FILE", help="for the next leak")
        parser.add_argument(
            "--key-file",
            type=Path,
            metavar="FILE",
            help="lock the index with the key in this file, which is made when it is not there. Without the"
            " key it shows only its rough length; with it, numbers and sizes of files, and whether a guess is"
            " in it. Places take about a quarter longer to compare, and evidence names our files by codes",
        )

    def handle(self, *, path, output, background, background_list, keep_background, key_file, **options):
        notes, called = Notes(), options["name"]
        try:
            with ProgressBar(self.stderr) as progress:
                known = _learned([*background, *_listed(background_list)], progress)
                files = read_path(path, notes=notes, progress=progress)
                leak = leaks.index(files, names=called, background=known, progress=progress)
            made = leak.index.locked(key_of(key_file)) if key_file else leak.index
            content = made.to_bytes()
            output.write_bytes(content)
            if keep_background:
                keep_background.write_bytes(leak.background.to_bytes())
        except (UnpackError, BadIndex, leaks.NotReady) as reason:
            raise CommandError(str(reason)) from reason
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error
        summary = _summary(path, output, len(content), leak, notes) | {"locked": bool(key_file)}
        self.stdout.write(dumped(summary))
        self.stderr.writelines(f"{line}\n" for line in lines_of(summary["skipped"]))


def _listed(listing: Path | None) -> list[Path]:
    lines = listing.read_text(errors="surrogateescape").splitlines() if listing else []
    return [Path(line.strip()) for line in lines if line.strip() and not line.startswith("#")]


def _learned(paths: Iterable[Path], progress: ProgressBar) -> Background:
    known = NOTHING
    for path in paths:
        if path.is_file() and is_background(path.read_bytes()):
            known |= Background.from_bytes(path.read_bytes())
        else:
            known |= learn(published(read_path(path, progress=progress)))
    return known


def _summary(path: Path, output: Path, size: int, leak: leaks.Leak, notes: Notes) -> dict:
    made = leak.index
    return {
        "path": str(path),
        "index": str(output),
        "bytes": size,
        "files": made.total_files,
        "lines": made.total_lines,
        "pieces": len(made.grams.keys),
        "words": len(made.words.keys),
        "third_party_files": leak.third_party,
        "shipped_files": leak.shipped,
        "background": {
            "pieces": len(leak.background.grams),
            "words": len(leak.background.words),
            "files": len(leak.background.texts),
        },
        "skipped": skipped(notes),
    }
