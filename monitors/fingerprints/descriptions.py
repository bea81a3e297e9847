"""What a tree of files says it is: its package's name, its README's title. All of it a stranger's word."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import msgspec

# Bytes that are read of each. Manifests of npm with a megabyte exist; a TOML reader in Python needs
# a second for one, so of those a quarter is read. A README of half a megabyte is longer than any of npm's.
JSON_BYTES, TOML_BYTES, README_BYTES = 2**20, 2**18, 2**19
# A title stands in the first screens: behind the badges and the logo, before the manual.
TITLE_BYTES = 16_384
MOST_TITLES, LONGEST_TITLE = 8, 200
# npm runs at most a handful of its scripts by itself; the rest are the author's own.
_MOST_SCRIPTS = 200

JSON, TOML, README = "package.json", "pyproject.toml", "readme"
_README = re.compile(r"readme(?:\.(?:md|markdown|mdown|mkd|rst|txt|adoc|asciidoc|org|html?))?", re.IGNORECASE)
_INSTALLED = re.compile(
    r"(?:^|/)(?:node_modules|bower_components|vendor|third_party|site-packages)/", re.IGNORECASE
)
_H1 = re.compile(r"<h1\b[^>]{0,300}>(.{1,1000}?)</h1", re.IGNORECASE | re.DOTALL)
# Images, addresses, tags and entities of a title, which are not its words; what is behind are its marks.
_MARKUP = re.compile(r"!\[[^\]]{0,300}\](?:\([^)]{0,500}\))?|\]\([^)]{0,500}\)|<[^>]{0,500}>|&#?\w{1,10};")
_MARKS = re.compile(r"[*_`#=|\[\]()~\s]+")


@dataclass(frozen=True)
class Manifest:
    """What a package.json or a pyproject.toml says: names as written, and what runs when it is installed."""

    name: str = ""
    repository: str = ""
    scripts: dict[str, str] = field(default_factory=dict)


def root_most(paths: Iterable[str]) -> dict[str, str]:
    """The path of the package.json, the pyproject.toml and the README (by these kinds) nearest to the root.

    What lies in folders of installed packages says nothing of this one, and is passed over.
    """
    nearest: dict[str, tuple[int, str]] = {}
    for path in paths:
        if (kind := kind_of(path)) and not _INSTALLED.search(path):
            here = path.count("/"), path
            nearest[kind] = min(nearest.get(kind, here), here)
    return {kind: path for kind, (_, path) in nearest.items()}


def kind_of(path: str) -> str:
    """JSON, TOML or README by the file's name, or ""."""
    name = path.rpartition("/")[2]
    if name in (JSON, TOML):
        return name
    return README if _README.fullmatch(name) else ""


def manifest(path: str, content: bytes) -> Manifest:
    """What the manifest says; an empty one where it says nothing that can be read."""
    with suppress(ValueError, RecursionError, msgspec.DecodeError):
        if kind_of(path) == TOML:
            return _of_python(tomllib.loads(content[:TOML_BYTES].decode("utf-8-sig")))
        return _of_npm(msgspec.json.decode(content[:JSON_BYTES].removeprefix(b"\xef\xbb\xbf")))
    return Manifest()


def titles(readme: bytes) -> list[str]:
    """The first headings of a README, plain: at most 8, each of at most 200 letters, the first first."""
    text = readme[:TITLE_BYTES].replace(b"\0", b"").decode("utf-8", "replace").removeprefix("\ufeff")
    marked = [*_lines_with_title(text.splitlines()), *((one.start(), one[1]) for one in _H1.finditer(text))]
    found = [_words(title) for _, title in sorted(marked)]
    return [title for title in found if title][:MOST_TITLES]


def _lines_with_title(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each heading of Markdown, reStructuredText or AsciiDoc, and the place in the text where it begins."""
    at, before = 0, ""
    for line in lines:
        if line.startswith(("# ", "## ", "= ", "== ")):
            yield at, line.lstrip("#=")
        elif len(line) >= 3 and before.strip() and set(line.rstrip()) in ({"="}, {"-"}, {"~"}):
            yield at, before
        at, before = at + len(line) + 1, line


def _words(title: str) -> str:
    return _MARKS.sub(" ", _MARKUP.sub(" ", title[:2000])).strip()[:LONGEST_TITLE]


def _of_npm(said: Any) -> Manifest:
    # https://github.com/npm/cli/blob/latest/docs/lib/content/configuring-npm/package-json.md
    if not isinstance(said, dict):
        return Manifest()
    place = said.get("repository")
    scripts = said.get("scripts")
    listed = list(scripts.items())[:_MOST_SCRIPTS] if isinstance(scripts, dict) else []
    return Manifest(
        name=_text(said.get("name")),
        repository=_text(place.get("url") if isinstance(place, dict) else place),
        scripts={name: command for name, command in listed if isinstance(command, str)},
    )


def _of_python(said: dict[str, Any]) -> Manifest:
    # https://packaging.python.org/en/latest/specifications/pyproject-toml/
    project, tool = _table(said, "project"), _table(said, "tool")
    urls = {name.lower(): url for name, url in _table(project, "urls").items()}
    place = urls.get("repository") or urls.get("source") or urls.get("homepage")
    return Manifest(
        name=_text(project.get("name") or _table(tool, "poetry").get("name")), repository=_text(place)
    )


def _table(said: dict[str, Any], name: str) -> dict[str, Any]:
    found = said.get(name)
    return found if isinstance(found, dict) else {}


def _text(value: object) -> str:
    return value[:500] if isinstance(value, str) else ""
