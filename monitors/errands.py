"""Errands: what a host is being asked, by us or by git. Of one whose sender died, nobody heard the answer.

Each is a file that its sender holds locked; the system lets go of it however the sender ends.
https://man7.org/linux/man-pages/man2/flock.2.html
"""

import fcntl
import json
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from django.conf import settings


@contextmanager
def sent(host: str, token_env: str) -> Iterator[None]:
    """This host is asked with this token, for as long as this lasts."""
    folder = _folder()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{uuid.uuid4().hex}.errand"
    hidden = path.with_suffix(".new")  # until it is locked
    with hidden.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        json.dump([host, token_env], file)
        file.flush()
        hidden.rename(path)
        try:
            yield
        finally:
            path.unlink(missing_ok=True)


def orphans() -> list[tuple[str, str]]:
    """Host and token of each errand whose sender died. Each is told of once."""
    with suppress(OSError):  # one that is just over, or a folder that is not there yet
        return [one for path in _folder().glob("*.errand") if (one := _orphan(path))]
    return []


def _orphan(path: Path) -> tuple[str, str] | None:
    with suppress(OSError, ValueError), path.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)  # BlockingIOError while its sender lives
        if not os.path.exists(path):
            return None  # it was over as we came
        path.unlink(missing_ok=True)
        host, token_env = json.load(file)
        return str(host), str(token_env)
    return None


def _folder() -> Path:
    return settings.DATA_DIR / "errands"
