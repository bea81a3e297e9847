"""Whatever strangers write: no error, and bounded answers."""

from hypothesis import given, settings
from hypothesis import strategies as st

from monitors.dangers import LONGEST_DETAIL, LONGEST_PATH, MOST, find
from monitors.fingerprints.identity import Identity, identify
from monitors.fingerprints.names import LONGEST, parse, plain
from monitors.impostors import claims

from .conftest import IDENTITY

BEGINNINGS = [
    b"MZ",
    b"\x7fELF",
    b"PK\x03\x04",
    b"PK\x01\x02",
    b"Rar!\x1a\x07",
    b"\xca\xfe\xba\xbe",
    b"{",
    b"# ",
    b"",
]
CONTENTS = st.builds(bytes.__add__, st.sampled_from(BEGINNINGS), st.binary(max_size=400))
NAMES = [
    "package.json",
    "pyproject.toml",
    "README.md",
    "setup.py",
    "binding.gyp",
    "a/b.zip",
    "x",
    "y.exe",
    "z.png",
]
FILES = st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=30), CONTENTS, max_size=6)


def reading(files):
    return lambda paths: ((path, files[path]) for path in paths if path in files)


@given(st.text(max_size=600))
def test_any_name_has_a_plain_form_of_plain_letters(name):
    assert len(plain(name)) <= LONGEST
    assert set(plain(name)) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
    assert plain(plain(name)) == plain(name)
    parse(name)


@settings(deadline=None)
@given(st.text(max_size=40) | st.just("evil/launch-desk-leaked"), FILES)
def test_any_place_is_judged_without_an_error(title, files):
    claim = claims(IDENTITY, title=title, paths=list(files), read=reading(files))

    assert claim is None or (len(claim.names) <= 8 and 0 <= claim.readme_share <= 1)


@settings(deadline=None)
@given(FILES)
def test_any_files_are_looked_at_without_an_error(files):
    found = find(list(files), reading(files))

    assert len(found) <= MOST
    assert all(len(str(danger)) <= LONGEST_PATH + LONGEST_DETAIL + 30 for danger in found)


@settings(deadline=None)
@given(FILES, st.lists(st.text(max_size=40), max_size=4))
def test_any_leak_has_an_identity_that_can_be_kept(files, names):
    identity = identify(files.items(), names)

    assert Identity.from_bytes(identity.to_bytes()).names == identity.names
