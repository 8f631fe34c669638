"""How soon a rise or a turned mood is found, beside three rules as vendors ship them. `make bench-onset`, some minutes.

Each run is a fresh topic of some weeks without an event, then a step of its rate. Counted are the mentions from the
step to the page, both included; a run in which nothing is found until twenty times as many mentions have come as the
goal allows, or in which a page is open at the step, counts as not found. A rule looks at the last hour after each
mention, and before the step at each full hour; how often it rises above its line then is its false pages. The budget
is one false page a week and topic. Of each page it is noted whether its onset's interval holds the true one; on
moods and joy see `onset_moods`. `TOCSIN_BENCH_RUNS` makes it smaller.
"""

import os
import random
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.windows import MINUTE
from tests.bench.onset_found import BUDGET, Found, quantile, watched
from tests.bench.onset_moods import add_moods
from tests.bench.onset_rules import RULES, by_rule
from tests.bench.report import Report
from tests.bench.watching import DAY_MINUTES, HOUR_MINUTES, counts, tally

SEED: Final = 1
RUNS: Final = int(os.environ.get("TOCSIN_BENCH_RUNS", "40"))
PATIENCE: Final = 20


class Step(NamedTuple):
    """A topic and what happens to it.

    Attributes:
        per_hour: Its usual rate.
        times: How many times as many come from the step on.
        weeks: How long it was watched before.
        goal: Mentions within which half of the steps should be found.
    """

    name: str
    per_hour: float
    times: float
    weeks: int
    goal: int


STEPS: Final = (
    Step("5x on 20 an hour", 20.0, 5.0, 2, 12),
    Step("5x on 1 a day", 1 / 24, 5.0, 5, 5),
    Step("3x on 200 an hour", 200.0, 3.0, 1, 60),
)


class Ramp(NamedTuple):
    """A rate that doubles again and again until it is twenty times as high."""

    name: str
    per_hour: float
    doubling_minutes: float
    weeks: int


RAMPS: Final = (
    Ramp("20 an hour doubling every 15 minutes", 20.0, 15.0, 2),
    Ramp("20 an hour doubling every hour", 20.0, 60.0, 2),
    Ramp("200 an hour doubling every 30 minutes", 200.0, 30.0, 1),
)
_HIGHEST: Final = 20.0


class Outcome(NamedTuple):
    """What Tocsin found, and by rule the mentions to the first alarm and alarms a week before the step."""

    tocsin: Found
    by_rule: dict[str, tuple[int | None, float]]


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    report = Report("onset", seed=SEED)
    for step in STEPS:
        outcomes = [_step(step, random.Random(f"{SEED} {step.name} {run}")) for run in range(RUNS)]  # noqa: S311 - a simulation
        add_found(report, step.name, [outcome.tocsin for outcome in outcomes], step.goal)
        for name in RULES:
            found = [outcome.by_rule[name] for outcome in outcomes]
            mentions = [number for number, _ in found]
            report.add(f"{step.name}, {name}: median", quantile(mentions, 0.5), "mentions")
            report.add(f"{step.name}, {name}: 90 of 100 within", quantile(mentions, 0.9), "mentions")
            report.add(f"{step.name}, {name}: false pages before", statistics.fmean(a for _, a in found), "1/week")
    for ramp in RAMPS:
        runs = [_ramp(ramp, random.Random(f"{SEED} {ramp.name} {run}")) for run in range(RUNS // 2)]  # noqa: S311 - a simulation
        add_found(report, ramp.name, runs, None)
    add_moods(report)
    report.print()
    return 1 if report.missed else 0


def add_found(report: Report, name: str, found: Sequence[Found], goal: int | None) -> None:
    """How soon, how rarely for nothing, and how well its start was told."""
    mentions, minutes = [one.mentions for one in found], [one.minutes for one in found]
    report.add(f"{name}: median", quantile(mentions, 0.5), "mentions", goal=None if goal is None else f"<= {goal}")
    report.add(f"{name}: 90 of 100 within", quantile(mentions, 0.9), "mentions")
    report.add(f"{name}: median", quantile(minutes, 0.5), "minutes")
    before = statistics.fmean(one.false_pages for one in found)
    report.add(f"{name}: false pages before", before, "1/week", goal=f"<= {BUDGET:g}")
    held = [one.held for one in found if one.held is not None]
    if held and goal is not None:
        report.add(f"{name}: intervals that hold the true start", sum(held) / len(held), "share", goal=">= 0.8")
        widths = [one.width_minutes for one in found if one.width_minutes is not None]
        report.add(f"{name}: width of the interval, median", statistics.median(widths), "minutes")


def _step(step: Step, random_: random.Random) -> Outcome:
    per_minute = step.per_hour / HOUR_MINUTES
    past = list(counts(random_, step.weeks * 7 * DAY_MINUTES, per_minute))
    # every mention by itself, at its own second, as it comes
    after: list[int] = []
    at = 0.0
    for _ in range(PATIENCE * step.goal):
        at += random_.expovariate(per_minute * step.times / MINUTE)
        after.append(int(at))
    tocsin = watched(past, [(second, tally(random_, 1)) for second in after], random_, step.weeks)
    return Outcome(tocsin, {name: by_rule(rule, past, after) for name, rule in RULES.items()})


def _ramp(ramp: Ramp, random_: random.Random) -> Found:
    per_second = ramp.per_hour / HOUR_MINUTES / MINUTE
    past = list(counts(random_, ramp.weeks * 7 * DAY_MINUTES, per_second * MINUTE))
    after: list[int] = []
    at, end = 0.0, 8 * ramp.doubling_minutes * MINUTE
    while at < end:  # thinned from the highest rate
        at += random_.expovariate(per_second * _HIGHEST)
        if random_.random() * _HIGHEST < min(2.0 ** (at / MINUTE / ramp.doubling_minutes), _HIGHEST):
            after.append(int(at))
    return watched(past, [(second, tally(random_, 1)) for second in after], random_, ramp.weeks)


if __name__ == "__main__":
    sys.exit(main())
