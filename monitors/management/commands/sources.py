from dataclasses import asdict

from django.core.management.base import CommandError

from monitors import coverage, probing
from monitors.management.answers import Answering
from monitors.models import Source


class Command(Answering):
    help = "Ask every source whether it answers, as whom, with which scopes, and how much it still allows."

    def add_arguments(self, parser):
        parser.add_argument(
            "what", choices=["check", "list"], help="list tells what is known, and asks nobody"
        )
        parser.add_argument("names", nargs="*", metavar="NAME", help="these only; all, when left out")

    def answer(self, *, what, names, **options):
        return [_described(source, asked=what == "check") for source in _named(names)]

    def lines(self, answer):
        for one in answer:
            state = {True: "ok", False: "FAILED", None: "not asked yet"}[one["ok"]]
            yield f"{one['name']} ({one['kind']}): {state}. {one['says']}".rstrip(" .") + "."
            for count in one["allowances"]:
                yield f"  {count['bucket'] or 'main'}: {count['left']} of {count['limit']} left"

    def problem(self, answer):
        failed = [one["name"] for one in answer if one["ok"] is False]
        return f"{len(failed)} of {len(answer)} do not answer: {', '.join(failed)}." if failed else ""


def _named(names: list[str]) -> list[Source]:
    found = list(Source.objects.filter(name__in=names) if names else Source.objects.all())
    if missing := set(names) - {source.name for source in found}:
        raise CommandError(f"There is no source {', '.join(sorted(missing))}.")
    return found


def _described(source: Source, *, asked: bool) -> dict:
    known = {"ok": None, "says": ""}
    if asked:
        known = asdict(probing.check(source))
    elif source.probed_at:
        known = {"ok": not source.probe_failed, "says": source.probe_says}
    return {
        "name": source.name,
        "kind": source.kind,
        "address": source.address,
        "token_env": source.token_env,
        "token_is_set": bool(source.token),
        **known,
        "allowances": [
            {
                "bucket": one.budget.bucket,
                "left": one.left,
                "limit": one.budget.limit,
                "opens_at": one.opens_at,
            }
            for one in coverage.allowances(source)
        ],
    }
