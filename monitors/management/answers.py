"""What every command of ours does alike: one door called, its answer printed, its refusal a sentence."""

import argparse
import json
import re
from abc import abstractmethod
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from django.core.management.base import BaseCommand, CommandError

_SURROGATE = re.compile("[\ud800-\udfff]")


class Answering(BaseCommand):
    """A command that calls one door. What came of it is printed for people, or with --json for programs."""

    refusals: ClassVar[tuple[type[Exception], ...]] = ()  # their message is for the person who typed

    def create_parser(self, *args: Any, **options: Any):
        parser = super().create_parser(*args, **options)
        parser.add_argument("--json", action="store_true", help="print JSON")
        return parser

    def handle(self, **options: Any) -> None:
        try:
            answer = self.answer(**options)
        except self.refusals as reason:
            raise CommandError(str(reason)) from reason
        if options["json"]:
            self.stdout.write(dumped(answer, indent=2))
        else:
            self.stdout.writelines(f"{line}\n" for line in self.lines(answer))
        if problem := self.problem(answer):
            raise CommandError(problem)

    @abstractmethod
    def answer(self, **options: Any) -> Any:
        """Plain values; times and durations may stand among them."""

    @abstractmethod
    def lines(self, answer: Any) -> Iterable[str]:
        """The same, for people."""

    def problem(self, answer: Any) -> str:
        """What makes the command end with code 1 although it has an answer; empty when nothing does."""
        return ""


def dumped(answer: Any, *, indent: int | None = None) -> str:
    """JSON for programs. What of a path is no UTF-8 is escaped: "\\udcff" for the byte 255, as in Python."""
    told = json.dumps(answer, indent=indent, ensure_ascii=False, default=_plain)
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", told)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value)


def moment(text: str) -> datetime:
    """A time as RFC 3339 writes it; without a zone it is refused, never guessed."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.utcoffset() is None:
        raise argparse.ArgumentTypeError(f"{text!r} is no time with a zone: write it as 2026-03-31T08:26:00Z")
    return at


def duration(text: str) -> timedelta:
    """90s, 5m, 6h or 2d."""
    units = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
    number, unit = text[:-1], text[-1:]
    if unit not in units or not number.isdecimal() or not 0 < int(number) < 10**6:
        raise argparse.ArgumentTypeError(f"{text!r} is no duration: write it as 90s, 5m, 6h or 2d")
    return timedelta(**{units[unit]: int(number)})
