"""World files: small TOML that a person writes. `worlds/README.md` says how."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from monitors.simulator import hooks, hosting, spans
from monitors.simulator.customs import Customs, reason_of
from monitors.simulator.faults import Fault, Faults, Outage
from monitors.simulator.limits import Limit
from monitors.simulator.material import Material
from monitors.simulator.places import Holds
from monitors.simulator.spans import Length, Pause, Span

SHIPPED = Path(__file__).parent / "worlds"
LARGEST = 1024 * 1024
MOST_FORKS = 200_000
YEARS = (2000, 2200)


class WorldError(Exception):
    """A world file cannot be used; the message says why and where."""


Share = Annotated[float, msgspec.Meta(ge=0, le=1)]


Reason = Literal["deleted", "private", "dmca", "tos", "unpublished", "quarantined", "yanked"]


class _Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class Leak(_Table):
    """What got out."""

    name: str = "acme-cli"
    company: str = "Acme"
    files: Annotated[int, msgspec.Meta(ge=1, le=20_000)] = 40
    lines: Annotated[int, msgspec.Meta(ge=8, le=2_000_000)] = 4_000
    map_bytes: Annotated[int, msgspec.Meta(ge=0, le=200_000_000)] = 0
    seed: int = 1


class Gone(_Table):
    """When something goes, why, and for how long (no `back`: for good)."""

    at: Span
    reason: Reason = "deleted"
    back: Span | None = None

    def __post_init__(self) -> None:
        if self.back is not None and self.back <= self.at:
            raise ValueError("`back` is not after `at`")


class Renamed(_Table):
    at: Span
    to: str


class Pushed(_Table):
    """A push that changes what the repository holds."""

    at: Span
    holds: Holds
    share: Share = 1.0


class AccountTable(_Table):
    """Somebody: who owns a repository is there without being stated, as a person."""

    login: str
    host: str = "github"
    at: Span | None = None  # long ago, if not said
    organization: bool = False
    name: str = ""


class ReleaseTable(_Table):
    tag: str
    at: Span
    holds: Holds = Holds.LEAK
    share: Share = 1.0


class RepositoryTable(_Table):
    """One repository."""

    name: str
    host: str = "github"
    at: Span = Span()
    holds: Holds = Holds.NOTHING
    share: Share = 1.0
    fork_of: str = ""
    description: str = ""
    stars: Annotated[int, msgspec.Meta(ge=0, le=1_000_000_000)] = 0
    topics: list[str] = []
    own: bool = False
    sort: Literal["repository", "model", "dataset", "space"] = "repository"
    pushed: list[Pushed] = []
    renamed: list[Renamed] = []
    gone: list[Gone] = []
    release: list[ReleaseTable] = []

    def __post_init__(self) -> None:
        if self.name.count("/") != 1:
            raise ValueError(f'"{self.name}" is none; write its name as "owner/name"')


class ForksTable(_Table):
    """A crowd that forks one repository. All shares are of `count`, from 0 to 1."""

    of: str
    count: Annotated[int, msgspec.Meta(ge=1)]
    within: Length
    host: str = "github"
    at: Span | None = None  # when it begins; when the repository is made, if not said
    peak: Length | None = None  # when most come, after the beginning; evenly, if not said
    of_forks: Share = 0.0  # fork a fork
    readme: Share = 0.0  # change the readme, and keep the rest
    touched: Share = 0.0  # change some files
    part: Share = 0.0  # keep some folders
    renamed: Share = 0.0
    deleted: Share = 0.0
    hidden: Share = 0.0  # private: counted, never listed

    def __post_init__(self) -> None:
        _within("readme, touched and part together", self.readme + self.touched + self.part, 0, 1)


class VersionTable(_Table):
    number: str
    at: Span = Span()
    holds: Holds = Holds.NOTHING
    share: Share = 1.0
    gone: list[Gone] = []


class PackageTable(_Table):
    name: str
    version: list[VersionTable]
    host: str = "npm"
    description: str = ""
    author: str = ""


class FeedTable(_Table):
    """What else happens in a registry's feed of changes."""

    host: str = "npm"
    per_hour: Annotated[int, msgspec.Meta(ge=0, le=10_000)] = 60
    resets: list[Span] = []


class GistTable(_Table):
    owner: str
    at: Span = Span()
    host: str = "github"
    holds: Holds = Holds.PART
    share: Share = 0.1
    description: str = ""
    gone: list[Gone] = []


class PageTable(_Table):
    """An address that serves something: at a mirror or a CDN ("mirror"), or anywhere ("url")."""

    path: str
    host: str = "mirror"
    at: Span = Span()
    holds: Holds = Holds.LEAK
    package: str = "acme-cli"
    number: str = "2.1.88"
    redirect: str = ""
    gone: list[Gone] = []


class CaptureTable(_Table):
    url: str
    at: Span = Span()
    host: str = "wayback"
    holds: Holds = Holds.LEAK
    status: Annotated[int, msgspec.Meta(ge=100, le=599)] = 200


class PostsTable(_Table):
    """Talk: `count` posts over a length of time."""

    title: str
    host: str = "hackernews"
    feed: str = ""
    count: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1
    at: Span = Span()
    within: Length = Length(hours=1)
    peak: Length | None = None


class ImageTable(_Table):
    name: str
    host: str = "dockerhub"
    tag: str = "latest"
    at: Span = Span()
    holds: Holds = Holds.LEAK
    share: Share = 1.0
    description: str = ""
    gone: list[Gone] = []


class CustomsTable(_Table):
    """How a host treats notices, and what follows."""

    delay: Length = Length(hours=18)
    repost: Share = 0.0
    repost_delay: Length = Length(hours=6)
    counter: Share = 0.0
    counter_delay: Length = Length(days=11)
    reason: Reason | None = None  # as it is usual there, if not said

    def __post_init__(self) -> None:
        _within("repost and counter together", self.repost + self.counter, 0, 1)


class NoticeTable(_Table):
    """A notice that somebody gives: of a repository, package, version, gist, page, capture or image."""

    name: str
    at: Span
    host: str = "github"
    network: bool = False  # of all forks there are by then, too


class LimitTable(_Table):
    count: Annotated[int, msgspec.Meta(ge=1, le=1_000_000_000)]
    per: Length

    def __post_init__(self) -> None:
        if not self.per:
            raise ValueError("`per` is no time at all")


class TokenTable(_Table):
    login: str
    scopes: list[str] = []


class HookTable(_Table):
    """Whom GitHub tells by itself what happens to the repositories of one account."""

    owner: str
    url: str
    secret: str
    host: str = hooks.KIND
    beyond_loopback: bool = False

    def __post_init__(self) -> None:
        hooks.judge(self.url, beyond=self.beyond_loopback)


class OutageTable(_Table):
    host: str
    at: Span
    within: Length


class Plan(_Table):
    """A whole world file."""

    name: str
    seed: int = 1
    start: datetime | None = None  # now, if not said
    speed: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = 1.0
    latency: Pause = Pause()  # before each answer, in real time
    jitter: Pause = Pause()  # that it takes longer at most, by the seed
    drip: Pause = Pause(seconds=0.5)  # that a slow body takes, in real time
    retry_after: Length = Length(seconds=30)  # that a made-up refusal asks for, in the world's time
    leak: Leak = msgspec.field(default_factory=Leak)
    account: list[AccountTable] = []
    repository: list[RepositoryTable] = []
    forks: list[ForksTable] = []
    package: list[PackageTable] = []
    feed: list[FeedTable] = []
    gist: list[GistTable] = []
    page: list[PageTable] = []
    capture: list[CaptureTable] = []
    posts: list[PostsTable] = []
    image: list[ImageTable] = []
    notice: list[NoticeTable] = []
    hook: Annotated[list[HookTable], msgspec.Meta(max_length=hooks.MOST)] = []
    outage: list[OutageTable] = []
    takedowns: dict[str, CustomsTable] = {}
    indexing: dict[str, Length] = {}  # how late those are that draw on others' repositories
    limits: dict[str, dict[str, LimitTable]] = {}
    faults: dict[str, dict[Fault, Share]] = {}
    tokens: dict[str, TokenTable] = {}

    @property
    def moment(self) -> datetime:
        """The start; without a zone it is in UTC."""
        start = self.start or datetime.now(UTC)
        return start if start.tzinfo else start.replace(tzinfo=UTC)

    def material(self) -> Material:
        return Material(**msgspec.structs.asdict(self.leak))

    def stated_limits(self) -> dict[str, dict[str, Limit]]:
        """Limits that replace the dialects' own."""
        return {
            kind: {bucket: Limit(one.count, one.per.total_seconds()) for bucket, one in buckets.items()}
            for kind, buckets in self.limits.items()
        }

    def customs(self) -> dict[str, Customs]:
        """How hosts treat notices, where the file says it."""
        told = {kind: msgspec.structs.asdict(one) for kind, one in self.takedowns.items()}
        return {
            kind: Customs(**one | {"reason": one["reason"] or reason_of(kind)}) for kind, one in told.items()
        }

    def errors(self, start: datetime) -> Faults:
        """What goes wrong, and when."""
        outages = [Outage(one.host, start + one.at, start + one.at + one.within) for one in self.outage]
        return Faults(
            seed=self.seed,
            shares=self.faults,
            outages=outages,
            retry_after=self.retry_after.total_seconds(),
            drip=self.drip.total_seconds(),
            latency=self.latency.total_seconds(),
            jitter=self.jitter.total_seconds(),
        )


def read(path: str | Path) -> Plan:
    """The plan in a file, or of a shipped world by its name. Raises WorldError."""
    file = SHIPPED / f"{path}.toml" if f"{path}" in shipped() else Path(path)
    try:
        text = file.read_bytes()[: LARGEST + 1]
    except OSError as error:
        known = ", ".join(shipped())
        raise WorldError(f"{file} cannot be read ({error.strerror}). Shipped worlds: {known}.") from None
    return parse(text, name=file.name)


def parse(text: bytes, *, name: str = "world") -> Plan:
    """The plan in a file's text. Raises WorldError."""
    if len(text) > LARGEST:
        raise WorldError(f"{name} is larger than {LARGEST:,} bytes.")
    try:
        return _checked(msgspec.convert(tomllib.loads(text.decode()), Plan, dec_hook=spans.read))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldError(f"{name} is no TOML: {error}") from None
    except ValueError as error:
        raise WorldError(f"{name}: {error}") from None


def shipped() -> list[str]:
    """The names of the worlds that come with the product."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def _checked(plan: Plan) -> Plan:
    """The same plan. Raises ValueError when numbers are out of bounds or names do not fit."""
    _within("forks: all counts together", sum(forks.count for forks in plan.forks), 0, MOST_FORKS)
    for kind, shares in plan.faults.items():
        _within(f"faults of {kind} together", sum(shares.values()), 0, 1)
    _within("the year of the start", plan.moment.year, *YEARS)
    hosting.check(plan)
    return plan


def _within(what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{what}: {value}; it must be from {least} to {most}.")
