"""Text without its layout: what outlives an editor, a formatter and another operating system."""

from __future__ import annotations

import hashlib
import re
import string

import numpy as np
from numpy.typing import NDArray

from monitors.unpack.encodings import is_binary, readable

# Below this many letters and digits, equal files are as likely a habit as a copy.
LEAST = 200

_KEPT = (string.ascii_letters + string.digits).encode()
_LOWER = bytes.maketrans(string.ascii_uppercase.encode(), string.ascii_lowercase.encode())
_NOISE = bytes(code for code in range(256) if code not in _KEPT)
_IS_KEPT = np.array([code in _KEPT for code in range(256)])

# Files that strangers' projects hold word for word.
_BOILERPLATE = re.compile(
    r"(?:^|/)(?:(?:un)?licen[cs]e|copying|notice|patents|authors|code_of_conduct|contributing|security"
    r"|third[-_.]?party(?:[-_.]?(?:licen[cs]es?|notices?))?)(?:[-_][\w-]*(?:\.\d+)?)?"
    r"(?:\.(?:md|markdown|txt|rst|adoc|html?))?$"
    r"|(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock"
    r"|cargo\.lock|go\.sum|composer\.lock|gemfile\.lock|tsconfig[^/]*\.json|vite-env\.d\.ts"
    r"|\.?(?:eslint|prettier)(?:rc|ignore|\.config)[^/]*|\.editorconfig|\.git(?:ignore|attributes)|\.npmignore)$",
    re.IGNORECASE,
)
_OPENING = re.compile(
    rb"\s*+(?:/\*(?:[^*]++|\*(?!/))*+\*/|(?://[^\n]*+\n\s*+)++|(?:#[^\n]*+\n\s*+)++|<!--.*?-->)", re.DOTALL
)
_LEGAL = re.compile(rb"licen[cs]e|copyright|all rights reserved|spdx-", re.IGNORECASE)
_LONGEST_OPENING = 32_768

# Languages whose programs may be made of each other's, or stand in each other's files.
_FAMILIES = (
    ".js .mjs .cjs .jsx .ts .mts .cts .tsx .vue .svelte .astro",
    ".py .pyi .ipynb",
    ".java .kt .kts .scala .groovy",
    ".c .h .cc .cpp .cxx .hpp .m .mm",
    ".cs .fs .vb",
    ".ex .exs .erl",
    *[".rb", ".php", ".pl", ".go", ".rs", ".swift", ".dart", ".lua", ".r", ".jl", ".hs", ".clj"],
)
_CODE = " ".join(_FAMILIES) + " .sql .graphql .gql .proto .sh .bash .zsh .ps1 .bat .tf"
_TEXT = (
    ".html .htm .css .scss .less .json .jsonc .json5 .yaml .yml .toml .ini .cfg .conf .env .xml .md .mdx .rst"
    " .txt .patch .diff"
)
# Endings of the names of files that hold text.
TEXTUAL = frozenset(f"{_CODE} {_TEXT}".split())
# Endings of the names of files that are not worth fetching: they hold no text, or what a tool wrote.
_MEDIA = (
    ".png .apng .jpg .jpeg .gif .webp .avif .bmp .ico .icns .tif .tiff .heic .psd .ai .eps .pdf .mp3 .mp4"
    " .m4a .m4v .aac .wav .ogg .oga .ogv .opus .flac .webm .mov .avi .mkv .woff .woff2 .ttf .otf .eot .glb"
)
_PACKED = (
    ".zip .tar .gz .tgz .bz2 .tbz2 .xz .txz .zst .lzma .lz4 .br .7z .rar .jar .war .apk .ipa .aar .whl .egg"
    " .gem .crate .nupkg .vsix .crx .xpi .asar .deb .rpm .dmg .iso .cab .msi"
)
_COMPILED = ".pyc .pyo .pyd .class .o .obj .a .lib .so .dll .dylib .node .exe .wasm .pdb .dex .jsc .pack .idx"
_MEASURED = (
    ".db .sqlite .sqlite3 .parquet .arrow .npy .npz .h5 .pkl .onnx .pt .pth .safetensors .gguf .tflite .mo"
    " .doc .docx .xls .xlsx .ppt .pptx .odt .ods .lock .lockb"
)
_TEXTLESS = frozenset(f"{_MEDIA} {_PACKED} {_COMPILED} {_MEASURED}".split())
_FAMILY = {ending: family.split()[0] for family in _FAMILIES for ending in family.split()}

# Programs of Linux, Windows, macOS. They may carry scripts as they are: text without so much as a zero in it.
_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe", b"\xca\xfe\xba\xbe")
_CHARACTER, _NONE_OF_THEM = rb"[\t\n\r\x20-\x7e\x80-\xff]", rb"[^\t\n\r\x20-\x7e\x80-\xff]"
# One match runs over all that is too short, so that nothing is looked at twice.
_CARRIED = re.compile(b"(?:%b{0,4095}+%b++)*+(%b{4096,}+)" % (_CHARACTER, _NONE_OF_THEM, _CHARACTER))

# A file that says at its beginning where it was taken from, as strangers' files may say too.
_TAKEN = re.compile(
    rb"^\s{0,20}(?://|/?\*|#)[^\n]{0,200}\b(?:originally|inlined|copied|taken|adapted|ported|borrowed|forked"
    rb"|vendored|contains an? (?:\w{1,20} )?copy)\b[^\n]{0,200}(?:\n[^\n]{0,200}){0,3}?https?://",
    re.MULTILINE | re.IGNORECASE,
)
_BEGINNING = 1500


def letters(content: bytes) -> bytes:
    """The ASCII letters and digits of `content` in lower case; all else is gone."""
    return content.translate(_LOWER, _NOISE)


def text_hash(content: bytes) -> str:
    """SHA-1 of the letters of `content`: 40 hex digits, or "" when there are fewer than 200."""
    return letters_hash(letters(readable(content)))


def letters_hash(kept: bytes) -> str:
    """`text_hash` of a content whose `letters` are known."""
    return hashlib.sha1(kept, usedforsecurity=False).hexdigest() if len(kept) >= LEAST else ""


def without_legal_opening(content: bytes) -> bytes:
    """`content` from behind the comments about copyright and licence that open it."""
    start, head = 0, content[:_LONGEST_OPENING]
    while (comment := _OPENING.match(head, start)) and _LEGAL.search(comment.group()):
        start = comment.end()
    return content[start:]


def is_boilerplate(path: str) -> bool:
    """Whether strangers' projects hold such a file word for word: licences, lockfiles, settings of tools."""
    return bool(_BOILERPLATE.search(path))


def ending_of(path: str) -> str:
    """The ending of the path's name in lower case, with its dot; "" when it has none."""
    dot = path.rfind(".")
    return path[dot:].lower() if dot > path.rfind("/") else ""


def may_hold_text(path: str) -> bool:
    """Whether a file of this name may hold text, as far as its ending tells."""
    return ending_of(path) not in _TEXTLESS


def is_text(path: str, content: bytes) -> bool:
    """Whether to compare it as text: its ending says so, or it is not binary, whatever it is called."""
    return ending_of(path) in TEXTUAL or not is_binary(content)


def carried(content: bytes) -> bytes:
    """The scripts that a program carries: stretches of text of 4,096 bytes or more; of all else, nothing."""
    found, end = [], 0
    while content.startswith(_PROGRAMS) and (script := _CARRIED.match(content, end)):
        found.append(script[1])
        end = script.end()
    return b"\n".join(found)


def is_taken(content: bytes) -> bool:
    """Whether the file says, at its beginning and with an address, that it was taken from somewhere else."""
    return bool(_TAKEN.search(content[:_BEGINNING]))


def family_of(path: str) -> str:
    """The family of programming languages that the name's ending tells; "" for what may hold any."""
    return _FAMILY.get(ending_of(path), "")


def line_count(content: bytes) -> int:
    """Lines of `content`, a last one without a line end included."""
    return content.count(b"\n") + (not content.endswith(b"\n") and bool(content))


def lines_at(content: bytes, offsets: NDArray[np.intp]) -> NDArray[np.intp]:
    """The lines, from 1, on which these of the `letters` of `content` stand."""
    codes = np.frombuffer(content, np.uint8)
    ends = np.flatnonzero(codes == 10)
    before = np.add.reduceat(_IS_KEPT[codes], np.append(0, ends), dtype=np.intp)[:-1] if len(ends) else ends
    return np.searchsorted(np.cumsum(before), offsets, side="right") + 1
