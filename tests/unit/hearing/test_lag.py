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
