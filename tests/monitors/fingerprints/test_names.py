import pytest

from monitors.fingerprints.names import Name, is_disguised, joined, parse, plain


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("pkg:npm/%40acme/cli@1.4.2?arch=x64", Name("acme", "cli")),
        ("pkg:pypi/rocket-panel@2.0", Name("", "rocket-panel")),
        ("@acme/cli@1.0.0-beta.1", Name("acme", "cli")),
        ("left-pad@1.0.0", Name("", "left-pad")),
        ("git+https://git.test/acme/cli.git", Name("acme", "cli")),
        ("git@git.test:acme/cli.git", Name("acme", "cli")),
        ("github:acme/cli", Name("acme", "cli")),
        ("evil/acme/cli", Name("evil", "cli")),  # an account is what nobody else can have
        ("rocket-panel-1.4.2.tgz", Name("", "rocket-panel")),
        ("RocketPanel 2.1.0", Name("", "rocket-panel")),
        ("", Name("", "")),
        ("@", Name("", "@")),
    ],
)
def test_a_name_is_taken_apart_however_it_is_written(text, name):
    assert parse(text) == name


@pytest.mark.parametrize(
    "disguise",
    [
        "launch-desk",
        "Launch_Desk",
        "launch.desk",
        "LaunchDesk",
        "lаunсh-dеsk",  # three Cyrillic letters
        "ｌaunch-desk",  # a wide l
        "läunch dèsk",
        "1aunch-desk",
    ],
)
def test_disguises_of_a_name_have_one_plain_form(disguise):
    assert plain(disguise) == "launch-desk"


def test_a_scope_becomes_the_beginning_of_a_name():
    assert joined(parse("@acme/cli")) == "acme-cli"


def test_letters_that_only_look_alike_are_a_disguise_and_separators_are_not():
    names = ["lаunch-desk", "1aunch-desk", "launch_desk", "LaunchDesk", "launch-desk"]

    assert [is_disguised(parse(name)) for name in names] == [True, True, False, False, False]
