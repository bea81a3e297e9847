from django.core.management.base import CommandError

from monitors import backgrounds
from monitors.management.answers import Answering
from monitors.models import Background


class Command(Answering):
    help = "List the public code that is kept as background, newest first; or forget some of it."

    def add_arguments(self, parser):
        parser.add_argument("--forget", type=int, nargs="+", default=[], metavar="ID", help="use it no more")

    def answer(self, *, forget, **options):
        for pk in forget:
            row = Background.objects.defer("blob").filter(pk=pk).first()
            if row is None:
                raise CommandError(f"There is no background {pk}.")
            backgrounds.forget(row)
        return [
            {
                "id": row.pk,
                "origin": row.origin,
                "name": row.name,
                "hashes": row.hashes,
                "files": row.files,
                "sha256": row.sha256,
                "made_at": row.made_at,
            }
            for row in Background.objects.defer("blob")
        ]

    def lines(self, answer):
        for one in answer:
            yield f"{one['id']}  {one['origin']:<7}  {one['hashes']:>9,} hashes  {one['name']}"
        total = sum(one["hashes"] for one in answer)
        yield f"{len(answer)} in all, {total:,} hashes, {total * 8 / 2**20:.1f} MiB"
