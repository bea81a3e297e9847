"""Git repositories and bundles that git itself would never have written."""

import hashlib
import tarfile
import tempfile
import zlib
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from monitors.sources.repositories import BUNDLE, read_artifact, read_repository
from monitors.unpack import Notes, UnpackError
from tests.fuzz.contracts import LIMITS, check_files, check_sentence
from tests.fuzz.strategies import paths, plain

names = st.one_of(paths.map(str.encode), st.binary(min_size=1, max_size=8)).map(
    lambda name: name.replace(b"\0", b"0")
)
modes = st.sampled_from([b"100644", b"100755", b"120000", b"160000", b"40000", b"040000", b"0", b"777777"])
# What an entry points to: one of the objects before it, by its number, or nothing that is there.
rows = st.lists(st.tuples(modes, names, st.integers(0, 6)), max_size=5)
MAIN = b"ref: refs/heads/main\n"
odd_heads = [b"ref: HEAD", b"", b"ref: ../../HEAD", b"ref: refs/heads", b"1" * 40, b"0" * 64, b"\xff\0"]
heads = st.sampled_from([MAIN] * 20 + odd_heads)


def sealed(kind: bytes, body: bytes) -> tuple[str, bytes]:
    whole = b"%s %d\0" % (kind, len(body)) + body
    return hashlib.sha1(whole).hexdigest(), zlib.compress(whole, 1)


def objects(blobs: list[bytes], trees: list[list], more: bytes) -> tuple[str, dict[str, bytes]]:
    """The id of a commit, and everything that it needs, by id."""
    kept = dict(sealed(b"blob", blob) for blob in blobs)
    for entries in trees:
        known = [*kept, "1" * 40]
        body = b"".join(
            b"%s %s\0" % (mode, name) + bytes.fromhex(known[-1 - number % len(known)])
            for mode, name, number in entries
        )
        kept.update([sealed(b"tree", body)])
    commit, packed = sealed(b"commit", b"tree %s\n" % list(kept)[-1].encode() + more)
    return commit, kept | {commit: packed}


def laid(root: Path, commit: str, kept: dict[str, bytes], head: bytes, damage: bytes) -> None:
    (root / "refs/heads").mkdir(parents=True)
    (root / "refs/heads/main").write_text(commit)
    (root / "HEAD").write_bytes(head)
    (root / "packed-refs").write_bytes(damage)
    for oid, packed in kept.items():
        (root / "objects" / oid[:2]).mkdir(parents=True, exist_ok=True)
        (root / "objects" / oid[:2] / oid[2:]).write_bytes(packed)


@settings(
    deadline=None, database=None, derandomize=True, max_examples=25, suppress_health_check=list(HealthCheck)
)
@given(
    st.lists(plain, min_size=1, max_size=3),
    st.lists(rows, min_size=1, max_size=4),
    st.sampled_from(
        [b"author a <a> 0 +0000\ncommitter a <a> 0 +0000\n\na\n", b"", b"parent x\n", b"\0" * 99]
    ),
    heads,
    st.binary(max_size=80),
)
def repositories_hold(blobs, trees, more, head, damage):
    with tempfile.TemporaryDirectory() as folder:
        laid(Path(folder) / "a.git", *objects(blobs, trees, more), head, damage)
        _holds(
            lambda notes: read_repository(Path(folder) / "a.git", limits=LIMITS, notes=notes, earlier=True)
        )
        with tempfile.TemporaryFile() as file:
            with tarfile.open(fileobj=file, mode="w") as archive:
                archive.add(Path(folder) / "a.git", "a")
            file.seek(0)
            _holds(lambda notes: read_artifact(file, name="a.tar", limits=LIMITS, notes=notes, earlier=True))


def bundles(content: bytes) -> None:
    """A bundle whose pack has a checksum that fits, or no git would look into it."""
    header, separator, pack = content.partition(b"\n\n")
    told = header + separator + pack[:-20] + hashlib.sha1(pack[:-20]).digest()
    if BUNDLE.match(told):
        with tempfile.TemporaryFile() as file:
            file.write(told)
            file.seek(0)
            _holds(lambda notes: read_artifact(file, name="a.bundle", limits=LIMITS, notes=notes))


def _holds(read) -> None:
    found, notes = [], Notes()
    try:
        found.extend(read(notes))
    except UnpackError as error:
        check_sentence(error)
    check_files(found, LIMITS)
    assert all(note.path and note.reason for note in notes.skipped)
