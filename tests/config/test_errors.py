"""The page of an error, as `manage.py runserver` shows it while DEBUG is on."""

import sys

import pytest
from django.db import DatabaseError
from django.views.debug import technical_500_response

from config import errors
from monitors.models import Source
from monitors.sources.http import basic
from tests import factories

SECRET = "ghp_it's<a>secret&0123"
PASSPORT = "bearer of all this"


@pytest.fixture
def source(db, settings, monkeypatch):
    """One whose variable does not look like a secret's."""
    settings.DEBUG = True
    monkeypatch.setenv("GH_PAT", SECRET)
    monkeypatch.setenv("OUR_PASSPORT", PASSPORT)
    return factories.SourceFactory(token_env="GH_PAT")


def page(rf, accept, **environ) -> str:
    """Of an error amid a question that shows the token."""
    request = rf.get("/", headers={"accept": accept}, **environ)
    try:
        fail(SECRET)
    except ValueError:
        kind, error, trace = sys.exc_info()
        return technical_500_response(request, kind, error, trace.tb_next).content.decode()


def fail(token):
    headers = {"Authorization": f"Bearer {token}", "Proxy-Authorization": basic(token)}
    raise ValueError(f"It answered {token} to {headers}.")


def leaks(shown: str) -> list[str]:
    forms = [SECRET, SECRET[:12], repr(SECRET), basic(SECRET)[6:], PASSPORT]
    return [form for form in forms if form in shown]


@pytest.mark.parametrize("accept", ["text/html", "text/plain"])
def test_neither_a_token_nor_the_environment_is_on_the_page(source, rf, accept):
    environ = {"GH_PAT": SECRET, "OUR_PASSPORT": PASSPORT, "SERVER_SOFTWARE": "runserver"}

    shown = page(rf, accept, **environ)

    assert leaks(shown) == []
    assert "runserver" in shown
    assert "It answered " in shown


def test_a_token_that_was_known_is_hidden_when_the_database_does_not_answer(source, rf, monkeypatch):
    page(rf, "text/html")

    def fail(*names, **named):
        raise DatabaseError("It is locked.")

    monkeypatch.setattr(Source.objects, "exclude", fail)

    assert leaks(page(rf, "text/html")) == []


def test_a_value_too_short_to_be_a_token_does_not_spoil_the_page(source, monkeypatch):
    monkeypatch.setenv("GH_PAT", "e")

    assert errors.hidden("here") == "here"
