"""May we ask this host now? What each host told us, kept in rows that all workers share.

A request is taken off its row before it is made, by one conditional UPDATE: so many workers together never
ask more than the host said it would answer. See docs/adr/0005-budgets.md.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from urllib.parse import urlsplit

from django.db.models import F, Q
from django.db.models.functions import Coalesce, Least
from django.utils import timezone

from monitors.models import Budget, Watch
from monitors.sources.base import Aim, RateLimited, clean
from monitors.sources.statuses import Window, moment, windows

LONGEST = timedelta(days=1)
LONGEST_GUESS = timedelta(hours=1)  # of how long to wait, where a host does not say
MINUTE = timedelta(minutes=1)
SAME_WINDOW = timedelta(seconds=2)  # resets this near to each other are one: hosts round, clocks differ
SLOWEST = timedelta(minutes=2)  # that an answer is under way, by its date and our clock
SKEW = timedelta(seconds=5)  # by which a host's clock may be ahead of ours
MAIN = {"core", "api", "default"}  # what hosts call the count that has no other name


class Spent(RateLimited):
    """Nobody was asked: we hold back, so as not to overrun a limit we know."""


HELD_BACK = "they are kept for what matters more"


class Value(IntEnum):
    """How much an answer is worth when not all can be asked: the lower, the sooner."""

    URGENT = 0  # forks of confirmed copies, copies that a notice names
    CODE = 1
    NAMES = 2
    FEEDS = 3


VALUES = {
    Aim.CODE: Value.CODE,
    Aim.COMMITS: Value.CODE,
    Aim.GISTS: Value.CODE,
    Aim.FORKS: Value.CODE,
    Aim.REPOSITORY: Value.CODE,
    Aim.RELEASES: Value.CODE,
    Aim.ADDRESS: Value.CODE,
    Aim.FEED: Value.FEEDS,
    Aim.MENTIONS: Value.FEEDS,
}

# Of a host's limit, kept for what is worth more.
KEPT = {Value.URGENT: 0.0, Value.CODE: 0.05, Value.NAMES: 0.15, Value.FEEDS: 0.3}


def value_of(watch: Watch) -> Value:
    """What an answer to it is worth, when a host lets us ask less than we want to."""
    if watch.aim == Aim.FORKS and _is_of_a_copy(watch):
        return Value.URGENT
    return VALUES.get(Aim(watch.aim), Value.NAMES)


def _is_of_a_copy(watch: Watch) -> bool:
    """Whether it asks about a repository that was confirmed to be a copy, by whatever form of its name."""
    asked = _repository(watch.query)
    name = asked.rpartition("/")[2]
    alike = watch.watchlist.sightings.confirmed().filter(url__icontains=name).values_list("url", flat=True)
    return any(f"/{_repository(url)}".endswith(f"/{asked}") for url in alike.iterator())


def _repository(text: str) -> str:
    """ "host/owner/name" or "owner/name", of an address or a bare name."""
    given = text.strip().lower().removeprefix("git+").partition("?")[0].partition("#")[0]
    scheme, _, rest = given.rpartition("://")
    return (rest.removeprefix("www.") if scheme else rest).rstrip("/").removesuffix(".git")


def admit(host: str, token_env: str, bucket: str = "", *, value: Value, at: datetime | None = None) -> None:
    """Raises Spent, with how long to wait, unless something of this value may begin to ask now."""
    at = at or timezone.now()
    if left := wait(host, token_env, bucket, at=at):
        raise Spent(f"{_called(host, bucket)} wants no more before {_clock(at + left)}.", wait=left)
    row = _row(host, token_env, bucket).first()
    remaining = row.left(at) if row else None
    if remaining is None or not row.limit or remaining > int(row.limit * KEPT[value]):
        return
    until = row.resets_at if row.resets_at and row.resets_at > at else at + MINUTE
    raise Spent(
        f"{_called(host, bucket)} has {remaining:,} of {row.limit:,} requests left until {_clock(until)}; "
        f"{HELD_BACK}.",
        wait=until - at,
    )


def wait(host: str, token_env: str, bucket: str = "", *, at: datetime | None = None) -> timedelta:
    """How long until this host lets this token ask again; zero when now."""
    at = at or timezone.now()
    rows = Budget.objects.filter(host=host, token_env=token_env, bucket__in={"", bucket})
    opens = [row.opens_at(at) if row.bucket == bucket else _blocked(row, at) for row in rows]
    until = max((one for one in opens if one), default=None)
    return until - at if until else timedelta(0)


def _blocked(row: Budget, at: datetime) -> datetime | None:
    return row.blocked_until if row.blocked_until and row.blocked_until > at else None


def take(host: str, token_env: str, bucket: str = "", *, pace: int = 0, at: datetime | None = None) -> None:
    """One request is about to be made: take it off what is left. Raises Spent when nothing is.

    `pace`, requests a minute, holds where the host tells no limit of its own.
    """
    at = at or timezone.now()
    if left := wait(host, token_env, bucket, at=at):
        raise Spent(f"{_called(host, bucket)} wants no more before {_clock(at + left)}.", wait=left)
    for _ in range(3):  # another worker may open the new window first
        if _take(host, token_env, bucket, pace, at):
            return
    left = wait(host, token_env, bucket, at=at) or MINUTE
    raise Spent(f"{_called(host, bucket)} wants no more before {_clock(at + left)}.", wait=left)


def _take(host: str, token_env: str, bucket: str, pace: int, at: datetime) -> bool:
    row = _row(host, token_env, bucket)
    running = row.filter(remaining__gt=0).filter(Q(resets_at=None) | Q(resets_at__gt=at))
    if running.update(remaining=F("remaining") - 1):
        return True
    whole = row.filter(limit__gt=0, resets_at__lte=at)
    if whole.update(remaining=F("limit") - 1, resets_at=at + MINUTE):
        return True
    over = Q(limit=None, resets_at__lte=at) | Q(remaining=0, resets_at=None, learned_at__lte=at - MINUTE)
    row.filter(over).update(remaining=None, resets_at=None)  # of how many, nobody said: the next answer may
    if row.filter(remaining__isnull=False).exists():
        return False
    if not pace:
        return True
    begun = {"limit": pace, "remaining": pace - 1, "resets_at": at + MINUTE, "learned_at": at}
    if row.filter(remaining=None).update(**begun):
        return True
    return Budget.objects.get_or_create(host=host, token_env=token_env, bucket=bucket, defaults=begun)[1]


def give_back(host: str, token_env: str, bucket: str = "") -> None:
    """The host did not count a request that was taken."""
    _row(host, token_env, bucket).filter(remaining__lt=F("limit")).update(remaining=F("remaining") + 1)


def block(host: str, token_env: str, *, until: datetime, at: datetime | None = None) -> None:
    """Ask nothing more of any kind before `until`, a day ahead at most. A wait that ends later stands."""
    at = at or timezone.now()
    told = {"blocked_until": min(until, at + LONGEST), "learned_at": at}
    place = {"host": host, "token_env": token_env, "bucket": ""}
    row, is_new = Budget.objects.get_or_create(**place, defaults=told)
    if not is_new:
        sooner = Q(blocked_until=None) | Q(blocked_until__lt=told["blocked_until"])
        Budget.objects.filter(sooner, pk=row.pk).update(**told)


def refused(host: str, token_env: str, *, wait: timedelta, at: datetime | None = None) -> timedelta:
    """It wants no more and does not say for how long: ask nothing for the time returned.

    That is `wait`, and twice as long each time in a row, an hour at most. Refusals of what was under way
    when it began to wait are one.
    """
    at = at or timezone.now()
    row, _ = _main(host, token_env, at)
    if row.blocked_until and row.blocked_until > at:
        return row.blocked_until - at
    wait = min(wait * 2 ** min(row.refusals, 10), LONGEST_GUESS)
    _row(host, token_env, "").filter(refusals__lt=100).update(refusals=F("refusals") + 1)
    block(host, token_env, until=at + wait, at=at)
    return wait


def heard(host: str, token_env: str) -> int:
    """It answers again: the next wait is a short one. Gives how often in a row it had refused."""
    before = _row(host, token_env, "").filter(refusals__gt=0).values_list("refusals", flat=True).first() or 0
    if before:
        _row(host, token_env, "").update(refusals=0)
    return before


def unheard(host: str, token_env: str, refusals: int) -> None:
    """What it answered was one more refusal, as some come with status 200."""
    _row(host, token_env, "").update(refusals=refusals)


def _main(host: str, token_env: str, at: datetime) -> tuple[Budget, bool]:
    place = {"host": host, "token_env": token_env, "bucket": ""}
    return Budget.objects.get_or_create(**place, defaults={"learned_at": at})


def learn(
    host: str, token_env: str, headers: Mapping[str, str], bucket: str = "", *, at: datetime | None = None
) -> str:
    """Keep what an answer's headers say of its limit, if they do; gives the count that it drew on.

    Within one window what is left only shrinks: an answer that overtook another must not give back
    what workers have taken since. An answer of a window that is over tells nothing of the one that follows.
    """
    at = at or timezone.now()
    said, remaining = _lower(headers), left(headers)
    bucket = _bucket(said.get("x-ratelimit-resource", ""), bucket)
    if remaining is None:
        return bucket
    limit, resets_at = _window(said, at)
    told = {"limit": limit, "resets_at": resets_at, "learned_at": at}
    row, is_new = Budget.objects.get_or_create(
        host=host, token_env=token_env, bucket=bucket, defaults=told | {"remaining": remaining}
    )
    if is_new:
        return bucket
    mine = Budget.objects.filter(pk=row.pk)
    if resets_at is not None and resets_at <= at + SKEW:
        mine = mine.exclude(resets_at__gt=resets_at + SAME_WINDOW)
    later = resets_at is not None and (row.resets_at is None or resets_at > row.resets_at + SAME_WINDOW)
    least = remaining if later else Least(Coalesce(F("remaining"), remaining), remaining)
    kept = {name: value for name, value in told.items() if value is not None}
    mine.update(**kept | {"remaining": least})
    return bucket


def left(headers: Mapping[str, str]) -> int | None:
    """How many more requests an answer's headers let us make; None when they do not say."""
    said = _lower(headers)
    told = _whole(_first(said, "remaining"))
    if told is None and (window := _tightest(said)):
        return window.remaining
    return told


def _window(said: dict[str, str], at: datetime) -> tuple[int | None, datetime | None]:
    """Of how many requests that is left, and until when."""
    if _first(said, "remaining") is None and (window := _tightest(said)):
        ends = at + timedelta(seconds=window.seconds) if window.seconds is not None else None
        return window.limit, min(ends, at + LONGEST) if ends else None
    return _whole(_first(said, "limit")), _reset(_first(said, "reset"), at, ahead=_ahead(said, at))


def _tightest(said: dict[str, str]) -> Window | None:
    """Of several limits that hold at once, the one with least left; of those, the one that lasts longest."""
    return min(windows(said), key=lambda one: (one.remaining, -(one.seconds or 0)), default=None)


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def _bucket(named: str, asked: str) -> str:
    """The host's own name of the count, or else that of what we asked for."""
    named = clean(named.strip().lower(), 40)
    return "" if named in MAIN else named or asked


def _row(host: str, token_env: str, bucket: str):
    return Budget.objects.filter(host=host, token_env=token_env, bucket=bucket)


def _first(said: dict[str, str], name: str) -> str | None:
    return said.get(f"x-ratelimit-{name}") or said.get(f"ratelimit-{name}")


def host_of(url: str) -> str:
    """Host and port, lower-cased, without credentials: what a budget is kept for."""
    return urlsplit(url).netloc.rpartition("@")[2].lower()


def _called(host: str, bucket: str) -> str:
    return f"{host} ({bucket.replace('_', ' ')})" if bucket else host


def _clock(at: datetime) -> str:
    return f"{at.astimezone(UTC):%H:%M} UTC"


def _whole(value: str | None) -> int | None:
    digits = (value or "").strip()
    return (
        min(int(digits), 2**31 - 1) if digits.isascii() and digits.isdecimal() and len(digits) < 20 else None
    )


def _ahead(said: dict[str, str], at: datetime) -> float:
    """Seconds by which the host's clock is ahead of ours; 0 when it may just have taken long to answer."""
    told = moment(said.get("date", ""))
    ahead = told - at.timestamp() if told is not None else 0.0
    return ahead if abs(ahead) > SLOWEST.total_seconds() else 0.0


def _reset(value: str | None, at: datetime, *, ahead: float = 0.0) -> datetime | None:
    """Seconds since 1970 by the host's clock, or from now, as hosts differ; never more than a day ahead."""
    seconds = _whole(value)
    if seconds is None:
        return None
    if seconds > 10**9:
        seconds = max(int(seconds - ahead), 0)
        return (
            min(datetime.fromtimestamp(min(seconds, 2**40), UTC), at + LONGEST)
            if seconds < 2**36
            else at + LONGEST
        )
    return min(at + timedelta(seconds=seconds), at + LONGEST)
