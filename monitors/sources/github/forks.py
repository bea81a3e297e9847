"""The forks of a repository and theirs, by GraphQL: 100 a request, each with the ids of its HEAD.

The first walk goes through all, newest first. Then each poll asks for the newest until it meets known ones,
and for those pushed to last. `forks` lists direct forks only and `forkCount` counts the whole network, so
forks that were forked are listed in turn, many of them in one request. Nobody tells which those are: beside
what it asks, each request counts 100 known families, and up to 800 forks on slow rounds through all; that
costs no request. Each fork is counted once in an eighth of as many requests as list all. When nothing is new,
all are walked through again.
https://docs.github.com/en/graphql/reference/objects#repository
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import msgspec

from monitors.sources.base import Batch, Candidate, Gone, SourceError, clean
from monitors.sources.github import bulk, listings
from monitors.sources.github.api import Api
from monitors.sources.github.bulk import Page
from monitors.sources.github.families import Kept, Waiting
from monitors.sources.github.listings import Count, Counted, Direct, Families, Family, Large, Listed
from monitors.sources.github.queries import FORKS, NESTED, ROUNDS
from monitors.sources.github.shapes import Node, Repo, from_node, time
from monitors.sources.github.site import is_name

PUSHES = 25  # forks pushed to last, in each poll
REWALK = 5_000  # forks for which the second walk takes one page a poll; 5 at most
LONGEST_PLACE = 200  # characters of where a page begins
OVERLAP = timedelta(seconds=15)


class Walk(msgspec.Struct):
    """Where one walk through the direct forks stands; it ends behind `until`, or with the last."""

    after: str = ""
    until: str = ""
    newest: str = ""
    listed: int = 0


class Round(msgspec.Struct, array_like=True):
    """Where a slow round stands, and how many pages it went."""

    after: str = ""
    pages: int = 0


class State(msgspec.Struct, omit_defaults=True):
    """The cursor: families, and a few hundred bytes."""

    id: int = 0
    name: str = ""
    page: Page = msgspec.field(default_factory=Page)
    mark: str = ""  # when the newest fork was made that a finished walk listed
    is_done: bool = False  # everything was walked through once
    walk: Walk | None = None
    again: Walk | None = None  # the one through all, again
    turns: int = 0  # pages it takes before the next poll
    rounds: list[Round] = msgspec.field(default_factory=list)
    large: str = ""  # the large family through which another round goes
    large_round: Round = msgspec.field(default_factory=Round)
    families: Kept = msgspec.field(default_factory=Kept)
    counted: int = 0  # by GitHub, of the whole network
    total: int = 0  # direct ones, by GitHub
    direct: int = 0  # listed, of `base` that GitHub counted then
    base: int = 0


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
        if state.families.waiting and (state.families.has_lots() or (not state.walk and self._presses())):
            self._nested()
        elif state.turns > 0 and not state.walk:
            self._direct(again=True)
        else:
            self._direct(again=False)
        more = bool(state.walk or state.turns or self._presses())
        if not more:
            state.families.poll_ended()
        cursor = msgspec.to_builtins(state)
        return Batch(list(self.found.values()), cursor, more=more, gaps=[*self.gaps, *self._standing_gaps()])

    def _presses(self) -> bool:
        return self.state.families.is_pressing(self.state.total)

    # The direct forks

    def _direct(self, *, again: bool) -> None:
        state = self.state
        walk = self._current(again)
        follow = not again and not walk.after
        parents, rounds = state.families.next_known(), self._next_rounds()
        reply, is_whole = bulk.ask(
            self.api,
            state.page,
            FORKS,
            Direct,
            listings.direct_has_holes,
            lambda: (
                self._variables(walk, follow)
                | {"parents": parents}
                | self._large()
                | _asked(rounds, state.page)
            ),
        )
        family = reply.data.repository if reply.data else None
        goes_on = walk.after or any(one.after for one in [*rounds, state.large_round])
        if goes_on and any("cursor" in (fault.message or "").lower() for fault in reply.errors or ()):
            walk.after, walk.listed = "", 0  # it is too old for GitHub: begin anew
            state.rounds, state.large_round = [], Round()
            return
        if family is None or family.forks is None or self._is_another(family):
            self._lost()
            return
        self._meet(family, is_whole)
        self._note_pushes(family)
        state.families.note(reply.data.parents or [] if reply.data else [])
        for place, counts in zip(rounds, family.rounds(), strict=False):
            self._go_round(place, counts)
        self._go_through_large(reply.data.large or [] if reply.data else [])
        self._advance(walk, family.forks, again)

    def _large(self) -> dict[str, Any]:
        state = self.state
        state.large = state.large or state.families.next_large("")
        ids = [state.large] if state.large and state.page.size > bulk.SMALLEST else []
        return {"large": ids, "afterLarge": state.large_round.after or None}

    def _go_through_large(self, answered: list[Large | None]) -> None:
        """Count the forks of large families in turn, as those of the repository itself."""
        state = self.state
        if not answered:
            return
        page = answered[0].forks if answered[0] else None
        state.families.note((page.nodes or []) if page else [])
        onward = _onward(page) if page else ""
        if onward in ("", state.large_round.after):
            state.large, onward = state.families.next_large(state.large), ""
        state.large_round.after = onward

    def _current(self, again: bool) -> Walk:
        """The walk under way, or a new one."""
        state = self.state
        if again:
            state.turns -= 1
            state.again = state.again or Walk()
            return state.again
        state.walk = state.walk or Walk(until=_before(state.mark))
        return state.walk

    def _variables(self, walk: Walk, follow: bool) -> dict[str, Any]:
        owner, _, name = (self.state.name or self.name).partition("/")
        return {
            "owner": owner,
            "name": name,
            "first": self.state.page.size,
            "after": walk.after or None,
            "follow": follow,
            "pushes": PUSHES,
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
        state.id = family.database_id or 0
        state.name = family.name_with_owner if is_name(family.name_with_owner) else state.name or self.name
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
        onward = _onward(page)
        has_more = onward not in ("", walk.after)
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
        if is_quiet:
            state.families.lose_patience()
            state.turns = 0 if is_all else min(5, 1 + state.total // REWALK)

    def _finish_again(self, walk: Walk) -> None:
        state = self.state
        state.direct, state.base, state.families.dropped = walk.listed, state.total, 0
        state.again, state.turns = None, 0

    def _next_rounds(self) -> list[Round]:
        """The slow rounds; another is begun when the last has gone its part of the way."""
        state = self.state
        apart = max(state.total // (ROUNDS * bulk.LARGEST), 1)
        has_room = state.is_done and len(state.rounds) < ROUNDS
        if has_room and (not state.rounds or state.rounds[-1].pages >= apart):
            state.rounds.append(Round())
        return list(state.rounds)

    def _go_round(self, place: Round, page: Counted | None) -> None:
        if page is None:
            return
        self.state.families.note(page.nodes or [])
        onward = _onward(page)
        place.pages += 1
        if onward in ("", place.after):
            self.state.rounds = [one for one in self.state.rounds if one is not place]
        else:
            place.after = onward

    # Forks of forks

    def _nested(self) -> None:
        state = self.state
        chosen: list[Waiting] = []

        def variables() -> dict[str, Any]:
            chosen[:] = state.families.together(state.page.size)
            first = min(state.page.size, max(one.wanted for one in chosen))
            ids = [one.id for one in chosen]
            return {"ids": ids, "first": first, "after": chosen[0].after or None}

        reply, is_whole = bulk.ask(
            self.api, state.page, NESTED, Families, listings.nested_has_holes, variables
        )
        families = reply.data.nodes if reply.data else []
        state.families.asked(len(chosen))
        for number, waiting in enumerate(chosen):
            family = families[number] if number < len(families) else None
            if family and family.forks:
                self._take_family(waiting, family, family.forks, is_whole)
            elif any(fault.type != "NOT_FOUND" for fault in reply.faults_at("nodes", number)):
                state.families.forget(waiting.id)
                self.gaps.append("GitHub did not list the forks of one fork. We ask again later.")

    def _take_family(self, waiting: Waiting, family: Family, page: Listed, is_whole: bool) -> None:
        nodes = [node for node in page.nodes or [] if node]
        self._take(nodes)
        if not is_whole:
            self._say_holes(page, family.name_with_owner)
        self.state.families.take(waiting, family.fork_count, len(nodes), _onward(page))

    # Both

    def _take(self, nodes: Iterable[Node]) -> None:
        """Make candidates; and note who was forked in turn."""
        for node in nodes:
            if (place := from_node(self.api.site, node)) is not None:
                self.found[place.native_id] = place
            self.state.families.note([Count(node.id, node.fork_count or 0)])

    def _say_holes(self, page: Listed, name: str) -> None:
        missing = sum(node is None for node in page.nodes or [])
        if missing:
            self.gaps.append(f"GitHub left {missing} forks of {clean(name)} out of its answer.")

    def _standing_gaps(self) -> list[str]:
        """What GitHub counts and does not list, once everything was walked through."""
        state, families, gaps = self.state, self.state.families, []
        listed = state.direct + max(0, state.total - state.base) + families.listed
        is_settled = state.is_done and not state.walk and not families.waiting
        if is_settled and state.counted > listed:
            gaps.append(f"GitHub counts {state.counted:,} forks of {clean(state.name)} and lists {listed:,}.")
        if families.dropped:
            gaps.append(f"The forks of {families.dropped:,} forks of {clean(state.name)} are not listed yet.")
        return gaps


def _asked(rounds: list[Round], page: Page) -> dict[str, Any]:
    """Where each slow round goes on, and whether it does: not while GitHub has trouble with our pages."""
    rounds = rounds[: ROUNDS if page.size == bulk.LARGEST else ROUNDS * (page.size - bulk.SMALLEST) // 100]
    padded = [*rounds, *[None] * (ROUNDS - len(rounds))]
    after = {f"after{number}": (one.after or None) if one else None for number, one in enumerate(padded)}
    return after | {f"round{number}": one is not None for number, one in enumerate(padded)}


def _onward(page: Listed | Counted) -> str:
    """Where the next page begins; "" when this is the last."""
    place = page.page_info.end_cursor or ""
    return place if page.page_info.has_next_page and len(place) <= LONGEST_PLACE else ""


def _before(mark: str) -> str:
    """A little before: forks do not become visible in the order in which they were made."""
    if not mark:
        return ""
    return (datetime.fromisoformat(mark) - OVERLAP).strftime("%Y-%m-%dT%H:%M:%SZ")
