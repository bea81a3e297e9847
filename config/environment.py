"""What the environment says, read once, with every complaint kept for the system checks."""

import contextlib
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import dj_database_url

DATABASES = {"sqlite3", "postgresql"}
BROKERS = {"redis", "rediss", "amqp", "amqps"}
YES, NO = {"1", "true", "yes", "on"}, {"0", "false", "no", "off", ""}


class Complaint(NamedTuple):
    setting: str
    problem: str
    remedy: str


complaints: list[Complaint] = []


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default).strip()


def words(name: str, default: str = "") -> list[str]:
    """The setting's comma-separated words, without empty ones."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def flag(name: str, *, default: bool) -> bool:
    value = text(name, "yes" if default else "no").lower()
    if value not in YES | NO:
        complaints.append(Complaint(name, f"{value!r} is neither yes nor no", f"Set {name} to yes or no."))
        return default
    return value in YES


def number(name: str, default: int, *, least: int, most: int) -> int:
    """A whole number between `least` and `most`, both included."""
    value = text(name, str(default))
    if not value.lstrip("-").isdecimal() or not least <= int(value) <= most:
        complaints.append(
            Complaint(
                name, f"{value!r} is not a whole number from {least} to {most}", f"Set {name} in that range."
            )
        )
        return default
    return int(value)


def seconds(name: str, default: int, *, most: int) -> timedelta:
    return timedelta(seconds=number(name, default, least=1, most=most))


def database(name: str, default: str) -> dict[str, Any]:
    """Django's settings of the database behind a URL such as postgres://user:password@host/name."""
    try:
        parsed = dj_database_url.parse(text(name) or default, conn_max_age=600, conn_health_checks=True)
    except ValueError:
        parsed = {}
    if parsed.get("NAME") and parsed["ENGINE"].rpartition(".")[2] in DATABASES:
        return dict(parsed)
    complaints.append(
        Complaint(
            name, "is not the URL of a database we know", f"Set {name} to postgres://USER:PASSWORD@HOST/NAME."
        )
    )
    return dict(dj_database_url.parse(default))


def broker(name: str, default: str) -> str:
    """A broker's URL, such as redis://host:6379/0. It may hold a password, so no complaint quotes it."""
    url = text(name) or default
    try:
        parts = urlsplit(url)
        if url == default or (parts.scheme in BROKERS and parts.hostname):
            return url
    except ValueError:
        pass
    complaints.append(
        Complaint(
            name, "is not the URL of a broker we know", f"Set {name} to redis://HOST:6379/0 or amqp://HOST."
        )
    )
    return default


def secret_key(data_dir: Path) -> str:
    """The key from the environment, or one made at first start and kept beside the data."""
    given = text("SECRET_KEY")
    if given:
        return given
    try:
        return _kept_key(data_dir)
    except OSError as error:
        remedy = "Set DATA_DIR to a folder of your own, or mend its rights."
        complaints.append(
            Complaint("DATA_DIR", f"{data_dir} cannot be written to ({error.strerror})", remedy)
        )
        return secrets.token_urlsafe(64)


def _kept_key(data_dir: Path) -> str:
    kept = data_dir / "secret_key"
    if not kept.exists():
        data_dir.mkdir(parents=True, exist_ok=True)
        made = os.open(kept.with_suffix(f".{os.getpid()}"), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        os.write(made, secrets.token_urlsafe(64).encode())
        os.close(made)
        # The first of several processes wins; a link never replaces a key already in use.
        with contextlib.suppress(FileExistsError):
            os.link(kept.with_suffix(f".{os.getpid()}"), kept)
        kept.with_suffix(f".{os.getpid()}").unlink()
    return kept.read_text()
