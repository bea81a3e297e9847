"""What unpacking must hold for any bytes. Each contract takes them, and fails by raising."""

import time
import unicodedata

from monitors.unpack import BoundExceeded, Limits, Notes, UnpackError, sourcemaps, unpack
from monitors.unpack.inlinemaps import inline_maps
from monitors.unpack.paths import LONGEST

LIMITS = Limits(bytes=4_000_000, file_bytes=1_000_000, files=300, depth=5, seconds=5)
SUFFIX = 10  # characters that keeping paths apart may add
LONG = 10  # seconds of work that no single answer may take
NAMES = (
    "a.bin",
    "a.js.map",
    "dist/a.js",
    "a.css",
    "a.html",
    "a.tgz",
    "a.zip",
    "a.tar.zst",
    "a.asar",
    "a.gem",
)


def unpacks(content: bytes) -> None:
    """The first byte chooses a name; the rest is an artifact."""
    files_or_a_sentence(content[1:], NAMES[content[0] % len(NAMES)] if content else NAMES[0])


def files_or_a_sentence(content: bytes, name: str, limits: Limits = LIMITS) -> list:
    """The files that come out, however it ends; their paths are clean, their number and size bounded."""
    found, notes, began = [], Notes(), time.process_time()
    try:
        found.extend(unpack(content, name=name, limits=limits, notes=notes))
    except UnpackError as error:
        check_sentence(error)
    assert time.process_time() - began < LONG
    check_files(found, limits)
    assert all(note.path and note.reason for note in notes.skipped)
    return found


def check_sentence(error: Exception) -> None:
    """Somebody can read it in one line, and where a bound was exceeded it says which."""
    assert str(error)
    assert "\n" not in str(error)
    if isinstance(error, BoundExceeded):
        assert f"the bound on {error.bound} is {error.value:,}" in str(error)


def check_files(found, limits: Limits) -> None:
    paths = [file.path for file in found]
    for path in paths:
        check_path(path)
    assert len(set(paths)) == len(paths) <= limits.files + 1
    directories = {path[:at] for path in paths for at in range(len(path)) if path[at] == "/"}
    assert directories.isdisjoint(paths)
    assert sum(len(file.content) for file in found) <= limits.bytes
    assert all(len(file.content) <= 3 * limits.file_bytes for file in found)  # of a map's broken characters


def check_path(path: str) -> None:
    assert path
    assert len(path) <= LONGEST + SUFFIX
    assert not {"", ".", ".."} & set(path.split("/"))
    assert "\\" not in path
    assert not any(unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp") for character in path)
    assert not any(
        unicodedata.bidirectional(character)
        in ("RLO", "LRO", "RLE", "LRE", "PDF", "RLI", "LRI", "FSI", "PDI")
        for character in path
    )


def recovers(content: bytes) -> None:
    """A source map, alone and carried by code: files or a sentence, and siblings are asked for politely."""
    asked = []

    def siblings(path):
        asked.append(path)
        return content if len(asked) < 20 else None

    try:
        for file in sourcemaps.recover(content, path="dist/a.js.map", siblings=siblings):
            check_path(file.path)
    except UnpackError as error:
        check_sentence(error)
    for path in asked:
        check_path(path)
    for carried in inline_maps(content):
        assert carried
