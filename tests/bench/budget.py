"""Is the promise about false pages kept? `make bench-budget`, some minutes on each core.

200 topics of eight kinds, from one mention a day to ten thousand, each new at the start, for 26 weeks in which nothing
happens, at budgets of 0.25, 1 and 4 false pages a week. Printed is measured over promised, by kind, by rate and in sum.
A sparse topic may stay far below: its counts are small whole numbers. `TOCSIN_BENCH_TOPICS`, `TOCSIN_BENCH_WEEKS`,
`TOCSIN_BENCH_BUDGETS` (numbers with commas between them) and `TOCSIN_BENCH_PROCESSES` make it smaller. With
`TOCSIN_BENCH_OUTCOMES`, a file, each outcome is noted as it comes, and a run that was cut short goes on where it was.
"""

import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.minute_fold import MinuteFold
from tests.bench.ordinary_weeks import KINDS, WEEK_MINUTES, ordinary_moods, ordinary_weeks
from tests.bench.report import Report
from tests.bench.resumed import resumed
from tests.fakes.streams_of_counts import START

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "1"))
BUDGETS: Final = tuple(float(budget) for budget in os.environ.get("TOCSIN_BENCH_BUDGETS", "0.25,1,4").split(","))
NEGATIVE_SHARE: Final = 0.2
FIRST_WEEKS: Final = 4
BINDS_PER_DAY: Final = 20.0
MOST: Final = 1.5
LEAST: Final = 0.5
_GOLDEN: Final = 0.6180339887498949  # spreads the rates evenly over their decades, whatever the number of topics
_DECADES: Final = 4.0


class Outcome(NamedTuple):
    """What one topic was told at one budget.

    Attributes:
        pages: In all weeks.
        early: Of them in the first four weeks.
        detectors: Who paged, one name a page.
    """

    kind: str
    per_day: float
    budget: float
    pages: int
    early: int
    detectors: tuple[str, ...]


def main() -> int:
    """The exit code: 1 where the promise is not kept."""
    topics = int(os.environ.get("TOCSIN_BENCH_TOPICS", "200"))
    weeks = int(os.environ.get("TOCSIN_BENCH_WEEKS", "26"))
    processes = int(os.environ.get("TOCSIN_BENCH_PROCESSES", str(os.cpu_count() or 1)))
    jobs = [(number, weeks, budget) for number in range(topics) for budget in BUDGETS]
    outcomes = [
        Outcome._make([*values[:-1], tuple(values[-1])]) for values in resumed(_watch, jobs, processes=processes)
    ]
    report = Report("budget", seed=SEED)
    report.add("topics", topics, "topics")
    report.add("weeks without an event", weeks, "weeks")
    for budget in BUDGETS:
        _add(report, [outcome for outcome in outcomes if outcome.budget == budget], budget, weeks)
    report.print()
    return 1 if report.missed else 0


def _watch(job: tuple[int, int, float]) -> Outcome:
    number, weeks, budget = job
    kind = tuple(KINDS)[number % len(KINDS)]
    per_day = 10.0 ** (_DECADES * ((number + 1) * _GOLDEN % 1.0))
    rng = np.random.default_rng([SEED, number])
    mentions = ordinary_weeks(kind, per_day, weeks, rng)
    negative = ordinary_moods(kind, mentions, NEGATIVE_SHARE, rng)
    fold = MinuteFold(pages_per_week=budget, start=START)
    opened = fold.run(zip(mentions.tolist(), negative.tolist(), strict=True))
    early = sum(claim.opened < START + FIRST_WEEKS * WEEK_MINUTES * 60 for claim in opened)
    return Outcome(kind, per_day, budget, len(opened), early, tuple(claim.detector for claim in opened))


def _add(report: Report, outcomes: Sequence[Outcome], budget: float, weeks: int) -> None:
    def add(what: str, chosen: Callable[[Outcome], bool], goal: str | None) -> None:
        some = [outcome for outcome in outcomes if chosen(outcome)]
        if some:
            measured = sum(outcome.pages for outcome in some) / (budget * weeks * len(some))
            report.add(f"{budget:g} a week, {what}: measured / promised", measured, "", goal=goal)

    add("all topics", lambda _: True, f"<= {MOST}")
    add(f"{BINDS_PER_DAY:g} a day or more", lambda outcome: outcome.per_day >= BINDS_PER_DAY, f">= {LEAST}")
    for kind in KINDS:
        add(kind, lambda outcome, kind=kind: outcome.kind == kind, f"<= {MOST}")  # type: ignore[misc]
    for low, high in ((1, 20), (20, 200), (200, 2000), (2000, 10_000)):
        what = f"{low} to {high} a day"
        add(what, lambda outcome, low=low, high=high: low <= outcome.per_day < high, f"<= {MOST}")  # type: ignore[misc]
    early = sum(outcome.early for outcome in outcomes) / (budget * min(FIRST_WEEKS, weeks) * len(outcomes))
    report.add(f"{budget:g} a week, first {FIRST_WEEKS} weeks: measured / promised", early, "", goal=f"<= {MOST}")
    report.add(
        f"{budget:g} a week, the most restless topic: measured / promised",
        max(outcome.pages for outcome in outcomes) / (budget * weeks),
        "",
    )
    by_mood = sum(name != "volume" for outcome in outcomes for name in outcome.detectors)
    report.add(f"{budget:g} a week, pages by their mood", by_mood, "pages")


if __name__ == "__main__":
    sys.exit(main())
