"""Public gists, as they appear: https://docs.github.com/en/rest/gists/gists#list-public-gists

The list tells no content, and shows the newest 3,000. So a watch says which gists it wants: by words in their
description or file names, "user:login" for those of one account, or "*" for every one.
"""

from __future__ import annotations

import hashlib
import io
import re
from typing import Any

import msgspec

from monitors.fingerprints import git_tree_ids
from monitors.sources.archives import ArchiveHolding
from monitors.sources.base import (
    Batch,
    Candidate,
    Look,
    RateLimited,
    Refused,
    SignInNeeded,
    SourceError,
    clean,
)
from monitors.sources.github.api import PER_PAGE, Api
from monitors.sources.github.shapes import time
from monitors.sources.http import parts
from monitors.unpack import Limits, UnpackError, unpack

PAGES = 30  # of 100: what GitHub shows
FILES = 300
BYTES = 64 * 1024 * 1024

_LOGIN = re.compile(r"user:([A-Za-z0-9](?:[A-Za-z0-9-]{0,38}))")
_ID = re.compile(r"[0-9a-f]{5,40}")


class File(msgspec.Struct):
    filename: str = ""
    raw_url: str = ""
    size: int = 0
    content: str | None = None
    truncated: bool | None = False


class Owner(msgspec.Struct):
    login: str = ""


class Gist(msgspec.Struct):
    id: str
    files: dict[str, File | None] = msgspec.field(default_factory=dict)
    description: str | None = ""
    updated_at: str | None = ""
    node_id: str = ""
    owner: Owner | None = None
    truncated: bool | None = False

    @property
    def names(self) -> list[str]:
        return [file.filename for file in self.files.values() if file]

    @property
    def digest(self) -> str:
        """Changes with any file: the addresses of raw files name their content."""
        told = sorted(parts(file.raw_url).path for file in self.files.values() if file)
        return hashlib.sha256("\n".join(told).encode("utf-8", "replace")).hexdigest()


class State(msgspec.Struct, omit_defaults=True):
    """The cursor: a few moments. Of gists changed in the second it ends with, some come twice."""

    since: str = ""  # gists changed before were listed
    newest: str = ""
    page: int = 1
    etag: str = ""  # of the first page from `since` on, when it was all


class GistList:
    """One poll: one page of the list."""

    def __init__(self, api: Api, query: str, cursor: dict[str, Any]) -> None:
        self.api = api
        self.words, self.login = _wanted(query)
        self.state = msgspec.convert(cursor, State)

    def step(self) -> Batch:
        """What it brought. Raises SourceError."""
        state, gaps = self.state, []
        path = f"/users/{self.login}/gists" if self.login else "/gists/public"
        asked: dict[str, str | int] = {"per_page": PER_PAGE, "page": state.page}
        since: dict[str, str | int] = {"since": state.since} if state.since else {}
        answer = self.api.get(path, asked | since, etag=state.etag if state.page == 1 else "")
        if answer.is_unchanged:
            return Batch([], msgspec.to_builtins(state))
        gists = answer.decode(list[Gist])
        state.newest = max([state.newest, *(time(gist.updated_at) for gist in gists)])
        has_more = bool(gists) and 'rel="next"' in answer.headers.get("Link", "")
        if has_more and state.page >= PAGES:
            gaps.append(f"GitHub shows the newest {PAGES * PER_PAGE:,} public gists; there were more.")
        state.page = state.page + 1 if has_more and state.page < PAGES else 1
        if state.page == 1:
            begun, state.since, state.newest = state.since, state.newest or state.since, ""
            state.etag = answer.etag if asked["page"] == 1 and state.since == begun else ""
        found = [place(self.api, gist) for gist in gists if self._fits(gist)]
        return Batch(found, msgspec.to_builtins(state), more=state.page > 1, gaps=gaps)

    def _fits(self, gist: Gist) -> bool:
        told = " ".join([gist.description or "", *gist.names]).lower()
        return _ID.fullmatch(gist.id) is not None and (not self.words or any(w in told for w in self.words))


def place(api: Api, gist: Gist) -> Candidate:
    owner = gist.owner.login if gist.owner else "anonymous"
    name = next(iter(gist.names), "") or gist.id
    web = "https://gist.github.com" if api.site.is_public else f"{api.site.web}/gist"
    return Candidate(
        host=api.site.host,
        native_id=f"gist:{gist.id}",
        path="",
        title=clean(f"{owner}/{name}"),
        url=f"{web}/{gist.id}",
        version="",
        digest=gist.digest,
        ticket={"what": "gist", "id": gist.id},
    )


def look(api: Api, candidate: Candidate) -> Look:
    """Whether the gist is there. Raises SourceError, Gone."""
    answer = api.get(_path(candidate), etag=candidate.told.kept.get("etag", ""))
    if answer.is_unchanged:
        return candidate.told
    now = place(api, answer.decode(Gist))
    if now.title != candidate.title:
        return Look(live=True, digest=now.digest, renamed=now)
    return Look(live=True, digest=now.digest, kept={"etag": answer.etag})


def examine(api: Api, candidate: Candidate, limits: Limits) -> ArchiveHolding:
    """The gist's files, with what archives and maps among them hold. Raises SourceError, Gone."""
    gist = api.read(_path(candidate), Gist)
    holding = ArchiveHolding()
    try:
        _fill(holding, api, gist, limits)
    except BaseException:
        holding.close()
        raise
    holding.trees = git_tree_ids(holding.entries)
    return holding


def _path(candidate: Candidate) -> str:
    return f"/gists/{candidate.ticket['id']}"


def _fill(holding: ArchiveHolding, api: Api, gist: Gist, limits: Limits) -> None:
    left = BYTES
    files = [file for file in gist.files.values() if file]
    if gist.truncated or len(files) > FILES:
        holding.skipped.append(f"Files beyond the first {min(len(files), FILES)}.")
    for file in files[:FILES]:
        if file.size > left:
            holding.skipped.append(clean(f"{file.filename}: {file.size:,} bytes are more than we read."))
            continue
        try:
            content = _content(api, file, left)
        except (RateLimited, SignInNeeded):
            raise
        except SourceError as error:  # above 10 MB, only a clone has it
            holding.skipped.append(clean(f"{file.filename}: {error}"))
            continue
        left -= len(content)
        _add(holding, file.filename, content, limits)


def _content(api: Api, file: File, most: int) -> bytes:
    """The file's bytes: with the answer below 1 MB, else from where they lie raw."""
    if file.content is not None and not file.truncated:
        return file.content.encode("utf-8", "surrogatepass")
    with api.client.download(file.raw_url, max_bytes=most) as raw:
        return raw.read()


def _add(holding: ArchiveHolding, name: str, content: bytes, limits: Limits) -> None:
    try:
        for file in unpack(io.BytesIO(content), name=name, limits=limits):
            if file.path not in holding.entries:
                holding.add(file.path, file.content)
    except UnpackError as error:
        holding.skipped.append(clean(f"{name}: {error}"))


def _wanted(query: str) -> tuple[list[str], str]:
    """The words, in lower case, or the account. Raises Refused."""
    given = query.strip()
    if account := _LOGIN.fullmatch(given):
        return [], account[1]
    found = [] if given == "*" else [word.lower() for word in given.split() if len(word) >= 3]
    if given != "*" and not found:
        raise Refused('Say which gists: words of three letters or more, "user:login", or "*" for every one.')
    return found, ""
