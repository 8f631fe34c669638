"""What several brands of one trade share, each too little to page alone. `make bench-industry`, some minutes.

Groups of three to eight brands, of 60 to 1,500 mentions a day each, at the product's defaults. Brands wander, cluster
and are restless by themselves, as in `ordinary_weeks`; besides, all of a group share the hours of the day and the news
of the day: a rate that wanders for all of them together. For four weeks nothing happens; then, every other day, the
whole trade is hit for some hours, by 1.2 to 2.1 times as many mentions, two thirds of what comes on top negative, or
one brand has a crisis of its own. Counted are the pages of the group where nothing happened, beside what was promised,
those events for which no brand would have been paged alone and how many of them the group finds, and the crises of a
single brand that it takes for more than that. Beside them stands the power of a test that may pay as much and knows
what nobody does: the usual rate and share of negative mentions of every brand, how far news move the whole trade, and
when an event begins and ends. It leaves the largest brand out too. Events are drawn from 1.2 times the mentions on, so
that there are some that even it misses.
`TOCSIN_BENCH_RUNS` and `TOCSIN_BENCH_PROCESSES` make it smaller, `TOCSIN_BENCH_SEED` draws other ones. With
`TOCSIN_BENCH_OUTCOMES`, a file, a run that was cut short goes on where it was.
"""

import os
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import NormalDist, fmean
from typing import Final, NamedTuple

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.claim import Claim
from streams.detectors.block_maxima import BLOCK_MINUTES
from streams.events import Tally
from streams.windows import MINUTE
from tests.bench.minute_fold import MinuteFold, tally_of
from tests.bench.onset_found import quantile
from tests.bench.ordinary_weeks import DAY_MINUTES, KINDS, WEEK_MINUTES, Rates, autoregression, season
from tests.bench.report import Report
from tests.bench.resumed import resumed
from tests.fakes.streams_of_counts import START

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "1"))
RUNS: Final = int(os.environ.get("TOCSIN_BENCH_RUNS", "18"))
PROCESSES: Final = int(os.environ.get("TOCSIN_BENCH_PROCESSES", str(os.cpu_count() or 1)))
BUDGET: Final = float(os.environ.get("TOCSIN_BENCH_BUDGET", "0.25"))
CALM_WEEKS: Final = 4
EVENTS: Final = 6
SIZES: Final = (3, 4, 5, 6, 7, 8)
OWN: Final = ("steady", "restless", "wandering", "cascades", "clumps")
SHARES: Final = (0.2, 0.3, 0.45)
ANGRY: Final = 0.67
TIMES: Final = (1.2, 2.1)
NEWS: Final = (240.0, 0.15)
"""Minutes of correlation and standard deviation of the logarithm, of the rate that all brands of a trade share."""
HOUR: Final = 60


class Happening(NamedTuple):
    """From minute `begins` to minute `ends`; `brands` are hit, `times` as many mentions as usual."""

    begins: int
    ends: int
    brands: frozenset[int]
    times: float


class Outcome(NamedTuple):
    """Of one group: pages about nothing, of each shared event what was found of it, and crises of one taken for more.

    Attributes:
        shared: Whether a brand paged by itself, after how many hours the group did, None where it did not, and the
            power of the test that knows everything.
    """

    false_pages: int
    weeks: float
    shared: tuple[tuple[bool, float | None, float], ...]
    single: tuple[bool, ...]


def _watch(run: int) -> Outcome:
    rng = np.random.default_rng([SEED, run])
    brands = SIZES[run % len(SIZES)]
    minutes = CALM_WEEKS * WEEK_MINUTES + (2 * EVENTS + 1) * DAY_MINUTES
    happenings = _happenings(brands, rng)
    common = season(minutes, rng, depth=0.6) * autoregression(minutes, rng, minutes=NEWS[0], sigma=NEWS[1])
    told = [_brand(number, common, happenings, rng) for number in range(brands)]
    own = [_opened(MinuteFold(pages_per_week=BUDGET, start=START).run(_pairs(*counts))) for counts in told]
    names = tuple(f"brand-{number}" for number in range(brands))
    group = MinuteFold(pages_per_week=BUDGET, start=START, members=names)
    pages = _opened(group.follow(_together(names, told)))
    powers = [_power(one, told) for one in happenings]
    return _judged(pages, own, list(zip(happenings, powers, strict=True)), minutes)


def _happenings(brands: int, rng: Generator) -> list[Happening]:
    """In turn of all brands, and of one of them with ten times its mentions."""
    found = []
    for number in range(EVENTS):
        begins = CALM_WEEKS * WEEK_MINUTES + (2 * number + 1) * DAY_MINUTES + int(rng.integers(0, 6 * HOUR))
        if number % 3 == 2:
            one = frozenset({int(rng.integers(0, brands))})
            found.append(Happening(begins, begins + 3 * HOUR, one, 10.0))
        else:
            hours = int(rng.integers(6, 18))
            found.append(Happening(begins, begins + hours * HOUR, frozenset(range(brands)), rng.uniform(*TIMES)))
    return found


def _brand(
    number: int, common: Rates, happenings: Sequence[Happening], rng: Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Its mentions minute by minute, and the negative ones among them."""
    rate = common * 10.0 ** rng.uniform(np.log10(60.0), np.log10(1500.0)) / DAY_MINUTES
    extra = np.zeros(len(common))
    for one in happenings:
        if number in one.brands:
            extra[one.begins : one.ends] = one.times - 1.0
    usual = KINDS[str(rng.choice(OWN))](rate, rng)[: len(common)]
    on_top = rng.poisson(rate * extra)
    return usual + on_top, rng.binomial(usual, rng.choice(SHARES)) + rng.binomial(on_top, ANGRY)


def _pairs(mentions: NDArray[np.int64], negative: NDArray[np.int64]) -> list[tuple[int, int]]:
    return list(zip(mentions.tolist(), negative.tolist(), strict=True))


def _together(
    names: Sequence[str], told: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
) -> list[tuple[Tally, tuple[tuple[str, Tally], ...]]]:
    rows = zip(*(_pairs(*counts) for counts in told), strict=True)
    minutes = []
    for row in rows:
        said = tuple((name, tally_of(*pair)) for name, pair in zip(names, row, strict=True) if pair[0])
        minutes.append((tally_of(sum(pair[0] for pair in row), sum(pair[1] for pair in row)), said))
    return minutes


def _opened(claims: Sequence[Claim]) -> list[float]:
    return [(claim.opened - START) / MINUTE for claim in claims]


def _power(one: Happening, told: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> float:
    """Of a test of the event's whole stretch that knows everything: how many rise, and how many on top are negative."""
    minutes, calm = one.ends - one.begins, CALM_WEEKS * WEEK_MINUTES
    brands = sorted((mentions[:calm].sum(), negative[:calm].sum()) for mentions, negative in told)[:-1]
    usual = np.array([mentions for mentions, _ in brands]) * minutes / calm
    shares = np.array([negative / mentions for mentions, negative in brands])
    together = NEWS[0] / minutes
    moved = 2.0 * together * (1.0 - together * (1.0 - np.exp(-1.0 / together)))  # variance of a mean of that long
    by_volume = np.log(one.times) / np.sqrt(NEWS[1] ** 2 * moved + 1.0 / usual.sum())
    angrier = ((one.times - 1.0) * usual * (ANGRY - shares)).sum()
    by_mood = angrier / np.sqrt((one.times * usual * shares * (1.0 - shares)).sum())
    needed = NormalDist().inv_cdf(1.0 - BUDGET * BLOCK_MINUTES / WEEK_MINUTES)
    return NormalDist().cdf(float(np.hypot(by_volume, by_mood)) - needed)


def _judged(
    pages: Sequence[float], own: Sequence[Sequence[float]], happenings: Sequence[tuple[Happening, float]], minutes: int
) -> Outcome:
    shared, single = [], []
    for one, power in happenings:
        within = [page for page in pages if one.begins <= page < one.ends + HOUR]
        if len(one.brands) == 1:
            single.append(bool(within))
        else:
            alone = any(one.begins <= page < one.ends + HOUR for brand in own for page in brand)
            shared.append((alone, (within[0] - one.begins) / HOUR if within else None, power))
    false = sum(not any(one.begins <= page < one.ends + HOUR for one, _ in happenings) for page in pages)
    return Outcome(false, minutes / WEEK_MINUTES, tuple(shared), tuple(single))


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    outcomes = [Outcome(*values) for values in resumed(_watch, range(RUNS), processes=PROCESSES)]
    report = Report("industry", seed=SEED)
    weeks = sum(outcome.weeks for outcome in outcomes)
    false = sum(outcome.false_pages for outcome in outcomes)
    report.add("groups", RUNS, "groups")
    report.add("weeks of groups", weeks, "weeks")
    report.add("pages about nothing", false, "pages")
    report.add("pages about nothing: measured / promised", false / (BUDGET * weeks), "", goal="<= 1.5")
    shared = [event for outcome in outcomes for event in outcome.shared]
    small = [hours for alone, hours, _ in shared if not alone]
    report.add("events of a whole trade", len(shared), "events")
    report.add("of them too small for any brand to page alone", len(small), "events")
    found = [hours for hours in small if hours is not None]
    report.add("of these found by the group", len(found) / len(small) if small else None, "share", goal=">= 0.8")
    report.add("found after, median", quantile(list(small), 0.5), "hours")
    powers = [power for alone, _, power in shared if not alone]
    report.add("of these found by the test that knows everything", fmean(powers) if powers else None, "share")
    both = [hours for alone, hours, _ in shared if alone]
    report.add(
        "of the others found by the group", sum(one is not None for one in both) / len(both) if both else None, "share"
    )
    single = [wrong for outcome in outcomes for wrong in outcome.single]
    report.add("crises of one brand", len(single), "events")
    report.add("of them taken for the whole trade's", sum(single) / len(single), "share", goal="<= 0.05")
    report.print()
    return 1 if report.missed else 0


if __name__ == "__main__":
    sys.exit(main())
