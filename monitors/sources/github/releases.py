"""Archives attached to the releases of one repository: https://docs.github.com/en/rest/releases/releases"""

from __future__ import annotations

import dataclasses
from typing import Any
from urllib.parse import quote

import msgspec

from monitors.sources.archives import ArchiveHolding, hold, integrity, verify
from monitors.sources.base import Batch, Candidate, Gone, Look, clean, missing
from monitors.sources.github.api import HEADERS, PER_PAGE, Api
from monitors.sources.github.shapes import Repo
from monitors.sources.github.site import is_name
from monitors.unpack import Limits

BATCH = 20
ASSETS = 2_000  # in a cursor
PAGES = 10  # of 100 releases: what GitHub shows
ASSET_BYTES = 256 * 1024 * 1024


class Asset(msgspec.Struct):
    id: int
    name: str = ""
    size: int = 0
    state: str | None = ""
    updated_at: str | None = ""
    digest: str | None = None  # "sha256:…" since 2025
    browser_download_url: str | None = ""

    @property
    def mark(self) -> str:
        """Changes with the content: its digest in Subresource Integrity form, where GitHub tells it."""
        algorithm, _, value = (self.digest or "").partition(":")
        told = integrity(algorithm, value) if algorithm in ("sha256", "sha512") else ""
        return told or f"asset {self.id} {self.size} {clean(self.updated_at, 30)}"


class Release(msgspec.Struct):
    tag_name: str = ""
    draft: bool | None = False
    assets: list[Asset] = msgspec.field(default_factory=list)


class State(msgspec.Struct, omit_defaults=True):
    """The cursor: assets seen, by id, with the end of what tells their content. At most about 80 KB."""

    id: int = 0
    name: str = ""
    etag: str = ""
    seen: dict[str, str] = msgspec.field(default_factory=dict)


class ReleaseList:
    """One poll: all releases, by pages of 100, and at most 20 assets that are new."""

    def __init__(self, api: Api, query: str, cursor: dict[str, Any]) -> None:
        self.api = api
        self.name = api.site.repository(query)
        self.state = msgspec.convert(cursor, State)

    def step(self) -> Batch:
        """What it brought. Raises SourceError."""
        state = self.state
        try:
            self._know()
            answer = self._page(1, state.etag)
        except Gone as gone:
            if not state.id:
                return missing(self.name, gone, cursor={}, kept={})
            gap = f"{clean(state.name)} is gone ({gone.reason}): its releases are listed no more."
            return Batch([], msgspec.to_builtins(state), gaps=[gap])
        if answer.is_unchanged:
            return Batch([], msgspec.to_builtins(state))
        releases, gaps = self._all(answer)
        return self._new(releases, answer.etag, gaps)

    def _know(self) -> None:
        """The repository's own id, once: its name may change hands."""
        if not self.state.id:
            repo = self.api.read(f"/repos/{self.name}", Repo)
            self.state.id, self.state.name = repo.id, repo.full_name

    def _page(self, number: int, etag: str = "") -> Any:
        params: dict[str, str | int] = {"per_page": PER_PAGE, "page": number}
        return self.api.get(f"/repositories/{self.state.id}/releases", params, etag=etag)

    def _all(self, answer: Any) -> tuple[list[Release], list[str]]:
        """Those of the first page and of the others; what is beyond."""
        releases: list[Release] = answer.decode(list[Release])
        for number in range(2, PAGES + 1):
            if 'rel="next"' not in answer.headers.get("Link", ""):
                return releases, []
            answer = self._page(number)
            releases += answer.decode(list[Release])
        return releases, [f"Releases of {clean(self.name)} beyond the newest {PAGES * PER_PAGE:,}."]

    def _new(self, releases: list[Release], etag: str, gaps: list[str]) -> Batch:
        """Assets that are new or other than they were. The etag counts once all of them were taken."""
        state = self.state
        listed = [
            (release, asset)
            for release in releases
            if not release.draft
            for asset in release.assets
            if asset.size <= ASSET_BYTES and asset.state in ("uploaded", "", None)
        ]
        fresh = [pair for pair in listed if state.seen.get(str(pair[1].id)) != pair[1].mark[-16:]]
        now, later = fresh[:BATCH], {str(asset.id) for _, asset in fresh[BATCH:]}
        kept = {str(a.id): a.mark[-16:] for _, a in listed[:ASSETS] if str(a.id) not in later}
        state.seen, state.etag = kept, "" if later else etag
        found = [self._candidate(release, asset) for release, asset in now]
        return Batch(found, msgspec.to_builtins(state), more=bool(later), gaps=gaps)

    def _candidate(self, release: Release, asset: Asset) -> Candidate:
        state, tag = self.state, clean(release.tag_name, 100)
        return Candidate(
            host=self.api.site.host,
            native_id=str(state.id),
            path=clean(f"releases/{tag}/{asset.name}"),
            title=clean(f"{state.name} {asset.name}"),
            url=f"{self.api.site.page(state.name)}/releases/tag/{quote(release.tag_name, safe='')}"[:1000],
            version=tag,
            digest=asset.mark,
            ticket={
                "what": "asset",
                "repository": state.id,
                "asset": asset.id,
                "filename": clean(asset.name, 200),
            },
        )


def look(api: Api, candidate: Candidate) -> Look:
    """Whether the asset is there. Raises SourceError, Gone."""
    answer = api.get(_path(candidate), etag=candidate.told.kept.get("etag", ""))
    if answer.is_unchanged:
        return candidate.told
    asset = answer.decode(Asset)
    renamed = _renamed(api, candidate, asset)
    return Look(live=True, digest=asset.mark, renamed=renamed, kept={} if renamed else {"etag": answer.etag})


def _renamed(api: Api, candidate: Candidate, asset: Asset) -> Candidate | None:
    """The candidate as its repository is called now, by where the asset is downloaded from."""
    below = (asset.browser_download_url or "").removeprefix(f"{api.site.web}/")
    name, _, tag = below.partition("/releases/download/")
    title = clean(f"{name} {candidate.ticket['filename']}")
    if not tag or not is_name(name) or title == candidate.title:
        return None
    of_release = candidate.url.partition("/releases/tag/")[2]
    url = f"{api.site.page(name)}/releases/tag/{of_release}"[:1000]
    return dataclasses.replace(candidate, title=title, url=url)


def examine(api: Api, candidate: Candidate, limits: Limits) -> ArchiveHolding:
    """What the archive holds. Raises SourceError: Gone, Mismatch, ..."""
    url, asked = f"{api.site.api}{_path(candidate)}", {**HEADERS, "Accept": "application/octet-stream"}
    name = str(candidate.ticket["filename"])
    with api.client.download(url, max_bytes=ASSET_BYTES, headers=asked) as file:
        if not candidate.digest.startswith("asset "):
            verify(file, candidate.digest, name=name)
        return hold(file, name=name, limits=limits)


def _path(candidate: Candidate) -> str:
    repository, asset = int(candidate.ticket["repository"]), int(candidate.ticket["asset"])
    return f"/repositories/{repository}/releases/assets/{asset}"
