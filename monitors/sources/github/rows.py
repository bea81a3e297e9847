"""Repositories that a list or a search named, and what lies at their HEAD: in bulk with a token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import msgspec

from monitors.sources.base import Candidate, Gone, RateLimited
from monitors.sources.github import bulk, shapes
from monitors.sources.github.api import Api, NoGraphql
from monitors.sources.github.bulk import Page
from monitors.sources.github.shapes import Entry, Repo
from monitors.sources.github.site import is_name
from monitors.sources.http import Answer
from monitors.sources.statuses import Answered

SINGLY = 20  # requests of one poll


class Row(msgspec.Struct, array_like=True):
    """One repository, as a cursor keeps it until it was asked about."""

    id: int
    node: str
    name: str
    branch: str = ""
    parent: str = ""


class Tree(msgspec.Struct):
    """https://docs.github.com/en/rest/git/trees#get-a-tree"""

    tree: list[Entry]
    sha: str = ""
    truncated: bool = False


@dataclass
class Resolved:
    """The candidates, who waits for the next poll, and what was left out."""

    candidates: list[Candidate] = field(default_factory=list)
    left: list[Row] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    limited: RateLimited | None = None  # what ended it half way


def row(repo: Repo, *, parent: str = "") -> Row:
    return Row(repo.id, repo.node_id[:200], repo.full_name, (repo.default_branch or "")[:200], parent)


def resolve(api: Api, page: Page, rows: Sequence[Row], *, is_news: bool = False) -> Resolved:
    """What lies at the HEAD of the first of these. Raises SourceError.

    RateLimited, when nothing was told; not when who is asked about `is_news`, which must not be lost.
    """
    if not rows:
        return Resolved()
    try:
        return _resolved(api, page, rows)
    except RateLimited as limit:
        if not is_news:
            raise
        return Resolved(left=list(rows), limited=limit)


def _resolved(api: Api, page: Page, rows: Sequence[Row]) -> Resolved:
    named = [one for one in rows if one.node]
    if len(named) < len(rows):  # as older servers name them: by number only
        done = _singly(api, [one for one in rows if not one.node])
        done.left += named
        return done
    try:
        found, asked, holes = bulk.places(api, page, [one.node for one in named])
    except NoGraphql:
        return _singly(api, rows)
    gaps = [f"GitHub left {holes} repositories out of its answer."] if holes else []
    return Resolved(found, named[asked:], gaps)


def head(api: Api, one: Row) -> Candidate | None:
    """The repository with its top folder, by REST: one request. None when it is empty. Raises SourceError."""
    answer = top(api, one.name)
    return placed(api, one, answer) if answer else None


def top(api: Api, name: str, *, etag: str = "") -> Answer | None:
    """What GitHub says of HEAD's top folder; None of a repository that is empty. Raises SourceError."""
    try:
        return api.get(f"/repos/{name}/git/trees/HEAD", etag=etag)
    except Answered as refusal:
        if refusal.status == 409:  # "Git Repository is empty."
            return None
        raise


def placed(api: Api, one: Row, answer: Answer) -> Candidate | None:
    """The repository with its top folder. Raises SourceError."""
    tree = answer.decode(Tree)
    entries = [entry for entry in tree.tree if shapes.is_oid(entry.id)]
    is_whole = not tree.truncated and len(entries) == len(tree.tree)
    oid = shapes.tree_id(entries) if is_whole else tree.sha
    return shapes.place(
        api.site,
        id=one.id,
        node=one.node,
        name=one.name,
        branch=one.branch,
        tree=oid,
        entries=entries,
        parent=one.parent,
    )


def _singly(api: Api, rows: Sequence[Row]) -> Resolved:
    """One request each. A limit half way is told with what came before it."""
    done = Resolved()
    for number, one in enumerate(rows[:SINGLY]):
        try:
            place = head(api, one) if is_name(one.name) else None
        except Gone:
            continue
        except RateLimited as limit:
            if not number:
                raise
            done.left, done.limited = list(rows[number:]), limit
            return done
        if place:
            done.candidates.append(place)
    done.left = list(rows[SINGLY:])
    return done
