"""The forks of a repository by REST alone, without a token or where GraphQL is refused: one request a fork.

https://docs.github.com/en/rest/repos/forks#list-forks: 100 a page, newest first, direct forks only.
"""

from __future__ import annotations

from typing import Any

import msgspec

from monitors.sources.base import Batch, Gone, clean
from monitors.sources.github import heirs, rows
from monitors.sources.github.api import PER_PAGE, Api
from monitors.sources.github.bulk import Page
from monitors.sources.github.rows import Row
from monitors.sources.github.shapes import Repo, time
from monitors.sources.github.site import is_name

FULL = 12  # every so many rounds, all pages are listed again, for what was pushed to
PAGES = 1_000
FAMILIES = 500
COUNTS = 3_000
COUNTED = 10  # families that are asked how many they are, in each round, when their root is gone


class State(msgspec.Struct, omit_defaults=True):
    """The cursor. At most about 240 KB: 100 rows, 500 names and 3,000 counts."""

    id: int = 0
    name: str = ""
    rounds: int = 0
    family: str = ""  # whose forks are listed now; "": the repository's own
    family_id: str = ""
    page: int = 0  # the last one listed; 0 between rounds
    listing: int = 0  # direct forks, in this round
    listed: int = 0  # in the last round that listed all, and how many GitHub counted then
    base: int = 0
    counted: int = 0
    is_done: bool = False
    mark: str = ""
    newest: str = ""
    pushed: str = ""
    newest_pushed: str = ""
    waiting: list[Row] = msgspec.field(default_factory=list)
    families: list[tuple[str, str]] = msgspec.field(default_factory=list)  # ids and names, to be listed
    counts: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)  # counted and listed, by id
    lost: str = ""  # what is said while it is gone
    kin: list[str] = msgspec.field(default_factory=list)  # ids of direct forks, which know who comes after it
    etags: tuple[str, str] = ("", "")  # of the repository, and of the first page of its forks


class RestForkWalk:
    """One poll: a page of the list, or the HEADs of 20 forks."""

    def __init__(self, api: Api, query: str, cursor: dict[str, Any]) -> None:
        self.api = api
        self.name = api.site.repository(query)
        self.state = msgspec.convert(cursor, State)
        self.gaps: list[str] = []

    def step(self) -> Batch:
        """What it brought. Raises SourceError; Gone for a repository that was never there."""
        state = self.state
        is_news = not state.waiting
        if is_news:
            self._list()
        done = rows.resolve(self.api, Page(), state.waiting, is_news=is_news)
        state.waiting = done.left
        more = bool(state.waiting or state.page or state.families)
        return Batch(
            done.candidates,
            msgspec.to_builtins(state),
            more=more,
            gaps=[*self.gaps, *done.gaps, *self._gap()],
            limited=done.limited,
        )

    def _list(self) -> None:
        """The next page: of the repository, then of each fork that was forked."""
        state = self.state
        if not state.page and not state.families:
            self._begin()
        if not state.page and state.families:
            state.family_id, state.family = state.families.pop(0)
        elif state.lost and not state.page:
            return
        try:
            self._page(state.family or state.name)
        except Gone as gone:
            if not state.family:
                self._mourn(gone)
            state.page, state.family = 0, ""

    def _begin(self) -> None:
        """A new round: what the repository is called now, and how many forks are counted."""
        state = self.state
        state.family, state.rounds = "", state.rounds + 1
        try:
            path = f"/repositories/{state.id}" if state.id else f"/repos/{self.name}"
            answer = self.api.get(path, etag=state.etags[0])
        except Gone as gone:
            if not state.id:
                raise
            self._mourn(gone)
            return
        state.lost = ""
        if not answer.is_unchanged:
            repo = answer.decode(Repo)
            state.id, state.name, state.counted = repo.id, repo.full_name, repo.forks_count or 0
            state.etags = answer.etag, ""

    def _mourn(self, gone: Gone) -> None:
        """The repository is gone: its forks may have another root now. Forks of known forks go on."""
        state = self.state
        heir = heirs.by_rest(self.api, state.kin, state.id) if gone.reason == "404" else None
        if heir is None:
            state.lost = heirs.lost(state.name, gone, families=len(state.counts))
            self._count_families()
            return
        self.gaps.append(heirs.found(state.name, gone, heir))
        state.counts.pop(str(heir.database_id), None)
        state.id, state.name = heir.database_id or 0, heir.name_with_owner
        state.mark = state.newest = state.pushed = state.newest_pushed = ""
        state.is_done, state.listing, state.etags = False, 0, ("", "")
        self._begin()

    def _count_families(self) -> None:
        """Nothing lists them any more: each in its turn is asked whether it was forked since."""
        ids = list(self.state.counts)
        start = self.state.rounds * COUNTED % len(ids) if ids else 0
        for id in [*ids, *ids][start : start + min(COUNTED, len(ids))]:
            try:
                self._note_family(self.api.read(f"/repositories/{id}", Repo))
            except Gone:
                self.state.counts.pop(id)

    def _page(self, name: str) -> None:
        state = self.state
        asked: dict[str, str | int] = {"sort": "newest", "per_page": PER_PAGE, "page": state.page + 1}
        is_first = not state.family and not state.page
        answer = self.api.get(
            f"/repos/{name}/forks", asked, etag=state.etags[1] if is_first and not self._is_full else ""
        )
        if answer.is_unchanged:
            return  # nothing new, and nobody pushed to the newest
        if is_first:
            state.etags = state.etags[0], answer.etag
        found = answer.decode(list[Repo])
        self._note(found, name)
        state.page += 1
        is_last = 'rel="next"' not in answer.headers.get("Link", "") or not found or state.page >= PAGES
        if is_last or self._is_known(found):
            self._end(is_last)

    def _note(self, found: list[Repo], name: str) -> None:
        state = self.state
        if state.family:
            counted, listed = state.counts.get(state.family_id, (0, 0))
            state.counts[state.family_id] = (counted, len(found) + (listed if state.page else 0))
        else:
            state.listing = len(found) + (state.listing if state.page else 0)
            heirs.keep(state.kin, (str(repo.id) for repo in found))
        for repo in found:
            if repo.private or repo.disabled or not is_name(repo.full_name):
                continue
            made, pushed = time(repo.created_at), time(repo.pushed_at)
            state.newest, state.newest_pushed = max(state.newest, made), max(state.newest_pushed, pushed)
            if not state.mark or made > state.mark or pushed > state.pushed or state.family:
                state.waiting.append(rows.row(repo, parent=name))
            self._note_family(repo)

    def _note_family(self, repo: Repo) -> None:
        """List a fork's forks (again) when there are more than we know."""
        state, id, now = self.state, str(repo.id), repo.forks_count or 0
        counted, listed = state.counts.get(id, (0, 0))
        has_room = len(state.families) < FAMILIES and (id in state.counts or len(state.counts) < COUNTS)
        if now > counted and has_room:
            state.families.append((id, repo.full_name))
            state.counts[id] = (now, listed)

    @property
    def _is_full(self) -> bool:
        """Whether this list is read to its end, and not just for what is new."""
        state = self.state
        return bool(state.family) or not state.mark or state.rounds % FULL == 0

    def _is_known(self, found: list[Repo]) -> bool:
        """Whether the rest of the list is known, in a round that only looks for what is new."""
        state = self.state
        return not self._is_full and any("" < time(repo.created_at) < state.mark for repo in found)

    def _end(self, is_last: bool) -> None:
        state = self.state
        if not state.family:
            state.mark = state.newest
            if is_last:
                state.is_done, state.pushed = True, state.newest_pushed
                state.listed, state.base = state.listing, state.counted
        state.page, state.family = 0, ""

    def _gap(self) -> list[str]:
        """What GitHub counts and does not list, after a round that listed all."""
        state = self.state
        if state.lost:
            return [state.lost]
        listed = state.listed + sum(listed for _, listed in state.counts.values())
        if state.page or state.families or not state.is_done or listed >= state.base:
            return []
        return [f"GitHub counts {state.base:,} forks of {clean(state.name)} and lists {listed:,}."]
