"""GitHub, and enterprise servers that speak like it: repositories, forks, searches, gists, releases."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import msgspec

from monitors.sources import halfway
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Holding,
    Look,
    Probe,
    RateLimited,
    SignInNeeded,
    SourceError,
    clean,
    hosts,
    missing,
)
from monitors.sources.clone import Bounds
from monitors.sources.git import Git
from monitors.sources.github import checks, gists, releases, rows
from monitors.sources.github.api import Api, NoGraphql
from monitors.sources.github.forks import ForkWalk
from monitors.sources.github.forks_rest import RestForkWalk
from monitors.sources.github.gists import GistList
from monitors.sources.github.queries import PING
from monitors.sources.github.releases import ReleaseList
from monitors.sources.github.search import CODE, COMMITS, LONGEST, REPOSITORIES, Kind, Search
from monitors.sources.github.shapes import Repo
from monitors.sources.github.site import PUBLIC, Site
from monitors.sources.github.trees import TreeHolding, as_git
from monitors.sources.http import Client
from monitors.sources.opened import opened

REFUSED = "refused"  # of a cursor: until when, in seconds since 1970, GraphQL is not asked
HOUR, DAY = 3_600, 86_400
BY_REST = (
    "GitHub's GraphQL refuses this source's token: forks are asked for one by one, which takes about a "
    "hundred times as many requests."
)

_SEARCHES: Mapping[Aim, Kind] = {Aim.SEARCH: REPOSITORIES, Aim.COMMITS: COMMITS, Aim.CODE: CODE}


class _Rate(msgspec.Struct):
    limit: int
    remaining: int


class _Rates(msgspec.Struct):
    """https://docs.github.com/en/rest/rate-limit/rate-limit: asking for it costs nothing."""

    resources: dict[str, _Rate]


class _Ping(msgspec.Struct):
    rate: _Rate | None = msgspec.field(default=None, name="rateLimit")


class _User(msgspec.Struct):
    login: str = ""


def known_ids(cursor: Mapping[str, Any]) -> set[int]:
    """GitHub's own id of the repository that this cursor is about, as far as it was asked for one."""
    walks = [cursor, cursor.get("graphql"), cursor.get("rest")]
    ids = [walk.get("id") for walk in walks if isinstance(walk, dict)]
    return {id for id in ids if type(id) is int and id > 0}


class GitHub(Adapter):
    """Places are repositories, gists and releases' assets, by the ids GitHub gave them: names change."""

    kind = "github"
    aims = frozenset(
        {
            Aim.REPOSITORY,
            Aim.FORKS,
            Aim.CODE,
            Aim.SEARCH,
            Aim.COMMITS,
            Aim.GISTS,
            Aim.RELEASES,
        }
    )
    buckets: ClassVar[Mapping[Aim, str]] = {
        Aim.FORKS: "graphql",
        Aim.CODE: "code_search",
        Aim.SEARCH: "search",
        Aim.COMMITS: "search",
    }
    # A request lists 100 forks; 82,000 that come within a day take 820. The last page of each poll is half
    # empty, so polls every 7 minutes take 100 more; and a repository that is forked a few times an hour, or
    # never, should not cost half as much as one that is forked a hundred times a minute.
    floors: ClassVar[Mapping[Aim, timedelta]] = {Aim.FORKS: timedelta(minutes=7)}
    plenty: ClassVar[Mapping[Aim, int]] = {Aim.FORKS: 20}
    few: ClassVar[Mapping[Aim, int]] = {Aim.FORKS: 20}
    idle: ClassVar[Mapping[Aim, int]] = {Aim.FORKS: 18}
    bulk = checks.BULK
    free = frozenset({304})
    longest_query: ClassVar[int] = LONGEST - 2  # and quotes around it

    def bucket_of(self, url: str, bucket: str) -> str:
        """https://docs.github.com/en/rest/rate-limit/rate-limit: by address, whatever it is asked for."""
        path = urlsplit(url).path
        if path.endswith("/graphql"):
            return "graphql"
        return "" if "/search/" not in path else "code_search" if path.endswith("/code") else "search"

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or PUBLIC)
        self.site = Site(self.base_url)
        self.api = Api(client, self.site)

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """One poll: about one request of up to 100 places. What the cursor holds, each aim's module says.

        A token that GraphQL refuses is not shown to it again for a day; for an hour, if it was let in before.
        Raises SourceError; Refused for a query that is none, Gone for forks of what was never there.
        """
        if aim not in self.aims:
            raise SourceError(f"GitHub cannot be asked for a {aim}.")
        before = self.client.requests
        self.api.is_refused = REFUSED in cursor
        kept = {name: value for name, value in cursor.items() if name != REFUSED}
        batch = self._polls()[aim](query, kept)
        remembered = batch.cursor | self._refusal(cursor)
        return dataclasses.replace(batch, cursor=remembered, requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> Holding:
        """What it holds: of a repository, HEAD and up to 20 branches and tags. Raises SourceError."""
        what = candidate.ticket.get("what")
        if what == "gist":
            return gists.examine(self.api, candidate, self.unpacking)
        if what == "asset":
            return releases.examine(self.api, candidate, self.unpacking)
        return self._repository_held(candidate)

    def look(self, candidate: Candidate) -> Look:
        """Whether it is there, and HEAD's tree (a gist's files, an asset's digest). Raises SourceError."""
        told = self.look_many([candidate])[0]
        if isinstance(told, SourceError):
            raise told
        return told

    def look_many(self, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
        """The same of many: repositories by 100 in one request. Raises RateLimited."""
        others = {"gist": gists.look, "asset": releases.look}
        repositories = [one for one in candidates if one.ticket.get("what") not in others]
        told = dict(zip(map(id, repositories), checks.look_many(self.api, repositories), strict=True))
        rest = [one for one in candidates if id(one) not in told]
        looks = halfway.looks(
            rest, lambda _, one: self._looked(others[one.ticket["what"]], one), is_first=not told
        )
        told |= zip(map(id, rest), looks, strict=True)
        return [told[id(one)] for one in candidates]

    def repository(self, query: str) -> str:
        return self.site.repository(query)

    @classmethod
    def repository_of(cls, candidate: Candidate) -> str:
        """Its own address; of a release's archive that of the repository, of a gist none."""
        if candidate.ticket.get("what") == "gist":
            return ""
        return candidate.url.partition("/releases/tag/")[0]

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By its name, which a gist's address does not tell, and by its address."""
        yield from ((host, place.title) for host in hosts(place))
        yield from super().called(place)

    def probe(self) -> Probe:
        """Who asks, what the token may do, what is left of this hour, and whether GraphQL answers it.

        Raises SourceError.
        """
        answer = self.api.get("/rate_limit")
        core = answer.decode(_Rates).resources.get("core")
        told = answer.headers.get("X-OAuth-Scopes")
        scopes = tuple(word for word in (told or "")[:500].split(", ") if word)
        account = self._account() if self.api.has_graphql else ""
        who = f"Answers as {account}." if account else "Answers anybody, without a token."
        if self.api.has_token and not account:
            who = "Answers."  # an app's token is nobody's
        return Probe(
            says=f"{who}{self._lacks()}",
            account=account,
            scopes=tuple(clean(scope, 80) for scope in scopes)
            or (("read what is public",) if told is not None else ()),
            limit=core.limit if core else None,
            remaining=core.remaining if core else None,
        )

    def _lacks(self) -> str:
        """What this source cannot do, and why."""
        if not self.api.has_token:
            return " Code search, and forks in bulk, need a token."
        try:
            self.api.ask(PING, _Ping)
        except NoGraphql:
            return f" {BY_REST}"
        except SourceError as error:
            return f" GraphQL does not answer now: {error}"
        return ""

    def _polls(self) -> dict[Aim, Callable[[str, dict[str, Any]], Batch]]:
        return {
            Aim.REPOSITORY: self._repository,
            Aim.FORKS: self._forks,
            Aim.GISTS: lambda query, cursor: GistList(self.api, query, cursor).step(),
            Aim.RELEASES: lambda query, cursor: ReleaseList(self.api, query, cursor).step(),
            **{aim: self._search(kind) for aim, kind in _SEARCHES.items()},
        }

    def _refusal(self, cursor: dict[str, Any]) -> dict[str, int]:
        """What the next cursor has to say of being refused, after a poll with this one."""
        if not self.api.is_refused:
            return {}
        now = int(self.api.now)
        if REFUSED not in cursor:
            return {REFUSED: now + (HOUR if "graphql" in cursor else DAY)}
        return {REFUSED: cursor[REFUSED]} if now < cursor[REFUSED] <= now + DAY else {}

    def _search(self, kind: Kind) -> Callable[[str, dict[str, Any]], Batch]:
        return lambda query, cursor: Search(self.api, kind, query, cursor).step()

    def _repository(self, query: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"id", "digest": of HEAD's tree, "etag": of the answer it was read with}."""
        name = self.site.repository(query)
        path = f"/repositories/{int(cursor['id'])}" if cursor.get("id") else f"/repos/{name}"
        try:
            answer = self.api.get(path, etag=cursor.get("etag", ""))
            if answer.is_unchanged:
                return Batch([], cursor)
            repo = answer.decode(Repo)
            found = rows.head(self.api, rows.row(repo)) if not repo.private else None
        except Gone as gone:
            # Its name may be somebody else's by the next poll; by its id it is gone, or back.
            return missing(name, gone, cursor=cursor, kept={"id": cursor.get("id", 0), "digest": ""})
        digest = found.digest if found else ""
        fresh = [found] if found and digest != cursor.get("digest") else []
        return Batch(fresh, {"id": repo.id, "digest": digest, "etag": answer.etag})

    def _forks(self, query: str, cursor: dict[str, Any]) -> Batch:
        """Cursor: {"graphql" or "rest": what that walk keeps}. REST where GraphQL is refused."""
        try:
            batch, walk = ForkWalk(self.api, query, cursor.get("graphql", {})).step(), "graphql"
        except NoGraphql:
            batch, walk = RestForkWalk(self.api, query, cursor.get("rest", {})).step(), "rest"
        gaps = [*batch.gaps, *([BY_REST] if walk == "rest" and self.api.has_token else [])]
        return dataclasses.replace(batch, cursor={**cursor, walk: batch.cursor}, gaps=gaps)

    def _repository_held(self, candidate: Candidate) -> Holding:
        """By git, which sees side branches too and costs nothing of our limit; by REST where git cannot."""
        name = str(candidate.ticket["name"])
        cloned = dataclasses.replace(candidate, ticket={"url": self.site.clone_url(name)})
        try:
            with as_git(self.client):
                return Git(self.client, self.base_url).examine(cloned)
        except (Gone, RateLimited):
            raise
        except SourceError as error:
            return self._listed(name, error)

    def _listed(self, name: str, error: SourceError) -> Holding:
        try:
            return opened(TreeHolding(self.api, name, Bounds()), limits=self.unpacking)
        except (Gone, RateLimited):
            raise
        except SourceError:
            raise error from None

    def _looked(self, look: Callable[[Api, Candidate], Look], candidate: Candidate) -> Look | SourceError:
        try:
            return look(self.api, candidate)
        except RateLimited:
            raise
        except Gone as gone:
            return Look(live=False, reason=gone.reason)
        except SourceError as error:
            return error

    def _account(self) -> str:
        """Whom the token belongs to; "" for an app's token, which is nobody's. Raises SignInNeeded."""
        try:
            return clean(self.api.read("/user", _User).login, 80)
        except (RateLimited, SignInNeeded):
            raise
        except SourceError:
            return ""
