"""`make bench-calibration`: how often a package that holds nothing of a leak reaches a score.

Every leak of both corpora is held against the innocents of both and the 1,000 ordinary packages of
`tests.bench.ordinary`. Pairs of a development leak and a development innocent, on which the engine was tuned,
are counted apart. Writes the table of docs/calibration.md. The last line is one JSON object.
"""

import json
import math
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from tests.bench.ordinary import (
    ROOT,
    Corpus,
    Found,
    corpora,
    installed,
    kin,
    matched,
    name_of,
    opened,
    parsed,
    pins,
)

PAGE = ROOT / "docs" / "calibration.md"
BEGIN, END = "<!-- measured -->", "<!-- /measured -->"
SCORES = [step / 20 for step in range(1, 20)] + [0.99]
UNSURE = 0.05  # one minus the confidence of the upper bound


@dataclass(frozen=True)
class Row:
    """Innocent pairs above a score, with their classes; `tuned` are those that the engine was tuned on."""

    score: float
    above: int
    pairs: int
    classes: Counter[str]
    tuned: int

    @property
    def share(self) -> float:
        return self.above / self.pairs

    @property
    def upper(self) -> float:
        return upper(self.above, self.pairs)


def upper(hits: int, trials: int) -> float:
    """The largest share that so many hits still leave likely: one-sided, 95 %, Clopper and Pearson.

    Found by halving to about 1e-12; 1 when every trial is a hit.
    """
    low, high = hits / trials, 1.0
    for _ in range(40):
        middle = (low + high) / 2
        low, high = (middle, high) if _at_most(hits, trials, middle) > UNSURE else (low, middle)
    return high


def _at_most(hits: int, trials: int, share: float) -> float:
    """The chance of at most so many hits, each with this share; the sum runs in logarithms."""
    if share >= 1:
        return float(hits >= trials)
    return sum(
        math.exp(
            math.lgamma(trials + 1)
            - math.lgamma(one + 1)
            - math.lgamma(trials - one + 1)
            + one * math.log(share)
            + (trials - one) * math.log1p(-share)
        )
        for one in range(hits + 1)
    )


def rows(heldout: Sequence[Found], tuned: Sequence[Found]) -> list[Row]:
    """One for each of `SCORES`."""
    return [
        Row(
            score,
            len(high := [one for one in heldout if one.score > score]),
            len(heldout),
            Counter(one.klass for one in high),
            sum(one.score > score for one in tuned),
        )
        for score in SCORES
    ]


def table(measured: Iterable[Row]) -> str:
    lines = [
        "| score | pairs above | share | at most (95 %) | their classes | tuned pairs above |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for row in measured:
        classes = ", ".join(f"{count} {klass}" for klass, count in row.classes.most_common()) or "none"
        lines.append(
            f"| {row.score:.2f} | {row.above} | {_percent(row.share)} | {_percent(row.upper)} "
            f"| {classes} | {row.tuned} |"
        )
    return "\n".join(lines)


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def write(page: Path, measured: str) -> None:
    """Put what was measured between the marks of the page; what stands around it stays."""
    before, _, rest = page.read_text().partition(BEGIN)
    _, _, after = rest.partition(END)
    page.write_text(f"{before}{BEGIN}\n{measured}\n{END}{after}")


def split(found: Iterable[Found], places: Sequence[Corpus]) -> tuple[list[Found], list[Found]]:
    """The pairs that share nothing by right: those held out, and those that the engine was tuned on."""
    excused = kin(places)
    dev = next(place for place in places if not place.heldout)
    leaks, packages = {*dev.listed["leaks"]}, {*dev.listed["innocents"]}
    piles: tuple[list[Found], list[Found]] = ([], [])
    for one in found:
        if (name_of(one.package), one.leak) not in excused:
            piles[one.leak in leaks and name_of(one.package) in packages].append(one)
    return piles


def main(arguments: list[str]) -> int:
    given = parsed(arguments, prog="python -m tests.bench.calibration", about=__doc__)
    folders = installed(pins(), given.cache)
    places = corpora(given.reposts, given.cache)
    innocents = {name: folder for place in places for name, folder in place.places("innocent").items()}
    against = opened(places)
    heldout, tuned = split(matched(innocents | folders, against, given.cache), places)
    measured = rows(heldout, tuned)
    counted = (
        f"Measured on {datetime.now(UTC):%Y-%m-%d}: {len(against)} leaks, {len(innocents)} innocents of the "
        f"same fields, {len(folders):,} ordinary packages; {len(heldout):,} held-out pairs, "
        f"{len(tuned)} tuned ones."
    )
    print(counted, table(measured), sep="\n\n")
    write(PAGE, f"{counted}\n\n{table(measured)}")
    above = {f"{row.score:.2f}": [row.above, round(row.share, 6), round(row.upper, 6)] for row in measured}
    print(json.dumps({"pairs": len(heldout), "tuned_pairs": len(tuned), "above": above}))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
