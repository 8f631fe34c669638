import math

import pytest

from streams.detectors.motion import motion_of
from streams.detectors.trail import Trail
from streams.events import Tally
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import START


def slot(minute: int, polarity: float, mentions: int = 10) -> Slot:
    """Half of the mentions a tenth above `polarity`, half a tenth below."""
    squares = mentions * (polarity**2 + 0.1**2)
    tally = Tally(mentions=mentions, neutral=mentions, polarity_sum=mentions * polarity, polarity_squares=squares)
    return Slot(START + minute * MINUTE, MINUTE, tally)


def trail(*polarities: float) -> Trail:
    """A half-hour of each."""
    made = Trail()
    for minute in range(30 * len(polarities)):
        made.append(slot(minute, polarities[minute // 30]))
    return made


def test_a_mood_that_falls_ever_faster_has_a_velocity_and_an_acceleration() -> None:
    motion = motion_of(trail(0.4, 0.3, 0.0), (), START + 90 * MINUTE)

    assert motion["polarity_velocity"] == pytest.approx(-0.3 / 0.5)
    assert motion["polarity_acceleration"] == pytest.approx((-0.3 + 0.1) / 0.5**2)


def test_errors_are_those_of_differences_of_means() -> None:
    motion = motion_of(trail(0.4, 0.3, 0.0), (), START + 90 * MINUTE)

    of_a_mean = 0.1 / math.sqrt(299)  # 300 mentions, a tenth from their mean
    assert motion["polarity_velocity_error"] == pytest.approx(of_a_mean * math.sqrt(2) / 0.5, rel=1e-3)
    assert motion["polarity_acceleration_error"] == pytest.approx(of_a_mean * math.sqrt(6) / 0.5**2, rel=1e-3)


def test_minutes_that_are_not_final_yet_belong_to_it() -> None:
    motion = motion_of(trail(0.2, 0.2), [slot(60 + minute, -0.3) for minute in range(30)], START + 90 * MINUTE)

    assert motion["polarity_velocity"] == pytest.approx(-0.5 / 0.5)


def test_is_unknown_where_too_few_were_scored() -> None:
    assert set(motion_of(Trail(), [slot(0, 0.5)], START + 30 * MINUTE).values()) == {None}
    only_two = motion_of(trail(0.1, 0.2), (), START + 60 * MINUTE)
    assert only_two["polarity_velocity"] == pytest.approx(0.1 / 0.5)
    assert only_two["polarity_acceleration"] is None
