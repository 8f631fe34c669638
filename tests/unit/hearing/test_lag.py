import math
import random

import pytest

from alerting.hearing.curve import Curve
from alerting.hearing.lag import LEAST_LIKENESS, lag_between

LENGTH = 200
ONSET = 110


def curve(seed: int, usual: int, extra: int, rise: int, *, fall: int = LENGTH) -> Curve:
    """Counts that vary around `usual`, with `extra` more from `rise` until `fall`."""
    rng = random.Random(seed)  # noqa: S311  # test data
    means = [usual + (extra if rise <= minute < fall else 0) for minute in range(LENGTH)]
    counts = tuple(float(sum(rng.random() < 0.5 for _ in range(2 * mean))) for mean in means)
    return Curve(0, counts, (float(usual),) * LENGTH)


@pytest.mark.parametrize("lag", [-40, -15, 5, 12, 30, 60])
@pytest.mark.parametrize("fall", [ONSET + 25, LENGTH])
def test_finds_who_came_first_and_by_how_much_whether_it_is_over_or_goes_on(lag: int, fall: int) -> None:
    said = curve(1, 4, 15, ONSET - min(lag, 0), fall=fall - min(lag, 0))
    heard = curve(2, 2, 12, ONSET + max(lag, 0), fall=fall + max(lag, 0))

    found = lag_between(said, heard)

    assert found is not None
    assert abs(found.minutes - lag) <= 3
    assert found.low <= lag <= found.high
    assert found.high - found.low < 12
    assert found.likeness >= LEAST_LIKENESS


def test_calls_as_usual_have_no_lag() -> None:
    assert lag_between(curve(1, 4, 15, ONSET), curve(2, 2, 0, ONSET)) is None


def test_a_rise_of_another_shape_long_before_is_not_alike() -> None:
    said = curve(1, 4, 15, 150)
    heard = curve(2, 2, 12, 20, fall=50)

    found = lag_between(said, heard)

    assert found is None or found.likeness < LEAST_LIKENESS


def test_a_handful_of_calls_tells_nothing() -> None:
    assert lag_between(curve(1, 4, 15, ONSET), curve(2, 0, 1, ONSET, fall=ONSET + 10)) is None


def test_curves_of_different_minutes_are_not_compared() -> None:
    with pytest.raises(ValueError, match="same minutes"):
        lag_between(curve(1, 4, 15, ONSET), curve(2, 2, 12, ONSET).part(10, LENGTH))


def test_a_usual_level_that_wanders_hardly_moves_the_lag_of_a_slow_affair() -> None:
    lags = [-50, -35, -20, -8, 8, 20, 35, 50]
    found = [
        lag_between(affair(2 * lag, 60 - min(lag, 0)), affair(2 * lag + 1, 60 + max(lag, 0), usual=2)) for lag in lags
    ]

    off = [told.minutes - lag for told, lag in zip(found, lags, strict=True) if told is not None]
    held = [told.low <= lag <= told.high for told, lag in zip(found, lags, strict=True) if told is not None]

    assert len(off) == len(lags)
    assert math.sqrt(sum(one**2 for one in off) / len(off)) < 3.0
    assert sum(held) >= len(lags) - 1


def affair(seed: int, onset: int, *, usual: int = 5) -> Curve:
    """Two hours that rise and fall slowly above what is usual, which is off by a fifth for about an hour at a time."""
    rng = random.Random(seed)  # noqa: S311  # test data
    counts, wander = [], rng.gauss(0, 1)
    for minute in range(300):
        wander = 0.984 * wander + 0.178 * rng.gauss(0, 1)  # forgets half in three quarters of an hour; variance 1
        into = (minute - onset) / 120
        extra = 16 * math.sin(math.pi * into) ** 2 if 0 < into < 1 else 0.0
        mean = usual * math.exp(0.2 * wander) + extra
        counts.append(float(sum(rng.random() < mean / 60 for _ in range(60))))
    return Curve(0, tuple(counts), (float(usual),) * 300)
