import pytest

from monitors.models import Source
from tests import factories


@pytest.fixture
def said():
    return {
        "kind": "npm",
        "name": "Our mirror",
        "base_url": "http://127.0.0.1:4873/",
        "token_env": "",
        "allow_private": "on",
    }


def test_a_keeper_adds_a_source(visit, keeper, said):
    visit(keeper).post("/sources/add/", said)

    source = Source.objects.get()
    assert (source.kind, source.name, source.address, source.allow_private) == (
        "npm",
        "Our mirror",
        "http://127.0.0.1:4873/",
        True,
    )


def test_a_keeper_changes_an_address(visit, keeper, said):
    source = factories.SourceFactory()

    visit(keeper).post(f"/sources/{source.pk}/", said | {"base_url": "https://mirror.example/"})

    source.refresh_from_db()
    assert source.address == "https://mirror.example/"


@pytest.mark.parametrize("written", ["ghp_0123456789 abcdef", "TOKEN=secret", "9LIVES"])
def test_a_token_itself_is_refused_where_its_variable_is_asked_for(visit, keeper, said, written):
    answer = visit(keeper).post("/sources/add/", said | {"token_env": written})

    assert (answer.status_code, Source.objects.count()) == (400, 0)


@pytest.mark.parametrize("written", ["javascript:alert(1)", "file:///etc/passwd", "not an address"])
def test_an_address_that_is_not_of_the_web_is_refused(visit, keeper, said, written):
    answer = visit(keeper).post("/sources/add/", said | {"base_url": written})

    assert (answer.status_code, Source.objects.count()) == (400, 0)


def test_a_missing_token_is_said_aloud(visit, stranger, monkeypatch):
    monkeypatch.delenv("MIRROR_TOKEN", raising=False)
    factories.SourceFactory(token_env="MIRROR_TOKEN")

    assert "MIRROR_TOKEN is not set" in visit(stranger).get("/sources/").text


def test_a_tokens_value_is_never_shown(visit, keeper, monkeypatch):
    monkeypatch.setenv("MIRROR_TOKEN", "the-secret-itself")
    source = factories.SourceFactory(token_env="MIRROR_TOKEN")
    browser = visit(keeper)

    pages = browser.get("/sources/").text + browser.get(f"/sources/{source.pk}/").text

    assert "MIRROR_TOKEN is set" in pages
    assert "the-secret-itself" not in pages


def test_those_who_do_not_keep_the_installation_see_no_buttons(visit, stranger):
    factories.SourceFactory(name="npm here")

    page = visit(stranger).get("/sources/").text

    assert "npm here" in page
    assert "/sources/add/" not in page
