import math
import random

import pytest

from streams.detectors.scan import passages_per_week

DAY_MINUTES = 1440
WEEK_MINUTES = 7 * DAY_MINUTES


def simulated(mentions: int, per_day: float, weeks: int) -> float:
    """How often a week a day's window slides onto so many mentions of a Poisson stream; passages a day apart count."""
    random_ = random.Random(1)  # noqa: S311 - a simulation
    times = [0.0]
    while times[-1] < weeks * WEEK_MINUTES:
        times.append(times[-1] + random_.expovariate(per_day / DAY_MINUTES))
    passages, last = 0, -math.inf
    for first, newest in zip(times, times[mentions - 1 :], strict=False):
        if newest - first < DAY_MINUTES:
            passages += newest - last > DAY_MINUTES
            last = newest
    return passages / weeks


@pytest.mark.parametrize(("mentions", "per_day"), [(4, 1.0), (5, 1.0), (45, 30.0)])
def test_tells_how_often_chance_brings_so_many(mentions: int, per_day: float) -> None:
    told = passages_per_week(mentions, DAY_MINUTES, per_day / DAY_MINUTES, 1.0)

    # 3,000 weeks hold 240 passages or more of each: a standard error of 7 in 100
    assert told == pytest.approx(simulated(mentions, per_day, 3000), rel=0.25)


def test_six_in_a_day_are_rare_on_a_one_a_day_topic_and_three_are_not() -> None:
    def weekly(mentions: int) -> float:
        return passages_per_week(mentions, DAY_MINUTES, 1 / DAY_MINUTES, 1.0)

    # seven mentions a week, each sixth in a day with probability e^-1 / 5!, less the share of 1 in 6 that goes on
    assert weekly(6) == pytest.approx(7 * math.exp(-1) / 120 * 5 / 6)
    assert weekly(6) < 0.25 / 2 < weekly(3)


def test_clumps_make_the_same_count_more_common() -> None:
    common = [passages_per_week(8, DAY_MINUTES, 1 / DAY_MINUTES, clumping) for clumping in (1.0, 1.5, 3.0)]

    assert common == sorted(common)
    assert common[2] > 10 * common[0]


def test_a_count_within_the_usual_scatter_says_nothing() -> None:
    assert passages_per_week(35, DAY_MINUTES, 30 / DAY_MINUTES, 1.0) == math.inf
