"""Where a Python package's archive lies, by the simple repository API.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote, urldefrag, urljoin, urlsplit

import msgspec
from packageurl import PackageURL
from packageurl.contrib import purl2url

from monitors.sources.archives import integrity
from monitors.sources.base import Download, Gone, clean
from monitors.sources.http import Answer, Client

_known: Any = purl2url  # it has no types
ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
SOURCES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip")
INDEX_BYTES = 32 * 1024 * 1024


class _File(msgspec.Struct):
    filename: str
    url: str
    hashes: dict[str, str] = msgspec.field(default_factory=dict)


class _Index(msgspec.Struct):
    files: list[_File]


class _Named(NamedTuple):
    name: str
    version: str


def default_base_url() -> str:
    """The public index's simple API: on the host whose project pages the packageurl library knows."""
    parts = urlsplit(str(_known.get_repo_url("pkg:pypi/x")))
    return f"{parts.scheme}://{parts.netloc}/simple"


def locate(purl: PackageURL, client: Client, base_url: str = "") -> Download:
    """Where the package's archive lies: the source archive, else a wheel, of the version or of the last one.

    The purl's `file_name` qualifier picks one file. `base_url` is a simple index. Raises SourceError.
    """
    url = f"{(base_url or default_base_url()).rstrip('/')}/{normalized(purl.name)}/"
    answer = client.get(url, headers={"Accept": ACCEPT}, max_bytes=INDEX_BYTES)
    files = [file for file in _files(answer) if _is_asked(file, purl)]
    if not files:
        wanted = clean(f"{purl.name} {purl.version or ''}".strip())
        raise Gone(f"{wanted} is not in the index: check its name and version.", reason="not listed")
    chosen = max(files, key=_preference)
    digest = integrity("sha256", chosen.hashes.get("sha256", ""))
    return Download(urljoin(answer.url, chosen.url), clean(chosen.filename, 200), digest)


def normalized(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def _preference(file: _File) -> tuple[bool, list[int], bool]:
    """Sorts a final version over a draft, the newer one higher, and its sources over its wheels."""
    named = _named(file.filename)
    version = named.version.lower() if named else ""
    numbers = [int(number) for number in re.findall(r"\d{1,9}", re.split(r"[^\d.]", version)[0])]
    is_final = re.search(r"a|b|c|dev|pre", version) is None
    return is_final, numbers, file.filename.lower().endswith(SOURCES)


def _is_asked(file: _File, purl: PackageURL) -> bool:
    if wanted := (purl.qualifiers or {}).get("file_name"):
        return file.filename == wanted
    named = _named(file.filename)
    if named is None or normalized(named.name) != normalized(purl.name):
        return False
    return not purl.version or named.version.lower() == purl.version.lower().removeprefix("v")


def _named(filename: str) -> _Named | None:
    """Name and version of a source archive or wheel; None for anything else."""
    if filename.endswith(".whl"):
        parts = filename.split("-")
        return _Named(parts[0], parts[1]) if len(parts) >= 5 else None
    suffix = next((suffix for suffix in SOURCES if filename.lower().endswith(suffix)), None)
    name, dash, version = filename.removesuffix(suffix or "").rpartition("-")
    return _Named(name, version) if suffix and dash else None


def _files(answer: Answer) -> list[_File]:
    if not answer.is_html:
        return answer.decode(_Index).files
    reader = _Links()
    reader.feed(answer.content.decode("utf-8", "replace"))
    return reader.files


class _Links(HTMLParser):
    """The older form of the index: <a href="...tar.gz#sha256=...">."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[_File] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        href = dict(attrs).get("href") if tag == "a" else None
        if href:
            url, fragment = urldefrag(href)
            algorithm, _, value = fragment.partition("=")
            filename = unquote(urlsplit(url).path.rpartition("/")[2])
            self.files.append(_File(filename, url, {algorithm: value}))
