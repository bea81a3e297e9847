"""Searches: repositories by name and description, commits by message, code by its text.

https://docs.github.com/en/rest/search/search. Each kind of hit leads to a repository, which is the place; one
search is one poll. A search shows 1,000 results, so a larger one is cut into windows of time or of size.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from monitors.sources.base import Batch, Refused, clean
from monitors.sources.github import rows, shapes, windows
from monitors.sources.github.api import PER_PAGE, Api
from monitors.sources.github.bulk import Page
from monitors.sources.github.rows import Row
from monitors.sources.github.shapes import Repo
from monitors.sources.github.windows import SHOWN, Sizes, Times, Window

LONGEST = 256  # characters of a query, qualifiers aside
SEEN = 3_000
CUTS = 200  # of one round: a host that claims endless results must not keep us
MARK = 20
SHA = 12  # characters that tell the hits within one repository apart
FULL = 24  # every so many turns, a search by time begins at the beginning again
BACK = 2 * 24 * 3600  # seconds that a search for what is new looks back: indexes lag

_QUALIFIED = re.compile(r'(^|\s)(NOT\s|[a-z-]+:\S|-[a-z]+:)|"')


class Signed(msgspec.Struct):
    """Who committed, and when."""

    date: str | None = ""


class Message(msgspec.Struct):
    committer: Signed | None = None


class Hit(msgspec.Struct):
    """A file or a commit, and the repository it lies in."""

    repository: Repo
    sha: str = ""
    commit: Message | None = None

    @property
    def at(self) -> str | None:
        return self.commit.committer.date if self.commit and self.commit.committer else ""


class Seen(NamedTuple):
    """A repository that a search named: by what it is known, what tells that this changed, and the time that
    windows cut by.
    """

    repo: Repo
    key: str
    mark: str
    at: str | None


class Repositories(msgspec.Struct):
    items: list[Repo]
    total_count: int = 0
    incomplete_results: bool | None = False

    @property
    def hits(self) -> list[Seen]:
        latest = (max(shapes.time(repo.created_at), shapes.time(repo.pushed_at)) for repo in self.items)
        return [
            Seen(repo, str(repo.id), repo.pushed_at or "", at)
            for repo, at in zip(self.items, latest, strict=True)
        ]


class Hits(msgspec.Struct):
    items: list[Hit]
    total_count: int = 0
    incomplete_results: bool | None = False

    @property
    def hits(self) -> list[Seen]:
        # One repository has many hits, and each is seen again in each round.
        return [
            Seen(hit.repository, f"{hit.repository.id} {hit.sha[:SHA]}", "", hit.at) for hit in self.items
        ]


@dataclass(frozen=True)
class Kind:
    """What is searched, and how it is asked for and cut."""

    path: str
    shape: type[Repositories] | type[Hits]
    cut: Sizes | Times
    rounds: tuple[str, ...] = ("",)  # qualifiers of each round, in turn
    pushes: Times | None = None  # by which every other turn of them looks for what changed
    sort: str = ""
    is_phrase: bool = False


# Forks are walked from their roots: a search would list the same description thousands of times. One whose
# root is none of theirs, such as a leak pushed into a fork of our own repository, is starred.
REPOSITORIES = Kind(
    "/search/repositories",
    Repositories,
    Times("created"),
    rounds=("in:name,description,readme", "in:name,description,readme fork:only stars:>=3"),
    pushes=Times("pushed"),
    sort="updated",
)
COMMITS = Kind("/search/commits", Hits, Times("committer-date"), sort="committer-date", is_phrase=True)
# Only forks with more stars than their parent are searched at all, and only with fork:true.
CODE = Kind("/search/code", Hits, Sizes(), rounds=("fork:true",), is_phrase=True)


class State(msgspec.Struct, omit_defaults=True):
    """The cursor. At most about 220 KB: 3,000 hits seen, 100 windows, 1,000 rows that wait."""

    rounds: int = 0
    kind: int = 0  # which of its rounds this is
    by_push: bool = False
    cuts: int = 0
    newest: int = 0  # the time of the newest hit, in seconds since 1970
    windows: list[Window] = msgspec.field(default_factory=list)
    waiting: list[Row] = msgspec.field(default_factory=list)
    seen: dict[str, str] = msgspec.field(default_factory=dict)  # hit: what of it was seen last
    page: Page = msgspec.field(default_factory=Page)


class Search:
    """One poll of a search: at most one question to it, and what lies in the repositories it named."""

    def __init__(self, api: Api, kind: Kind, query: str, cursor: dict[str, Any]) -> None:
        self.api, self.kind = api, kind
        self.words = words(query, is_phrase=kind.is_phrase)
        self.state = msgspec.convert(cursor, State)
        self.gaps: list[str] = []

    def step(self) -> Batch:
        """What it brought. Raises SourceError."""
        state = self.state
        is_news = not state.waiting
        if is_news:
            self._ask()
        done = rows.resolve(self.api, state.page, state.waiting, is_news=is_news)
        state.waiting = done.left
        cursor = msgspec.to_builtins(state)
        more = bool(state.waiting or state.windows or state.rounds % len(self.kind.rounds))
        return Batch(done.candidates, cursor, more=more, gaps=[*self.gaps, *done.gaps], limited=done.limited)

    def _ask(self) -> None:
        state = self.state
        if not state.windows:
            state.windows = [self._first()]
            state.rounds, state.cuts = state.rounds + 1, 0
        window = state.windows.pop()
        answer = self.api.get(self.kind.path, self._params(window))
        found = answer.decode(self.kind.shape)
        if found.incomplete_results:
            self.gaps.append(f"GitHub's search ran out of time and left out results for {clean(self.words)}.")
        self._note(found.hits)
        self._go_on(window, found.total_count, len(found.items))

    def _first(self) -> Window:
        """Everything at first and now and then, else what is new or changed. Sizes say nothing of that."""
        state, kinds = self.state, len(self.kind.rounds)
        turn, state.kind = divmod(state.rounds, kinds)
        if isinstance(self.kind.cut, Sizes):
            return self.kind.cut.whole
        begin = int(windows.BEGINNING.timestamp())
        is_full = turn % FULL == 0
        state.by_push = not is_full and turn % 2 == 1 and self.kind.pushes is not None
        return Window(begin if is_full else max(begin, state.newest - BACK), 0)

    def _params(self, window: Window) -> dict[str, str | int]:
        cut = self.kind.pushes if self.kind.pushes and self.state.by_push else self.kind.cut
        query = f"{self.words} {self.kind.rounds[self.state.kind]} {cut.qualifier(window)}"
        asked: dict[str, str | int] = {"q": " ".join(query.split()), "per_page": PER_PAGE}
        sort = {"sort": self.kind.sort, "order": "desc"} if self.kind.sort else {}
        return asked | sort | {"page": window.page}

    def _go_on(self, window: Window, total: int, shown: int) -> None:
        """Cut a window that shows only a part of its results; else take its next page, if it has one."""
        state = self.state
        has_room = state.cuts < CUTS and len(state.windows) < windows.WAITING
        halves = window.halves() if has_room else []
        if window.page == 1 and total > SHOWN and halves:
            state.windows.extend(halves)  # the newer one is taken first
            state.cuts += 1
            return
        if window.page == 1 and total > SHOWN:
            self.gaps.append(f"GitHub shows {SHOWN:,} of {total:,} results for {clean(self.words)}.")
        if shown and window.page * PER_PAGE < min(total, SHOWN):
            state.windows.append(Window(window.low, window.high, window.page + 1))

    def _note(self, hits: list[Seen]) -> None:
        """Those that are new, or changed since they were seen."""
        seen, waiting = self.state.seen, {one.id: one for one in self.state.waiting}
        now = int(self.api.now)
        for repo, key, mark, at in hits:
            # Who commits chooses the date; one to come must not hide what is committed until then.
            self.state.newest = max(self.state.newest, min(windows.seconds(at), now))
            if not repo.private and seen.pop(key, None) != mark[:MARK]:
                waiting[repo.id] = rows.row(repo)
            seen[key] = mark[:MARK]  # at the end again, as the newest
        self.state.waiting = list(waiting.values())
        self.state.seen = dict(list(seen.items())[-SEEN:])


def words(query: str, *, is_phrase: bool) -> str:
    """The words as the search takes them; a phrase in quotes unless its writer used the search's language.

    Raises Refused for nothing and for more than 256 characters.
    """
    given = " ".join(query.split())
    if not given.strip('" '):
        raise Refused("Say what to search for.")
    if is_phrase and not _QUALIFIED.search(given):
        given = f'"{given}"'
    if len(given) > LONGEST:
        raise Refused(f"GitHub searches for at most {LONGEST} characters; this has {len(given)}.")
    return given
