"""May we ask this host now? What each host told us, kept in a row that all workers share."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from django.utils import timezone

from monitors.models import Budget

LONGEST = timedelta(days=1)


def wait(host: str, token_env: str, *, at: datetime | None = None) -> timedelta:
    """How long until this host lets this token ask again; zero when now."""
    at = at or timezone.now()
    budget = Budget.objects.filter(host=host, token_env=token_env).first()
    opens_at = budget.opens_at(at) if budget else None
    return opens_at - at if opens_at else timedelta(0)


def block(host: str, token_env: str, *, until: datetime, at: datetime | None = None) -> None:
    """Ask nothing more before `until`, a day ahead at most."""
    at = at or timezone.now()
    until = min(until, at + LONGEST)
    Budget.objects.update_or_create(
        host=host, token_env=token_env, defaults={"blocked_until": until, "learned_at": at}
    )


def learn(host: str, token_env: str, headers: Mapping[str, str], *, at: datetime | None = None) -> None:
    """Keep what an answer's headers say of its limit. Headers that say nothing change nothing."""
    at = at or timezone.now()
    said = {name.lower(): value for name, value in headers.items()}
    remaining = _whole(said.get("x-ratelimit-remaining") or said.get("ratelimit-remaining"))
    if remaining is None:
        return
    limit = _whole(said.get("x-ratelimit-limit") or said.get("ratelimit-limit"))
    resets_at = _reset(said.get("x-ratelimit-reset") or said.get("ratelimit-reset"), at)
    Budget.objects.update_or_create(
        host=host,
        token_env=token_env,
        defaults={"limit": limit, "remaining": remaining, "resets_at": resets_at, "learned_at": at},
    )


def host_of(url: str) -> str:
    """Host and port, lower-cased, without credentials: what a budget is kept for."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _whole(value: str | None) -> int | None:
    digits = (value or "").strip()
    return (
        min(int(digits), 2**31 - 1) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None
    )


def _reset(value: str | None, at: datetime) -> datetime | None:
    """Seconds since 1970, or seconds from now, as hosts differ; never more than a day ahead."""
    seconds = _whole(value)
    if seconds is None:
        return None
    if seconds > 10**9:
        return min(datetime.fromtimestamp(seconds, UTC), at + LONGEST)
    return min(at + timedelta(seconds=seconds), at + LONGEST)
