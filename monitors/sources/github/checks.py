"""Whether repositories are still there: 100 in one request with a token, else two requests each.

https://docs.github.com/en/graphql/reference/queries#nodes. GraphQL says only that one is not there; REST says
why: 451 with the notice that it was blocked for, 403 with the terms it broke, 404.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import msgspec

from monitors.sources import halfway
from monitors.sources.base import EMPTIED, Candidate, Gone, Look, RateLimited, SourceError
from monitors.sources.github import rows
from monitors.sources.github.api import Api, NoGraphql, Reply
from monitors.sources.github.bulk import LARGEST, SMALLEST
from monitors.sources.github.queries import CHECKED
from monitors.sources.github.rows import Row
from monitors.sources.github.shapes import Node, Repo
from monitors.sources.github.site import is_name
from monitors.sources.statuses import Answered

BULK = LARGEST


class Nodes(msgspec.Struct):
    nodes: list[Node | None]


def look_many(api: Api, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
    """One of each, in order; of those behind a limit, that limit. Raises RateLimited when it came first."""
    told: list[Look | SourceError] = []
    for start in range(0, len(candidates), BULK):
        told += _chunk(api, candidates[start : start + BULK])
    return told


def look(api: Api, candidate: Candidate) -> Look:
    """One repository by REST: its own id, whatever it is called now. Raises SourceError, Gone."""
    told = candidate.told
    kept = told.kept
    answer, name = api.get(_address(candidate), etag=kept.get("repository", "")), kept.get("name", "")
    if not answer.is_unchanged:
        repo = answer.decode(Repo)
        if str(repo.id) != candidate.native_id:
            return Look(live=False, reason="404 another repository has its name")
        if repo.private or repo.disabled:
            return Look(live=False, reason="private" if repo.private else "disabled")
        name = repo.full_name
    tree = rows.top(api, name, etag=kept.get("tree", "") if name == kept.get("name") else "")
    if tree is None:
        return Look(live=False, reason=EMPTIED)
    found = None if tree.is_unchanged else rows.placed(api, Row(int(candidate.native_id), "", name), tree)
    digest = told.digest if tree.is_unchanged else found.digest if found else ""
    etags = {"repository": answer, "tree": tree}
    kept = {what: kept.get(what, "") if one.is_unchanged else one.etag for what, one in etags.items()}
    renamed = _renamed(api, candidate, name)
    is_kept = renamed is None and is_name(name)
    return Look(live=True, digest=digest, renamed=renamed, kept=kept | {"name": name} if is_kept else {})


def _chunk(api: Api, candidates: Sequence[Candidate]) -> list[Look | SourceError]:
    """Half as many when GitHub has trouble with so many, down to 25."""
    ids = [str(candidate.ticket.get("node", "")) for candidate in candidates]
    try:
        reply = api.ask(CHECKED, Nodes, ids=ids)
    except NoGraphql:
        return halfway.looks(candidates, lambda _, candidate: _told(api, candidate))
    except RateLimited:
        raise
    except SourceError as error:
        is_theirs = not isinstance(error, Answered) or error.status >= 500
        if not is_theirs or len(candidates) <= SMALLEST:
            return [error] * len(candidates)
        half = (len(candidates) + 1) // 2
        return _chunk(api, candidates[:half]) + _chunk(api, candidates[half:])
    return halfway.looks(candidates, lambda number, candidate: _judged(api, candidate, reply, number))


def _judged(api: Api, candidate: Candidate, reply: Reply[Nodes], number: int) -> Look | SourceError:
    nodes = reply.data.nodes if reply.data else []
    node = nodes[number] if number < len(nodes) else None
    if node is None or node.is_disabled:
        faults = reply.faults_at("nodes", number)
        if node is None and any(fault.type != "NOT_FOUND" for fault in faults):
            return SourceError(f"{api.site.host} did not tell of {candidate.title} now. We ask again later.")
        return _told(api, candidate)
    if node.is_private:
        return Look(live=False, reason="private")
    if not node.tree:
        return _told(api, candidate)
    return Look(live=True, digest=node.tree, renamed=_renamed(api, candidate, node.name_with_owner))


def _renamed(api: Api, candidate: Candidate, name: str) -> Candidate | None:
    """The candidate as it is called now; None when that is its name already."""
    if not is_name(name) or name == candidate.title:
        return None
    ticket = {**candidate.ticket, "name": name}
    return dataclasses.replace(candidate, title=name, url=api.site.page(name), ticket=ticket)


def _told(api: Api, candidate: Candidate) -> Look | SourceError:
    try:
        return look(api, candidate)
    except RateLimited:
        raise
    except Gone as gone:
        return Look(live=False, reason=gone.reason)
    except SourceError as error:
        return error


def _address(candidate: Candidate) -> str:
    """Its id finds it under any name, as GitHub's own links do: a former name may be somebody else's now."""
    return f"/repositories/{int(candidate.native_id)}"
