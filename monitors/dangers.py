"""Files that may harm whoever opens or installs them. Nothing is run; few are read, and of each the ends.

What is found is a warning to people and no proof: honest programs have an .exe and an install script, too.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum
from itertools import islice
from os.path import splitext
from typing import NamedTuple

from monitors.fingerprints import TEXTUAL
from monitors.fingerprints.descriptions import JSON, README, README_BYTES, kind_of, manifest, root_most

Read = Callable[[Sequence[str]], Iterator[tuple[str, bytes]]]

MOST = 50  # told of one place: the page is for a person
LOOKED_INTO = 40  # files read because their names do not settle it: reading may ask the network
MANIFESTS = 20  # package.json files read: the root's, and those of what it brings along
LONGEST_PATH, LONGEST_DETAIL = 200, 120


class What(StrEnum):
    """The sort of danger. A warning begins with it, so that pages can count one sort apart."""

    PROGRAM = "executable"
    INSTALL = "install script"
    LOCKED = "locked archive"
    COMMAND = "command to paste"


class Danger(NamedTuple):
    path: str
    what: What
    detail: str

    def __str__(self) -> str:
        return f"{self.what}: {self.path[:LONGEST_PATH]} ({self.detail[:LONGEST_DETAIL]})"


def is_armed(warnings: Iterable[str]) -> bool:
    """Whether one of these, each a danger as text, is of a program."""
    return any(warning.startswith(f"{What.PROGRAM}:") for warning in warnings)


# What a double click runs, or an installer unpacks to be run; libraries, which programs load, among them.
_PROGRAMS = {
    ending: detail
    for detail, endings in {
        "runs on Windows": ".exe .scr .msi .msix .appx .pif .cpl .bat .cmd .ps1 .psm1 .vbs .vbe .jse .wsf"
        " .hta .lnk .xll",
        "is loaded by programs on Windows": ".dll .sys .ocx",
        "runs on macOS": ".dmg .pkg .command",
        "runs on Linux": ".appimage .deb .rpm .run",
        "runs on Android": ".apk .xapk",
        "runs on Java": ".jar .jnlp",
        "is loaded by programs": ".so .dylib .node",
        "is a disk that may start programs": ".iso .img .vhd .vhdx",
    }.items()
    for ending in endings.split()
}  # fmt: skip
_ARCHIVES = frozenset({".zip", ".rar", ".7z"})
# Pictures, fonts and the like; what is none of these, nor text, is looked into first.
_ORDINARY = ".png .jpg .jpeg .gif .webp .svg .ico .woff .woff2 .ttf .otf .eot .mp3 .mp4 .webm .pdf .map"
_MEDIA = frozenset(_ORDINARY.split())
_PLAIN = re.compile(
    r"(?:^|/)(?:licen[cs]e|copying|notice|readme|changelog|makefile|dockerfile|\.[^/]+)$", re.I
)

_MACH_O = {b"\xfe\xed\xfa\xce", b"\xfe\xed\xfa\xcf", b"\xce\xfa\xed\xfe", b"\xcf\xfa\xed\xfe"}
_MAGICS = {
    b"\x7fELF": "an ELF program of Linux",
    b"L\0\0\0\x01\x14\x02\0": "a shortcut of Windows",
    b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1": "an installer or a document with macros",
}
_CENTRAL_BYTES, _CENTRAL_MOST = 262_144, 2_000

# https://github.com/npm/cli/blob/latest/docs/lib/content/using-npm/scripts.md#npm-install
_AT_INSTALL = ("preinstall", "install", "postinstall")
# Of an installation from git, or in the folder itself; of a package from a registry, never.
_FROM_GIT = ("prepublish", "prepare")
# What a tool runs by its name when it builds or installs what lies around it.
_BUILDERS = {
    "build.rs": "is run by cargo when the crate is built",
    "extconf.rb": "is run when the gem is installed",
}
# https://code.visualstudio.com/docs/editor/tasks: JSON with remarks, so it is read as text.
_EDITOR_TASKS = re.compile(r"(?:^|/)\.vscode/tasks\.json$")
_AT_OPENING = re.compile(rb'"runOn"\s{0,9}:\s{0,9}"folderOpen"')
_TASK = re.compile(rb'"command"\s{0,9}:\s{0,9}"((?:[^"\\\n]|\\.){1,400})"')
# What a setup.py has no need of to describe a package, and pip runs all of it.
_SETUP = re.compile(
    rb"\bcmdclass\b|\bos\.(?:system|popen|startfile)\b|\bsubprocess\b|\b(?:exec|eval|compile)\(|\b__import__\("
    rb"|\burlopen\b|\burlretrieve\b|\brequests\.(?:get|post)\b|\bb64decode\b|\bsocket\.socket\b"
)
_FETCH = r"(?:curl|wget|iwr|irm|invoke-webrequest|invoke-restmethod)\b[^\n|]{0,400}"
_COMMANDS = re.compile(
    rf"{_FETCH}\|\s{{0,9}}(?:sudo\s{{1,9}})?(?:ba|z|da|k)?sh\b|{_FETCH}\|\s{{0,9}}(?:python3?|node|perl|iex|invoke-expression)\b"
    rf"|\b(?:ba|z)?sh\s{{1,9}}(?:-c\s{{1,9}})?[\"']?[<$]\(\s{{0,9}}(?:curl|wget)\b"
    r"|\b(?:iex|invoke-expression)\b[^\n]{0,40}(?:iwr|irm|invoke-web|invoke-rest|downloadstring|new-object)"
    r"|\b(?:powershell|pwsh)(?:\.exe)?\b[^\n]{0,200}\s-e(?:nc|ncodedcommand|c)?\s{1,9}[\w+/=]{16,200}"
    r"|\bbase64\s{1,9}(?:-d|-D|--decode)\b[^\n|]{0,200}\|\s{0,9}(?:ba|z)?sh\b"
    r"|\bmshta(?:\.exe)?\s{1,9}[\"']?https?:|\bcertutil\b[^\n]{0,80}-urlcache|\bbitsadmin\b[^\n]{0,80}/transfer",
    re.IGNORECASE,
)  # fmt: skip
_PASSWORD = re.compile(
    r"\bpass(?:word|wd|code)?\b\W{0,6}[:=\-–]\s{0,3}[`*_\"']{0,3}([^\s`*_\"']{1,40})", re.IGNORECASE
)


def find(paths: Sequence[str], read: Read) -> tuple[Danger, ...]:
    """What may harm among these files: at most 50, programs first.

    Names settle most. At most 40 other files are read, those with unknown endings first, at most 20
    manifests and as many tasks of an editor, and one README.
    """
    named = [
        Danger(path, What.PROGRAM, _PROGRAMS[_ending(path)]) for path in paths if _ending(path) in _PROGRAMS
    ]
    seen = [danger for path, content in read(_open(paths)) for danger in _inside(path, content)]
    at_install = [*_by_npm(paths, read), *_by_pip(paths, read), *_by_others(paths, read)]
    pasted = [*_pasted(paths, read, has_locked=any(danger.what is What.LOCKED for danger in seen))]
    found = sorted([*named, *seen, *at_install, *pasted], key=lambda danger: _RANKS[danger.what])
    return tuple(dict.fromkeys(found[: 4 * MOST]))[:MOST]


_RANKS = {what: rank for rank, what in enumerate(What)}


def _by_name(path: str) -> Danger:
    return Danger(path, What.PROGRAM, _PROGRAMS[_ending(path)])


def _open(paths: Sequence[str]) -> list[str]:
    """What is worth a look inside, the likeliest and the nearest to the root first."""
    left = [
        path for path in paths if _ending(path) not in TEXTUAL | _PROGRAMS.keys() and not _PLAIN.search(path)
    ]
    return sorted(left, key=lambda path: (_ending(path) in _MEDIA, *_depth(path)))[:LOOKED_INTO]


def _inside(path: str, content: bytes) -> Iterator[Danger]:
    if detail := program(content):
        yield Danger(path, What.PROGRAM, detail)
    elif content.startswith(b"PK\x03\x04"):
        yield from _in_zip(path, content)
    elif content.startswith((b"Rar!\x1a\x07", b"7z\xbc\xaf\x27\x1c")) or _ending(path) in _ARCHIVES:
        yield Danger(path, What.LOCKED, "an archive whose inside could not be seen")


def program(content: bytes) -> str:
    """What kind of program these bytes begin, in words, or ""."""
    head = content[:64]
    if head[:2] == b"MZ" and len(head) == 64:
        at = struct.unpack_from("<I", head, 60)[0]
        return "a program of Windows" if content[at : at + 2] in (b"PE", b"NE", b"LE", b"LX") else ""
    if head[:4] in _MACH_O:
        return "a program of macOS"
    if head[:4] == b"\xca\xfe\xba\xbe" and len(head) > 8:
        # Both begin alike; a count of architectures is small, Java's version is not below 45.
        return "a program of macOS" if int.from_bytes(head[4:8], "big") < 45 else "a class of Java"
    if content[0x8001:0x8006] == b"CD001":
        return "a disk that may start programs"
    return next((detail for magic, detail in _MAGICS.items() if head.startswith(magic)), "")


def _in_zip(path: str, content: bytes) -> Iterator[Danger]:
    """By the archive's own list at its end, of which the last 256 KiB are looked at; nothing is unpacked.

    https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT 4.3.12
    """
    tail, locked = content[-_CENTRAL_BYTES:], bool(content[6] & 1) if len(content) > 6 else False
    for found in islice(re.finditer(b"PK\x01\x02", tail), _CENTRAL_MOST):
        row = tail[found.start() : found.start() + 46 + 512]
        if len(row) < 46:
            break
        locked = locked or bool(row[8] & 1)
        name = row[46 : 46 + struct.unpack_from("<H", row, 28)[0]].decode("utf-8", "replace")
        if _ending(name) in _PROGRAMS:
            yield _by_name(f"{path}/{name}")
    if locked:
        yield Danger(path, What.LOCKED, "asks for a password, so no scanner sees its inside")


def _by_npm(paths: Sequence[str], read: Read) -> Iterator[Danger]:
    manifests = sorted(
        (path for path in paths if kind_of(path) == JSON), key=lambda path: (path.count("/"), path)
    )
    settled = False
    for path, content in read(manifests[:MANIFESTS]):
        scripts = manifest(path, content).scripts
        for name in _AT_INSTALL:
            if name in scripts:
                settled = settled or path == manifests[0]
                yield Danger(path, What.INSTALL, f"{name}: {_line(scripts[name])}")
        for name in _FROM_GIT:
            if name in scripts:
                yield Danger(path, What.INSTALL, f"{name}, when installed from git: {_line(scripts[name])}")
    folder = manifests[0].removesuffix(JSON) if manifests else ""
    # https://github.com/npm/cli/blob/latest/docs/lib/content/using-npm/scripts.md#npm-install
    if manifests and not settled and f"{folder}binding.gyp" in paths:
        yield Danger(f"{folder}binding.gyp", What.INSTALL, "is built by npm when the package is installed")


def _by_pip(paths: Sequence[str], read: Read) -> Iterator[Danger]:
    found = sorted(
        (path for path in paths if path.rpartition("/")[2] == "setup.py"), key=lambda path: path.count("/")
    )
    for path, content in read(found[:1]):
        if active := _SETUP.search(content[:README_BYTES]):
            yield Danger(path, What.INSTALL, f"runs code when installed: {_line(active[0].decode())}")


def _by_others(paths: Sequence[str], read: Read) -> Iterator[Danger]:
    """What other tools run without being asked: builders, and an editor that opens the folder."""
    built = sorted((path for path in paths if path.rpartition("/")[2] in _BUILDERS), key=_depth)
    for path in built[:MANIFESTS]:
        yield Danger(path, What.INSTALL, _BUILDERS[path.rpartition("/")[2]])
    opened = sorted((path for path in paths if _EDITOR_TASKS.search(path)), key=_depth)
    for path, content in read(opened[:MANIFESTS]):
        if _AT_OPENING.search(content, 0, README_BYTES):
            task = _TASK.search(content, 0, README_BYTES)
            detail = _line(task[1].decode("utf-8", "replace")) if task else "a task"
            yield Danger(path, What.INSTALL, f"is run by an editor that opens the folder: {detail}")


def _pasted(paths: Sequence[str], read: Read, *, has_locked: bool) -> Iterator[Danger]:
    readme = root_most(paths).get(README)
    for path, content in read([readme] if readme else []):
        text = content[:README_BYTES].replace(b"\0", b"").decode("utf-8", "replace")
        for command in islice(_COMMANDS.finditer(text), 3):
            yield Danger(path, What.COMMAND, _line(command[0]))
        if has_locked and (said := _PASSWORD.search(text)):
            yield Danger(path, What.LOCKED, f"gives the password {_line(said[1])}")


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path


def _ending(path: str) -> str:
    return splitext(path)[1].lower()


def _line(text: str) -> str:
    return " ".join(text.split())[:LONGEST_DETAIL]
