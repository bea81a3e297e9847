"""The forks of a repository and theirs, by GraphQL: 100 a request, each with the ids of its HEAD.

The first walk goes through all, newest first. Then each poll asks for the newest until it meets known ones,
for those pushed to last, and which known forks have been forked since. A slow walk through all goes on beside
that, for what such questions miss. `forks` lists direct forks only and `forkCount` counts the whole network,
so forks that were forked are asked in turn, many of them in one request.
https://docs.github.com/en/graphql/reference/objects#repository
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec

from monitors.sources.base import Batch, Candidate, Gone, SourceError, clean
from monitors.sources.github import bulk, listings
from monitors.sources.github.api import Api
from monitors.sources.github.bulk import Page
from monitors.sources.github.listings import Count, Direct, Families, Family, Listed
from monitors.sources.github.queries import FORKS, NESTED
from monitors.sources.github.shapes import Repo, from_node, time
from monitors.sources.github.site import is_name

PUSHES = 25  # forks pushed to last, in each poll
LOTS = 100  # forks of forks that make a request of their own worth while
FAMILIES = 50  # forks whose forks are asked for in one request
PENDING = 1_000  # forks whose forks wait to be listed
PARENTS = 3_000  # forks that are asked whether they were forked again, 100 a poll
SLACK = 20  # forks of a large family that are listed beyond those it grew by
WHOLE = 200  # forks of a fork up to which all are listed again when there are more
REWALK = 2_500  # forks for which the slow walk takes one page a poll; 5 at most
OVERLAP = timedelta(seconds=15)


class Walk(msgspec.Struct):
    """Where one walk through the direct forks stands; it ends behind `until`, or with the last."""

    after: str = ""
    until: str = ""
    newest: str = ""
    listed: int = 0


class Waiting(msgspec.Struct, array_like=True):
    """A fork whose own forks are to be listed: so many of them, from there on."""

    id: str
    wanted: int
    after: str = ""


class State(msgspec.Struct, omit_defaults=True):
    """The cursor. At most about 200 KB: 1,000 waiting and 3,000 known families of 30 to 60 bytes each."""

    id: int = 0
    name: str = ""
    page: Page = msgspec.field(default_factory=Page)
    mark: str = ""  # when the newest fork was made that a finished walk listed
    is_done: bool = False  # everything was walked through once
    walk: Walk | None = None
    again: Walk | None = None  # the slow one
    turns: int = 0  # pages it takes before the next poll
    waiting: list[Waiting] = msgspec.field(default_factory=list)
    families: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)  # counted and listed forks
    turn: int = 0
    counted: int = 0  # by GitHub, of the whole network
    total: int = 0  # direct ones, by GitHub
    direct: int = 0  # listed, of `base` that GitHub counted then
    base: int = 0
    nested: int = 0  # listed forks of forks
    dropped: int = 0


class ForkWalk:
    """One poll of a repository's forks: one request of about 100, and where to go on."""

    def __init__(self, api: Api, query: str, cursor: dict[str, Any]) -> None:
        self.api = api
        self.name = api.site.repository(query)
        self.state = msgspec.convert(cursor, State)
        self.found: dict[str, Candidate] = {}
        self.gaps: list[str] = []

    def step(self) -> Batch:
        """What one request brought. Raises SourceError; Gone for a repository that was never there."""
        state = self.state
        if state.waiting and (not state.walk or _wanted(state.waiting) >= LOTS):
            self._nested()
        elif state.turns > 0 and not state.walk:
            self._direct(again=True)
        else:
            self._direct(again=False)
        more = bool(state.walk or state.waiting or state.turns)
        cursor = msgspec.to_builtins(state)
        return Batch(list(self.found.values()), cursor, more=more, gaps=[*self.gaps, *self._standing_gaps()])

    # The direct forks

    def _direct(self, *, again: bool) -> None:
        state = self.state
        walk = self._current(again)
        follow = not again and not walk.after
        parents = self._next_families() if follow else []
        reply, is_whole = bulk.ask(
            self.api,
            state.page,
            FORKS,
            Direct,
            listings.direct_has_holes,
            lambda: self._variables(walk, follow, parents),
        )
        family = reply.data.repository if reply.data else None
        if walk.after and any("cursor" in (fault.message or "").lower() for fault in reply.errors or ()):
            walk.after, walk.listed = "", 0  # it is too old for GitHub: begin anew
            return
        if family is None or family.forks is None or self._is_another(family):
            self._lost()
            return
        self._meet(family, is_whole)
        self._note_pushes(family)
        self._compare(reply.data.parents or [] if reply.data else [])
        self._advance(walk, family.forks, again)

    def _current(self, again: bool) -> Walk:
        """The walk under way, or a new one."""
        state = self.state
        if again:
            state.turns -= 1
            state.again = state.again or Walk()
            return state.again
        state.walk = state.walk or Walk(until=_before(state.mark))
        return state.walk

    def _variables(self, walk: Walk, follow: bool, parents: list[str]) -> dict[str, Any]:
        owner, _, name = (self.state.name or self.name).partition("/")
        return {
            "owner": owner,
            "name": name,
            "first": self.state.page.size,
            "after": walk.after or None,
            "follow": follow,
            "pushes": PUSHES,
            "parents": parents,
        }

    def _is_another(self, family: Family) -> bool:
        """Whether somebody else's repository has the name now."""
        return bool(self.state.id) and family.database_id != self.state.id

    def _lost(self) -> None:
        """The repository is not there. REST says why; when it was never there, that is a mistake to show."""
        state = self.state
        try:
            repo = self.api.read(f"/repositories/{state.id}" if state.id else f"/repos/{self.name}", Repo)
        except Gone as gone:
            if not state.id:
                raise
            self.gaps.append(f"{clean(state.name)} is gone ({gone.reason}): its forks are listed no more.")
            state.walk, state.turns = None, 0
            return
        if not is_name(repo.full_name) or repo.full_name == state.name:
            raise SourceError(f"{self.api.site.host} lists no forks of {self.name} now. We ask again later.")
        state.name = repo.full_name  # renamed, and its old name is somebody else's

    def _meet(self, family: Family, is_whole: bool) -> None:
        state = self.state
        state.id, state.name = family.database_id or 0, family.name_with_owner
        state.counted = family.fork_count
        state.total = family.forks.total_count if family.forks else 0
        if not is_whole and family.forks:
            self._say_holes(family.forks, family.name_with_owner)
        if family.is_disabled:
            self.gaps.append(f"{clean(family.name_with_owner)} is blocked: its forks may be listed in part.")

    def _note_pushes(self, family: Family) -> None:
        if family.pushed:
            self._take(node for node in family.pushed.nodes or [] if node)

    def _advance(self, walk: Walk, page: Listed, again: bool) -> None:
        state = self.state
        nodes = [node for node in page.nodes or [] if node]
        self._take(nodes)
        made = [made_at for node in nodes if (made_at := time(node.created_at))]
        walk.newest = max([walk.newest, *made])
        walk.listed += sum(time(node.created_at) > state.mark or not walk.until for node in nodes)
        onward = page.page_info.end_cursor or ""
        has_more = page.page_info.has_next_page and onward not in ("", walk.after)
        if has_more and not (walk.until and made and min(made) < walk.until):
            walk.after = onward
            return
        if again:
            self._finish_again(walk)
        else:
            self._finish(walk, is_all=not has_more)

    def _finish(self, walk: Walk, *, is_all: bool) -> None:
        state = self.state
        is_first, is_quiet = not walk.until, not walk.listed
        if is_first:
            state.direct, state.base = walk.listed, state.total
        state.mark, state.walk, state.is_done = max(state.mark, walk.newest), None, True
        # The slow walk goes on when nothing was new, so that busy hours are spent on what is new.
        if not is_all and is_quiet:
            state.turns = min(5, 1 + state.total // REWALK)

    def _finish_again(self, walk: Walk) -> None:
        state = self.state
        state.direct, state.base, state.dropped = walk.listed, state.total, 0
        state.again, state.turns = None, 0

    # Forks of forks

    def _nested(self) -> None:
        state = self.state
        chosen: list[Waiting] = []

        def variables() -> dict[str, Any]:
            chosen[:] = _together(state.waiting, state.page.size)
            first = min(state.page.size, max(one.wanted for one in chosen))
            ids = [one.id for one in chosen]
            return {"ids": ids, "first": first, "after": chosen[0].after or None}

        reply, is_whole = bulk.ask(
            self.api, state.page, NESTED, Families, listings.nested_has_holes, variables
        )
        families = reply.data.nodes if reply.data else []
        state.waiting = state.waiting[len(chosen) :]
        for number, waiting in enumerate(chosen):
            family = families[number] if number < len(families) else None
            if family and family.forks:
                self._take_family(waiting, family, family.forks, is_whole)
            elif any(fault.type != "NOT_FOUND" for fault in reply.faults_at("nodes", number)):
                state.families.pop(waiting.id, None)  # noticed again when it is next listed
                self.gaps.append("GitHub did not list the forks of one fork. We ask again later.")

    def _take_family(self, waiting: Waiting, family: Family, page: Listed, is_whole: bool) -> None:
        state = self.state
        nodes = [node for node in page.nodes or [] if node]
        self._take(nodes)
        if not is_whole:
            self._say_holes(page, family.name_with_owner)
        _, before = state.families.get(family.id, (0, 0))
        listed = _listed(waiting, len(nodes), family.fork_count, before)
        if self._remember(family.id, family.fork_count, listed):
            state.nested += listed - before
        left = waiting.wanted - len(nodes)
        onward = page.page_info.end_cursor or ""
        if left > 0 and page.page_info.has_next_page and onward not in ("", waiting.after):
            self._wait(Waiting(family.id, left, onward))

    def _next_families(self) -> list[str]:
        """The next 100 known families, to be asked whether they grew."""
        ids = list(self.state.families)
        start = self.state.turn % len(ids) if ids else 0
        self.state.turn = start + bulk.LARGEST
        return ids[start : start + bulk.LARGEST]

    def _compare(self, counts: list[Count | None]) -> None:
        for count in counts:
            if count and count.id:
                self._note_count(count.id, count.fork_count)

    def _note_count(self, id: str, now: int) -> None:
        """List a fork's forks (again) when there are more than we know."""
        before, listed = self.state.families.get(id, (0, 0))
        if now > before:
            self._remember(id, now, listed)
            self._wait(Waiting(id, now if now <= WHOLE or not before else now - before + SLACK))

    def _remember(self, id: str, counted: int, listed: int) -> bool:
        """Keep how many forks a fork has; False when there is no room."""
        families = self.state.families
        if id not in families and len(families) >= PARENTS:
            return False
        families[id] = (counted, listed)
        return True

    def _wait(self, waiting: Waiting) -> None:
        state = self.state
        if any(one.id == waiting.id and one.after == waiting.after for one in state.waiting):
            return
        if len(state.waiting) >= PENDING:
            state.dropped += 1
            state.families.pop(waiting.id, None)
            return
        state.waiting.append(waiting)

    # Both

    def _take(self, nodes: Any) -> None:
        """Make candidates; and note who was forked in turn."""
        for node in nodes:
            if (place := from_node(self.api.site, node)) is not None:
                self.found[place.native_id] = place
            if node.fork_count:
                self._note_count(node.id, node.fork_count)

    def _say_holes(self, page: Listed, name: str) -> None:
        missing = sum(node is None for node in page.nodes or [])
        if missing:
            self.gaps.append(f"GitHub left {missing} forks of {clean(name)} out of its answer.")

    def _standing_gaps(self) -> list[str]:
        """What GitHub counts and does not list, once everything was walked through."""
        state, gaps = self.state, []
        listed = state.direct + max(0, state.total - state.base) + state.nested
        if state.is_done and not state.walk and not state.waiting and state.counted > listed:
            gaps.append(f"GitHub counts {state.counted:,} forks of {clean(state.name)} and lists {listed:,}.")
        if state.dropped:
            gaps.append(f"The forks of {state.dropped:,} forks of {clean(state.name)} are not listed yet.")
        return gaps


def _together(waiting: list[Waiting], most: int) -> list[Waiting]:
    """The first of those that wait, as many as fit in one request."""
    first = waiting[0]
    if first.after or first.wanted >= most:
        return [first]
    chosen, room = [], most
    for one in waiting[:FAMILIES]:
        if one.after or one.wanted > room:
            break
        chosen.append(one)
        room -= one.wanted
    return chosen


def _listed(waiting: Waiting, now: int, counted: int, before: int) -> int:
    """How many forks of a fork are listed by now."""
    if waiting.after:
        return before + now
    if before and waiting.wanted < counted:  # only the newest were asked for
        return before + min(now, waiting.wanted - SLACK)
    return now


def _wanted(waiting: list[Waiting]) -> int:
    return sum(one.wanted for one in waiting)


def _before(mark: str) -> str:
    """A little before: forks do not become visible in the order in which they were made."""
    if not mark:
        return ""
    return (datetime.fromisoformat(mark) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
