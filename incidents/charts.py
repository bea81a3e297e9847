"""Coordinates of the charts that templates draw as SVG. A template does no arithmetic."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

from incidents.curve import Point
from incidents.status import Spread

LEFT, RIGHT, TOP, BOTTOM = 50, 20, 30, 30
STEPS = 72
NICE = (1, 2, 5, 10)


@dataclass(frozen=True)
class Area:
    """One band of the stack: a polygon's points, and the colour's name."""

    kind: str
    points: str


@dataclass(frozen=True)
class Tick:
    """A place on an axis, or a mark over the curve; `text_y` is where its label stands."""

    at: float
    label: str
    text_y: float = 0
    anchor: str = "start"  # "end" where the label would leave the drawing


@dataclass(frozen=True)
class Row:
    """One line of the same figures as a table, for those who do not see the drawing."""

    label: str
    live: int
    returned: int
    gone: int


@dataclass(frozen=True)
class Chart:
    width: int
    height: int
    left: int
    right: int  # x of the right edge
    top: int
    bottom: int  # y of the base line
    areas: list[Area]
    levels: list[Tick]  # y axis
    hours: list[Tick]  # x axis
    marks: list[Tick]
    rows: list[Row]
    summary: str


def spread(curve: Spread, *, since: datetime, until: datetime, width: int = 900, height: int = 240) -> Chart:
    """The spread curve from `since` to `until`: live below, returned on it, gone on top."""
    frame = _Frame(since, max(until, since + timedelta(hours=1)), width, height, _ceiling(curve.points))
    moments = [frame.since + frame.length * step / STEPS for step in range(STEPS + 1)]
    sampled = _sample(curve.points, moments)
    last = sampled[-1]
    return Chart(
        width=width,
        height=height,
        left=LEFT,
        right=width - RIGHT,
        top=TOP,
        bottom=height - BOTTOM,
        areas=_stack(frame, sampled),
        levels=[Tick(frame.y(level), f"{level:,}") for level in _levels(frame.most)],
        hours=[Tick(frame.x(moment), label) for moment, label in _hours(frame)],
        marks=_marks(frame, curve),
        rows=[Row(label, *_near(curve.points, moment)) for moment, label in _hours(frame)],
        summary=f"Copies over time. Now: {last.live:,} live, {last.returned:,} returned, {last.gone:,} gone.",
    )


@dataclass(frozen=True)
class _Frame:
    since: datetime
    until: datetime
    width: int
    height: int
    most: int

    @property
    def length(self) -> timedelta:
        return self.until - self.since

    def x(self, at: datetime) -> float:
        share = min(max((at - self.since) / self.length, 0), 1)
        return round(LEFT + share * (self.width - LEFT - RIGHT), 1)

    def y(self, count: int) -> float:
        return round(self.height - BOTTOM - count / self.most * (self.height - TOP - BOTTOM), 1)


def _ceiling(points: list[Point]) -> int:
    """The axis ends at a round number at or above the highest stack, 4 at least."""
    highest = max((point.live + point.returned + point.gone for point in points), default=0)
    power = 1
    while power * 10 < highest:
        power *= 10
    return max(next(nice * power for nice in NICE if nice * power >= highest), 4)


def _levels(most: int) -> list[int]:
    parts = 4 if most % 4 == 0 else 5
    return [most * part // parts for part in range(parts + 1)]


def _hours(frame: _Frame) -> list[tuple[datetime, str]]:
    """Six to nine labels on whole minutes, hours or days."""
    minutes = frame.length.total_seconds() / 60
    step = next(
        (one for one in (10, 30, 60, 120, 240, 360, 720, 1440, 2880, 10080) if minutes / one <= 8), 43200
    )
    labels = []
    for count in range(int(minutes // step) + 1):
        offset = timedelta(minutes=step * count)
        labels.append((frame.since + offset, _since(offset, step)))
    return labels


def _since(offset: timedelta, step: int) -> str:
    minutes = int(offset.total_seconds() // 60)
    if step >= 1440:
        return f"T+{minutes // 1440}d"
    return f"T+{minutes // 60}h" if step >= 60 else f"T+{minutes // 60}:{minutes % 60:02d}"


def _sample(points: list[Point], moments: list[datetime]) -> list[Point]:
    return [Point(moment, *_near(points, moment)) for moment in moments]


def _near(points: list[Point], moment: datetime) -> tuple[int, int, int]:
    """How it stood at that moment: the last point at or before it."""
    before = bisect_right(points, moment, key=lambda point: point.at)
    return (
        (points[before - 1].live, points[before - 1].returned, points[before - 1].gone)
        if before
        else (0, 0, 0)
    )


def _stack(frame: _Frame, sampled: list[Point]) -> list[Area]:
    areas, floor = [], [0] * len(sampled)
    for kind, css in [("live", "live"), ("returned", "back"), ("gone", "gone")]:
        roof = [low + getattr(point, kind) for low, point in zip(floor, sampled, strict=True)]
        forth = [f"{frame.x(point.at)},{frame.y(high)}" for point, high in zip(sampled, roof, strict=True)]
        back = [f"{frame.x(point.at)},{frame.y(low)}" for point, low in zip(sampled, floor, strict=True)]
        areas.append(Area(css, " ".join(forth + back[::-1])))
        floor = roof
    return areas


def _marks(frame: _Frame, curve: Spread) -> list[Tick]:
    """At most eight labels, on two lines by turns so that neighbours do not meet."""
    inside = [mark for mark in curve.marks if frame.since <= mark.at <= frame.until]
    return [
        Tick(
            x := frame.x(mark.at),
            mark.label,
            10 if turn % 2 == 0 else 24,
            "end" if x > 0.8 * frame.width else "start",
        )
        for turn, mark in enumerate(inside[-8:])
    ]
