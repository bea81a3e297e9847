from datetime import timedelta

import pytest

from config import environment
from config.environment import Complaint


@pytest.fixture(autouse=True)
def complaints(monkeypatch):
    kept = []
    monkeypatch.setattr(environment, "complaints", kept)
    return kept


def test_what_is_not_set_has_its_default_and_no_complaint(complaints, monkeypatch):
    monkeypatch.delenv("PORT", raising=False)

    assert environment.number("PORT", 8000, least=1, most=65535) == 8000
    assert complaints == []


@pytest.mark.parametrize("value", ["0", "65536", "eighty", "-1", "8e3", "٨٠٠٠x"])
def test_a_number_out_of_range_is_a_complaint_with_its_remedy(complaints, monkeypatch, value):
    monkeypatch.setenv("PORT", value)

    assert environment.number("PORT", 8000, least=1, most=65535) == 8000
    problem = f"{value!r} is not a whole number from 1 to 65535"
    assert complaints == [Complaint("PORT", problem, "Set PORT in that range.")]


def test_a_flag_that_is_neither_yes_nor_no_is_a_complaint(complaints, monkeypatch):
    monkeypatch.setenv("PRODUCTION", "maybe")

    assert environment.flag("PRODUCTION", default=False) is False
    assert complaints == [
        Complaint("PRODUCTION", "'maybe' is neither yes nor no", "Set PRODUCTION to yes or no.")
    ]


def test_seconds_are_a_duration(monkeypatch):
    monkeypatch.setenv("POLL_LEASE_SECONDS", "90")

    assert environment.seconds("POLL_LEASE_SECONDS", 300, most=3600) == timedelta(seconds=90)


def test_a_database_url_names_the_database(complaints, monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://leak:secret@db/leakline")

    parsed = environment.database("DATABASE_URL", "sqlite:////tmp/never")

    assert (parsed["ENGINE"], parsed["HOST"], parsed["NAME"]) == (
        "django.db.backends.postgresql",
        "db",
        "leakline",
    )
    assert complaints == []


@pytest.mark.parametrize(
    "url", ["leakline", "mysql://a/b", "postgres://db:port/x", "postgres://db", "http://["]
)
def test_a_database_url_that_names_none_is_a_complaint_without_its_password(complaints, monkeypatch, url):
    monkeypatch.setenv("DATABASE_URL", url)

    parsed = environment.database("DATABASE_URL", "sqlite:////tmp/instead")

    assert parsed["NAME"] == "/tmp/instead"
    assert complaints == [
        Complaint(
            "DATABASE_URL",
            "is not the URL of a database we know",
            "Set DATABASE_URL to postgres://USER:PASSWORD@HOST/NAME.",
        )
    ]


@pytest.mark.parametrize("url", ["redis://127.0.0.1:6379/0", "rediss://:secret@cache/1", "amqp://rabbit"])
def test_a_broker_url_is_taken_as_it_is(complaints, monkeypatch, url):
    monkeypatch.setenv("CELERY_BROKER_URL", url)

    assert environment.broker("CELERY_BROKER_URL", "memory://localhost") == url
    assert complaints == []


@pytest.mark.parametrize("url", ["redis", "redis:///0", "kafka://x", "redis://["])
def test_a_broker_url_that_names_none_is_a_complaint(complaints, monkeypatch, url):
    monkeypatch.setenv("CELERY_BROKER_URL", url)

    assert environment.broker("CELERY_BROKER_URL", "memory://localhost") == "memory://localhost"
    assert [complaint.setting for complaint in complaints] == ["CELERY_BROKER_URL"]


def test_a_key_is_made_once_and_kept_for_its_owner_alone(monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)

    first = environment.secret_key(tmp_path / "data")

    assert len(first) >= 64
    assert environment.secret_key(tmp_path / "data") == first
    assert (tmp_path / "data" / "secret_key").stat().st_mode & 0o777 == 0o600


def test_a_data_folder_that_cannot_be_made_is_a_complaint(complaints, monkeypatch, tmp_path):
    monkeypatch.delenv("SECRET_KEY", raising=False)
    (tmp_path / "data").write_text("in the way")

    assert len(environment.secret_key(tmp_path / "data" / "deeper")) >= 64
    assert [complaint.setting for complaint in complaints] == ["DATA_DIR"]
