"""Is the rhythm of the week used where there is one, and only there? `make bench-season`, a minute.

The topics of `ordinary_weeks`, of all kinds and three rates, each followed for six weeks by its rate alone. Two kinds
have a season: "seasonal", and "all of it" with a drift, cascades and a rate that wanders on top.
"""

import sys
from itertools import product
from pathlib import Path
from typing import Final

sys.path.insert(0, str(Path(__file__).parents[2]))

import numpy as np

from streams.detectors.rate import Rate
from streams.windows import MINUTE
from tests.bench.ordinary_weeks import DAY_MINUTES, KINDS, ordinary_weeks
from tests.bench.report import Report
from tests.fakes.streams_of_counts import START

SEED: Final = 1
WEEKS: Final = 6
TOPICS: Final = 4
PER_DAY: Final = (100.0, 1000.0, 5000.0)
WITH_A_SEASON: Final = frozenset({"seasonal", "all of it"})


def main() -> int:
    """The exit code: 1 where a goal is missed."""
    report = Report("season", seed=SEED)
    used: dict[bool, list[bool]] = {True: [], False: []}
    for kind, per_day in product(KINDS, PER_DAY):
        found = [_followed(kind, per_day, number) for number in range(TOPICS)]
        used[kind in WITH_A_SEASON] += [rate.has_season for rate in found]
        gain = sum(rate.season_gain for rate in found) / TOPICS
        report.add(f"{kind}, {per_day:g} a day: log score of the profile less the level's", gain, "nats")
    report.add("topics with a season for which it is used", _share(used[True]), "share", goal=">= 0.9")
    report.add("topics without one for which it is used", _share(used[False]), "share", goal="<= 0.05")
    report.print()
    return 1 if report.missed else 0


def _followed(kind: str, per_day: float, number: int) -> Rate:
    mentions = ordinary_weeks(kind, per_day, WEEKS, np.random.default_rng([SEED, number]))
    rate = Rate()
    rate.begin(per_day / DAY_MINUTES)
    for minute, count in enumerate(mentions.tolist()):
        rate.learn(START + minute * MINUTE, count, storm=False)
    return rate


def _share(found: list[bool]) -> float:
    return sum(found) / len(found)


if __name__ == "__main__":
    sys.exit(main())
