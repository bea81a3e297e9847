import pytest
from django.core.management import CommandError

from monitors import sources
from monitors.models import Source
from tests.commands import answered, printed

pytestmark = pytest.mark.django_db


def test_a_source_keeps_its_address_and_the_name_of_its_token():
    added = answered(
        "add_source",
        "--kind",
        "npm",
        "--name",
        "Ours",
        "--url",
        "https://npm.acme.example",
        "--token-env",
        "NPM",
    )

    assert added == {
        "id": Source.objects.get().pk,
        "name": "Ours",
        "kind": "npm",
        "url": "https://npm.acme.example",
        "token_env": "NPM",
        "allow_private": False,
    }


def test_without_an_address_it_is_the_public_one():
    assert answered("add_source", "--kind", "npm")["url"] == sources.default_base_url("npm")


def test_adding_a_source_again_changes_it():
    printed("add_source", "--kind", "npm", "--name", "Ours", "--url", "https://old.example")

    line = printed("add_source", "--kind", "npm", "--name", "Ours", "--url", "https://new.example")

    assert line == "Ours (npm) at https://new.example\n"
    assert Source.objects.get().base_url == "https://new.example"


def test_an_address_that_is_none_is_refused():
    with pytest.raises(CommandError, match="Enter a valid URL"):
        printed("add_source", "--kind", "npm", "--url", "not an address")

    assert not Source.objects.exists()


def test_an_unknown_kind_is_refused():
    with pytest.raises(CommandError, match="invalid choice: 'carrier pigeon'"):
        printed("add_source", "--kind", "carrier pigeon")
