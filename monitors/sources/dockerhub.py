"""Docker Hub: images by search, verified by the files in their layers.

Search and tags: https://docs.docker.com/reference/api/hub/latest/. Manifests and layers:
https://distribution.github.io/distribution/spec/api/. Who may pull:
https://distribution.github.io/distribution/spec/auth/token/. The public hub, its registry and its tokens lie
on three hosts; for any other address, all three lie there.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from typing import Any, BinaryIO, Self
from urllib.parse import quote

import msgspec

from monitors.fingerprints import git_tree_ids
from monitors.sources import halfway, identity
from monitors.sources.archives import SKIPPED_KEPT, ArchiveHolding
from monitors.sources.base import (
    Adapter,
    Aim,
    Batch,
    Candidate,
    Gone,
    Look,
    Probe,
    RateLimited,
    SourceError,
    Whose,
    clean,
    hosts,
)
from monitors.sources.http import Client
from monitors.sources.repositories import read_artifact
from monitors.unpack import Limits, Notes, UnpackError

DEFAULT = "https://hub.docker.com"
REGISTRY = "https://registry-1.docker.io"
TOKENS = "https://auth.docker.io"
SERVICE = "registry.docker.io"
BATCH = 10
PAGE = 100
PAGES = 5
AGAIN = 5  # images seen before that one poll asks about again: a search does not tell that one changed
TAGS = 2  # of an image at a time, those not looked at first
TAGS_LISTED = 25  # of an image, the last pushed ones
TAGS_KEPT = 300  # images of which is kept what was looked at, the last asked ones
MARK = 12  # characters
LONGEST_NAME = 290  # https://docs.docker.com/docker-hub/repos/create/, and a whole account before it
LAYERS = 40
LAYER_BYTES = 256 * 1024 * 1024
IMAGE_BYTES = 512 * 1024 * 1024
LIST_BYTES = 4 * 1024 * 1024
MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,254}(/[a-z0-9][a-z0-9._-]{0,254})?")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class _Found(msgspec.Struct):
    name: str = msgspec.field(default="", name="repo_name")


class _Page(msgspec.Struct):
    results: list[_Found]
    count: Any = 0


class _Image(msgspec.Struct):
    digest: str | None = None


class _Tag(msgspec.Struct):
    name: str
    digest: str | None = None
    size: Any = msgspec.field(default=0, name="full_size")
    images: list[_Image] = msgspec.field(default_factory=list)

    @property
    def sha256(self) -> str:
        """The digest of the tag, or of its first image; "" when none is told."""
        told = [self.digest, *(image.digest for image in self.images)]
        return next((digest for digest in told if digest and _DIGEST.fullmatch(digest)), "")


class _Tags(msgspec.Struct):
    results: list[_Tag]
    count: Any = 0


class _Platform(msgspec.Struct):
    architecture: str = ""
    os: str = ""


class _Part(msgspec.Struct):
    digest: str
    size: int = 0
    platform: _Platform | None = None


class _Manifest(msgspec.Struct):
    layers: list[_Part] = msgspec.field(default_factory=list)
    manifests: list[_Part] = msgspec.field(default_factory=list)


class _Token(msgspec.Struct):
    token: str


class DockerHub(Adapter):
    """Images that a search finds; each of their newest tags is a place."""

    kind = "dockerhub"
    aims = frozenset({Aim.SEARCH})

    def __init__(self, client: Client, base_url: str = "") -> None:
        super().__init__(client, base_url or DEFAULT)

    @property
    def registry_url(self) -> str:
        return REGISTRY if self.base_url == DEFAULT else self.base_url

    @property
    def tokens_url(self) -> str:
        return TOKENS if self.base_url == DEFAULT else self.base_url

    def fetch(self, aim: Aim, query: str, *, cursor: dict[str, Any]) -> Batch:
        """2 tags of each of at most 10 images that are new, or were not asked about for longest.

        Cursor: {"seen": [name], the one asked longest ago first, "pending": [name], "tags": {mark of a name:
        [marks of what was looked at, tags that is, of how many]}}, of at most 500 names.
        Raises SourceError.
        """
        if aim not in self.aims:
            raise SourceError(f"Docker Hub cannot be asked for a {aim}.")
        before, gaps = self.client.requests, list[str]()
        seen, pending = cursor.get("seen", []), cursor.get("pending", [])
        is_news = not pending
        if is_news:
            names = self._hits(query.strip(), gaps)
            known = [name for name in seen if name in names]
            fresh = [name for name in names if name not in set(known)]
            pending, seen = fresh + known[:AGAIN], known
        tags = dict(cursor.get("tags", {}))
        told = halfway.each(pending, lambda name: self._newest(name, tags), most=BATCH, is_news=is_news)
        seen = [name for name in seen if name not in told.asked] + told.asked
        tags = {mark: tags[mark] for mark in map(_mark, seen[-TAGS_KEPT:]) if mark in tags}
        return Batch(
            told.candidates,
            {"seen": seen, "pending": told.later, "tags": tags},
            more=bool(told.later),
            requests=self.client.requests - before,
            gaps=gaps + _unlooked(tags),
            limited=told.limited,
        )

    def examine(self, candidate: Candidate) -> Layers:
        """The files of its layers, the top one first, within bounds. Raises SourceError."""
        name, before = candidate.ticket["name"], self.client.requests
        puller = self._puller(name)
        try:
            layers = self._manifest(puller, name, candidate.ticket["tag"]).layers
            return Layers(puller, f"{self.registry_url}/v2/{name}/blobs", layers, self.unpacking)
        finally:
            self.client.requests = before + 1 + puller.requests

    def look(self, candidate: Candidate) -> Look:
        """Whether the tag is still there, and what it names. Raises SourceError."""
        name, tag = candidate.ticket["name"], candidate.ticket["tag"]
        url = f"{self.base_url}/v2/repositories/{name}/tags/{quote(tag, safe='')}"
        try:
            return Look(live=True, digest=self.client.get(url, max_bytes=LIST_BYTES).decode(_Tag).sha256)
        except Gone as gone:
            return Look(live=False, reason=gone.reason)

    @classmethod
    def called(cls, place: Candidate) -> Iterator[tuple[str, str]]:
        """By the image's name, whatever its tag."""
        return ((host, place.native_id.removeprefix("library/")) for host in hosts(place))

    def probe(self) -> Probe:
        """Whether the search answers, and what is left of the limit. Raises SourceError."""
        url = f"{self.base_url}/v2/search/repositories/"
        answer = self.client.get(url, params={"query": "alpine", "page_size": 1}, max_bytes=LIST_BYTES)
        answer.decode(_Page)
        limit, left = (
            _number(answer.headers.get(f"X-RateLimit-{name}", "")) for name in ("Limit", "Remaining")
        )
        return Probe("Answers.", limit=limit, remaining=left)

    def whose(self) -> Whose:
        """Nobody's, as Docker Hub tells no name; but a list that strangers do not get. Raises SourceError."""
        self.client.get(f"{self.base_url}/v2/access-tokens", params={"page_size": 1}, max_bytes=LIST_BYTES)
        return Whose()

    def _hits(self, text: str, gaps: list[str]) -> list[str]:
        """The names of at most 500 images."""
        found: dict[str, None] = {}
        total = listed = 0
        for number in range(1, PAGES + 1):
            asked: dict[str, str | int] = {"query": text, "page": number, "page_size": PAGE}
            url = f"{self.base_url}/v2/search/repositories/"
            page = self.client.get(url, params=asked, max_bytes=LIST_BYTES).decode(_Page)
            before = len(found)
            found |= {_whole(one.name): None for one in page.results if _is_name(one.name)}
            listed += len(page.results)
            total = page.count if type(page.count) is int and page.count < 10**9 else 0
            if len(page.results) < PAGE or len(found) == before:
                break
        if total > listed:
            gaps.append(
                f"Docker Hub finds {total:,} images and {len(found):,} were looked at: ask for rarer words."
            )
        return list(found)[: PAGE * PAGES]

    def _newest(self, name: str, looked: dict[str, list[Any]]) -> list[Candidate]:
        """Tags that name different images, first those that were not looked at, as `looked` keeps it.

        None of an image that went away meanwhile.
        """
        url = f"{self.base_url}/v2/repositories/{name}/tags"
        asked: dict[str, str | int] = {"page_size": TAGS_LISTED, "ordering": "last_updated"}
        try:
            tags = self.client.get(url, params=asked, max_bytes=LIST_BYTES).decode(_Tags)
        except Gone:
            looked.pop(_mark(name), None)
            return []
        except RateLimited:
            raise
        except SourceError:
            # One odd image must not hide the others: examining it will say what is wrong.
            return [self._candidate(name, _Tag("latest"), 0)]
        listed = tags.results[:TAGS_LISTED]
        count = tags.count if type(tags.count) is int and 0 <= tags.count < 10**9 else 0
        count = max(count, len(listed))
        marks = [_mark(tag.sha256 or tag.name) for tag in listed]
        different = dict(zip(reversed(marks), reversed(listed), strict=True))  # the newest of those alike
        before = _marks(looked.get(_mark(name), [""])[0])
        chosen = sorted(dict.fromkeys(marks), key=lambda mark: mark in before)[:TAGS]
        known = before.intersection(marks).union(chosen)
        looked[_mark(name)] = ["".join(sorted(known)), sum(mark in known for mark in marks), count]
        return [self._candidate(name, different[mark], count) for mark in chosen]

    def _candidate(self, name: str, tag: _Tag, count: int) -> Candidate:
        shown = name.removeprefix("library/")
        page = f"r/{name}" if "/" in shown else f"_/{shown}"
        size = {"size": {"bytes": tag.size}} if type(tag.size) is int and 0 < tag.size < 2**53 else {}
        return Candidate(
            host=identity.host(self.base_url),
            native_id=name,
            path=clean(tag.name, 128),
            title=clean(f"{shown}:{tag.name}"),
            url=f"{self.base_url}/{page}/tags"[:1000],
            version=clean(tag.name, 128),
            digest=tag.sha256,
            ticket={"name": name, "tag": clean(tag.name, 128), "tags": count} | size,
        )

    def _puller(self, name: str) -> Client:
        """A client that may pull this image: its token goes to the registry and nowhere else."""
        asked: dict[str, str | int] = {"service": SERVICE, "scope": f"repository:{name}:pull"}
        token = self.client.get(f"{self.tokens_url}/token", params=asked, max_bytes=LIST_BYTES).decode(_Token)
        mine = self.client
        puller = Client(
            token=token.token, allow_private=mine.allow_private, limits=mine.limits, on_answer=mine.on_answer
        )
        puller.home, puller.before_ask = self.registry_url, mine.before_ask
        return puller

    def _manifest(self, puller: Client, name: str, tag: str) -> _Manifest:
        """The manifest of the tag's image for the usual machine."""
        found = self._one(puller, name, tag)
        if found.manifests:
            chosen = min(found.manifests[:100], key=_strangeness)
            found = self._one(puller, name, _checked(chosen.digest))
        return found

    def _one(self, puller: Client, name: str, reference: str) -> _Manifest:
        url = f"{self.registry_url}/v2/{name}/manifests/{quote(reference, safe=':')}"
        return puller.get(url, headers={"Accept": MANIFESTS}, max_bytes=LIST_BYTES).decode(_Manifest)


class Layers:
    """The files of an image's layers; of a path in several, the topmost. Close it when done.

    A file that an upper layer removes still lies in the lower one, for anybody to read: it counts.
    """

    def __init__(self, client: Client, url: str, layers: Sequence[_Part], limits: Limits) -> None:
        self._limits = limits
        self.entries: dict[str, str] = {}
        self.trees: dict[str, str] = {}
        self.skipped: list[str] = []
        self._holdings: list[ArchiveHolding] = []
        self._place: dict[str, ArchiveHolding] = {}
        room, left_out = IMAGE_BYTES, max(len(layers) - LAYERS, 0)
        try:
            for layer in reversed(layers[-LAYERS:]):
                if 0 <= layer.size <= min(LAYER_BYTES, room):
                    room -= layer.size
                    self._add(client, f"{url}/{_checked(layer.digest)}", min(LAYER_BYTES, room + layer.size))
                else:
                    left_out += 1
        except BaseException:
            self.close()
            raise
        if left_out:
            counted = "layer" if left_out == 1 else "layers"
            self.skipped.append(f"{left_out:,} {counted}: too large or too many to look at")

    def read(self, paths: Sequence[str], /) -> Iterator[tuple[str, bytes]]:
        for path in paths:
            if holding := self._place.get(path):
                yield from holding.read([path])

    def close(self) -> None:
        for holding in self._holdings:
            holding.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _add(self, client: Client, url: str, most: int) -> None:
        try:
            content = client.download(url, max_bytes=most)
        except Gone:
            self.skipped.append("A layer: the registry has it no more")
            return
        holding = ArchiveHolding()
        self._holdings.append(holding)
        with content:
            self._fill(holding, content)
        for path, id in holding.entries.items():
            if path not in self.entries:
                self.entries[path], self._place[path] = id, holding
        self.trees = {**git_tree_ids(holding.entries), **self.trees}

    def _fill(self, holding: ArchiveHolding, content: BinaryIO) -> None:
        """Every path as it is in the image. A layer that breaks off gives what came before that."""
        notes = Notes()
        try:
            layer = read_artifact(content, name="layer.tar", limits=self._limits, notes=notes, earlier=True)
            for file in layer:
                holding.add(file.path, file.content)
        except UnpackError as error:
            self.skipped.append(clean(f"The rest of a layer: {error}"))
        self.skipped.extend(clean(f"{note.path}: {note.reason}") for note in notes.skipped[:SKIPPED_KEPT])


def _strangeness(part: _Part) -> tuple[bool, bool, bool]:
    """Sorts Linux on usual machines first, and attestations, which are of no machine, last."""
    platform = part.platform or _Platform()
    return platform.os in ("", "unknown"), platform.os != "linux", platform.architecture != "amd64"


def _checked(digest: str) -> str:
    if not _DIGEST.fullmatch(digest):
        raise SourceError(f"The registry names something by {clean(digest, 80)}, which is no SHA-256.")
    return digest


def _mark(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:MARK]


def _marks(joined: str) -> set[str]:
    return {joined[start : start + MARK] for start in range(0, len(joined), MARK)}


def _unlooked(tags: dict[str, list[Any]]) -> list[str]:
    """What to say of the tags that nobody looked into yet."""
    done, total = (sum(kept[place] for kept in tags.values()) for place in (1, 2))
    said = (
        f"{done:,} of {total:,} tags of these images were looked at so far: {TAGS} of an image at a time, "
        f"of its newest {TAGS_LISTED}."
    )
    return [said] if done < total else []


def _is_name(name: str) -> bool:
    return len(name) <= LONGEST_NAME and _NAME.fullmatch(name) is not None


def _whole(name: str) -> str:
    """Official images lie under "library"."""
    return name if "/" in name else f"library/{name}"


def _number(value: str) -> int | None:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None
