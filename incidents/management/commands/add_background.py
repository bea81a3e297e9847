from pathlib import Path

from django.core.management.base import CommandError

from incidents import indexes
from incidents.management.lookups import person_called
from incidents.models import Artifact
from monitors import backgrounds
from monitors.fingerprints import Background as Hashes
from monitors.fingerprints import BadIndex, is_background
from monitors.inventory import Confidence, Kind
from monitors.management.answers import Answering
from monitors.management.progress import ProgressBar
from monitors.management.reading import read_path
from monitors.models import Background
from monitors.sources.base import SourceError
from monitors.unpack import UnpackError

PACKAGES = 50  # asked of the registry in one go, unless said otherwise
LISTED = 10_000  # lines of a list


class Command(Answering):
    help = (
        "Keep public code as background: what a leak shares with it is no sign of the leak. Give folders, "
        "archives, kept backgrounds or package URLs. It is used for what is taken in from now on."
    )

    refusals = (indexes.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument(
            "what", nargs="*", help="a folder, an archive, a background's file, or pkg:npm/name@1.2.3"
        )
        parser.add_argument("--list", type=Path, metavar="FILE", help="a file of such, one a line")
        parser.add_argument(
            "--from-artifact",
            type=int,
            metavar="ID",
            help="the dependencies that this artifact names, fetched from the registry",
        )
        parser.add_argument(
            "--most", type=int, default=PACKAGES, metavar="N", help="dependencies to fetch (50)"
        )
        parser.add_argument(
            "--yes", action="store_true", help="let the registry know which packages the leak depends on"
        )
        parser.add_argument(
            "--again",
            type=int,
            metavar="ID",
            help="then read this artifact again, without what is public now",
        )
        parser.add_argument("--by", metavar="NAME", help="who has it read again; it is put on the record")
        parser.add_argument(
            "--sure", action="store_true", help="keep even what holds much of a leak that is looked for"
        )

    def answer(self, *, what, sure, **options):
        again = options["again"] and _artifact(options["again"])
        if again and not options["by"]:
            raise CommandError("Say who has it read again: --by NAME.")
        by = person_called(options["by"]) if options["by"] else None
        wanted = [*what, *_listed(options["list"])]
        if options["from_artifact"] is not None:
            wanted += self._dependencies(options["from_artifact"], most=options["most"], yes=options["yes"])
        if not wanted:
            raise CommandError("Say what to keep: a folder, an archive, a package URL, or --list FILE.")
        with ProgressBar(self.stderr) as progress:
            kept = [_kept(one, sure=sure, progress=progress) for one in dict.fromkeys(wanted)]
        if again:
            indexes.make_again(again, by=by)
        return kept

    def _dependencies(self, pk: int, *, most: int, yes: bool) -> list[str]:
        named = (
            _artifact(pk).items.filter(kind=Kind.DEPENDENCY.value).exclude(confidence=Confidence.LOW.value)
        )
        every = dict.fromkeys(named.values_list("value", flat=True))
        purls = [purl for purl in every if backgrounds.can_fetch(purl)][: max(most, 0)]
        if not purls:
            raise CommandError("Its manifests name no dependency that can be fetched.")
        if not yes:
            listed = "\n".join(f"  {purl}" for purl in purls)
            raise CommandError(
                f"To fetch them tells the registry that somebody here depends on:\n{listed}\n"
                "If it may know, run it again with --yes."
            )
        return purls

    def lines(self, answer):
        for one in answer:
            if one["error"]:
                yield f"{one['what']}: {one['error']}"
            elif one["id"]:
                amount = f"{one['hashes']:,} new hashes of {one['files']:,} files"
                yield f"{one['what']}: kept as {one['id']}, {amount}"
            else:
                yield f"{one['what']}: nothing new"

    def problem(self, answer):
        failed = sum(bool(one["error"]) for one in answer)
        return f"{failed} of {len(answer)} could not be kept." if failed else ""


def _artifact(pk: int) -> Artifact:
    artifact = Artifact.objects.filter(pk=pk).first()
    if artifact is None:
        raise CommandError(f"There is no artifact {pk}. Its page's address ends in its number.")
    return artifact


def _listed(listing: Path | None) -> list[str]:
    if listing is None:
        return []
    try:
        lines = listing.read_text(errors="surrogateescape").splitlines()[:LISTED]
    except OSError as error:
        raise CommandError(f"{error.filename}: {error.strerror}") from error
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def _kept(what: str, *, sure: bool, progress: ProgressBar) -> dict:
    answer = {"what": what, "id": None, "hashes": 0, "files": 0, "error": ""}
    try:
        row = (
            backgrounds.fetch(what, sure=sure) if what.startswith("pkg:") else _of_files(what, sure, progress)
        )
    except OSError as error:
        return answer | {"error": f"{error.strerror or error}"}
    except (SourceError, UnpackError, BadIndex, backgrounds.NotReady) as reason:
        return answer | {"error": str(reason)}
    return answer | ({"id": row.pk, "hashes": row.hashes, "files": row.files} if row else {})


def _of_files(what: str, sure: bool, progress: ProgressBar) -> Background | None:
    path = Path(what)
    if path.is_file() and is_background(_beginning(path)):
        hashes, files = Hashes.from_bytes(path.read_bytes()), 0
    else:
        hashes, files = backgrounds.learned(backgrounds.published(read_path(path, progress=progress)))
    return backgrounds.keep(
        hashes, origin=Background.Origin.FILES, name=path.name or what, files=files, sure=sure
    )


def _beginning(path: Path) -> bytes:
    with path.open("rb") as opened:
        return opened.read(16)
