from django.core.management.base import CommandError

from monitors import own
from monitors.management.answers import Answering
from monitors.models import Own


class Command(Answering):
    help = "List places of ours, add one, or take one off: they are no copies, and never a target."
    refusals = (own.NotReady,)

    def add_arguments(self, parser):
        parser.add_argument("what", nargs="?", choices=["list", "add", "remove"], default="list")
        parser.add_argument("--host", default="", help="such as github.com")
        parser.add_argument("--name", default="", help="acme for an account, acme/cli for a repository")
        parser.add_argument("--native-id", default="", help="the host's own id, instead of a name")
        parser.add_argument("--id", type=int, help="which entry to remove")

    def answer(self, *, what, host, name, native_id, id, **options):
        if what == "add":
            own.add(host=host, name=name, native_id=native_id)
        elif what == "remove":
            own.remove(_entry(id))
        return [
            {
                "id": one.entry.pk,
                "host": one.entry.host,
                "name": one.entry.name,
                "native_id": one.entry.native_id,
                "covers": one.covers,
            }
            for one in own.listed()
        ]

    def lines(self, answer):
        for one in answer:
            covers = f"{one['covers']:,} sighted" if one["covers"] else "covers no sighting yet"
            yield f"{one['id']}  {one['name'] or one['native_id']} on {one['host']}: {covers}"
        yield f"{len(answer)} in all"


def _entry(pk: int | None) -> Own:
    found = Own.objects.filter(pk=pk).first()
    if found is None:
        raise CommandError("Say which with --id: `own list` shows them.")
    return found
