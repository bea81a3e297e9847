"""Ordinary public code, kept and used for every leak: what a leak shares with it is no sign of the leak.

What is learned beside one leak serves the next, also when those who work on the next may not know of the
first: a row is hashes of public packages, and says neither whose leak it was nor what else was in it. The
danger is another: private code taken for public would make us blind to its own leak. So of a leak only
what a package manager installed is kept, no package that calls itself private, none of the owner's scope; and
a leak that this part of the background knows too well is fingerprinted without it (`fitting`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, suppress
from functools import lru_cache

import msgspec
import numpy as np
from django.conf import settings
from packageurl import PackageURL

from monitors import fingerprints, sources
from monitors.fingerprints import text_hash
from monitors.fingerprints.identity import Identity, identify
from monitors.fingerprints.names import Key
from monitors.inventory import Entry, Ownership
from monitors.models import Background, Fingerprint
from monitors.sources import npm
from monitors.sources.base import clean
from monitors.unpack import File, unpack
from monitors.unpack.sourcemaps import is_map

# Hashes in memory, of 8 bytes each: the newest rows count when there are more.
MOST_HASHES = 32 * 2**20
# One row's, 64 MiB: as much as about 200 MB of source have.
MOST_HASHES_KEPT = 8 * 2**20
EARLIER = 3  # of the owner's releases: what was published on purpose changes little from one to the next
PACKAGE_BYTES = 128 * 2**20  # of a package's archive
# A background that knows so large a share of the files of a leak was made of the leak.
BLIND_SHARE = 0.25
_FEWEST_FILES = 8  # below so many files a share tells nothing

_INSTALLED = re.compile(
    r"^(?P<root>(?:.*/)?(?:node_modules|bower_components|site-packages|dist-packages)/(?P<package>(?:@[^/]+/)?[^/]+))/"
)


class NotReady(Exception):
    """It cannot be kept; the message says why."""


def together(*, leaks: bool = True) -> fingerprints.Background:
    """All that is kept, as one; without what was learned beside leaks when so asked. Held in memory."""
    rows = Background.objects.values_list("pk", "sha256", "hashes", "origin")
    wanted = [row for row in rows if leaks or row[3] != Background.Origin.LEAK]
    chosen, total = [], 0
    for pk, sha256, hashes, _ in wanted:
        total += hashes
        if total <= MOST_HASHES:
            chosen.append((pk, sha256))
    return _union(tuple(chosen))


@lru_cache(maxsize=2)
def _union(rows: tuple[tuple[int, str], ...]) -> fingerprints.Background:
    """The rows as one. Their digests are in the key: a row's number may be used again."""
    blobs = Background.objects.filter(pk__in=[pk for pk, _ in rows]).values_list("blob", flat=True)
    parts = [fingerprints.Background.from_bytes(bytes(blob)) for blob in blobs.iterator(chunk_size=8)]
    if not parts:
        return fingerprints.NOTHING
    layers = zip(*((part.grams, part.words, part.texts) for part in parts), strict=True)
    return fingerprints.Background(*(np.unique(np.concatenate(layer)) for layer in layers))


def fitting(entries: Sequence[Entry]) -> fingerprints.Background:
    """What is kept, as far as it may be left out of the index of these files.

    Where what was learned beside leaks knows a quarter of our own files word for word, one of those leaks
    held them too, and nothing that was learned beside leaks is used.
    """
    everything = together()
    ours = [entry.content for entry in entries if entry.ownership is Ownership.FIRST and not entry.binary]
    texts = {text for content in ours if (text := text_hash(content))}
    return everything if not _knows_too_many(everything, texts) else together(leaks=False)


def _knows_too_many(background: fingerprints.Background, texts: set[str]) -> bool:
    known = sum(background.holds(text) for text in texts)
    return len(texts) >= _FEWEST_FILES and known >= BLIND_SHARE * len(texts)


def installed(entries: Sequence[Entry]) -> Iterator[tuple[str, bytes]]:
    """The public packages that a package manager put beside the leak, file by file (path, content)."""
    owner = identify(
        (entry.path, entry.content) for entry in entries if entry.ownership is not Ownership.THIRD
    )
    found = [(entry, match) for entry in entries if (match := _INSTALLED.match(entry.path))]
    private = {match["root"] for entry, match in found if _is_private(entry, match["root"])}
    for entry, match in found:
        is_public = entry.ownership is Ownership.THIRD and match["root"] not in private
        if is_public and not _is_owners(owner, match["package"]):
            yield entry.path, entry.content


def _is_private(entry: Entry, root: str) -> bool:
    """Whether this is the manifest of a package that says not to be for the public, or says nonsense."""
    if entry.path != f"{root}/package.json":
        return False
    try:
        said = msgspec.json.decode(entry.content, type=_Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return True
    return bool(said.private) or said.license in ("UNLICENSED", "SEE LICENSE IN LICENSE")


class _Manifest(msgspec.Struct):
    private: object = None
    license: object = None


def _is_owners(owner: Identity, package: str) -> bool:
    scope, slash, _ = package.lower().removeprefix("@").partition("/")
    return bool(slash) and owner.knows(Key.OWNER, scope)


def learned(files: Iterable[tuple[str, bytes]]) -> tuple[fingerprints.Background, int]:
    """What of these files (path, content) was not known yet, and how many there were. Writes nothing."""
    count = 0

    def counted() -> Iterator[tuple[str, bytes]]:
        nonlocal count
        for file in files:
            count += 1
            yield file

    made, known = fingerprints.learn(counted()), together()
    return _without(made, known), count


def _without(made: fingerprints.Background, known: fingerprints.Background) -> fingerprints.Background:
    texts = np.setdiff1d(made.texts, known.texts, assume_unique=True)
    grams, words = made.grams[~known.has_grams(made.grams)], made.words[~known.has_words(made.words)]
    return fingerprints.Background(grams, words, texts)


def keep(
    hashes: fingerprints.Background, *, origin: str, name: str, files: int, sure: bool = False
) -> Background | None:
    """Keep these hashes for leaks to come; None when there is nothing new in them. Twice changes nothing.

    Raises NotReady when they are too many, or when they are largely those of a leak that we look for, unless
    the person is sure.
    """
    row = _unsaved(hashes, origin=origin, name=name, files=files, sure=sure)
    return save(row) if row else None


def beside(entries: Sequence[Entry]) -> Background | None:
    """What can be learned beside this leak, not yet saved; None when nothing can. Takes its time."""
    hashes, files = learned(installed(entries))
    with suppress(NotReady):  # nobody asked for it, so nobody needs to know
        return _unsaved(hashes, origin=Background.Origin.LEAK, name="packages beside a leak", files=files)
    return None


def save(row: Background) -> Background:
    """The row as it is kept. Saving the same hashes twice changes nothing."""
    told = {name: getattr(row, name) for name in ("origin", "name", "blob", "hashes", "files")}
    return Background.objects.get_or_create(sha256=row.sha256, defaults=told)[0]


def _unsaved(
    hashes: fingerprints.Background, *, origin: str, name: str, files: int, sure: bool = False
) -> Background | None:
    total = len(hashes.grams) + len(hashes.words) + len(hashes.texts)
    if not total:
        return None
    if total > MOST_HASHES_KEPT:
        raise NotReady(f"{name} has {total:,} hashes, over {MOST_HASHES_KEPT:,}. Give it in parts.")
    if not sure:
        _require_not_blinding(hashes, name)
    blob = hashes.to_bytes()
    told = {"origin": origin, "name": clean(name), "blob": blob, "hashes": total, "files": files}
    return Background(sha256=fingerprints.sha256(blob), **told)


def _require_not_blinding(hashes: fingerprints.Background, name: str) -> None:
    for fingerprint in Fingerprint.objects.defer("index"):
        texts = {file.text for file in fingerprint.open().files if file.text}
        if _knows_too_many(hashes, texts):
            known = sum(hashes.holds(text) for text in texts)
            raise NotReady(
                f"{name} holds {known:,} of the {len(texts):,} files of a leak that is being looked for: "
                "kept as ordinary code, it would hide that leak from us"
            )


def fetch(purl: str, *, client=None, sure: bool = False) -> Background | None:
    """Ask the registry for a package and keep its code; None when nothing in it is new.

    Raises SourceError, UnpackError, NotReady.
    """
    client = client or sources.Client(allow_private=settings.ALLOW_PRIVATE_ARTIFACTS)
    registry = settings.REGISTRY_URLS.get(purl.removeprefix("pkg:").partition("/")[0], "")
    found = sources.locate(purl, client, base_url=registry)
    with closing(client.download(found.url, max_bytes=PACKAGE_BYTES)) as archive:
        sources.verify(archive, found.digest)
        hashes, files = learned(
            published(unpack(archive, name=found.filename, limits=settings.UNPACK_LIMITS))
        )
    return keep(hashes, origin=Background.Origin.PACKAGE, name=purl, files=files, sure=sure)


def can_fetch(purl: str) -> bool:
    """Whether `fetch` knows registries of this kind."""
    return sources.is_locatable(purl)


def has_earlier(purl: str) -> bool:
    """Whether `earlier` can be asked of it: a package of npm with its version."""
    try:
        package = PackageURL.from_string(purl)
    except ValueError:
        return False
    return package.type == "npm" and bool(package.version)


def earlier(purl: str, *, client=None) -> list[str]:
    """The last releases before this one that the registry lists, newest first, at most EARLIER of them.

    Raises SourceError; Gone when there are none.
    """
    client = client or sources.Client(allow_private=settings.ALLOW_PRIVATE_ARTIFACTS)
    package = PackageURL.from_string(purl)
    return npm.earlier(package, client, settings.REGISTRY_URLS.get("npm", ""), most=EARLIER)


def published(files: Iterable[File]) -> Iterator[tuple[str, bytes]]:
    """What was published on purpose: no source maps, and no sources out of them, which are what leaks."""
    return (
        (file.path, file.content) for file in files if not (file.origin or is_map(file.content, file.path))
    )


def forget(background: Background) -> None:
    """Use it no more. What later rows did not keep because it was in this one goes with it."""
    background.delete()
