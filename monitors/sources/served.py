"""What one web address serves now: its hash, where it led us, and what lets us ask cheaply next time."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, BinaryIO, Self
from urllib.parse import unquote

from monitors.sources import statuses
from monitors.sources.archives import ALGORITHMS, ArchiveHolding, hold
from monitors.sources.base import Candidate, SourceError, clean
from monitors.sources.http import REDIRECTS, Client, joined, parts
from monitors.unpack import Limits

MOST_BYTES = 256 * 1024 * 1024
PLAIN_BYTES = 32 * 1024 * 1024
CHUNK = 1024 * 1024
ALGORITHM = "sha512"  # as npm's registry publishes it
# A host that compresses on the way would change the hash.
AS_IT_IS = {"Accept-Encoding": "identity"}


@dataclass(frozen=True)
class Served:
    """What an address gave: `digest` in Subresource Integrity form, `final` where redirects led."""

    digest: str
    final: str
    size: int  # bytes
    type: str = ""
    etag: str = ""
    modified: str = ""

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Self | None:
        """What `as_json` gave, from a cursor or a ticket; None when there is nothing to go on."""
        told = {name: kept[name] for name in cls.__dataclass_fields__ if name in kept}
        return cls(**told) if {"digest", "final", "size"} <= told.keys() else None


def ask(client: Client, url: str, *, known: Served | None = None, algorithm: str = ALGORITHM) -> Served:
    """What the address serves, at most 256 MiB; `known` itself when the host says that it still holds.

    Raises SourceError; Gone when it serves nothing any more.
    """
    if known and _still_holds(client, url, known):
        return known
    with hearing(client) as heard, client.download(url, max_bytes=MOST_BYTES, headers=AS_IT_IS) as file:
        digest, size = _hashed(file, algorithm)
    told = heard[-1][1] if heard else {}
    return Served(
        digest=digest,
        final=_final(url, heard)[:2000],
        size=size,
        type=clean(told.get("Content-Type", ""), 100),
        etag=told.get("ETag", "")[:300],
        modified=told.get("Last-Modified", "")[:100],
    )


def examine(client: Client, url: str, limits: Limits) -> ArchiveHolding:
    """The files of what lies there: of an archive or a source map what is in it, else the file itself.

    Raises SourceError.
    """
    with client.download(url, max_bytes=MOST_BYTES, headers=AS_IT_IS) as file:
        return held(file, name=filename(url), limits=limits)


def held(file: BinaryIO, *, name: str, limits: Limits) -> ArchiveHolding:
    """The same of a file that was fetched. Raises SourceError for a damaged archive of more than 32 MiB."""
    try:
        return hold(file, name=name, limits=limits)
    except SourceError as error:
        return _as_it_is(file, name, error)


def again(client: Client, candidate: Candidate) -> Served:
    """What the address of a candidate's ticket serves now. Raises like `ask`."""
    known = Served.from_json(candidate.ticket.get("served", {}))
    algorithm = candidate.digest.partition("-")[0]
    return ask(
        client,
        candidate.ticket["url"],
        known=known,
        algorithm=algorithm if algorithm in ALGORITHMS else ALGORITHM,
    )


def filename(url: str) -> str:
    """The last part of the address's path, "index.html" when it ends in a folder."""
    last = unquote(parts(url).path.rpartition("/")[2], errors="replace")
    return clean(last, 200).replace("/", "_").replace("\\", "_").strip(". ") or "index.html"


@contextmanager
def hearing(client: Client) -> Iterator[list[tuple[int, Mapping[str, str]]]]:
    """Status and headers of each answer meanwhile, redirects among them. Whoever listened hears them too."""
    heard: list[tuple[int, Mapping[str, str]]] = []
    before = client.on_answer

    def listen(netloc: str, status: int, headers: Mapping[str, str]) -> None:
        heard.append((status, headers))
        if before:
            before(netloc, status, headers)

    client.on_answer = listen
    try:
        yield heard
    finally:
        client.on_answer = before


def _as_it_is(file: BinaryIO, name: str, error: SourceError) -> ArchiveHolding:
    """What is named like an archive and is none: what lies there instead is evidence, or the lack of it."""
    file.seek(0)
    content = file.read(PLAIN_BYTES + 1)
    if len(content) > PLAIN_BYTES:
        raise error
    holding = ArchiveHolding()
    holding.add(name, content)
    holding.skipped.append(clean(error))
    return holding


def _still_holds(client: Client, url: str, known: Served) -> bool:
    """Whether the host says so, in one request without a body. Many hosts know no such question."""
    if not (known.etag or known.modified):
        return False
    try:
        return client.get(
            url, headers=AS_IT_IS, etag=known.etag, modified=known.modified, max_bytes=1
        ).is_unchanged
    except statuses.TooLarge:
        return False


def _final(url: str, heard: list[tuple[int, Mapping[str, str]]]) -> str:
    for status, headers in heard:
        if status in REDIRECTS and "Location" in headers:
            url = joined(url, headers["Location"])
    return url


def _hashed(file: BinaryIO, algorithm: str) -> tuple[str, int]:
    digest, size = hashlib.new(algorithm, usedforsecurity=False), 0
    while chunk := file.read(CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return f"{algorithm}-{base64.b64encode(digest.digest()).decode()}", size
