"""What an HTTP status means to us: fine, gone, wait, or a failure worth a sentence."""

from __future__ import annotations

import math
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, timedelta
from email.utils import parsedate_to_datetime

import msgspec

from monitors.sources.base import Gone, RateLimited, SignInNeeded, SourceError, clean

GONE = frozenset({404, 410, 451})
DEFAULT_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(days=1)
SHORTEST_WAIT = timedelta(seconds=1)
LONGEST_NOTICE = 200
WAITS = ("Retry-After", "X-Retry-After")
LONGEST_HEADER = 1_000  # characters of it that are read
MOST_WINDOWS = 10  # that one header tells of
# A number this great is a moment in seconds since 1970, a smaller one is seconds from now.
_MOMENT = 10**9

# https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#about-secondary-rate-limits
_LIMIT_TEXTS = (b"secondary rate limit", b"abuse detection", b"api rate limit exceeded")


class Answered(SourceError):
    """An answer we cannot use, by its status: 409, 422, 502, ..."""

    def __init__(self, message: str, *, status: int) -> None:
        super().__init__(message)
        self.status = status


class TooLarge(SourceError):
    """The answer has more bytes than we accept."""


class _Block(msgspec.Struct):
    """Why GitHub blocks a repository; the answer has it beside "Repository access blocked"."""

    reason: str = ""
    html_url: str | None = None


class _Blocked(msgspec.Struct):
    block: _Block


def problem(place: str, status: int, headers: Mapping[str, str], body: bytes) -> SourceError | None:
    """The error this answer amounts to; None when it is an answer we can use (2xx, 304)."""
    if status < 300 or status == 304:
        return None
    reason = gone_reason(status, body)
    if reason:
        message = f"{place} says that this is not there ({reason})."
        return Gone(message, reason=reason, is_page=is_html(headers, body))
    if is_limit(status, headers, body):
        return limit(place, headers, how=str(status))
    if status == 401:
        return SignInNeeded(f"{place} wants to know who asks (401). Check the token of this source.")
    return Answered(f"{place} {_failure(status)}", status=status)


def limit(place: str, headers: Mapping[str, str], *, how: str) -> RateLimited:
    """The host's wish to be left alone: as long as its headers say, or for a minute, as a guess."""
    wait = told_wait(headers)
    if wait is None:
        said = f"{place} wants no more for now, and does not say for how long ({how})."
        return RateLimited(said, wait=DEFAULT_WAIT, is_guess=True)
    return RateLimited(f"{place} asks us to wait {wait.total_seconds():.0f} s ({how}).", wait=wait)


def gone_reason(status: int, body: bytes) -> str:
    """Why it is not there: "404", "403 tos", "451 dmca https://…" (the notice's address); "" if it may be."""
    if status in (403, 451) and (block := _block(body)):
        return " ".join(part for part in (str(status), block.reason, _notice(block)) if part)
    if is_dmca(status, body):
        return f"{status} dmca"
    return str(status) if status in GONE else ""


def is_limit(status: int, headers: Mapping[str, str], body: bytes = b"") -> bool:
    """Whether the host tells us to come back later, by status, by its headers or by its words."""
    if status == 429:
        return True
    waits = "Retry-After" in headers or headers.get("X-RateLimit-Remaining") == "0"
    if status == 403 and any(text in body.lower() for text in _LIMIT_TEXTS):
        return True
    return status in (403, 503) and waits


def asked_wait(headers: Mapping[str, str], *, at: float | None = None) -> timedelta:
    """How long the host wants us to wait, from 1 second to 1 day; 1 minute when it does not say."""
    return told_wait(headers, at=at) or DEFAULT_WAIT


def told_wait(headers: Mapping[str, str], *, at: float | None = None) -> timedelta | None:
    """The same, None when it does not say.

    Moments are held against the host's own clock, where its answer tells that; else against `at`.
    """
    at = moment(headers.get("Date", "")) or (time.time() if at is None else at)
    said = [_retry_after(headers.get(name, ""), at) for name in WAITS] + [
        _reset(headers, at),
        _window(headers),
    ]
    seconds = next((found for found in said if found is not None), None)
    if seconds is None:
        return None
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


def _block(body: bytes) -> _Block | None:
    try:
        block = msgspec.json.decode(body, type=_Blocked).block
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        return None
    return block if re.fullmatch(r"[a-z][a-z_-]{0,39}", block.reason) else None


def _notice(block: _Block) -> str:
    """The published notice's address, "" unless it is one that a page may link."""
    url = block.html_url or ""
    is_address = url.startswith("https://") and not re.search(r"\s", url) and clean(url) == url
    return url if is_address and len(url) <= LONGEST_NOTICE else ""


def _retry_after(value: str, at: float) -> float | None:
    """Seconds, from seconds or a date (https://www.rfc-editor.org/rfc/rfc9110#field.retry-after), or from
    the moment that Docker Hub gives (https://docs.docker.com/reference/api/hub/latest/#tag/rate-limiting)."""
    seconds = _number(value)
    if seconds is not None:
        return seconds - at if seconds > _MOMENT else seconds
    until = moment(value)
    return None if until is None else until - at


def _reset(headers: Mapping[str, str], at: float) -> float | None:
    """Seconds until the window ends. While something is left of it, that is not what stops us."""
    for prefix in ("X-RateLimit-", "RateLimit-"):
        reset = _number(headers.get(f"{prefix}Reset", ""))
        if reset is not None and headers.get(f"{prefix}Remaining", "0").strip() == "0":
            return reset - at if reset > _MOMENT else reset
    return None


@dataclass(frozen=True)
class Window:
    """A limit as structured headers tell it: what is left, for so many seconds, of how many."""

    remaining: int
    seconds: int | None = None
    limit: int | None = None


def windows(headers: Mapping[str, str]) -> list[Window]:
    """The limits told as `RateLimit: "api";r=0;t=55`, or as `limit=500, remaining=0, reset=55`; 10 at most.

    `RateLimit-Policy: "fixed window";"api";q=500;w=300` tells of how many. Names of headers in lower case are
    found too. https://datatracker.ietf.org/doc/draft-ietf-httpapi-ratelimit-headers/
    """
    items = _items(headers, "RateLimit")
    if not any("r" in told for _, told in items):  # as it was written until draft 7
        old = {name: value for _, told in items for name, value in told.items()}
        items = [(set(), {"r": old.get("remaining"), "t": old.get("reset"), "q": old.get("limit")})]
    policies = _items(headers, "RateLimit-Policy")
    found = []
    for names, told in items:
        of = [policy for named, policy in policies if names & named] or [policy for _, policy in policies][:1]
        remaining, limit = _whole(told.get("r")), _whole(told.get("q") or (of[0].get("q") if of else None))
        if remaining is not None:
            found.append(Window(remaining, _whole(told.get("t")), limit))
    return found


def _items(headers: Mapping[str, str], name: str) -> list[tuple[set[str], Mapping[str, str | None]]]:
    """Names and numbers of each part of a structured header."""
    value = (headers.get(name) or headers.get(name.lower()) or "")[:LONGEST_HEADER]
    found: list[tuple[set[str], Mapping[str, str | None]]] = []
    for item in value.split(",")[:MOST_WINDOWS]:
        parts = [part.strip() for part in item.split(";")]
        numbers = dict(part.split("=", 1) for part in parts if "=" in part)
        found.append(({part for part in parts if part.startswith('"')}, numbers))
    return found


def _whole(value: str | None) -> int | None:
    value = (value or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else None


def _window(headers: Mapping[str, str]) -> float | None:
    """Seconds until the last of the structured windows ends that has nothing left."""
    ends = [one.seconds for one in windows(headers) if one.remaining == 0 and one.seconds is not None]
    return float(max(ends)) if ends else None


def moment(value: str) -> float | None:
    """Seconds since 1970 of a date as headers have it."""
    try:
        at = parsedate_to_datetime(value)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).timestamp()


def _number(value: str) -> float | None:
    value = value.strip()
    return float(value[:18]) if value.isascii() and value.isdigit() else None


def _failure(status: int) -> str:
    if status >= 500:
        return f"is in trouble: it answered {status}. We ask again later."
    if status == 403:
        return "refused us (403). Check what the token of this source may do."
    return f"answered {status}, which we cannot use."
