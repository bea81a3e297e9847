import pytest
from django.core import checks

from config import environment
from config.checks import data_dir_can_be_written, fit_for_production, read_well
from config.environment import Complaint
from tests.processes import python

FIT = {
    "PRODUCTION": "yes",
    "SECRET_KEY": "a-long-text-for-this-test-alone-0123456789-abcdefghijklmnopqrstuvwxyz",
    "ALLOWED_HOSTS": "leakline.example.com",
    "PUBLIC_URL": "https://leakline.example.com",
}


@pytest.fixture
def production(settings, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", FIT["SECRET_KEY"])
    settings.PRODUCTION, settings.DEBUG = True, False
    settings.ALLOWED_HOSTS, settings.PUBLIC_URL = [FIT["ALLOWED_HOSTS"]], FIT["PUBLIC_URL"]
    return settings


def _said(messages):
    return [(message.id, message.msg) for message in messages]


def test_each_complaint_about_the_environment_is_an_error_that_says_what_to_set(monkeypatch):
    monkeypatch.setattr(
        environment, "complaints", [Complaint("PORT", "'x' is no port", "Set PORT to a number.")]
    )

    assert read_well(None) == [
        checks.Error("PORT: 'x' is no port.", hint="Set PORT to a number.", id="leakline.PORT")
    ]


def test_production_settings_that_fit_raise_nothing(production):
    assert fit_for_production(None) == []


def test_nothing_is_asked_of_an_installation_that_is_not_in_production(production):
    production.PRODUCTION, production.ALLOWED_HOSTS = False, []

    assert fit_for_production(None) == []


def test_a_short_key_is_refused_in_production(production, monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "short")

    problem = "SECRET_KEY: is missing or shorter than 50 characters."
    assert _said(fit_for_production(None)) == [("leakline.SECRET_KEY", problem)]


@pytest.mark.parametrize("hosts", [[], ["*"]])
def test_production_needs_to_know_its_own_name(production, hosts):
    production.ALLOWED_HOSTS = hosts

    assert _said(fit_for_production(None)) == [("leakline.ALLOWED_HOSTS", "ALLOWED_HOSTS: names no host.")]


@pytest.mark.parametrize("url", ["http://leakline.example.com", "leakline.example.com", "https://"])
def test_production_needs_a_public_address_over_https(production, url):
    production.PUBLIC_URL = url

    problem = "PUBLIC_URL: does not start with https://."
    assert _said(fit_for_production(None)) == [("leakline.PUBLIC_URL", problem)]


def test_debug_is_refused_in_production(production):
    production.DEBUG = True

    problem = "DEBUG: shows source code and settings to strangers."
    assert _said(fit_for_production(None)) == [("leakline.DEBUG", problem)]


def test_a_data_folder_that_is_a_file_is_refused(settings, tmp_path):
    (tmp_path / "data").write_text("in the way")
    settings.DATA_DIR = tmp_path / "data"

    assert [message.id for message in data_dir_can_be_written(None)] == ["leakline.DATA_DIR"]


def test_a_data_folder_that_can_be_made_is_fine(settings, tmp_path):
    settings.DATA_DIR = tmp_path / "not" / "yet"

    assert data_dir_can_be_written(None) == []


@pytest.mark.slow  # starts Python twice as long as importing Django takes
def test_check_deploy_is_clean_under_production_settings(tmp_path):
    checked = python("manage.py", "check", "--deploy", "--fail-level", "INFO", **FIT, DATA_DIR=str(tmp_path))

    assert checked.communicate() == ("System check identified no issues (0 silenced).\n", "")
    assert checked.returncode == 0


@pytest.mark.slow  # starts Python
def test_check_names_every_bad_setting_at_once(tmp_path):
    bad = {"PORT": "x", "DATABASE_URL": "nothing", "CELERY_BROKER_URL": "nothing", "SSL_REDIRECT": "perhaps"}
    checked = python("manage.py", "check", PRODUCTION="yes", DATA_DIR=str(tmp_path), **bad)

    said = checked.communicate()[1]

    expected = {*bad, "SECRET_KEY", "ALLOWED_HOSTS", "PUBLIC_URL"}
    assert {name for name in expected if f"(leakline.{name}) {name}: " in said} == expected
    assert checked.returncode == 1
