"""The two ways of asking GitHub: REST and GraphQL, with what each says when it will not or cannot answer.

https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api
https://docs.github.com/en/graphql/overview/rate-limits-and-query-limits-for-the-graphql-api
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any, Generic, TypeVar, cast

import msgspec

from monitors.sources import statuses
from monitors.sources.base import Gone, SignInNeeded, SourceError, clean
from monitors.sources.github.site import Site
from monitors.sources.http import Answer, Client

# A version GitHub does not know is answered 400: https://docs.github.com/en/rest/about-the-rest-api/api-versions
HEADERS = {"Accept": "application/vnd.github+json", "X-GitHub-Api-Version": "2022-11-28"}
BYTES = 16 * 1024 * 1024  # a list of files has 7 MB at most
GRAPHQL_BYTES = 8 * 1024 * 1024  # 100 forks with their top folders: usually below 1 MB
PER_PAGE = 100
FORBIDDEN = frozenset({"FORBIDDEN", "INSUFFICIENT_SCOPES"})
LIMITED = frozenset({"RATE_LIMITED", "RATE_LIMIT"})
T = TypeVar("T")


class Fault(msgspec.Struct):
    """One entry of a GraphQL answer's `errors`."""

    message: str | None = ""
    type: str | None = ""
    path: list[str | int] | None = None

    @property
    def is_limit(self) -> bool:
        said = (self.message or "").lower()
        return self.type in LIMITED or "rate limit" in said or "abuse detection" in said


class Reply(msgspec.Struct, Generic[T]):
    """A GraphQL answer. Both may be there: what could be told, and what could not."""

    data: T | None = None
    errors: list[Fault] | None = None

    def faults_at(self, *path: str | int) -> list[Fault]:
        """Those that concern exactly this place."""
        return [fault for fault in self.errors or () if fault.path == list(path)]

    def says_gone(self, *path: str | int) -> bool:
        """Whether nothing stands at this place because nothing is there. Otherwise it was left out, as after
        a timeout, which need not say of which places.
        """
        return any(fault.type == "NOT_FOUND" for fault in self.faults_at(*path))


class NoGraphql(SourceError):
    """This token may not ask by GraphQL, or there is none here. REST may still answer."""


class Api:
    """Asks one GitHub through a client that knows our token."""

    def __init__(self, client: Client, site: Site) -> None:
        self.client = client
        self.site = site
        self.is_refused = False  # by GraphQL: it is not asked again
        self._said = ""  # the date of the last answer by REST

    @property
    def has_graphql(self) -> bool:
        """Whether GraphQL may be asked: it answers nobody without a token, and not every token."""
        return not self.is_refused and self.has_token

    @property
    def has_token(self) -> bool:
        return bool(self.client.authorization(self.site.graphql))

    @property
    def now(self) -> float:
        """Seconds since 1970, by the host's clock once it answered by REST."""
        return statuses.moment(self._said) or time.time()

    def get(
        self, path: str, params: Mapping[str, str | int] | None = None, *, etag: str = "", most: int = BYTES
    ) -> Answer:
        """One answer of the REST API. A 304 costs nothing, with a token. Raises like Client.get."""
        answer = self.client.get(
            f"{self.site.api}{path}", headers=HEADERS, params=params, etag=etag, max_bytes=most
        )
        self._said = answer.headers.get("Date", "")
        return answer

    def read(self, path: str, shape: type[T], params: Mapping[str, str | int] | None = None) -> T:
        """The same, in this shape."""
        return self.get(path, params).decode(shape)

    def ask(self, query: str, shape: type[T], **variables: Any) -> Reply[T]:
        """The answer to a GraphQL query, its data in this shape. Being over the limit comes as HTTP 200.

        Raises RateLimited, NoGraphql, and SourceError when nothing was told but errors.
        """
        answer = self._posted({"query": query, "variables": variables})
        reply = cast(Reply[T], answer.decode(Reply[shape]))  # type: ignore[valid-type]
        if any(fault.is_limit for fault in reply.errors or ()):
            raise statuses.limit(self.site.host, answer.headers, how="GraphQL")
        if reply.errors and all(fault.type in FORBIDDEN for fault in reply.errors):
            raise self._refusal()
        if reply.data is None:
            said = "; ".join(clean(fault.message or fault.type, 100) for fault in (reply.errors or ())[:3])
            raise SourceError(f"{self.site.host} answered a GraphQL query with nothing: {said or 'no data'}")
        return reply

    def _posted(self, question: dict[str, Any]) -> Answer:
        if not self.has_graphql:
            raise NoGraphql(f"{self.site.host} answers GraphQL only with a token.")
        try:
            return self.client.post(
                self.site.graphql, json=question, headers=HEADERS, max_bytes=GRAPHQL_BYTES
            )
        except (Gone, SignInNeeded):
            raise self._refusal() from None
        except statuses.Answered as refusal:
            if refusal.status != 403:
                raise
            raise self._refusal() from None

    def _refusal(self) -> NoGraphql:
        self.is_refused = True
        return NoGraphql(f"{self.site.host} does not let this token ask by GraphQL.")
