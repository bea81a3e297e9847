"""The forks of a repository and theirs, by GraphQL: 100 a request, each with the ids of its HEAD.

The first walk goes through all, newest first. Then each poll asks for the newest until it meets known ones,
and for those pushed to last; and, in the same request, for the newest forks of the family that grows most.
`forks` lists direct forks only and `forkCount` counts the whole network, so forks that were forked are listed
in turn, many of them in one request; which those are is counted beside what is listed (`beside`). When
nothing is new, all are walked through again.
https://docs.github.com/en/graphql/reference/objects#repository
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from monitors.sources.base import Batch, Candidate, Gone, SourceError, clean
from monitors.sources.github import bulk, heirs, listings
from monitors.sources.github.api import Api, Reply
from monitors.sources.github.beside import Counting, Round
from monitors.sources.github.bulk import SMALLEST, Page
from monitors.sources.github.families import SLACK, WHOLE, Kept, Waiting
from monitors.sources.github.listings import Count, Direct, Families, Family, Listed, onward
from monitors.sources.github.queries import FORKS, NESTED
from monitors.sources.github.shapes import Node, Repo, from_node, time
from monitors.sources.github.site import is_name
from monitors.sources.github.walks import PEEK, TRIES, Busiest, Walk, before, first_pages

PUSHES = 25  # forks pushed to last, in each poll
REWALK = 5_000  # forks for which the second walk takes one page a poll; 5 at most


class State(msgspec.Struct, omit_defaults=True):
    """The cursor: families, and a few hundred bytes."""

    id: int = 0
    node: str = ""
    name: str = ""
    page: Page = msgspec.field(default_factory=Page)
    mark: str = ""  # when the newest fork was made that a finished walk listed
    tries: int = 0  # in a row that GitHub left forks out
    grew: int = 0  # by so many in the last walk
    is_done: bool = False  # everything was walked through once
    walk: Walk | None = None
    again: Walk | None = None  # the one through all, again
    turns: int = 0  # pages it takes before the next poll
    busiest: Busiest | None = None
    rounds: list[Round] = msgspec.field(default_factory=list)
    families: Kept = msgspec.field(default_factory=Kept)
    counted: int = 0  # by GitHub, of the whole network
    total: int = 0  # direct ones, by GitHub
    walked: int = 0  # direct ones, by GitHub, when the last walk ended
    direct: int = 0  # listed, of `base` that GitHub counted then
    base: int = 0
    lost: str = ""  # what is said while it is gone
    kin: list[str] = msgspec.field(default_factory=list)  # direct ones, which know who comes after it


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
        elif state.busiest and state.busiest.walk and not state.walk:
            self._go_on_with(state.busiest, state.busiest.walk)
        elif state.turns > 0 and not state.walk:
            self._direct(again=True)
        else:
            self._direct(again=False)
        more = bool(state.walk or state.turns or (state.busiest and state.busiest.walk) or self._presses())
        if not more:
            state.families.poll_ended()
        cursor = msgspec.to_builtins(state)
        return Batch(list(self.found.values()), cursor, more=more, gaps=[*self.gaps, *self._standing_gaps()])

    def _presses(self) -> bool:
        return self.state.families.is_pressing(self.state.counted)

    # The direct forks

    def _direct(self, *, again: bool) -> None:
        state = self.state
        walk = self._current(again)
        is_first = not again and not walk.after
        if is_first and state.busiest:
            state.busiest.begin()
        counting = self._counting()
        reply, is_whole = bulk.ask(
            self.api,
            state.page,
            FORKS,
            Direct,
            listings.direct_has_holes,
            lambda: self._variables(walk, is_first) | counting.variables(state.page),
        )
        if self._was_forgotten(reply, bool(walk.after) or counting.goes_on):
            walk.after, walk.listed = "", 0
            return
        if reply.data:
            counting.note(reply.data)
            self._take_busiest(reply.data.busiest or [], is_gone=reply.says_gone("busiest", 0))
        family = reply.data.repository if reply.data else None
        if family is None or family.forks is None or self._is_another(family):
            self._lost()
            return
        self._meet(family, is_whole)
        self._note_pushes(family)
        self._advance(walk, family.forks, again)

    def _counting(self) -> Counting:
        """What the next request counts beside what it lists; rounds begin when all was listed once."""
        state = self.state
        root = state.node if state.is_done else ""
        return Counting(state.rounds, state.families, root=root, total=state.total)

    def _was_forgotten(self, reply: Reply[Any], goes_on: bool) -> bool:
        """Whether a place where a page was to begin is too old for GitHub: what goes on begins anew."""
        said = [(fault.message or "").lower() for fault in reply.errors or ()]
        if not goes_on or not any("cursor" in one for one in said):
            return False
        self.state.rounds.clear()
        return True

    def _current(self, again: bool) -> Walk:
        """The walk under way, or a new one."""
        state = self.state
        if again:
            state.turns -= 1
            state.again = state.again or Walk()
            return state.again
        state.walk = state.walk or Walk(until=before(state.mark))
        return state.walk

    def _variables(self, walk: Walk, is_first: bool) -> dict[str, Any]:
        state = self.state
        owner, _, name = (state.name or self.name).partition("/")
        along = state.busiest if is_first and state.page.size > SMALLEST else None
        own, most = state.page.size, PEEK
        if along:
            own, most = first_pages(state.page.size, state.grew, along.grew)
        return {
            "owner": owner,
            "name": name,
            "first": own,
            "after": walk.after or None,
            "follow": is_first,
            "pushes": PUSHES,
            "busiest": [along.id] if along else [],
            "busiestFirst": most,
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
            self._mourn(gone)
            return
        if not is_name(repo.full_name) or repo.full_name == state.name:
            raise SourceError(f"{self.api.site.host} lists no forks of {self.name} now. We ask again later.")
        state.name = repo.full_name  # renamed, and its old name is somebody else's

    def _mourn(self, gone: Gone) -> None:
        """The repository is gone: its forks may have another root now. Forks of known forks go on."""
        state, heir = self.state, None
        state.walk, state.turns = None, 0
        if gone.reason == "404":
            heir = heirs.by_graphql(self.api, state.kin, state.node)
        if heir is None:
            state.lost = heirs.lost(state.name, gone, families=len(state.families.known))
            return
        self.gaps.append(heirs.found(state.name, gone, heir))
        self._go_over_to(heir)

    def _go_over_to(self, heir: heirs.Named) -> None:
        """List all of its forks from the start: those of the lost repository are among them."""
        state = self.state
        state.families.forget(heir.id)
        if state.busiest and state.busiest.id == heir.id:
            state.families.busiest, state.busiest = "", None
        state.id, state.node, state.name = heir.database_id or 0, heir.id, heir.name_with_owner
        state.mark, state.tries, state.is_done = "", 0, False
        state.total = state.walked = state.direct = state.base = 0
        state.walk, state.again = Walk(), None
        state.rounds.clear()

    def _meet(self, family: Family, is_whole: bool) -> None:
        state = self.state
        state.id, state.node, state.lost = family.database_id or 0, family.id, ""
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
        nodes = [node for node in page.nodes or [] if node]
        self._take(nodes)
        heirs.keep(self.state.kin, (node.id for node in nodes))
        if walk.goes_on(page, mark=self.state.mark, known=self.state.walked):
            return
        if again:
            self._finish_again(walk)
        else:
            self._finish(walk)

    def _finish(self, walk: Walk) -> None:
        state = self.state
        if not walk.until:
            state.direct, state.base = walk.listed, state.total
        state.mark, state.tries = walk.reached(state.mark, state.tries)
        state.walk, state.is_done = None, True
        state.grew, state.walked = walk.listed, state.total
        # The slow walk goes on when nothing was new, so that busy hours are spent on what is new.
        if not walk.listed and not (state.busiest and state.busiest.is_growing):
            state.families.lose_patience()
            state.turns = 0 if walk.is_all else min(5, 1 + state.total // REWALK)

    def _finish_again(self, walk: Walk) -> None:
        state = self.state
        state.direct, state.base, state.families.dropped = walk.listed, state.total, 0
        state.again, state.turns = None, 0

    # The family that grows most

    def _go_on_with(self, busiest: Busiest, walk: Walk) -> None:
        """The next page of its newest forks, behind what came with the repository's own."""
        counting = self._counting()
        reply, is_whole = self._list(counting, lambda: ([busiest.id], self.state.page.size, walk.after))
        if self._was_forgotten(reply, bool(walk.after) or counting.goes_on):
            walk.after, walk.listed = "", 0
            return
        if reply.data:
            counting.note(reply.data)
        nodes, is_gone = reply.data.nodes if reply.data else [], reply.says_gone("nodes", 0)
        self._take_busiest(nodes, is_gone=is_gone, is_whole=is_whole)

    def _take_busiest(self, answered: list[Family | None], *, is_gone: bool, is_whole: bool = True) -> None:
        """A page of its forks. When it is gone, another may become the busiest."""
        state, busiest = self.state, self.state.busiest
        if not (busiest and busiest.walk and answered):
            return
        family = answered[0]
        if not family or not family.forks:
            busiest.tries += 1
            if is_gone or busiest.tries > TRIES:
                state.families.forget(busiest.id)  # what has come meanwhile is noticed anew
                state.families.busiest, state.busiest = "", None
            return
        walk, page = busiest.walk, family.forks
        self._take(node for node in page.nodes or [] if node)
        if not is_whole:
            self._say_holes(page, family.name_with_owner)
        if not walk.goes_on(page, mark=busiest.mark, known=busiest.total or page.total_count):
            busiest.end(walk, page.total_count)
            state.families.settle(busiest.id, family.fork_count, page.total_count)

    def _note_growth(self, waiting: Waiting, nodes: list[Node]) -> None:
        """Ask for a large family's newest forks in each poll when none grows more."""
        state, grew = self.state, waiting.wanted - SLACK
        known, _ = state.families.known.get(waiting.id, (0, 0))
        is_growth = not waiting.after and known > WHOLE and PEEK <= grew < known - SLACK
        made = [at for node in nodes if (at := time(node.created_at))]
        if is_growth and made and grew > (state.busiest.grew if state.busiest else 0):
            state.busiest = Busiest(waiting.id, max(made), grew)
            state.families.busiest = waiting.id

    # Forks of forks

    def _nested(self) -> None:
        state = self.state
        chosen: list[Waiting] = []

        def wanted() -> tuple[list[str], int, str]:
            chosen[:] = state.families.together(state.page.size)
            first = min(state.page.size, max(one.wanted for one in chosen))
            return [one.id for one in chosen], first, chosen[0].after

        counting = self._counting()
        reply, is_whole = self._list(counting, wanted)
        if self._was_forgotten(reply, counting.goes_on):
            return
        state.families.asked(len(chosen))
        families = reply.data.nodes if reply.data else []
        for number, waiting in enumerate(chosen):
            family = families[number] if number < len(families) else None
            if family and family.forks:
                self._take_family(waiting, family, family.forks, is_whole)
            elif not reply.says_gone("nodes", number):
                state.families.leave_out(waiting)
                self.gaps.append("GitHub did not list the forks of one fork. We ask again later.")
        if reply.data:
            counting.note(reply.data)

    def _list(
        self, counting: Counting, wanted: Callable[[], tuple[list[str], int, str]]
    ) -> tuple[Reply[Families], bool]:
        """Pages of forks of these repositories; and whether they are whole."""

        def variables() -> dict[str, Any]:
            ids, first, after = wanted()
            beside = counting.variables(self.state.page)
            return beside | {"ids": ids, "first": first, "after": after or None}

        return bulk.ask(self.api, self.state.page, NESTED, Families, listings.nested_has_holes, variables)

    def _take_family(self, waiting: Waiting, family: Family, page: Listed, is_whole: bool) -> None:
        nodes = [node for node in page.nodes or [] if node]
        self._take(nodes)
        if not is_whole:
            self._say_holes(page, family.name_with_owner)
        self._note_growth(waiting, nodes)
        missing = len(page.nodes or []) - len(nodes)
        self.state.families.take(waiting, family.fork_count, len(nodes), onward(page), missing=missing)

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
        state, families = self.state, self.state.families
        gaps = [state.lost] if state.lost else []
        listed = state.direct + max(0, state.total - state.base) + families.listed
        is_settled = state.is_done and not (state.walk or state.lost or families.waiting)
        if is_settled and state.counted > listed:
            gaps.append(f"GitHub counts {state.counted:,} forks of {clean(state.name)} and lists {listed:,}.")
        if families.dropped:
            gaps.append(f"The forks of {families.dropped:,} forks of {clean(state.name)} are not listed yet.")
        return gaps
