"""Where the sources that a source map names belong in the project's tree.

Bundlers name sources by every convention there is: relative to the map, by URL with a scheme of their own,
absolute on the build machine, with queries for the parts of one file, or made up for code they generate.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from monitors.unpack.paths import clean, climb

VIRTUAL = "_virtual"  # as Rollup calls the directory of modules that no file holds
_SCHEME = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]+):(?=/)(//)?")
_DRIVE = re.compile(r"^/?[A-Za-z]:[\\/]")
_BUILD_MACHINE = re.compile(
    r"^/*(?:__parcel_source_root|home/runner/work/[^/]+/[^/]+|github/workspace|builds/[^/]+/[^/]+|vercel/path\d+"
    r"|opt/build/repo|usr/src/app|var/lib/jenkins/workspace/[^/]+|codebuild/output/[^/]+/src"
    r"|(?:home|Users)/[^/]+|root|workspace|app)/+(?=.)"
)
_IGNORED = re.compile(r"^\(disabled\):|\s\(ignored\)$")
_UNNAMED = "<unnamed>"
_MADE_UP = re.compile(r"^(?:external |<.*>$|\[synthetic:)")


def source_path(source: str, *, map_path: str, source_root: str = "") -> str:
    """The cleaned path of a source in the tree that `map_path` is in; "../src/a.ts" in "dist/cli.js.map" is
    "src/a.ts". Never empty. What climbs out of the project stays at its root, which is "package/" for a map
    within an npm package.
    """
    root = project_root(map_path)
    base = map_path.split("/")[len(root) : -1]
    if re.split(r"[/\\]", source.strip())[-1] in ("", ".", ".."):
        source = _UNNAMED
    parts = _parts(_IGNORED.sub("", source.strip()), source_root, base)
    path = clean("/".join(root + parts)).path
    return path if parts and path else "/".join([*root, VIRTUAL, "unnamed"])


def linked_path(url: str, *, map_path: str) -> str:
    """The path of a file that a map refers to by URL."""
    return source_path(url, map_path=map_path)


def project_root(map_path: str) -> list[str]:
    """npm puts a whole package under "package/", also where a package is packed within another archive."""
    parts = map_path.split("/")[:-1]
    return parts[: parts.index("package") + 1] if "package" in parts else []


def _parts(source: str, source_root: str, base: list[str]) -> list[str]:
    if "\0" in source or _MADE_UP.match(source):
        return _virtual(source)
    named = _SCHEME.match(source)
    if not named and source_root and not _is_absolute(source):
        source = f"{source_root.rstrip('/')}/{source}"
        named = _SCHEME.match(source)
    if named:
        return climb([], _without_scheme(source, named).split("/"))
    path = _without_query(source.replace("\\", "/"))
    if _is_absolute(path):
        return climb([], _without_build_machine(path).split("/"))
    return climb(base, path.split("/"))


def _virtual(source: str) -> list[str]:
    name = _without_query(source.rpartition("\0")[2].strip("<>[] "))
    return [VIRTUAL, *climb([], name.replace("\\", "/").split("/"))]


def _is_absolute(path: str) -> bool:
    return path.startswith(("/", "\\")) or bool(_DRIVE.match(path))


def _without_scheme(source: str, named: re.Match[str]) -> str:
    scheme = named[1].lower()
    if scheme.startswith("webpack"):
        return _webpack(source[named.end() :])
    rest = _without_query(unquote(source[named.end() :]))
    if scheme == "turbopack":
        return re.sub(r"^/*(?:\[project\]|\[root[^\]/]*\])", "", rest)
    if scheme == "file":
        return _without_build_machine(rest)
    return rest.partition("/")[2] if scheme in ("http", "https") and named[2] else rest


def _webpack(rest: str) -> str:
    """Of "namespace/./src/a.ts?hash" the part in the project; a namespace may be "@scope/name"."""
    path = _without_query(unquote(rest.rpartition("!")[2])).replace("(webpack)", "webpack")
    namespace, dot, in_project = path.partition("/./")
    if dot and namespace.count("/") <= 1:
        return in_project
    if path.startswith("//"):
        return _without_build_machine(path)
    if not path.startswith(("/", ".", "webpack/bootstrap", "webpack/runtime/")):
        path = path.partition("/")[2] or path
        path = path.partition("/")[2] if rest.startswith("@") and "/" in path else path
    made_up = path.lstrip("/")
    return "/".join(_virtual(made_up)) if _MADE_UP.match(made_up) else path


def _without_query(path: str) -> str:
    return path.partition("?")[0] or path


def _without_build_machine(path: str) -> str:
    """An absolute path without the place where the project was checked out, as far as that can be told."""
    return _BUILD_MACHINE.sub("", re.sub(r"^/*[A-Za-z]:[\\/]", "/", path))
