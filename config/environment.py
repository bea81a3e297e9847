"""What the environment says, read once, with every complaint kept for the system checks."""

import contextlib
import os
import secrets
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

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


def secret_key(data_dir: Path) -> str:
    """The key from the environment, or one made at first start and kept beside the data."""
    given = text("SECRET_KEY")
    if given:
        return given
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
