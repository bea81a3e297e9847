from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from monitors import leaks
from monitors.fingerprints import BadIndex
from monitors.management import publics
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
        publics.add_arguments(parser)
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
                known = publics.learned(background, background_list, progress)
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
