"""What readers of our own files, and comparisons, must hold for any bytes. Each contract fails by raising."""

import hashlib

from monitors import dangers
from monitors.fingerprints import (
    Background,
    BadIndex,
    Index,
    fingerprint,
    grams,
    is_background,
    is_index,
    learn,
    letters,
    words,
)
from monitors.fingerprints.identity import Identity, identify
from monitors.fingerprints.text import is_text
from monitors.matching import match_files
from monitors.unpack.encodings import readable
from tests.fuzz.contracts import check_sentence
from tests.fuzz.findings import soon

SEAL = 16  # bytes, right behind the header
INDEX_HEADER, BACKGROUND_HEADER, IDENTITY_HEADER = 104, 24, 20
OURS = b"".join(
    b"export function part%d(a) { return a.member_of_%d + 'a phrase %d of ours'; }\n"
    % (number, number, number)
    for number in range(60)
)
LEAK = fingerprint([("src/a.ts", OURS), ("README.md", OURS[:3000])])
NAMES = (
    "a.exe",
    "package.json",
    "setup.py",
    "README.md",
    "a.zip",
    "a.7z",
    "a.docx",
    "bin/tool",
    "a.bin",
    "a.ts",
)


def reads_an_index(content: bytes) -> None:
    """Bytes that claim to be an index are one that can be used, or BadIndex says why not."""
    is_index(content)
    for told in (content, _sealed(content, INDEX_HEADER)):
        if index := _read(Index.from_bytes, told):
            assert index.total_files == len(index.files)
            assert index.total_lines >= 0
            assert len(index.trees) <= len(index.parts.trees)
            again = index.to_bytes()
            assert Index.from_bytes(again).to_bytes() == again
            _read(lambda _, index=index: _compared(index, OURS), told)


def reads_a_background(content: bytes) -> None:
    """The same of what is learnt from ordinary code; and ordinary code can be anything."""
    is_background(content)
    for told in (content, _sealed(content, BACKGROUND_HEADER)):
        if known := _read(Background.from_bytes, told):
            assert known.to_bytes() == told
    with soon():
        learnt = learn([("a", content)])
    if is_text("a", content):
        assert learnt.has_grams(grams(letters(readable(content)))).all()
        assert learnt.has_words(words(readable(content))).all()


def reads_an_identity(content: bytes) -> None:
    """The same of what a leak calls itself; and a leak may call itself anything."""
    for told in (content, _sealed(content, IDENTITY_HEADER)):
        if known := _read(Identity.from_bytes, told):
            assert known.to_bytes() == told
    with soon():
        named = identify([(name, content) for name in ("package.json", "README.md", "pyproject.toml")])
    assert Identity.from_bytes(named.to_bytes()).to_bytes() == named.to_bytes()


def compares(content: bytes) -> None:
    """Any place has a share of the leak from 0 to 1, soon; and the leak among it is found."""
    found = _compared(LEAK, content, OURS[:3000])
    assert 0 <= found.score <= 1
    assert 0 <= found.share <= 1
    assert 0 <= found.files <= LEAK.total_files
    assert _compared(LEAK, OURS, content).files >= 1


def finds_dangers(content: bytes) -> None:
    """Any file can be asked whether it may harm, soon; the first byte chooses its name."""
    name = NAMES[content[0] % len(NAMES)] if content else NAMES[0]
    with soon():
        found = dangers.find([name], lambda paths: [(path, content[1:]) for path in paths])
    assert len(found) <= dangers.MOST
    assert all(str(danger) for danger in found)


def _compared(index: Index, *contents: bytes):
    files = [(f"src/{number}.ts", content) for number, content in enumerate(contents)]
    with soon():
        return match_files([index], files)[0]


def _read(reader, told: bytes):
    try:
        with soon():
            return reader(told)
    except BadIndex as error:
        check_sentence(error)
    return None


def _sealed(content: bytes, header: int) -> bytes:
    """The same with a checksum that fits, or no reader would ever look behind it."""
    body = content[header + SEAL :]
    return content[:header] + hashlib.blake2b(content[:header] + body, digest_size=SEAL).digest() + body
