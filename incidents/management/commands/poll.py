from contextlib import suppress

from django.core.management.base import CommandError
from django.utils import timezone

from incidents import intake
from monitors import leads, polling
from monitors.management.answers import Answering
from monitors.models import Lead, LeaseLost, Poll, Watch
from monitors.sources.base import Aim

TAKEN = "taken by a worker"


class Command(Answering):
    # Not among the monitors' commands, because what is found goes onto the incidents' records here and now.
    help = "Ask every source that is due, here and now, whether or not a worker runs."

    def add_arguments(self, parser):
        parser.add_argument("--watch", type=int, metavar="ID", help="this one, due or not")
        parser.add_argument("--all", action="store_true", help="every watch that is not paused, due or not")

    def answer(self, *, watch, **options):
        self._is_one = watch is not None
        named = _named(watch) if watch or options["all"] else []
        held = [one for one in named if not polling.poll_soon(one)]
        due = Watch.objects.due(timezone.now()).select_related("source", "watchlist")
        asked = list(due.filter(pk=watch) if watch else due)
        answers = [_polled(one) for one in asked]
        answers += [_told(one, Poll(outcome=TAKEN)) for one in held if one not in asked]
        _follow(asked)
        while intake.read():
            pass
        return answers

    def problem(self, answer):
        failed = [one["error"] for one in answer if one["outcome"] == Poll.Outcome.FAILED]
        return failed[0] if failed and self._is_one else ""

    def lines(self, answer):
        for one in answer:
            count = _count(one)
            yield f"{one['watch']}  {one['query']}: {one['error'] or one['outcome']}, {count}"
            yield from (f"    {gap}" for gap in one["gaps"])
        yield f"{sum(one['outcome'] != TAKEN for one in answer)} asked"


def _count(one: dict) -> str:
    """What it brought, in words."""
    if one["aim"] != Aim.MENTIONS:
        return f"{one['found']} found"
    return "1 mention" if one["mentions"] == 1 else f"{one['mentions']} mentions"


def _named(watch: int | None):
    watches = Watch.objects.filter(paused_at=None)
    named = list(watches.filter(pk=watch) if watch else watches)
    if watch and not named:
        raise CommandError(f"There is no watch {watch} that is not paused.")
    return named


def _polled(watch: Watch):
    try:
        poll = polling.poll(watch)
    except LeaseLost:
        poll = None
    # None when a worker was faster: it will leave the row.
    return _told(watch, poll or Poll(outcome=TAKEN))


def _told(watch: Watch, poll: Poll):
    told = "outcome error requests looked_at found unread put_off mentions gaps"
    counted = {name: getattr(poll, name) for name in told.split()}
    asked = {"watch": watch.pk, "source": watch.source.name, "aim": watch.aim, "query": watch.query}
    return asked | counted | {"next_at": watch.due_at}


def _follow(watches: list[Watch]) -> None:
    """Read the places that these watches named and put off, as a worker would."""
    at = timezone.now()
    for lead in Lead.objects.due(at).filter(watch__in=watches).select_related("source", "watchlist", "watch"):
        if lead.claim(at=at):
            with suppress(LeaseLost):
                leads.follow(lead)
