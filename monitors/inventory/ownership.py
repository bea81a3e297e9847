"""Whose each file is.

The rules, first match wins:

1. Bundlers' own code and vendored directories are somebody else's (`places`). Packages of our own npm scope
   are not, unless our manifest names them as dependencies: whoever installs us must be able to fetch them,
   so they are public by themselves, and a copy of one is no copy of the leak. A stranger's package that was
   copied in by hand (`nested`) is somebody else's. Files with a public licence's
   header by somebody who is not us (`licences`) are somebody else's too, and so is what a map marks as not
   its authors' own, unless it marks all it has.
2. What a map gives away is ours.
3. A plain file that a map names as a source is ours too, though it may have been shipped on purpose: to
   leave it out would leave the watchlist without it. The same where a recovered source is identical to a
   plain file. Not so build output (one map's source may be another's output) and the manifest at the
   package's root, which every publication shows.
4. Where maps gave away at least as much of ours as lies about in plain source, the artifact is a published
   build, and the rest of it was SHIPPED on purpose. Where not, say a repository with one stray map,
   the plain files are the leak, and FIRST, save what a machine wrote.
5. Minified code is build output, unless it is all the code there is.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any, NamedTuple

import msgspec

from monitors.inventory import encodings, languages, licences, nested, places
from monitors.inventory.entries import Ownership
from monitors.inventory.seen import Seen
from monitors.unpack import UnpackError, sourcemaps
from monitors.unpack.inlinemaps import inline_maps
from monitors.unpack.sourcemaps import SourceMap


class Verdict(NamedTuple):
    ownership: Ownership
    why: str


_OWNER = re.compile(r"^(?:\w+:)?(?:.*[/@][\w-]+\.[\w.-]+[/:])?([\w.-]+)/[^/]+$")
_MARKS = b'gnoreList"'  # ignoreList, or x_google_ignoreList
_MINIFIED = Verdict(Ownership.SHIPPED, "build output, minified")
_ONLY_CODE = Verdict(Ownership.FIRST, "minified, but the only code here")
_BUILT = Verdict(Ownership.SHIPPED, "build output: a map of its own says what it was made of")


def judge(files: list[Seen]) -> list[Verdict]:
    """Whose each of these files is, in their order."""
    court = _Court(files)
    verdicts = [court.judge(file) for file in files]
    pairs = zip(files, verdicts, strict=True)
    if any(verdict.ownership is Ownership.FIRST and file.is_code for file, verdict in pairs):
        return verdicts
    return [_ONLY_CODE if verdict == _MINIFIED else verdict for verdict in verdicts]


class _Court:
    def __init__(self, files: list[Seen]) -> None:
        manifest = _manifest(files)
        self._scopes, self._published = manifest.scopes, manifest.published
        self._strangers = nested.foreign(files)
        self._paths = {file.path for file in files}
        self._named, self._ignored = _told_by_maps(files)
        self._has_plain = any(not file.origin and file.language != languages.SOURCE_MAP for file in files)
        self._by_header = self._foreign_headers(files, manifest.names)
        self._is_build = self._is_published_build(files)

    def judge(self, file: Seen) -> Verdict:
        if why := self._foreign(file):
            return Verdict(Ownership.THIRD, why)
        if self._is_source(file):
            return self._of_source(file)
        return self._by_machine(file) or self._of_plain(file)

    def _of_source(self, file: Seen) -> Verdict:
        if self._is_built(file):
            return _BUILT
        if self._has_plain and places.is_manifest(file.path):
            return Verdict(Ownership.SHIPPED, "every published package shows it")
        if file.origin:
            return Verdict(Ownership.FIRST, f"recovered from {file.origin}")
        return Verdict(Ownership.FIRST, "named as a source by a map in the artifact")

    def _by_machine(self, file: Seen) -> Verdict | None:
        """What a machine wrote into the artifact, as its name tells."""
        if file.language == languages.SOURCE_MAP:
            return Verdict(Ownership.SHIPPED, "a source map")
        if places.is_lockfile(file.path):
            return Verdict(Ownership.SHIPPED, "a lockfile, written by a package manager")
        if places.is_metadata(file.path):
            return Verdict(Ownership.SHIPPED, "about the package, written by a packaging tool")
        if file.is_binary and places.is_compiled(file.path):
            return Verdict(Ownership.SHIPPED, "compiled, not source")
        return _MINIFIED if file.is_minified else None

    def _of_plain(self, file: Seen) -> Verdict:
        if self._is_build:
            return _BUILT if self._is_built(file) else Verdict(Ownership.SHIPPED, _beside(file))
        if places.is_licence_text(file.path):
            return Verdict(Ownership.THIRD, "the text of a licence")
        if file.is_binary:
            return Verdict(Ownership.FIRST, "a plain file, not text: found only where every byte is the same")
        return Verdict(Ownership.FIRST, "a plain file of the artifact")

    def _foreign(self, file: Seen) -> str:
        """Why the file is somebody else's, or ""."""
        if places.is_runtime(file.path):
            return "made up by a bundler"
        if directory := places.vendored(file.path, self._scopes, self._published):
            return f"in {directory}/"
        if package := nested.holder(file.path, self._strangers):
            return f"in the package {package}, as its manifest says"
        if (file.origin, file.path) in self._ignored and not places.vendored(file.path, frozenset()):
            return "marked as somebody else's by its map (ignoreList)"
        if file.origin and places.is_minified_name(file.path):
            return "minified before it was bundled"
        return self._by_header.get(file.path, "")

    def _foreign_headers(self, files: list[Seen], names: list[str]) -> dict[str, str]:
        """By path: what the header says, where it is a public licence by somebody who is not us."""
        candidates = [file for file in files if file.is_code and self._can_have_header(file)]
        found = {file.path: licences.header(file.content) for file in candidates}
        recovered = [found[file.path] for file in candidates if file.origin]
        ours = licences.ours(recovered or list(found.values()), names)
        return {
            path: f"its header: {', '.join(part for part in header if part)}"
            for path, header in found.items()
            if header.licence and header.identity not in ours
        }

    def _can_have_header(self, file: Seen) -> bool:
        if places.is_runtime(file.path) or places.vendored(file.path, self._scopes, self._published):
            return False
        # A bundle opens with the banner of whatever comes first in it.
        return bool(file.origin) or not (file.is_minified or self._is_built(file))

    def _is_source(self, file: Seen) -> bool:
        return bool(file.origin) or file.path in self._named

    def _is_built(self, file: Seen) -> bool:
        return f"{file.path}.map" in self._paths

    def _is_published_build(self, files: list[Seen]) -> bool:
        """Whether maps give away at least as many lines of ours as lie about in plain source."""
        given = authored = 0
        for file in files:
            if not file.is_code or self._foreign(file) or self._is_built(file):
                continue
            if self._is_source(file):
                given += file.lines
            elif not file.is_minified and not _is_published_by_habit(file):
                authored += file.lines
        return given > 0 and given >= authored


class _Person(msgspec.Struct):
    name: str = ""


class _Repository(msgspec.Struct):
    url: str = ""


class _Manifest(msgspec.Struct):
    name: str = ""
    author: str | _Person | None = None
    dependencies: dict[str, Any] | None = None
    peerDependencies: dict[str, Any] | None = None  # as npm writes it
    optionalDependencies: dict[str, Any] | None = None

    @property
    def published(self) -> frozenset[str]:
        """Packages that whoever installs this one must be able to fetch."""
        named = (self.dependencies, self.peerDependencies, self.optionalDependencies)
        return frozenset(name.lower() for group in named for name in group or ())

    repository: str | _Repository | None = None

    @property
    def scopes(self) -> frozenset[str]:
        scope, slash, _ = self.name.lower().partition("/")
        return frozenset({scope} if slash and scope.startswith("@") else ())

    @property
    def names(self) -> list[str]:
        author = self.author.name if isinstance(self.author, _Person) else self.author or ""
        owner = _OWNER.search(self._url)
        return [
            author.partition("<")[0].partition("(")[0],
            *(scope[1:] for scope in self.scopes),
            *([owner[1]] if owner else []),
        ]

    @property
    def _url(self) -> str:
        return self.repository.url if isinstance(self.repository, _Repository) else self.repository or ""


def _manifest(files: list[Seen]) -> _Manifest:
    """What the package.json nearest to the root says about us."""
    found = [file for file in files if file.path.rpartition("/")[2] == "package.json"]
    for file in sorted(found, key=lambda file: (file.path.count("/"), bool(file.origin)))[:1]:
        try:
            return msgspec.json.decode(encodings.text(file.content), type=_Manifest)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            break
    return _Manifest()


class _Told(NamedTuple):
    """What the maps in the artifact say about its files."""

    named: frozenset[str]  # plain files that are sources of a map, included in the map or not
    ignored: frozenset[tuple[str, str]]  # a map's path and its source's, marked as not its authors' own


def _told_by_maps(files: list[Seen]) -> _Told:
    plain = {file.path for file in files if not file.origin and file.language != languages.SOURCE_MAP}
    named: set[str] = set()
    ignored: set[tuple[str, str]] = set()
    for file in files:
        may_name = bool(plain) and not file.origin
        for found in _maps_of(file, all_of_them=may_name):
            if may_name:
                named.update(path for path in found.paths() if path in plain and path != file.path)
            ignored.update((file.path, path) for path in _told_apart(found))
    return _Told(frozenset(named), frozenset(ignored))


def _maps_of(file: Seen, *, all_of_them: bool) -> Iterator[SourceMap]:
    """The maps that the file is or carries; only those that mark sources, unless all are wanted."""
    is_map = sourcemaps.is_map(file.content, file.path)
    for content in [file.content] if is_map else inline_maps(file.content):
        if all_of_them or _MARKS in content:
            with suppress(UnpackError):  # unpacking has noted it
                yield sourcemaps.read(content, path=file.path)


def _told_apart(found: SourceMap) -> frozenset[str]:
    """The sources that the map marks; none where it marks all of them, which tells nothing apart."""
    ignored = found.ignored()
    return ignored if any(path not in ignored for path in found.paths()) else frozenset()


def _is_published_by_habit(file: Seen) -> bool:
    return places.is_declaration(file.path) or places.is_in_build_directory(file.path)


def _beside(file: Seen) -> str:
    what = "type declarations" if places.is_declaration(file.path) else "published"
    return f"{what}, beside the map that gives the sources away"
