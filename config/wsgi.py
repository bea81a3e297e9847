import os
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

FORM = 2**20  # bytes that a form may have beside its file


def bounded(app: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    """The app, behind a refusal of bodies that announce more than an artifact may have.

    Django would first write all of it to disk. A body that announces no length is empty to Django.
    """

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH") or "0"
        if length.isdecimal() and int(length) <= settings.ARTIFACT_BYTES + FORM:
            return app(environ, start_response)
        start_response("413 Content Too Large", [("Content-Type", "text/plain; charset=utf-8")])
        most = settings.ARTIFACT_BYTES // 2**20
        return [f"The file is over {most} MiB. Set ARTIFACT_MIB higher to take it.\n".encode()]

    return answer


application = bounded(get_wsgi_application())
