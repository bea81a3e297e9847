"""What names a place: its host, and the host's own id of it, both within bounds."""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from monitors.sources.base import clean

LONGEST = 250  # characters


def host(base_url: str) -> str:
    """The host of a source, in lower case, and the path it lies at: one host may serve many registries."""
    parts = urlsplit(base_url)
    return bounded(parts.netloc.rpartition("@")[2].lower() + parts.path.rstrip("/"))


def bounded(text: str) -> str:
    """The text itself when it is short and clean enough to be an id, else its beginning and its hash."""
    if len(text) <= LONGEST and clean(text, LONGEST) == text:
        return text
    mark = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:24]
    return f"{clean(text, LONGEST - 25)}#{mark}"
