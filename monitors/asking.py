"""Asking a source: its adapter, held to what its hosts allow, learning from each answer."""

import time
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from monitors import budgets, errands, sources
from monitors.models import Source
from monitors.models.work import Work, renew
from monitors.sources.base import Adapter, RateLimited, SourceError
from monitors.sources.http import REDIRECTS
from monitors.sources.statuses import WAITS, asked_wait

BAD = 400  # the lowest status that is no answer


class TooLong(SourceError):
    """Its host keeps us longer than one piece of work may take."""


@dataclass
class Asking:
    """One worker's conversation with one source, about things of one kind (`bucket`).

    `at` is when it begins; its own clock goes on from there, so a test or a bench may begin at any time.
    The lease of the rows that are `held` is kept while a host answers; after half an hour in all it is left,
    with a TooLong.
    """

    source: Source
    bucket: str = ""
    at: datetime = field(default_factory=timezone.now)
    client: sources.Client | None = None
    held: Sequence[Work] = ()  # under one lease

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        kind = sources.ADAPTERS.get(self.source.kind)
        if kind is None:
            raise SourceError(f"No source of the kind {self.source.kind} is known to this version.")
        self.client = self.client or sources.Client(
            token=self.source.token, allow_private=self.source.allow_private
        )
        self.home = budgets.host_of(self.source.address)
        self.last, self.last_bucket = self.home, self.bucket  # who was asked last, and of which count
        self._is_spent = False  # that count, as its host told with its last answer
        self._refusals = 0  # in a row, before that answer
        self._limit: RateLimited | None = None  # that was heeded last
        self.client.before_ask, self.client.on_answer = self._before, self._answered
        self.client.errand, self.client.at_work = self._errand, self._at_work
        self._lease = self.held[0].due_at if self.held else None
        self._renews_at = self._until_renewal()
        self.adapter: Adapter = kind(self.client, self.source.address)
        for host, token_env in errands.orphans():
            # Its host may have answered to wait; nobody is left who heard for how long.
            budgets.block(host, token_env, until=self.now() + settings.UNHEARD, at=self.now())

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._began)

    def _at_work(self) -> None:
        """The host is being waited for. Raises LeaseLost, and TooLong."""
        now = time.monotonic()
        if now - self._began > settings.LONGEST_WORK.total_seconds():
            minutes = round(settings.LONGEST_WORK.total_seconds() / 60)
            raise TooLong(f"It took more than {minutes} minutes in all, and was left.")
        if self._lease and now >= self._renews_at:
            self._lease = renew(self.held, lease=self._lease, at=self.now())
            self._renews_at = self._until_renewal()

    def _until_renewal(self) -> float:
        return time.monotonic() + (self.held[0].LEASE.total_seconds() / 5 if self.held else 0)

    def _before(self, url: str) -> None:
        """Take the request off its host's budget, ours or git's. Raises Spent, LeaseLost, TooLong."""
        self._at_work()
        host = budgets.host_of(url)
        bucket = self.adapter.bucket_of(url, self.bucket) if host == self.home else ""
        # A source without an address of its own keeps its pace with each host that it asks.
        pace = self._pace if host == self.home or not self.home else 0
        budgets.take(host, self._token_env(host), bucket, pace=pace, at=self.now())
        # Of what git asks no headers reach us: the refusal of its request must close the host it asked.
        self.last, self.last_bucket, self._is_spent = host, bucket, False

    def _errand(self, url: str) -> AbstractContextManager[None]:
        host = budgets.host_of(url)
        return errands.sent(host, self._token_env(host))

    @property
    def _pace(self) -> int:
        """Requests a minute, where the host tells no limit of its own; 0: as many as there are."""
        return self.adapter.pace if settings.PACED else 0

    def _answered(self, netloc: str, status: int, headers: Mapping[str, str]) -> None:
        host = netloc.rpartition("@")[2].lower()
        asked = self.last_bucket if host == self.last else ""
        self.last = host
        if status in self.adapter.free and host == self.home and self.source.token:
            budgets.give_back(host, self._token_env(host), asked)
        self.last_bucket = budgets.learn(host, self._token_env(host), headers, asked, at=self.now())
        self._is_spent = budgets.left(headers) == 0
        self._refusals = budgets.heard(host, self._token_env(host)) if status < BAD else 0
        if any(name in headers for name in WAITS) and status not in REDIRECTS:
            # At once: should this worker die with the rest of the answer, the next one knows all the same.
            self._leave_alone(asked_wait(headers))

    def _token_env(self, host: str) -> str:
        """Whose limits hold there: hosts other than the source's own are not shown its token."""
        return self.source.token_env if host == self.home else ""

    def admit(self, value: budgets.Value, host: str = "") -> None:
        """Raises Spent unless something of this value may begin to ask now.

        `host` is who is asked by a source that has no address of its own.
        """
        budgets.admit(self.home or host, self.source.token_env, self.bucket, value=value, at=self.at)

    def limited(self, error: RateLimited) -> None:
        """The host wants no more. Unless it is one count that is spent, nothing is asked of it meanwhile."""
        if isinstance(error, budgets.Spent) or error is self._limit:
            return
        self._limit = error
        if self._is_spent:
            return
        if error.is_guess:
            error.wait = self._guessed(error.wait)
        else:
            self._leave_alone(error.wait)

    def _guessed(self, wait: timedelta) -> timedelta:
        """It did not say for how long: longer than the last time, if it answered nothing in between."""
        token_env = self._token_env(self.last)
        if self._refusals:
            budgets.unheard(self.last, token_env, self._refusals)
        return budgets.refused(self.last, token_env, wait=wait, at=self.now())

    def _leave_alone(self, wait: timedelta) -> None:
        """Ask nothing of whom we asked last for so long."""
        now = self.now()
        budgets.block(self.last, self._token_env(self.last), until=now + wait, at=now)

    def redacted(self, text: str) -> str:
        """The text without our token, should it have got in there."""
        token = self.source.token
        return text.replace(token, "***") if token else text
