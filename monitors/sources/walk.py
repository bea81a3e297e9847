"""A walk through the lists of a forge, page by page, poll by poll: a search, or forks and forks of forks."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

import msgspec

from monitors.sources import halfway
from monitors.sources.base import Aim, Batch, Candidate, Gone, RateLimited, SourceError, clean, missing
from monitors.sources.listings import PAGE, Listing, NotOffered, Repo

if TYPE_CHECKING:
    from monitors.sources.forge import Forge

BATCH = 20  # repositories whose HEAD one poll asks for
PAGES = 200  # of one list
KNOWN = 6_000  # repositories that a cursor remembers
MOST_FORKS = 10**9  # that a host may count
FAMILIES = 500  # forks that were forked, to be listed in one round
FAMILIES_ROOM = 36_000  # characters of a cursor for their ids and names
ROW = 400  # characters of a cursor for a repository whose HEAD is to be asked for


class State(msgspec.Struct, omit_defaults=True):
    """The cursor of a walk. At most about 255 KB: 6,000 marks, 100 rows and 500 families."""

    root: str = ""  # the id of the repository whose forks are walked
    seen: dict[str, str] = msgspec.field(default_factory=dict)  # short ids and marks
    pending: list[Repo] = msgspec.field(default_factory=list)
    families: list[tuple[str, str]] = msgspec.field(default_factory=list)  # ids and names, to be listed
    family: tuple[str, str] = ("", "")  # that is listed now
    met: list[str] = msgspec.field(default_factory=list)  # families of this round
    page: int = 0  # the last one listed; 0 between lists
    echo: str = ""  # what the page before listed
    listed: int = 0  # of the list that is walked now
    total: int = -1
    left_out: int = 0  # repositories that a full cursor has no room for
    is_cut: bool = False


class Walk:
    """One poll of a list, and of the forks of what is listed: a page of it, or the HEADs of 20 repositories.

    Every round lists everything anew, so that what moved from page to page is met in the next one.
    """

    def __init__(self, forge: Forge, aim: Aim, query: str, cursor: dict[str, Any]) -> None:
        self.forge, self.aim = forge, aim
        self.text = forge.repository(query) if aim is Aim.FORKS else query.strip()
        self.state = msgspec.convert(cursor, State)
        self.gaps: list[str] = []
        self.unread = 0

    def step(self) -> Batch:
        """What it brought, up to a limit. Raises SourceError; what came before it is brought again."""
        state = self.state
        is_news = not state.pending
        try:
            if not (state.pending or state.page or state.families):
                self._begin()
        except Gone as gone:
            kept = msgspec.to_builtins(state)
            return missing(self.text, gone, cursor=kept if state.root else {}, kept=kept)
        if is_news:
            self._list()
        told = halfway.each(state.pending, self._resolved, most=BATCH, is_news=is_news)
        state.pending = told.later
        if self.unread:
            self.gaps.append(
                f"{self.forge.name} did not tell what {self.unread} repositories hold: asked again."
            )
        more = bool(state.pending or state.page or state.families)
        cursor = msgspec.to_builtins(state)
        return Batch(told.candidates, cursor, more=more, gaps=self.gaps, limited=told.limited)

    def _list(self) -> None:
        state = self.state
        if not state.page and state.families:
            state.family, state.families = state.families[0], state.families[1:]
        try:
            listing = self._asked(state.page + 1)
        except NotOffered as refusal:
            self.gaps.append(str(refusal))
            state.page = 0
            return
        except Gone:
            if self.aim is Aim.FORKS and state.family[0] == state.root and not state.seen:
                raise
            self._end()  # a fork that went away while its own forks waited to be listed
            return
        self._take(listing)

    def _begin(self) -> None:
        """A new round; of forks: what the repository is called now."""
        state = self.state
        state.met, state.left_out, state.is_cut, state.total = [], 0, False, -1
        if self.aim is Aim.FORKS:
            root = self.forge.known(self.text, state.root)
            state.root, state.families = root.id, [(root.id, root.name)]
            state.total = min(root.forks, MOST_FORKS)

    def _asked(self, page: int) -> Listing:
        if self.aim is Aim.FORKS:
            return self.forge.forks_page(*self.state.family, page)
        ask = self.forge.code_page if self.aim is Aim.CODE else self.forge.search_page
        return ask(self.text, page)

    def _take(self, listing: Listing) -> None:
        """Keep what is new of a page. One that repeats the page before is the end, whatever it says."""
        state = self.state
        repos = [repo for repo in listing.repos[:PAGE] if repo.is_sound]
        echo = _short(" ".join(repo.id for repo in listing.repos[:PAGE]))
        state.page, state.listed = state.page + 1, state.listed + len(repos)
        if listing.total >= 0:
            state.total = max(state.total, listing.total) if self.aim is not Aim.FORKS else state.total
        for repo in repos:
            self._note(repo)
        is_over = state.page >= PAGES and not listing.is_last
        if is_over:
            self.gaps.append(f"{self.forge.name} lists more than we read: {state.listed:,} were read.")
        if listing.is_last or not listing.repos or echo == state.echo or is_over:
            self._end()
        else:
            state.echo = echo

    def _note(self, repo: Repo) -> None:
        state, key, mark = self.state, _short(repo.id), _short(repo.mark)[:8]
        if self.aim is Aim.FORKS and repo.forks and repo.is_public:
            self._note_family(repo, key)
        if state.seen.get(key) == mark or not repo.is_public:
            return
        if key not in state.seen and len(state.seen) >= KNOWN:
            state.left_out += 1
            return
        state.seen[key] = mark
        repo.parent = repo.parent or state.family[1]
        if _length(msgspec.to_builtins(repo)) > ROW:
            repo.branch = repo.parent = ""  # asked for again when its turn comes
        state.pending.append(repo)

    def _note_family(self, repo: Repo, key: str) -> None:
        state = self.state
        if key in state.met or repo.id == state.root:
            return
        family, waiting = (repo.id, repo.name), _length(state.families)
        if len(state.met) >= FAMILIES or waiting + _length(family) > FAMILIES_ROOM:
            state.is_cut = True
            return
        state.met.append(key)
        state.families.append(family)

    def _end(self) -> None:
        """The end of one list."""
        state, name = self.state, self.forge.name
        is_root = self.aim is not Aim.FORKS or state.family[0] == state.root
        if is_root and state.page and state.listed < state.total:
            what = f"forks of {clean(state.family[1])}" if self.aim is Aim.FORKS else "repositories"
            self.gaps.append(f"{name} counts {state.total:,} {what} and lists {state.listed:,}.")
        if not state.families and state.left_out:
            self.gaps.append(
                f"{name} lists {state.left_out:,} repositories more than the {KNOWN:,} we follow."
            )
        if not state.families and state.is_cut:
            self.gaps.append(
                f"{name} has forks of more than {len(state.met):,} forks; those of the others are not listed."
            )
        state.page, state.listed, state.echo = 0, 0, ""

    def _resolved(self, repo: Repo) -> list[Candidate]:
        """The candidate; none when it went away meanwhile, or cannot be read now. Raises RateLimited."""
        try:
            if not repo.branch:
                repo = self.forge.known(repo.name, repo.id)
            found = self.forge.candidate(repo)
            return [found] if found else []
        except Gone:
            return []
        except RateLimited:
            raise
        except SourceError:
            # One odd repository must not hide the others. It is asked for again in the next round.
            self.state.seen.pop(_short(repo.id), None)
            self.unread += 1
            return []


def _length(kept: object) -> int:
    """Characters that it takes in a cursor."""
    return len(json.dumps(kept))


def _short(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:12]
