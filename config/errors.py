"""The page that Django shows of an error while DEBUG is on, without tokens and without the environment.

Django hides what is called a token, a key or a password, and runserver hands it the whole environment: a
source may name any variable. https://docs.djangoproject.com/en/5.2/howto/error-reporting/
"""

import os
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from django.apps import apps
from django.core.exceptions import AppRegistryNotReady
from django.db import DatabaseError
from django.utils.html import escape
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from monitors.sources.http import basic

HIDDEN = "********************"
SHORTEST = 6  # characters of a token; what is shorter stands in too many words

_known: set[str] = set()  # names of variables, for when the database does not answer


class Filter(SafeExceptionReporterFilter):
    """Of a request, nothing that is there because it is in the environment."""

    cleansed_substitute = HIDDEN

    def get_safe_request_meta(self, request: Any) -> dict[str, Any]:
        meta = super().get_safe_request_meta(request)
        return {
            name: HIDDEN if name in os.environ and os.environ[name] == value else value
            for name, value in meta.items()
        }


class Reporter(ExceptionReporter):
    """What it reports has no token of a source in it, wherever that stood."""

    def get_traceback_html(self) -> str:
        return hidden(super().get_traceback_html())

    def get_traceback_text(self) -> str:
        return hidden(super().get_traceback_text())


def hidden(page: str) -> str:
    """The page without the token of any source, in whatever form we show it to a host."""
    for token in _tokens():
        for form in (basic(token).removeprefix("Basic "), token, repr(token)[1:-1]):
            page = page.replace(escape(form), HIDDEN).replace(form, HIDDEN)
    return page


def _tokens() -> Iterator[str]:
    with suppress(DatabaseError, AppRegistryNotReady):  # which may be what the error is about
        # By its name, as this module is read with the settings, before there are any models.
        sources = apps.get_model("monitors", "Source").objects
        _known.update(sources.exclude(token_env="").values_list("token_env", flat=True))
    return (token for name in sorted(_known) if len(token := os.environ.get(name, "")) >= SHORTEST)
