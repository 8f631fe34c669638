"""What moods pay by themselves, where they wander and where they do not. `make bench-mood-promise`, some minutes.

Topics of 300 to 6,000 mentions a day, 26 weeks in which nothing happens, watched by the detector of moods alone with
its share of a budget of 0.25 a week, so that the volume neither pays for any of it nor hides any of it. Printed is
measured over promised, by kind and over the first and the later weeks. `TOCSIN_BENCH_RUNS`, `TOCSIN_BENCH_WEEKS` and
`TOCSIN_BENCH_PROCESSES` make it smaller.
"""

import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))

from streams.budget import Budget
from streams.detectors.registry import SHARES
from streams.detectors.sentiment_velocity import SentimentVelocityDetector
from streams.settings import DetectSettings
from tests.bench.minute_fold import MinuteFold
from tests.bench.ordinary_weeks import KINDS, WEEK_MINUTES, ordinary_moods, ordinary_weeks
from tests.bench.report import Report
from tests.fakes.streams_of_counts import START

SEED: Final = int(os.environ.get("TOCSIN_BENCH_SEED", "7"))
RUNS: Final = int(os.environ.get("TOCSIN_BENCH_RUNS", "8"))
WEEKS: Final = int(os.environ.get("TOCSIN_BENCH_WEEKS", "26"))
PROCESSES: Final = int(os.environ.get("TOCSIN_BENCH_PROCESSES", str(os.cpu_count() or 1)))
SHARE: Final = 0.25 * SHARES[SentimentVelocityDetector.name]
MOODS: Final = ("wandering", "all of it", "steady")
PER_DAY: Final = (300.0, 1500.0, 6000.0)
NEGATIVE_SHARE: Final = 0.2
FIRST_WEEKS: Final = 4
MOST: Final = 1.5


class Outcome(NamedTuple):
    """Of one topic: the week of each of its pages, counted from 0."""

    kind: str
    weeks: tuple[int, ...]


class MoodAlone(MinuteFold):
    """A topic of which nothing is heard but its mood."""

    def __init__(self) -> None:
        super().__init__(pages_per_week=SHARE, start=START)
        settings = DetectSettings()
        self._detectors = (SentimentVelocityDetector(pages_per_week=SHARE, warm_up_mentions=settings.warm_up_mentions),)
        self._budget = Budget(pages_per_week=SHARE, quiet_seconds=settings.quiet_hours_to_end * 3600)


def main() -> int:
    """The exit code: 1 where moods pay more than their share."""
    jobs = [(kind, per_day, run) for run in range(RUNS) for kind in MOODS for per_day in PER_DAY]
    with ProcessPoolExecutor(PROCESSES) as pool:
        outcomes = list(pool.map(_watch, jobs))
    report = Report("mood-promise", seed=SEED)
    report.add("topics", len(outcomes), "topics")
    for kind in MOODS:
        some = [outcome for outcome in outcomes if outcome.kind == kind]
        report.add(f"{kind}: measured / promised", _paid(some, 0, WEEKS), "", goal=f"<= {MOST}")
    first = min(FIRST_WEEKS, WEEKS)
    report.add(f"first {first} weeks: measured / promised", _paid(outcomes, 0, first), "", goal=f"<= {MOST}")
    if first < WEEKS:
        report.add("later weeks: measured / promised", _paid(outcomes, first, WEEKS), "", goal=f"<= {MOST}")
    report.print()
    return 1 if report.missed else 0


def _watch(job: tuple[str, float, int]) -> Outcome:
    kind, per_day, run = job
    rng = np.random.default_rng([SEED, run, int(per_day), list(KINDS).index(kind)])
    mentions = ordinary_weeks(kind, per_day, WEEKS, rng)
    negative = ordinary_moods(kind, mentions, NEGATIVE_SHARE, rng)
    opened = MoodAlone().run(zip(mentions.tolist(), negative.tolist(), strict=True))
    return Outcome(kind, tuple((claim.opened - START) // (WEEK_MINUTES * 60) for claim in opened))


def _paid(outcomes: Sequence[Outcome], begin: int, end: int) -> float:
    pages = sum(begin <= week < end for outcome in outcomes for week in outcome.weeks)
    return pages / (SHARE * (end - begin) * len(outcomes))


if __name__ == "__main__":
    sys.exit(main())
