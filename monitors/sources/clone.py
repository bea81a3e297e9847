"""A temporary bare repository, filled by git itself under our rules.

git runs no hook, reads no configuration but ours, speaks to one address that was judged, follows no redirect,
asks for no password, checks nothing out, and dies at the deadline or when it takes too much room.
https://git-scm.com/docs/partial-clone
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import IO, NamedTuple, Self
from urllib.parse import urlsplit

from requests.structures import CaseInsensitiveDict

from monitors.sources import addresses, commands, statuses
from monitors.sources.base import Refused, SourceError, clean
from monitors.sources.http import Client, check_url, place
from monitors.sources.transport import ca_bundle

GIB = 1024 * 1024 * 1024
SEEN = "refs/seen/"

# Faults of honest old histories: nothing is checked out, so they harm nobody; refusing them blinds us.
_HARMLESS = (
    "badTimezone",
    "duplicateEntries",
    "gitmodulesMissing",
    "gitmodulesName",
    "gitmodulesUrl",
    "hasDotgit",
    "missingEmail",
    "missingNameBeforeEmail",
    "missingSpaceBeforeDate",
    "missingSpaceBeforeEmail",
    "treeNotSorted",
    "zeroPaddedDate",
    "zeroPaddedFilemode",
)

_CONFIG = {
    "core.askPass": "",
    "core.bigFileThreshold": "8m",
    "core.hooksPath": os.devnull,
    "credential.helper": "",
    "fetch.fsckObjects": "true",
    "fetch.negotiationAlgorithm": "noop",
    "gc.auto": "0",
    "http.followRedirects": "false",
    "http.lowSpeedLimit": "1000",
    "http.lowSpeedTime": "30",
    "http.proxy": "",
    "maintenance.auto": "false",
    "pack.threads": "1",
    "protocol.version": "2",
    # Keep what was fetched as packs: few files, whose size can be watched.
    "transfer.unpackLimit": "1",
    **{f"fetch.fsck.{fault}": "ignore" for fault in _HARMLESS},
}


# git hands on what a host says: the text of an error, or an error in the protocol, which HTTP knows not of.
_HOSTS_WORDS = (b"remote:", b"fatal: remote error:")
_HEADER = "<= Recv header:"
# With blanks, as no repository's name has any.
_LIMITED = re.compile(rb"rate limit|too many requests", re.IGNORECASE)


class TooBig(SourceError):
    """The repository, or what git says about it, is larger than we accept."""


class FilterRefused(SourceError):
    """The host does not give folders without contents."""


class Row(NamedTuple):
    """One line of a tree: a file, folder, symlink or submodule."""

    mode: str
    type: str
    oid: str
    path: bytes


@dataclass(frozen=True)
class Bounds:
    """The most of everything one repository may take."""

    seconds: float = 300.0  # for one command of git
    bytes: int = GIB  # on disk, compressed as git keeps it
    listing: int = 128 * 1024 * 1024
    refs: int = 20  # besides the main branch
    entries: int = 200_000
    read_files: int = 100_000
    read_bytes: int = GIB
    file_bytes: int = 64 * 1024 * 1024
    batch: int = 2_000  # files asked for in one request


class Clone:
    """An empty repository in a temporary folder, to be filled from `url`. Close it when done."""

    def __init__(self, url: str, client: Client, bounds: Bounds) -> None:
        self._url, self._client, self._bounds = url, client, bounds
        pinned = self._pinned()
        self._folder = tempfile.TemporaryDirectory(prefix="leakline-git-", ignore_cleanup_errors=True)
        self._root = Path(self._folder.name)
        self._environment = self._safe_environment(pinned)
        try:
            self._run("init", "--quiet", "--bare", "--template=").close()
        except BaseException:
            self.close()
            raise

    def fetch(self, refs: Sequence[str]) -> None:
        """Get the newest commit of each, with all folders, and without contents where the host can do that.

        Afterwards the n-th is at refs/seen/n. Raises SourceError, TooBig.
        """
        wanted = "".join(f"+{ref}:{SEEN}{number}\n" for number, ref in enumerate(refs))
        try:
            self._fetch("--depth=1", "--filter=blob:none", wanted=wanted, requests=3)
        except FilterRefused:
            self._fetch("--depth=1", "--no-filter", wanted=wanted, requests=3)

    def fetch_blobs(self, oids: Sequence[str]) -> None:
        """Get these contents in one go. Raises SourceError, TooBig."""
        # With a depth, git refuses to ask for each alone, should the host's answer be none of git's.
        self._fetch("--depth=1", "--filter=blob:none", wanted="".join(f"{oid}\n" for oid in oids), requests=2)

    def roots(self, count: int) -> list[str]:
        """The id of the top folder of each refs/seen/n; "" for a tag that names no commit."""
        asked = "".join(f"{SEEN}{number}^{{tree}}\n" for number in range(count))
        lines = self._text("cat-file", "--batch-check", stdin=asked).splitlines()
        return ["" if line.endswith("missing") else line.split()[0] for line in lines]

    def listing(self, tree: str) -> Iterator[Row]:
        """Everything below a tree, each folder before what is in it. Raises TooBig."""
        with self._run("ls-tree", "-r", "-t", "-z", "--full-tree", tree) as output:
            for record in output.read().split(b"\0")[:-1]:
                described, _, path = record.partition(b"\t")
                mode, type_, oid = described.decode("ascii").split()
                yield Row(mode, type_, oid, path)

    def sizes(self) -> dict[str, int]:
        """The size of each content that is here, by its blob id."""
        listed = self._text("cat-file", "--batch-check", "--batch-all-objects", "--unordered", "--buffer")
        rows = (line.split() for line in listed.splitlines())
        return {oid: int(size) for oid, type_, size in rows if type_ == "blob"}

    def contents(self, oids: Sequence[str], *, most: int) -> Iterator[tuple[str, bytes]]:
        """The content of each, which must be here; `most` bytes in all. Raises TooBig."""
        asked = "".join(f"{oid}\n" for oid in oids)
        room = most + 200 * len(oids)
        with self._run("cat-file", "--batch", "--buffer", stdin=asked, output_bytes=room) as output:
            while header := output.readline():
                oid, _, size = header.decode("ascii").split()
                yield oid, output.read(int(size))
                output.read(1)

    def size(self) -> int:
        """Bytes on disk."""
        return commands.size_of(self._root)

    def close(self) -> None:
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *failure: object) -> None:
        self.close()

    def _pinned(self) -> dict[str, str]:
        """The host's addresses, resolved and judged by the rule for all our sockets, for git to go by."""
        check_url(self._url)
        parts = urlsplit(self._url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        targets = addresses.resolve(host, port, allow_private=self._client.allow_private)
        if _is_literal(host):
            return {}
        listed = ",".join(dict.fromkeys(_bracketed(target.address) for target in targets))
        return {"http.curloptResolve": f"{host}:{port}:{listed}"}

    def _safe_environment(self, pinned: Mapping[str, str]) -> dict[str, str]:
        header = self._client.authorization(self._url)
        authorized = {"http.extraHeader": f"Authorization: {header}"} if header else {}
        kept = {name: os.environ[name] for name in ("PATH", "SSL_CERT_DIR", "TMPDIR") if name in os.environ}
        bundle = {"GIT_SSL_CAINFO": ca_bundle()} if ca_bundle() else {}
        fixed = {
            "HOME": self._folder.name,
            "LC_ALL": "C",
            "GIT_DIR": self._folder.name,
            "GIT_ALLOW_PROTOCOL": "http:https" if self._client.allow_private else "https",
            "GIT_ATTR_NOSYSTEM": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_NOSYSTEM": "1",
            "GIT_TERMINAL_PROMPT": "0",
            # What is missing is asked for by us alone, many at once, and taken off the host's budget.
            "GIT_NO_LAZY_FETCH": "1",
            # Only so do we hear how long a host wants to be left alone. It tells no bodies, and no secrets.
            "GIT_TRACE_CURL": "1",
            "GIT_TRACE_CURL_NO_DATA": "1",
            "GIT_TRACE_REDACT": "1",
        }
        return (
            kept
            | bundle
            | fixed
            | _configured({**_CONFIG, "remote.origin.url": self._url, **pinned, **authorized})
        )

    def _fetch(self, *options: str, wanted: str, requests: int) -> None:
        self._client.count(self._url, requests)
        quiet = ("--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-gc")
        with self._client.errand(self._url):
            self._run("fetch", *quiet, *options, "--stdin", "origin", stdin=wanted).close()

    def _text(self, *arguments: str, stdin: str = "") -> str:
        with self._run(*arguments, stdin=stdin) as output:
            return output.read().decode("utf-8", "replace")

    def _run(self, *arguments: str, stdin: str = "", output_bytes: int = 0) -> IO[bytes]:
        bounds = self._bounds
        room = commands.Room(
            self._root,
            bounds.seconds,
            bounds.bytes,
            output_bytes or bounds.listing,
            at_work=self._client.at_work,
        )
        try:
            return commands.run(
                ("git", *arguments), environment=self._environment, room=room, stdin=stdin.encode()
            )
        except FileNotFoundError:
            raise Refused("git is not installed here. Install it to look at git hosts.") from None
        except commands.Overtime:
            raise SourceError(f"{place(self._url)} did not answer in {bounds.seconds:.0f} s.") from None
        except commands.Overgrown:
            raise TooBig(f"{place(self._url)} is larger than the {bounds.bytes:,} bytes we accept.") from None
        except commands.Failed as failure:
            raise _problem(self._url, failure.complaint) from None


def _problem(url: str, complaint: bytes) -> SourceError:
    """What git complained about. Its words may quote the host's, so only what we know is told on."""
    if b"filter" in complaint and b"not supported" in complaint:
        return FilterRefused(f"{place(url)} does not give folders without contents.")
    words, headers = _words(complaint), _headers(complaint)
    if _LIMITED.search(words):
        return statuses.limit(place(url), headers, how="git")
    if status := re.search(rb"returned error: (\d{3})", complaint):
        problem = statuses.problem(place(url), int(status[1]), headers, words)
        return problem or SourceError(f"{place(url)} answered git in a way we cannot use.")
    if b"File too large" in complaint:
        return TooBig(f"{place(url)} is larger than we accept.")
    if b"couldn't find remote ref" in complaint or b"not our ref" in complaint:
        return SourceError(f"{place(url)} changed while we looked at it. We ask again later.")
    if b"Failed to connect" in complaint or b"Couldn't connect" in complaint:
        return SourceError(f"{place(url)} refuses connections: nothing listens there.")
    said = [
        line
        for line in complaint.decode("utf-8", "replace").splitlines()
        if line.startswith(("fatal:", "error:"))
    ]
    return SourceError(f"{place(url)} could not be fetched: {clean(' '.join(said), 200) or 'git failed'}")


def _words(complaint: bytes) -> bytes:
    """What the host itself said, of all that git complained about."""
    return b"\n".join(line for line in complaint.splitlines() if line.startswith(_HOSTS_WORDS))


def _headers(complaint: bytes) -> Mapping[str, str]:
    """The headers of the last answer that git had."""
    last = complaint.decode("latin-1").rpartition(f"{_HEADER} HTTP/")[2].splitlines()
    lines = (line.partition(_HEADER)[2].partition(":") for line in last if _HEADER in line)
    return CaseInsensitiveDict({name.strip(): value.strip() for name, _, value in lines})


def _configured(settings: Mapping[str, str]) -> dict[str, str]:
    """Settings as environment variables: unlike arguments, other users of the machine cannot see them."""
    pairs = {"GIT_CONFIG_COUNT": str(len(settings))}
    for number, (name, value) in enumerate(settings.items()):
        pairs |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return pairs


def _is_literal(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _bracketed(address: str) -> str:
    return f"[{address}]" if ":" in address else address
