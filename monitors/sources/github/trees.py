"""What a repository holds, by REST: for when git cannot tell, as of a repository that is too large to fetch.

https://docs.github.com/en/rest/git/trees: a list of more than 100,000 entries or 7 MB is cut short, and
its folders are then walked one by one. Only ids reached from HEAD's top folder are taken.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Self

from monitors.sources.base import Refused, clean
from monitors.sources.clone import Bounds, Clone, TooBig
from monitors.sources.github.api import Api
from monitors.sources.github.rows import Tree
from monitors.sources.github.shapes import Entry, is_oid
from monitors.sources.http import Client, basic
from monitors.unpack.paths import clean as clean_path

REQUESTS = 200  # folders walked one by one
DEPTH = 30


@contextmanager
def as_git(client: Client) -> Iterator[None]:
    """Show the token as git hosts take it, in the meantime."""
    before, client.authorize = client.authorize, basic
    try:
        yield
    finally:
        client.authorize = before


class TreeHolding:
    """Files and folders of HEAD by id; contents are fetched by git when they are read."""

    def __init__(self, api: Api, name: str, bounds: Bounds) -> None:
        self.entries: dict[str, str] = {}
        self.trees: dict[str, str] = {}
        self.skipped: list[str] = ["Branches and tags besides the main one."]
        self._api, self._name, self._bounds = api, name, bounds
        self._asked = 0
        self._walk("HEAD", "", 0)

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        """The contents of these, within the bounds of a repository; `skipped` says what was beyond them.

        Raises SourceError when git's host fails: what could not be read is no sign that nothing is there.
        """
        named: dict[str, list[str]] = {}
        for path in dict.fromkeys(path for path in paths if path in self.entries):
            named.setdefault(self.entries[path], []).append(path)
        try:
            with as_git(self._api.client):
                clone = Clone(self._api.site.clone_url(self._name), self._api.client, self._bounds)
            with clone:
                for oid, content in self._contents(clone, list(named)):
                    yield from ((path, content) for path in named[oid])
        except (TooBig, Refused) as error:
            self.skipped.append(clean(f"{len(named)} files whose contents were wanted: {error}"))

    def close(self) -> None:
        pass

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _contents(self, clone: Clone, oids: list[str]) -> Iterator[tuple[str, bytes]]:
        """Each content that is not too large, by batches; none beyond the bounds of a repository."""
        bounds, left = self._bounds, self._bounds.read_bytes
        for start in range(0, min(len(oids), bounds.read_files), bounds.batch):
            batch = oids[start : start + bounds.batch]
            clone.fetch_blobs(batch)
            sizes = clone.sizes()
            fitting = [oid for oid in batch if sizes.get(oid, bounds.file_bytes + 1) <= bounds.file_bytes]
            left -= sum(sizes[oid] for oid in fitting)
            if left < 0:
                raise TooBig(f"they are over the {bounds.read_bytes:,} bytes we read")
            yield from clone.contents(fitting, most=sum(sizes[oid] for oid in fitting))

    def _walk(self, oid: str, folder: str, depth: int) -> None:
        """All below this folder in one request, or its parts one by one when that is too much."""
        tree = self._ask(oid, recursive=True)
        if not tree.truncated:
            self._take(tree.tree, folder)
            return
        parts = self._ask(oid, recursive=False)
        self._take(parts.tree, folder)
        if parts.truncated:
            self.skipped.append(f"The rest of {clean(folder) or 'the top folder'}, too large to be listed.")
        for part in parts.tree:
            if part.type == "tree" and is_oid(part.id):
                self._walk_part(part.id, f"{folder}{part.label}/", depth + 1)

    def _walk_part(self, oid: str, folder: str, depth: int) -> None:
        if self._asked >= REQUESTS or depth > DEPTH:
            self.skipped.append(f"{clean(folder)}: more folders than we walk.")
            return
        self._walk(oid, folder, depth)

    def _ask(self, oid: str, *, recursive: bool) -> Tree:
        self._asked += 1
        params: dict[str, str | int] = {"recursive": 1} if recursive else {}
        return self._api.read(f"/repos/{self._name}/git/trees/{oid}", Tree, params)

    def _take(self, listed: list[Entry], folder: str) -> None:
        for entry in listed:
            kept = {"tree": self.trees, "blob": self.entries}.get(entry.type)
            path = clean_path(f"{folder}{entry.label}").path
            if kept is None or entry.is_link or not is_oid(entry.id) or not path:
                continue
            if len(self.entries) + len(self.trees) >= self._bounds.entries:
                self.skipped.append(f"More than {self._bounds.entries:,} files and folders.")
                return
            kept[path if path not in kept else f"{path}~{entry.id[:8]}"] = entry.id
