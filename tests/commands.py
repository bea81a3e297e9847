"""Commands as they are typed, and what they print."""

import io
import json

from django.core.management import call_command


def printed(*arguments: str) -> str:
    """Raises CommandError with what the person would read."""
    out = io.StringIO()
    call_command(*arguments, stdout=out)
    return out.getvalue()


def answered(*arguments: str):
    return json.loads(printed(*arguments, "--json"))
