"""What an HTTP status means to us: fine, gone, wait, or a failure worth a sentence."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

from monitors.sources.base import Gone, RateLimited, SignInNeeded, SourceError

GONE = frozenset({404, 410, 451})
DEFAULT_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
SHORTEST_WAIT = timedelta(seconds=1)


def problem(place: str, status: int, headers: Mapping[str, str], body: bytes) -> SourceError | None:
    """The error this answer amounts to; None when it is an answer we can use (2xx, 304)."""
    if status < 300 or status == 304:
        return None
    if status in GONE or is_dmca(status, body):
        reason = _gone_reason(status, body)
        message = f"{place} says that this is not there ({reason})."
        return Gone(message, reason=reason, is_page=is_html(headers, body))
    if is_limit(status, headers):
        wait = asked_wait(headers)
        return RateLimited(f"{place} asks us to wait {wait.total_seconds():.0f} s ({status}).", wait=wait)
    if status == 401:
        return SignInNeeded(f"{place} wants to know who asks (401). Check the token of this source.")
    return SourceError(f"{place} {_failure(status)}")


def is_limit(status: int, headers: Mapping[str, str]) -> bool:
    """Whether the host tells us to come back later, by status or by its headers."""
    if status == 429:
        return True
    waits = "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
    return status in (403, 503) and waits


def asked_wait(headers: Mapping[str, str], *, at: float | None = None) -> timedelta:
    """How long the host wants us to wait, from 1 second to 1 day; 1 minute when it does not say."""
    at = time.time() if at is None else at
    seconds = _retry_after(headers.get("Retry-After", ""), at)
    if seconds is None:
        seconds = _number(headers.get("X-RateLimit-Reset", ""), minus=at)
    if seconds is None:
        return DEFAULT_WAIT
    bounded = min(max(seconds, SHORTEST_WAIT.total_seconds()), LONGEST_WAIT.total_seconds())
    return timedelta(seconds=math.ceil(bounded))


def is_html(headers: Mapping[str, str], content: bytes) -> bool:
    """Whether this is a web page, by its type or by how it begins."""
    named = "html" in headers.get("Content-Type", "").lower()
    return named or re.match(rb"\s*<(!doctype|html|head|body)", content[:200], re.IGNORECASE) is not None


def is_dmca(status: int, body: bytes) -> bool:
    """Whether the host names the DMCA as its reason. Over git that is a 403 with a line about the takedown;
    a page footer that merely mentions the DMCA must not count."""
    return b"dmca takedown" in body.lower() if status == 403 else status == 451 and b"dmca" in body.lower()


def _gone_reason(status: int, body: bytes) -> str:
    return f"{status} dmca" if is_dmca(status, body) else str(status)


def _retry_after(value: str, at: float) -> float | None:
    """Seconds, from either form: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after"""
    seconds = _number(value)
    if seconds is not None:
        return seconds
    try:
        until = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (until if until.tzinfo else until.replace(tzinfo=UTC)).timestamp() - at


def _number(value: str, *, minus: float = 0.0) -> float | None:
    value = value.strip()
    return float(value[:18]) - minus if value.isascii() and value.isdigit() else None


def _failure(status: int) -> str:
    if status >= 500:
        return f"is in trouble: it answered {status}. We ask again later."
    if status == 403:
        return "refused us (403). Check what the token of this source may do."
    return f"answered {status}, which we cannot use."
