"""What a Python package index says of one project: its files, its serial number, its status.

https://packaging.python.org/en/latest/specifications/simple-repository-api/ (its JSON and its HTML form)
https://packaging.python.org/en/latest/specifications/project-status-markers/
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any, NamedTuple
from urllib.parse import unquote

import msgspec

from monitors.sources.archives import integrity
from monitors.sources.base import Refused, SourceError, clean
from monitors.sources.http import Answer, Client, joined, place

ACCEPT = "application/vnd.pypi.simple.v1+json, text/html;q=0.2"
SOURCES = (".tar.gz", ".tar.bz2", ".tar.xz", ".tgz", ".zip")
QUARANTINED = "quarantined"
LARGEST_SERIAL = 2**53
INDEX_BYTES = 32 * 1024 * 1024
HTML_BYTES = 8 * 1024 * 1024  # takes far longer to read

# https://packaging.python.org/en/latest/specifications/name-normalization/
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]{0,198}[A-Za-z0-9])?")


class File(msgspec.Struct):
    """One file of a project. `yanked` is True or the reason; its `url` may be relative until it is joined."""

    filename: str
    url: str
    hashes: dict[str, str] = msgspec.field(default_factory=dict)
    size: Any = None
    yanked: bool | str = False

    @property
    def digest(self) -> str:
        """In Subresource Integrity form, "" when the index gives none."""
        return integrity("sha256", self.hashes.get("sha256", ""))

    @property
    def yank(self) -> str:
        """ "" unless yanked: then "yanked" and the reason, if there is one."""
        reason = clean(self.yanked, 200) if isinstance(self.yanked, str) else ""
        return f"yanked: {reason}" if reason else "yanked" if self.yanked is not False else ""


class _Document(msgspec.Struct):
    files: list[File]
    meta: dict[str, Any] = msgspec.field(default_factory=dict)
    status: Any = msgspec.field(default=None, name="project-status")


class Named(NamedTuple):
    name: str
    version: str


@dataclass(frozen=True)
class Index:
    """A project as its index tells it. `serial` grows with every change there, to 2**53; 0 when not told."""

    files: list[File]
    serial: int = 0
    status: str = ""  # "", "active", "archived", "deprecated", "quarantined"
    etag: str = ""


def ask(client: Client, base_url: str, name: str, *, etag: str = "") -> Answer:
    """The index's answer about the project. Raises SourceError: Refused for what is no name, Gone, ..."""
    if not _NAME.fullmatch(name):
        raise Refused(f"{clean(name, 80) or 'This'} is not the name of a Python project.")
    url = f"{base_url}/{normalized(name)}/"
    return client.get(url, headers={"Accept": ACCEPT}, max_bytes=INDEX_BYTES, etag=etag)


def read(answer: Answer) -> Index:
    """The project's files, by their whole addresses, "" for what is none. Raises SourceError for no index."""
    found = _from_html(answer) if answer.is_html else _from_json(answer)
    for file in found.files:
        file.url = joined(answer.url, file.url)
    return found


def normalized(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/"""
    return re.sub(r"[-_.]+", "-", name).lower()


def named(filename: str) -> Named | None:
    """Name and version of a source archive or wheel; None for anything else."""
    if filename.endswith(".whl"):
        parts = filename.split("-")
        return Named(parts[0], parts[1]) if len(parts) >= 5 else None
    suffix = next((suffix for suffix in SOURCES if filename.lower().endswith(suffix)), None)
    name, dash, version = filename.removesuffix(suffix or "").rpartition("-")
    return Named(name, version) if suffix and dash else None


def _from_json(answer: Answer) -> Index:
    document = answer.decode(_Document)
    status = document.status.get("status") if isinstance(document.status, dict) else None
    serial = document.meta.get("_last-serial") or _number(answer.headers.get("X-PyPI-Last-Serial", ""))
    return Index(
        document.files,
        serial if type(serial) is int and 0 < serial <= LARGEST_SERIAL else 0,
        clean(status, 40) if isinstance(status, str) else "",
        answer.etag,
    )


def _from_html(answer: Answer) -> Index:
    if len(answer.content) > HTML_BYTES:
        raise SourceError(f"{place(answer.url)} is larger than the {HTML_BYTES:,} bytes of HTML we read.")
    reader = _Links()
    reader.feed(answer.content.decode("utf-8", "replace"))
    if not reader.files and not reader.is_index:
        raise SourceError(f"{place(answer.url)} answered with a web page, not as a package index does.")
    serial = _number(answer.headers.get("X-PyPI-Last-Serial", ""))
    return Index(reader.files, serial, reader.status, answer.etag)


def _number(value: str) -> int:
    return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0


class _Links(HTMLParser):
    """The older form of the index: <a href="...tar.gz#sha256=..." data-yanked="why">."""

    def __init__(self) -> None:
        super().__init__()
        self.files: list[File] = []
        self.is_index = False
        self.status = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "meta":
            self._meta(told.get("name") or "", told.get("content") or "")
        elif tag == "a" and (href := told.get("href")):
            url, _, fragment = href.partition("#")
            algorithm, _, value = fragment.partition("=")
            filename = unquote(url.partition("?")[0].rpartition("/")[2])
            yanked = (told["data-yanked"] or True) if "data-yanked" in told else False
            self.files.append(File(filename, url, {algorithm: value}, yanked=yanked))

    def _meta(self, name: str, content: str) -> None:
        self.is_index = self.is_index or name == "pypi:repository-version"
        if name == "pypi:project-status":
            self.status = clean(content, 40)
