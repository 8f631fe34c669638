"""Brands that were watched for a few days only: what happens to them, and what is found of it. `make bench-few-days`.

Six brands of one trade, of 80 to 800 mentions a day with the rhythms, drifts, moods and reshares of ordinary weeks,
watched for nine days from nothing at the product's defaults. Bad weather doubles the complaints of four of them for a
day; one has an outage of four hours; one is the joke of two hours; of the last one hardly anything is collected before
the seventh day, and nothing happened. Counted are what was found, when, as what, and the pages about nothing.
`TOCSIN_BENCH_RUNS` makes it smaller.
"""

import os
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.events import Detection, Direction, Tally
from streams.windows import MINUTE
from tests.bench.onset_found import quantile
from tests.bench.ordinary_weeks import DAY_MINUTES, KINDS, WEEK_MINUTES
from tests.bench.report import Report
from tests.bench.watching import Watched
from tests.fakes.streams_of_counts import START

SEED: Final = 1
RUNS: Final = int(os.environ.get("TOCSIN_BENCH_RUNS", "12"))
DAYS: Final = 9
BUDGET: Final = 0.25
PER_DAY: Final = (80.0, 130.0, 200.0, 320.0, 500.0, 800.0)
USUAL_SHARES: Final = (0.3, 0.4, 0.5)
HOUR: Final = 60
_POLARITY: Final = 0.5


class Happening(NamedTuple):
    """What happens to a brand, from minute `begins` on.

    Attributes:
        times: As many mentions as usual.
        share: How many of what comes on top are negative.
    """

    name: str
    begins: int
    minutes: int
    times: float
    share: float

    @property
    def ends(self) -> int:
        """The first minute after it."""
        return self.begins + self.minutes


class Told(NamedTuple):
    """Of one brand: whether and after how many hours it was found, whether as what it was, and pages about nothing."""

    name: str
    hours: float | None
    rightly: bool
    pages: int


def happenings(rng: np.random.Generator) -> list[Happening | None]:
    """One for each brand; None of the brand whose collection begins."""
    weather = 6 * DAY_MINUTES + int(rng.integers(0, 6 * HOUR))
    outage = 5 * DAY_MINUTES + int(rng.integers(0, DAY_MINUTES))
    joke = 7 * DAY_MINUTES + int(rng.integers(0, DAY_MINUTES))
    storms = [Happening("weather", weather, DAY_MINUTES, 2.2, 0.85) for _ in range(4)]
    found: list[Happening | None] = [*storms]
    found[int(rng.integers(0, 4))] = Happening("joke", joke, 2 * HOUR, 5.0, 0.05)
    return [*found, Happening("outage", outage, 4 * HOUR, 4.0, 0.85), None]


def _watch(run: int) -> list[Told]:
    rng = np.random.default_rng([SEED, run])
    return [
        _brand(happening, per_day, rng)
        for happening, per_day in zip(happenings(rng), rng.permutation(PER_DAY).tolist(), strict=True)
    ]


def _brand(happening: Happening | None, per_day: float, rng: np.random.Generator) -> Told:
    minutes = DAYS * DAY_MINUTES
    rate = np.full(2 * WEEK_MINUTES, per_day / DAY_MINUTES)
    extra = np.zeros(2 * WEEK_MINUTES)
    if happening is None:
        rate[: 6 * DAY_MINUTES] = 1.0 / DAY_MINUTES
    else:
        extra[happening.begins : happening.ends] = happening.times - 1.0
    share = USUAL_SHARES[int(rng.integers(0, len(USUAL_SHARES)))]
    usual = KINDS["all of it"](rate, rng)[:minutes]
    # what comes on top follows the hours that people are awake in, as the brand's own mentions do
    hours = np.convolve(usual, np.full(3 * HOUR, 1.0 / (3 * HOUR)), mode="same")
    on_top = KINDS["cascades"](0.5 * (hours + per_day / DAY_MINUTES) * extra[:minutes], rng)
    negative = rng.binomial(usual, share) + rng.binomial(on_top, 0.0 if happening is None else happening.share)
    return _told(happening, _watched(usual + on_top, negative))


def _watched(mentions: NDArray[np.int64], negative: NDArray[np.int64]) -> Sequence[Detection]:
    topic = Watched(random.Random(SEED), pages_per_week=BUDGET)  # noqa: S311 - it draws nothing here
    for count, bad in zip(mentions.tolist(), negative.tolist(), strict=True):
        if count:
            topic.add(START + topic.minute * MINUTE + MINUTE - 1, _tally(count, bad))
        topic.end_minute()
    return topic.opened()


def _tally(mentions: int, negative: int) -> Tally:
    glad = (mentions - negative) // 3
    return Tally(
        mentions=mentions,
        negative=negative,
        neutral=mentions - negative - glad,
        positive=glad,
        polarity_sum=_POLARITY * (glad - negative),
        polarity_squares=_POLARITY**2 * (glad + negative),
    )


def _told(happening: Happening | None, opened: Sequence[Detection]) -> Told:
    at = [(one.at.timestamp() - START) / MINUTE for one in opened]
    if happening is None:
        return Told("collection begins", None, rightly=True, pages=len(opened))
    about = [one for one, minute in zip(opened, at, strict=True) if happening.begins <= minute < happening.ends + HOUR]
    if not about:
        return Told(happening.name, None, rightly=False, pages=len(opened))
    wanted = Direction.VIRAL if happening.name == "joke" else Direction.CRISIS
    hours = ((about[0].at.timestamp() - START) / MINUTE - happening.begins) / HOUR
    return Told(happening.name, hours, rightly=about[0].direction is wanted, pages=len(opened) - len(about))


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    report = Report("few-days", seed=SEED)
    told = [one for run in range(RUNS) for one in _watch(run)]
    report.add("brands", len(told), "brands")
    for name, goal in (("weather", ">= 0.8"), ("outage", ">= 0.9"), ("joke", ">= 0.9")):
        some = [one for one in told if one.name == name]
        found = [one for one in some if one.hours is not None]
        report.add(f"{name}: found", len(found) / len(some), "share", goal=goal)
        report.add(f"{name}: found after, median", quantile([one.hours for one in some], 0.5), "hours")
        rightly = statistics.fmean(one.rightly for one in found) if found else None
        report.add(f"{name}: of them as what it was", rightly, "share")
    starts = [one for one in told if one.name == "collection begins"]
    report.add("pages where collecting begins", sum(one.pages for one in starts), "pages", goal="<= 0")
    others = [one for one in told if one.name != "collection begins"]
    weeks = DAYS * DAY_MINUTES / WEEK_MINUTES
    about_nothing = sum(one.pages for one in others) / len(others) / weeks / BUDGET
    report.add("pages about nothing: measured / promised", about_nothing, "", goal="<= 1.5")
    report.print()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
