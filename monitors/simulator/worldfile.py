"""World files: small TOML that a person writes. `worlds/README.md` says how."""

from __future__ import annotations

import re
import tomllib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import msgspec

from monitors.simulator.customs import Customs, reason_of
from monitors.simulator.faults import Fault, Faults, Outage
from monitors.simulator.limits import Limit
from monitors.simulator.material import Material
from monitors.simulator.places import Holds

SHIPPED = Path(__file__).parent / "worlds"
LARGEST = 1024 * 1024
MOST_FORKS = 200_000
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}

_SPAN = re.compile(r"([+-]?)((?:\d+(?:\.\d+)?[smhd])+)")
_PIECE = re.compile(r"(\d+(?:\.\d+)?)([smhd])")


class WorldError(Exception):
    """A world file cannot be used; the message says why and where."""


class Span(timedelta):
    """A length of time, written "90m", "1h30m", "-400d"."""


Reason = Literal["deleted", "private", "dmca", "tos", "unpublished", "quarantined", "yanked"]


class _Table(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    pass


class Leak(_Table):
    """What got out."""

    name: str = "acme-cli"
    company: str = "Acme"
    files: int = 40
    lines: int = 4_000
    map_bytes: int = 0
    seed: int = 1


class Gone(_Table):
    """When something goes, why, and for how long (no `back`: for good)."""

    at: Span
    reason: Reason = "deleted"
    back: Span | None = None


class Renamed(_Table):
    at: Span
    to: str


class Pushed(_Table):
    """A push that changes what the repository holds."""

    at: Span
    holds: Holds
    share: float = 1.0


class ReleaseTable(_Table):
    tag: str
    at: Span
    holds: Holds = Holds.LEAK
    share: float = 1.0


class RepositoryTable(_Table):
    """One repository."""

    name: str
    host: str = "github"
    at: Span = Span()
    holds: Holds = Holds.NOTHING
    share: float = 1.0
    fork_of: str = ""
    description: str = ""
    stars: int = 0
    topics: list[str] = []
    own: bool = False
    sort: Literal["repository", "model", "dataset", "space"] = "repository"
    pushed: list[Pushed] = []
    renamed: list[Renamed] = []
    gone: list[Gone] = []
    release: list[ReleaseTable] = []


class ForksTable(_Table):
    """A crowd that forks one repository. All shares are of `count`, from 0 to 1."""

    of: str
    count: int
    within: Span
    host: str = "github"
    at: Span | None = None  # when it begins; when the repository is made, if not said
    peak: Span | None = None  # when most come, after the beginning; evenly, if not said
    of_forks: float = 0.0  # fork a fork
    readme: float = 0.0  # change the readme, and keep the rest
    touched: float = 0.0  # change some files
    part: float = 0.0  # keep some folders
    renamed: float = 0.0
    deleted: float = 0.0
    hidden: float = 0.0  # private: counted, never listed


class VersionTable(_Table):
    number: str
    at: Span = Span()
    holds: Holds = Holds.NOTHING
    share: float = 1.0
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
    per_hour: int = 60
    resets: list[Span] = []


class GistTable(_Table):
    owner: str
    at: Span = Span()
    host: str = "github"
    holds: Holds = Holds.PART
    share: float = 0.1
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
    status: int = 200


class PostsTable(_Table):
    """Talk: `count` posts over a length of time."""

    title: str
    host: str = "hackernews"
    feed: str = ""
    count: int = 1
    at: Span = Span()
    within: Span = Span(hours=1)
    peak: Span | None = None


class ImageTable(_Table):
    name: str
    host: str = "dockerhub"
    tag: str = "latest"
    at: Span = Span()
    holds: Holds = Holds.LEAK
    share: float = 1.0
    description: str = ""
    gone: list[Gone] = []


class CustomsTable(_Table):
    """How a host treats notices, and what follows."""

    delay: Span = Span(hours=18)
    repost: float = 0.0
    repost_delay: Span = Span(hours=6)
    counter: float = 0.0
    counter_delay: Span = Span(days=11)
    reason: Reason | None = None  # as it is usual there, if not said


class NoticeTable(_Table):
    """A notice that somebody gives: of a repository, package, version, gist, page, capture or image."""

    name: str
    at: Span
    host: str = "github"
    network: bool = False  # of all forks there are by then, too


class LimitTable(_Table):
    count: int
    per: Span


class TokenTable(_Table):
    login: str
    scopes: list[str] = []


class OutageTable(_Table):
    host: str
    at: Span
    within: Span


class Plan(_Table):
    """A whole world file."""

    name: str
    seed: int = 1
    start: datetime | None = None  # now, if not said
    speed: float = 1.0
    latency: Span = Span()  # before each answer, in real time
    drip: Span = Span(seconds=0.5)  # that a slow body takes, in real time
    retry_after: Span = Span(seconds=30)  # that a made-up refusal asks for, in the world's time
    leak: Leak = msgspec.field(default_factory=Leak)
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
    outage: list[OutageTable] = []
    takedowns: dict[str, CustomsTable] = {}
    limits: dict[str, dict[str, LimitTable]] = {}
    faults: dict[str, dict[Fault, float]] = {}
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
        return _checked(msgspec.convert(tomllib.loads(text.decode()), Plan, dec_hook=_span))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise WorldError(f"{name} is no TOML: {error}") from None
    except (msgspec.ValidationError, ValueError) as error:
        raise WorldError(f"{name}: {error}") from None


def shipped() -> list[str]:
    """The names of the worlds that come with the product."""
    return sorted(file.stem for file in SHIPPED.glob("*.toml"))


def span(text: str) -> Span:
    """A length of time from "90m", "+1h30m" or "-400d". Raises ValueError."""
    match = _SPAN.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is no length of time; write "90s", "20m", "1h30m" or "-400d".')
    seconds = sum(float(number) * UNITS[unit] for number, unit in _PIECE.findall(match[2]))
    return Span(seconds=-seconds if match[1] == "-" else seconds)


def _span(wanted: type, value: object) -> object:
    if wanted is not Span:
        raise NotImplementedError
    if not isinstance(value, str):
        raise ValueError(f'{value!r} is no length of time; write "90s", "20m", "1h30m" or "-400d".')
    return span(value)


def _checked(plan: Plan) -> Plan:
    """The same plan. Raises ValueError when numbers are out of bounds or names do not fit."""
    for forks in plan.forks:
        _within(f"forks of {forks.of}: count", forks.count, 1, MOST_FORKS)
        mixed = (forks.readme, forks.touched, forks.part)
        _within(f"forks of {forks.of}: readme, touched and part together", sum(mixed), 0, 1)
        for share in (*mixed, forks.of_forks, forks.renamed, forks.deleted, forks.hidden):
            _within(f"forks of {forks.of}: a share", share, 0, 1)
    for kind, shares in plan.faults.items():
        _within(f"faults of {kind} together", sum(shares.values()), 0, 1)
    _within("leak.files", plan.leak.files, 1, 20_000)
    _within("leak.lines", plan.leak.lines, 8, 2_000_000)
    _within("leak.map_bytes", plan.leak.map_bytes, 0, 200_000_000)
    _within("speed", plan.speed, 0, 100_000)
    for repository in plan.repository:
        if repository.name.count("/") != 1:
            raise ValueError(f'repository "{repository.name}": write its name as "owner/name".')
    return plan


def _within(what: str, value: float, least: float, most: float) -> None:
    if not least <= value <= most:
        raise ValueError(f"{what} is {value}; it must be from {least} to {most}.")
