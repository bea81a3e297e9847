from django.core.exceptions import ValidationError

from monitors import sources
from monitors.management.answers import Answering
from monitors.models import Source


class Command(Answering):
    help = "Add a place to ask, or change the one of that name."
    refusals = (ValidationError,)

    def add_arguments(self, parser):
        parser.add_argument("--kind", required=True, choices=sorted(sources.ADAPTERS))
        parser.add_argument("--name", help="what to call it; the kind, when left out")
        parser.add_argument("--url", default="", help="its address; the kind's own, when left out")
        parser.add_argument("--token-env", default="", help="the environment variable that holds its token")
        parser.add_argument("--allow-private", action="store_true", help="it is ours, on a private address")

    def answer(self, *, kind, name, url, token_env, allow_private, **options):
        source = Source.objects.filter(name=name or kind).first() or Source(name=name or kind)
        source.kind, source.base_url, source.token_env = kind, url, token_env
        source.allow_private = allow_private
        source.full_clean()
        source.save()
        return {
            "id": source.pk,
            "name": source.name,
            "kind": source.kind,
            "url": source.address,
            "token_env": source.token_env,
            "allow_private": source.allow_private,
        }

    def lines(self, answer):
        yield f"{answer['name']} ({answer['kind']}) at {answer['url'] or 'the address each watch names'}"
