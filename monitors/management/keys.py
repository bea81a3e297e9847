"""The key of a locked index, in a file of its own."""

import os
import secrets
from pathlib import Path

from monitors.fingerprints import BadIndex

SIZE = 32  # bytes


def key_from(path: Path) -> bytes:
    """The key in the file. Raises BadIndex when it holds none, and OSError when there is no such file."""
    try:
        key = bytes.fromhex(path.read_text(encoding="ascii").strip())
    except ValueError:
        key = b""
    if len(key) != SIZE:
        raise BadIndex(f"{path} holds no key: that is {2 * SIZE} hexadecimal digits.")
    return key


def key_of(path: Path) -> bytes:
    """The same; a new key, which only its owner may read, where there is no such file yet."""
    try:
        opened = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return key_from(path)
    with os.fdopen(opened, "w") as file:
        file.write(f"{secrets.token_hex(SIZE)}\n")
    return key_from(path)
