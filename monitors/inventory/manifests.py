"""What the manifests of package managers name: first-level dependencies, read as text and never run."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from configparser import ConfigParser
from configparser import Error as ConfigError
from itertools import chain
from typing import Any, NamedTuple

import msgspec

MOST_BYTES = 4 * 2**20  # of a manifest
_MOST_TOML = 256 * 2**10
# A header of so many parts is walked down again for each line below it: hours, in a hostile file.
_DEEP = re.compile(r"^[ \t]*\[(?:[^\n.]*+\.){40}", re.M)
_NPM = re.compile(r"(?:@[\w~-][\w.~-]{0,100}/)?[\w~-][\w.~-]{0,213}", re.ASCII)
_ALIAS = re.compile(r"npm:(?P<package>@?[^@\s]+)(?:@(?P<version>.*))?")
_REQUIREMENTS = re.compile(r"requirements[\w.-]*\.txt")
_PEP_508 = re.compile(
    r"\s*(?P<package>[A-Za-z0-9][\w.-]{0,100})\s*(?:\[[\w, .-]{0,400}\])?\s*(?P<at>@)?"
    r"(?:==\s*(?P<version>[\w.!+-]+))?",
    re.ASCII,
)
_GO = re.compile(
    r"^[ \t]*(?:require[ \t]+)?(?P<package>[\w~-]+\.[\w.~-]+(?:/[\w.~-]+)*)[ \t]+(?P<version>v\d[\w.+-]*)"
    r"[ \t\r]*(?P<indirect>//[ \t]*indirect)?",
    re.M | re.ASCII,
)
_GO_REPLACED = re.compile(r"^[ \t]*(?:replace[ \t]+)?([\w.~/-]+)(?:[ \t]+v\S+)?[ \t]+=>", re.M)
_GEM = re.compile(
    r"""^[ \t]*gem[ \t(]+["'](?P<package>[\w.-]{1,100})["']"""
    r"""(?:[ \t]*,[ \t]*["'](?:=[ \t]*)?(?P<version>[^"'\n]{1,60})["'])?(?P<rest>[^\n]{0,400})""",
    re.M,
)
_GEM_ELSEWHERE = re.compile(r"\b(?:path|git|github|gitlab|bitbucket|gist|source)(?::|[ \t]*=>)")
_LOCKED_GEM = re.compile(r"^    ([\w.-]{1,100}) \(([\w.-]{1,60})\)\r?$", re.M)
_WANTED_GEM = re.compile(r"^  ([\w.-]{1,100})(?: \([^)\n]*\))?(!?)\r?$", re.M)
# What has begun need not be closed: a scan is linear on any input.
_POM_ASIDE = re.compile(
    r"<!--(?:[^-]++|-(?!->))*+(?:-->)?|<(exclusions|plugins)\b(?:[^<]++|<(?!/\1>))*+(?:</\1>)?"
)
_POM_DEPENDENCY = re.compile(r"<dependency>((?:(?!<dependency>).)*?)</dependency>", re.S)
_POM_ELSEWHERE = re.compile(
    r"<(parent|dependencies|dependencyManagement|build|profiles)\b(?:[^<]++|<(?!/\1>))*+(?:</\1>)?"
)
_POM_FIELD = re.compile(r"<(groupId|artifactId|version|scope)>\s*([^<>\s]{1,200})\s*</\1>")


class Named(NamedTuple):
    """A package by its name in this sort of registry. `is_private`: no registry is to be asked for it."""

    kind: str  # the type of its package URL
    package: str  # namespace/name
    version: str  # as it stands there: of use where it is one, and no range
    is_private: bool = False


def named(name: str, text: str) -> Iterator[Named]:
    """The dependencies in a file of this name, none where it is no manifest or cannot be read."""
    if not is_read(name) or len(text) > MOST_BYTES:
        return
    try:
        yield from _reader(name)(text)
    except (msgspec.DecodeError, ConfigError, ValueError, RecursionError):
        return


def is_read(name: str) -> bool:
    """Whether files of this name are manifests that are understood."""
    return name in _READERS or bool(_REQUIREMENTS.fullmatch(name))


def is_lock(name: str) -> bool:
    """Whether it knows versions, where the manifest beside it knows ranges."""
    return name in ("package-lock.json", "npm-shrinkwrap.json", "Gemfile.lock")


def own_name(text: str) -> str:
    """The name that a package.json gives to its own package, or ""."""
    try:
        return msgspec.json.decode(text, type=_PackageName).name
    except (msgspec.DecodeError, ValueError, RecursionError):
        return ""


class _PackageName(msgspec.Struct):
    name: str = ""


def _reader(name: str) -> Callable[[str], Iterator[Named]]:
    return _READERS.get(name, _requirements)


def _npm(package: str, said: object) -> Iterator[Named]:
    version = said.strip() if isinstance(said, str) else ""
    if alias := _ALIAS.fullmatch(version):
        yield Named("npm", package, "", is_private=True)
        yield from _npm(alias["package"], alias["version"] or "")
    elif _NPM.fullmatch(package):
        # A colon or a slash: workspace:, file:, link:, git+ssh:, https:, owner/repository.
        is_elsewhere = bool(re.search(r"[:/]", version)) and not version.startswith("catalog:")
        yield Named("npm", package, version, is_elsewhere)


class _PackageJson(msgspec.Struct):
    dependencies: dict[str, Any] | None = None
    devDependencies: dict[str, Any] | None = None  # as npm writes it
    peerDependencies: dict[str, Any] | None = None
    optionalDependencies: dict[str, Any] | None = None

    @property
    def pairs(self) -> Iterator[tuple[str, Any]]:
        groups = self.dependencies, self.devDependencies, self.peerDependencies, self.optionalDependencies
        return chain.from_iterable((group or {}).items() for group in groups)


def _package_json(text: str) -> Iterator[Named]:
    for package, said in msgspec.json.decode(text, type=_PackageJson).pairs:
        yield from _npm(package, said)


class _LockedPackage(_PackageJson):
    version: str = ""
    link: bool = False


class _PackageLock(msgspec.Struct):
    packages: dict[str, _LockedPackage]


def _package_lock(text: str) -> Iterator[Named]:
    packages = msgspec.json.decode(text, type=_PackageLock).packages
    for package, said in packages[""].pairs if "" in packages else ():
        locked = packages.get(f"node_modules/{package}", _LockedPackage())
        for one in _npm(package, said):
            yield one._replace(version=locked.version, is_private=one.is_private or locked.link)


class _Composer(msgspec.Struct):
    require: dict[str, Any] | None = None
    dev: dict[str, Any] | None = msgspec.field(name="require-dev", default=None)


def _composer(text: str) -> Iterator[Named]:
    found = msgspec.json.decode(text, type=_Composer)
    for package, said in [*(found.require or {}).items(), *(found.dev or {}).items()]:
        if re.fullmatch(r"[\w.-]{1,100}/[\w.-]{1,100}", package):
            yield Named("composer", package, str(said))


def _pypi(line: object) -> Iterator[Named]:
    if isinstance(line, str) and (match := _PEP_508.match(line)):
        yield Named("pypi", match["package"], match["version"] or "", bool(match["at"]))


def _requirements(text: str) -> Iterator[Named]:
    return chain.from_iterable(_pypi(line) for line in text.splitlines() if not line.startswith((" ", "\t")))


def _toml(text: str) -> dict[str, Any]:
    if len(text) > _MOST_TOML or _DEEP.search(text):
        raise ValueError("too much of it to be read")
    return tomllib.loads(text)


def _at(table: object, *keys: str) -> Any:
    """What stands there, or None."""
    for key in keys:
        table = table.get(key) if isinstance(table, Mapping) else None
    return table


def _each(table: object) -> Iterator[tuple[str, Any]]:
    return iter(table.items()) if isinstance(table, Mapping) else iter(())


def _pyproject(text: str) -> Iterator[Named]:
    found = _toml(text)
    lists = [_at(found, "project", "dependencies"), _at(found, "build-system", "requires")]
    groups = (_at(found, "project", "optional-dependencies"), _at(found, "dependency-groups"))
    lists += [some for group in groups for _, some in _each(group)]
    for some in lists:
        yield from chain.from_iterable(map(_pypi, some if isinstance(some, list) else ()))
    poetry = _at(found, "tool", "poetry")
    tables = [_at(poetry, "dependencies"), _at(poetry, "dev-dependencies")]
    tables += [_at(group, "dependencies") for _, group in _each(_at(poetry, "group"))]
    yield from chain.from_iterable(map(_tabled, tables))
    for package, _ in _each(_at(found, "tool", "uv", "sources")):
        yield Named("pypi", package, "", is_private=True)


def _pipfile(text: str) -> Iterator[Named]:
    found = _toml(text)
    return chain.from_iterable(_tabled(_at(found, part)) for part in ("packages", "dev-packages"))


_ELSEWHERE = frozenset({"path", "git", "url", "file", "source", "index", "registry", "editable"})


def _tabled(table: object) -> Iterator[Named]:
    """As Poetry and Pipenv write them: a range by each name, or a table with one."""
    for package, said in _each(table):
        if package != "python" and _PEP_508.fullmatch(package):
            version = said if isinstance(said, str) else _at(said, "version")
            is_elsewhere = isinstance(said, Mapping) and not _ELSEWHERE.isdisjoint(said)
            yield Named("pypi", package, str(version or "").lstrip("= "), is_elsewhere)


def _setup_cfg(text: str) -> Iterator[Named]:
    config = ConfigParser(interpolation=None, strict=False)
    config.read_string(text)
    wanted = [config.get("options", key, fallback="") for key in ("install_requires", "setup_requires")]
    if config.has_section("options.extras_require"):
        wanted += [said for _, said in config.items("options.extras_require")]
    return chain.from_iterable(_pypi(line) for one in wanted for line in re.split(r"[\n;]", one))


def _cargo(text: str) -> Iterator[Named]:
    found = _toml(text)
    places = [found, _at(found, "workspace"), *(table for _, table in _each(_at(found, "target")))]
    sorts = ("dependencies", "dev-dependencies", "build-dependencies")
    for name, said in chain.from_iterable(_each(_at(place, sort)) for place in places for sort in sorts):
        package = _at(said, "package") or name
        version = str(said if isinstance(said, str) else _at(said, "version") or "")
        is_elsewhere = isinstance(said, Mapping) and not _ELSEWHERE.isdisjoint(said)
        if re.fullmatch(r"[\w-]{1,100}", str(package), re.ASCII):
            # There a bare number is the least of a range.
            yield Named("cargo", package, version[1:].strip() if version[:1] == "=" else "", is_elsewhere)


def _go_mod(text: str) -> Iterator[Named]:
    for found in _GO_REPLACED.finditer(text):
        yield Named("golang", found[1], "", is_private=True)
    for found in _GO.finditer(text):
        if not found["indirect"]:
            yield Named("golang", found["package"], found["version"])


def _pom(text: str) -> Iterator[Named]:
    """By its tags, as whoever parses XML does what its entities say."""
    text = _POM_ASIDE.sub("", text)
    own = dict(_POM_FIELD.findall(_POM_ELSEWHERE.sub("", text))).get("groupId")
    for found in _POM_DEPENDENCY.finditer(text):
        said = dict(_POM_FIELD.findall(found[1]))
        group, artifact = said.get("groupId", "$"), said.get("artifactId", "$")
        is_own = group == own or "$" in group + artifact or said.get("scope") == "system"
        yield Named("maven", f"{group}/{artifact}", said.get("version", ""), is_own)


def _gemfile(text: str) -> Iterator[Named]:
    for found in _GEM.finditer(text):
        is_elsewhere = bool(_GEM_ELSEWHERE.search(found["rest"]))
        yield Named("gem", found["package"], found["version"] or "", is_elsewhere)


def _gemfile_lock(text: str) -> Iterator[Named]:
    versions = dict(_LOCKED_GEM.findall(text))
    wanted = text.partition("\nDEPENDENCIES")[2].partition("\n\n")[0].partition("\r\n\r\n")[0]
    for package, elsewhere in _WANTED_GEM.findall(wanted):
        yield Named("gem", package, versions.get(package, ""), bool(elsewhere))


_READERS: dict[str, Callable[[str], Iterator[Named]]] = {
    "package.json": _package_json,
    "package-lock.json": _package_lock,
    "npm-shrinkwrap.json": _package_lock,
    "composer.json": _composer,
    "pyproject.toml": _pyproject,
    "Pipfile": _pipfile,
    "setup.cfg": _setup_cfg,
    "Cargo.toml": _cargo,
    "go.mod": _go_mod,
    "pom.xml": _pom,
    "Gemfile": _gemfile,
    "Gemfile.lock": _gemfile_lock,
}
