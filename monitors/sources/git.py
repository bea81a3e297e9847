"""Any git host, by nothing but git over https: https://git-scm.com/docs/http-protocol

One repository is one place. A leak may hide on a side branch, so up to 20 branches and tags besides the main
one are looked at together: files of the main branch by their path, files that only others hold as
"branch:path", the way git itself names them.
"""

from __future__ import annotations

import dataclasses
import shutil
from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Self
from urllib.parse import unquote, urlsplit

from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Holding,
    Look,
    Probe,
    Refused,
    SourceError,
    clean,
    missing,
)
from monitors.sources.clone import Bounds, Clone, Row, TooBig
from monitors.sources.http import Client, basic, check_url, place
from monitors.sources.opened import opened
from monitors.sources.refs import Advertised, Chosen, advertised
from monitors.unpack.paths import clean as clean_path

SYMLINK, SUBMODULE = "120000", "160000"
PAGE_BYTES = 4 * 1024 * 1024  # of a host's front page


class Git(Adapter):
    """Repositories by their clone address."""

    kind = "git"
    aims = frozenset({Aim.REPOSITORY})
    bounds: ClassVar[Bounds] = Bounds()

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url)
        client.authorize = basic

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """The repository, when a branch or tag moved. Cursor: {"refs": {name: commit}}. Raises SourceError.

        A repository that is not there gives an empty batch.
        """
        if aim not in self.aims:
            raise SourceError(f"A git host cannot be asked for a {aim}.")
        url, before = clone_url(query, allow_private=self.client.allow_private), self.client.requests
        try:
            found = self._advertised(url)
        except Gone as gone:
            nothing = missing(place(url), gone, cursor=cursor, kept={"refs": {}})
            return dataclasses.replace(nothing, requests=self.client.requests - before)
        chosen = found.chosen(self.bounds.refs)
        moved = bool(chosen.refs) and chosen.refs != cursor.get("refs")
        candidates = [_candidate(url, found, chosen)] if moved else []
        return Batch(candidates, {"refs": chosen.refs}, requests=self.client.requests - before)

    def examine(self, candidate: Candidate) -> Holding:
        """All files by their ids, and those in archives and source maps; other contents are fetched only when
        read. Raises SourceError.
        """
        return opened(self._listed(candidate), limits=self.unpacking)

    def _listed(self, candidate: Candidate) -> GitHolding:
        found = self._advertised(candidate.ticket["url"])
        chosen = found.chosen(self.bounds.refs)
        clone = Clone(found.url, self.client, self.bounds)
        try:
            if chosen.refs:
                clone.fetch(list(chosen.refs))
            return GitHolding(clone, chosen, self.bounds)
        except BaseException:
            clone.close()
            raise

    def look(self, candidate: Candidate) -> Look:
        """Whether the public can read the repository. Raises SourceError when that cannot be told."""
        try:
            chosen = self._advertised(candidate.ticket["url"]).chosen(self.bounds.refs)
        except Gone as gone:
            return Look(live=False, reason=gone.reason)
        return Look(live=True, digest=chosen.digest)

    @classmethod
    def repository_of(cls, candidate: Candidate) -> str:
        return candidate.url

    def probe(self) -> Probe:
        """Whether git is here, and whether anything answers at the source's own address, if it has one.

        A host's front page need not be a repository, so that being told of none there is an answer too.
        Raises SourceError.
        """
        if shutil.which("git") is None:
            raise Refused("git is not installed here. Install it to look at git hosts.")
        if not self.base_url:
            return Probe("git is installed. Each watch names its repository.")
        try:
            self.client.get(self.base_url, max_bytes=PAGE_BYTES)
        except Gone:
            return Probe("Answers, and has nothing at its front. Each watch names its repository.")
        return Probe("Answers. Each watch names its repository.")

    def _advertised(self, url: str) -> Advertised:
        found = advertised(self.client, clone_url(url, allow_private=self.client.allow_private))
        clone_url(found.url, allow_private=self.client.allow_private)  # where redirects led
        return found


class GitHolding:
    """What the chosen branches and tags hold, known by ids; `read` fetches what it is asked for."""

    def __init__(self, clone: Clone, chosen: Chosen, bounds: Bounds) -> None:
        self.entries: dict[str, str] = {}
        self.trees: dict[str, str] = {}
        self.skipped: list[str] = []
        self._clone, self._bounds = clone, bounds
        self._known: set[str] = set()
        self._left_out = 0
        for name, root in zip(chosen.refs, clone.roots(len(chosen.refs)) if chosen.refs else [], strict=True):
            self._add(name, root, is_main=not self.trees)
        if chosen.left_out:
            self.skipped.append(f"{chosen.left_out} more branches and tags.")
        if self._left_out:
            self.skipped.append(f"{self._left_out} symbolic links and submodules.")

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        """The contents of these, fetched in batches; may give fewer, and then `skipped` says so.

        Raises SourceError when the host fails.
        """
        wanted = dict.fromkeys(path for path in paths if path in self.entries)
        listed = list(wanted)[: self._bounds.read_files]
        self._skip(len(wanted) - len(listed), f"beyond the {self._bounds.read_files:,} files we read")
        left = self._bounds.read_bytes
        for start in range(0, len(listed), self._bounds.batch):
            batch = listed[start : start + self._bounds.batch]
            try:
                for path, content in self._read(batch, left):
                    left -= len(content)
                    yield path, content
            except TooBig as error:
                self._skip(len(listed) - start, str(error))
                return

    def close(self) -> None:
        self._clone.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _add(self, name: str, root: str, *, is_main: bool) -> None:
        """The tree of one branch: all of the main one, and of others what no branch before them had."""
        if not root:
            self.skipped.append(f"{clean(name)} names no commit.")
            return
        prefix = "" if is_main else clean(name.split("/", 2)[-1]) + ":"
        if root not in self._known:
            self._known.add(root)
            self.trees[prefix] = root
            for row in self._clone.listing(root):
                self._take(row, prefix)

    def _take(self, row: Row, prefix: str) -> None:
        is_repeated = bool(prefix) and row.oid in self._known
        if row.mode in (SYMLINK, SUBMODULE):
            self._left_out += 1
        elif not is_repeated:
            self._known.add(row.oid)
            kept = self.trees if row.type == "tree" else self.entries
            path = prefix + clean_path(row.path.decode("utf-8", "replace")).path
            kept[path if path not in kept else f"{path}~{row.oid[:8]}"] = row.oid
        if len(self.entries) + len(self.trees) > self._bounds.entries:
            raise TooBig(
                f"The repository has more than the {self._bounds.entries:,} files and folders we accept."
            )

    def _read(self, paths: Sequence[str], most: int) -> Iterator[tuple[str, bytes]]:
        named: dict[str, list[str]] = {}
        for path in paths:
            named.setdefault(self.entries[path], []).append(path)
        sizes = self._fetched(list(named))
        fitting = [
            oid for oid in named if sizes.get(oid, self._bounds.file_bytes + 1) <= self._bounds.file_bytes
        ]
        self._skip(
            len(named) - len(fitting), f"over {self._bounds.file_bytes:,} bytes or not given by the host"
        )
        if sum(sizes[oid] for oid in fitting) > most:
            raise TooBig(f"they are over the {self._bounds.read_bytes:,} bytes we read")
        for oid, content in self._clone.contents(fitting, most=most):
            yield from ((path, content) for path in named[oid])

    def _fetched(self, oids: Sequence[str]) -> dict[str, int]:
        """The sizes of what is here, after asking for those of `oids` that were not."""
        sizes = self._clone.sizes()
        missing = [oid for oid in oids if oid not in sizes]
        if not missing:
            return sizes
        self._clone.fetch_blobs(missing)
        return self._clone.sizes()

    def _skip(self, count: int, why: str) -> None:
        if count:
            self.skipped.append(f"{count} files: {why}")


def clone_url(query: str, *, allow_private: bool = False) -> str:
    """The address without decoration. Raises Refused unless https, or http where private is allowed."""
    url = query.strip().removeprefix("git+").partition("#")[0].partition("?")[0].rstrip("/")
    if "://" not in url:
        raise Refused(f"{clean(query)} is not a clone address like https://host/owner/name.git.")
    check_url(url)
    if not url.startswith("https://") and not allow_private:
        raise Refused("Give the https address of the repository: plain http can be altered on the way.")
    return url


def _candidate(url: str, found: Advertised, chosen: Chosen) -> Candidate:
    parts = urlsplit(url)
    name = clean(unquote(parts.path).strip("/").removesuffix(".git"))
    return Candidate(
        host=parts.netloc.lower(),
        native_id=name,
        path="",
        title=name,
        url=url.removesuffix(".git")[:1000],
        version=clean(found.head or next(iter(chosen.refs.values()))),
        digest=chosen.digest,
        ticket={"url": url},
    )
