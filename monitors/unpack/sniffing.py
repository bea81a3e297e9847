"""What kind of thing bytes are, by how they begin; a name only breaks ties."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from enum import StrEnum
from typing import BinaryIO

from monitors.unpack import asar, tar
from monitors.unpack.decompressors import MAGIC, is_lzma

HEAD = 1024


class Kind(StrEnum):
    GZ = "gz"
    BZ2 = "bz2"
    XZ = "xz"
    ZST = "zst"
    LZMA = "lzma"
    TAR = "tar"
    ZIP = "zip"
    ASAR = "asar"
    PLAIN = ""


ARCHIVE_NAME = re.compile(
    r"\.(tgz|tbz2?|txz|tzst|tlz|tar|gz|bz2|xz|zst|lzma|zip|asar|whl|jar|war|vsix|nupkg|gem|crate|apk|ipa|xpi|pyz|egg|crx"
    r"|aar)$",
    re.I,
)
_TAR_NAME = re.compile(r"\.t(?:ar|gz|bz2?|xz|zst|lz)(?:\.\w+)?$", re.I)
_ZIP_NAME = re.compile(r"\.(zip|whl|jar|war|vsix|nupkg|apk|ipa|xpi|pyz|egg|crx|aar|exe)$", re.I)
# Zip files that people think of as one document.
_DOCUMENT_NAME = re.compile(
    r"\.(docx|xlsx|pptx|docm|xlsm|pptm|odt|ods|odp|odg|epub|pages|numbers|key|sketch)$", re.I
)

BUNDLE = "git bundle"
_BEGINNINGS: dict[Kind, Callable[[bytes], bool]] = {
    Kind.GZ: lambda head: head.startswith(b"\x1f\x8b\x08"),
    Kind.BZ2: lambda head: head.startswith(b"BZh") and head[4:10] in (b"1AY&SY", b"\x17rE8P\x90"),
    Kind.XZ: lambda head: head.startswith(b"\xfd7zXZ\0"),
    Kind.ZST: lambda head: head.startswith(MAGIC["zst"]),
    Kind.LZMA: is_lzma,
    Kind.ZIP: lambda head: head.startswith((b"PK\3\4", b"PK\5\6")),
    Kind.ASAR: asar.is_header,
}
_UNREAD = {
    b"7z\xbc\xaf\x27\x1c": "7-Zip",
    b"Rar!\x1a\x07": "RAR",
    b"\x04\x22\x4d\x18": "LZ4",
    b"LZIP": "lzip",
    b"\x1f\x9d": "compress (.Z)",
    b"MSCF": "cabinet",
    b"!<arch>\n": "ar (.deb)",
    b"\xed\xab\xee\xdb": "RPM",
    b"# v2 git bundle\n": BUNDLE,  # monitors/sources/repositories.py reads it
    b"# v3 git bundle\n": BUNDLE,
}


def sniff(file: BinaryIO, name: str) -> Kind:
    """The kind of an archive, or PLAIN. The file is at its start before and after."""
    head = file.read(HEAD)
    file.seek(0)
    kind = _by_head(head, name)
    if kind is Kind.PLAIN and _ZIP_NAME.search(name) and _ends_like_zip(file):
        return Kind.ZIP
    return kind


def unread(head: bytes) -> str:
    """The name of an archive format that is known but not read here, or ""."""
    return next((name for magic, name in _UNREAD.items() if head.startswith(magic)), "")


def is_tar(head: bytes, name: str) -> bool:
    """Whether these first bytes begin a tar. An empty tar is all zeros, so there the name decides."""
    is_empty = len(head) >= tar.BLOCK and not head.strip(b"\0") and bool(_TAR_NAME.search(name))
    return is_empty or tar.is_header(head[: tar.BLOCK])


def _by_head(head: bytes, name: str) -> Kind:
    if _DOCUMENT_NAME.search(name):
        return Kind.PLAIN
    plain = Kind.TAR if is_tar(head, name) else Kind.PLAIN
    return next((kind for kind, begins in _BEGINNINGS.items() if begins(head)), plain)


def _ends_like_zip(file: BinaryIO) -> bool:
    """Programs that unpack themselves, and Chrome's extensions, begin with something else."""
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 65_557))
    found = b"PK\5\6" in file.read()
    file.seek(0)
    return found
