"""Every bad or missing setting, by its name, with what to set. `manage.py check` prints them."""

import os
from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register

from config import environment

SHORTEST_KEY = 50  # characters


@register(Tags.compatibility)
def read_well(app_configs, **options) -> list[CheckMessage]:
    """What config/environment.py could not make sense of."""
    return [_error(*complaint) for complaint in environment.complaints]


@register(Tags.files)
def data_dir_can_be_written(app_configs, **options) -> list[CheckMessage]:
    folder = settings.DATA_DIR
    standing = next(one for one in (folder, *folder.parents) if one.exists())
    if standing.is_dir() and os.access(standing, os.W_OK | os.X_OK):
        return []
    return [_error("DATA_DIR", f"{folder} cannot be written to", "Set DATA_DIR to a folder of your own.")]


@register(Tags.security)
def fit_for_production(app_configs, **options) -> list[CheckMessage]:
    return list(_unfit()) if settings.PRODUCTION else []


def _unfit() -> Iterator[CheckMessage]:
    if len(environment.text("SECRET_KEY")) < SHORTEST_KEY:
        remedy = (
            "Set SECRET_KEY to the output of: python3 -c 'import secrets; print(secrets.token_urlsafe(64))'"
        )
        yield _error("SECRET_KEY", f"is missing or shorter than {SHORTEST_KEY} characters", remedy)
    if not [host for host in settings.ALLOWED_HOSTS if host != "*"]:
        remedy = "Set ALLOWED_HOSTS to the host names that people type, separated by commas."
        yield _error("ALLOWED_HOSTS", "names no host", remedy)
    public = urlsplit(settings.PUBLIC_URL)
    if public.scheme != "https" or not public.netloc:
        remedy = "Set PUBLIC_URL to the address that people type, such as https://leakline.example.com."
        yield _error("PUBLIC_URL", "does not start with https://", remedy)
    if settings.DEBUG:
        yield _error("DEBUG", "shows source code and settings to strangers", "Set DEBUG to no.")


def _error(setting: str, problem: str, remedy: str) -> Error:
    return Error(f"{setting}: {problem}.", hint=remedy, id=f"leakline.{setting}")
