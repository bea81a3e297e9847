"""Asking a source: its adapter, held to what its hosts allow, learning from each answer."""

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

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
        self.last = self.home  # the host that answered last
        self.client.before_ask, self.client.on_answer = self._before, self._answered
        self.adapter: Adapter = kind(self.client, self.source.address)

    def now(self) -> datetime:
        return self.at + timedelta(seconds=time.monotonic() - self._began)

    def _before(self, url: str) -> None:
        host = budgets.host_of(url)
        if host == self.home:
            pace = self.adapter.pace
            budgets.take(host, self.source.token_env, self.bucket, pace=pace, at=self.now())
        else:
            budgets.take(host, "", at=self.now())

    def _answered(self, netloc: str, status: int, headers: Mapping[str, str]) -> None:
        self.last = netloc.rpartition("@")[2].lower()
        at_home = self.last == self.home
        token_env, bucket = (self.source.token_env, self.bucket) if at_home else ("", "")
        budgets.learn(self.last, token_env, headers, bucket, at=self.now())

    def limited(self, error: RateLimited) -> None:
        """The host wants no more. Unless it is one count that is spent, nothing is asked of it meanwhile."""
        if isinstance(error, budgets.Spent):
            return
        at_home = self.last == self.home
        token_env, bucket = (self.source.token_env, self.bucket) if at_home else ("", "")
        if not budgets.wait(self.last, token_env, bucket, at=self.now()):
            budgets.block(self.last, token_env, until=self.now() + error.wait, at=self.now())

    def redacted(self, text: str) -> str:
        """The text without our token, should it have got in there."""
        token = self.source.token
        return text.replace(token, "***") if token else text
