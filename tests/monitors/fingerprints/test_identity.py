import pytest

from monitors.fingerprints import BadIndex, grams, letters
from monitors.fingerprints.identity import Identity, identify
from monitors.fingerprints.names import Key

README = b"# Acme Launch Desk\n\n" + b" ".join(b"Step %d opens page %d." % (n, n * n) for n in range(200))
FILES = [
    ("package/package.json", b'{"name": "@acme/desk-cli", "repository": {"url": "git+https://git.test/acme-inc/desk.git"}}'),
    ("package/README.md", README),
    ("package/src/index.ts", b"export {}"),
]  # fmt: skip


def test_a_leak_is_called_as_its_manifest_its_readme_and_its_owner_call_it():
    identity = identify(FILES, ["pkg:npm/%40acme-labs/rocket-panel@1.2.3"])

    known = ["desk-cli", "acme-desk-cli", "acme-launch-desk", "rocket-panel", "acme-labs-rocket-panel"]
    assert [name for name in known if not identity.knows(Key.NAME, name)] == []
    assert [identity.knows(Key.OWNER, owner) for owner in ("acme", "acme-inc", "acme-labs")] == [True] * 3


def test_names_in_everybodys_scope_are_kept_only_with_their_scope():
    identity = identify([("package.json", b'{"name": "@acme/core"}')])

    assert identity.knows(Key.NAME, "acme-core")
    assert not any(identity.knows(key, "core") for key in Key)


def test_only_what_is_nearest_to_the_root_tells_and_nothing_that_was_installed():
    inner = ("a/b/package.json", b'{"name": "inner-thing"}')
    installed = ("node_modules/package.json", b'{"name": "other-thing"}')

    identity = identify([inner, ("a/package.json", b'{"name": "outer-thing"}'), installed])

    names = ("outer-thing", "inner-thing", "other-thing")
    assert [identity.knows(Key.NAME, name) for name in names] == [True, False, False]


def test_python_projects_have_names_too():
    project = identify([("pyproject.toml", b'[project]\nname = "Rocket_Panel"\n')])
    poetry = identify([("pyproject.toml", b'[tool.poetry]\nname = "rocket-panel"\n')])

    assert project.knows(Key.NAME, "rocket-panel")
    assert poetry.knows(Key.NAME, "rocket-panel")


def test_the_share_of_a_readme_is_of_ours():
    identity = identify(FILES)

    def share(readme):
        return identity.readme_share(grams(letters(readme)))

    assert share(b"An introduction.\n" + README + b"And much more. " * 500) > 0.98
    assert 0.3 < share(README[: len(README) // 2]) < 0.6
    assert share(b"Nothing of it. " * 100) == 0.0


def test_an_identity_survives_being_kept_and_tells_no_name():
    identity = identify(FILES)

    kept = identity.to_bytes()

    again = Identity.from_bytes(kept)
    assert (again.names, again.readme.tolist()) == (identity.names, identity.readme.tolist())
    assert again.to_bytes() == kept
    assert b"acme" not in kept.lower()


def test_nothing_is_an_identity_like_any_other():
    assert Identity.from_bytes(Identity.NOTHING.to_bytes()).names == frozenset()
    assert identify([]).names == Identity.NOTHING.names


@pytest.mark.parametrize(
    "spoil", [lambda d: d[:-1], lambda d: d + b"x", lambda d: d[:-9] + b"12345678" + d[-1:], lambda d: b""]
)
def test_anything_else_is_no_identity(spoil):  # fmt: skip
    with pytest.raises(BadIndex, match="Fingerprint the leak again"):
        Identity.from_bytes(spoil(identify(FILES).to_bytes()))


@pytest.mark.parametrize(
    "nonsense", [b"", b"[" * 100_000, b"null", b'{"name": 7, "repository": [1]}', b"\xff\xfe", b'{"a":']
)
def test_nonsense_for_a_manifest_is_no_name(nonsense):  # fmt: skip
    assert identify([("package.json", nonsense), ("pyproject.toml", nonsense)]).names == frozenset()


@pytest.mark.parametrize(
    ("title", "is_name"),
    [
        (b"# Kettle Works", True),
        (b"# The desk-cli of Acme", True),  # it has the package's name in it
        (b"# Getting Started", False),
        (b"# Getting Started with Create React App", False),
        (b"# A long sentence about nothing at all", False),
    ],
)
def test_a_readmes_title_is_a_name_where_it_is_no_sentence(title, is_name):
    with_title = identify([("package.json", b'{"name": "desk-cli"}'), ("README.md", title)])
    without = identify([("package.json", b'{"name": "desk-cli"}')])

    assert (len(with_title.names) > len(without.names)) == is_name
