"""Asking a source: its adapter, held to what its hosts allow, learning from each answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from monitors import budgets, sources
from monitors.models import Source
from monitors.sources.base import Adapter, RateLimited, SourceError


@dataclass
class Asking:
    """One worker's conversation with one source, about things of one kind (`bucket`).

    `at` is when it begins; its own clock goes on from there, so a test or a bench may begin at any time.
    """

    source: Source
    bucket: str = ""
    at: datetime = field(default_factory=timezone.now)
    client: sources.Client | None = None

    def __post_init__(self) -> None:
        self._began = time.monotonic()
        kind = sources.ADAPTERS.get(self.source.kind)
        if kind is None:
            raise SourceError(f"No source of the kind {self.source.kind} is known to this version.")
        self.client = self.client or sources.Client(
            token=self.source.token, allow_private=self.source.allow_private
        )
        self.home = budgets.host_of(self.source.address)
        self.last, self.last_bucket = self.home, self.bucket  # who answered last, and of which count
        self._counted = self.bucket  # what the last question to our own host drew on
        self.client.before_ask, self.client.on_answer = self._before, self._answered
        self.adapter: Adapter = kind(self.client, self.source.address)

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._began)

    def _before(self, url: str) -> None:
        host = budgets.host_of(url)
        if host == self.home:
            self._counted = self.adapter.bucket_of(url, self.bucket)
            budgets.take(host, self.source.token_env, self._counted, pace=self._pace, at=self.now())
        else:
            # A source without an address of its own keeps its pace with each host that it asks.
            budgets.take(host, "", pace=0 if self.home else self._pace, at=self.now())

    @property
    def _pace(self) -> int:
        """Requests a minute, where the host tells no limit of its own; 0: as many as there are."""
        return self.adapter.pace if settings.PACED else 0

    def _answered(self, netloc: str, status: int, headers: Mapping[str, str]) -> None:
        self.last = netloc.rpartition("@")[2].lower()
        asked = self._counted if self.last == self.home else ""
        self.last_bucket = budgets.learn(self.last, self._token_env(), headers, asked, at=self.now())

    def _token_env(self) -> str:
        """Of the host that answered last: others than the source's own are not shown its token."""
        return self.source.token_env if self.last == self.home else ""

    def admit(self, value: budgets.Value, host: str = "") -> None:
        """Raises Spent unless something of this value may begin to ask now."""
        budgets.admit(host or self.home, self.source.token_env, self.bucket, value=value, at=self.at)

    def limited(self, error: RateLimited) -> None:
        """The host wants no more. Unless it is one count that is spent, nothing is asked of it meanwhile."""
        if isinstance(error, budgets.Spent):
            return
        if not budgets.wait(self.last, self._token_env(), self.last_bucket, at=self.now()):
            budgets.block(self.last, self._token_env(), until=self.now() + error.wait, at=self.now())

    def redacted(self, text: str) -> str:
        """The text without our token, should it have got in there."""
        token = self.source.token
        return text.replace(token, "***") if token else text
