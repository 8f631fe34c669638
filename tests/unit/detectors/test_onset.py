import random

import pytest

from streams.detectors.onset import Onset, onset_of_rise, onset_of_souring
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import START, poisson

END = START + 180 * MINUTE - 1
RUNS = 400


def counts(random_: random.Random, step: int, per_minute: float, times: float) -> list[tuple[int, int]]:
    """Three hours, with a step in minute `step`."""
    return [
        (START + minute * MINUTE, found)
        for minute in range(180)
        if (found := poisson(random_, per_minute * (times if minute >= step else 1.0)))
    ]


@pytest.mark.parametrize(("per_minute", "times", "step"), [(1 / 3, 5.0, 165), (3.0, 3.0, 174), (0.05, 8.0, 120)])
def test_nine_of_ten_intervals_hold_the_true_start_of_a_step(per_minute: float, times: float, step: int) -> None:
    random_ = random.Random(1)  # noqa: S311 - a simulation
    true = START + step * MINUTE

    found = [onset_of_rise(counts(random_, step, per_minute, times), START, END, per_minute) for _ in range(RUNS)]

    held = sum(onset.earliest <= true <= onset.latest for onset in found)
    assert held >= 0.9 * RUNS - 2 * (0.09 * RUNS) ** 0.5  # two standard errors
    assert all(onset.earliest <= onset.at <= onset.latest for onset in found)


def test_many_mentions_make_a_narrow_interval() -> None:
    random_ = random.Random(2)  # noqa: S311 - a simulation

    few = onset_of_rise(counts(random_, 150, 0.1, 5.0), START, END, 0.1)
    many = onset_of_rise(counts(random_, 150, 10.0, 5.0), START, END, 10.0)

    assert many.latest - many.earliest <= 4 * MINUTE
    assert few.latest - few.earliest > many.latest - many.earliest
    assert abs(many.at - (START + 150 * MINUTE)) <= MINUTE


def test_a_turned_mood_begins_where_the_share_of_negative_mentions_rose() -> None:
    calm = [(START + minute * MINUTE, 10, 2) for minute in range(100)]
    sour = [(START + minute * MINUTE, 10, 6) for minute in range(100, 180)]

    onset = onset_of_souring(calm + sour, START, END, 0.2)

    assert onset.at == START + 100 * MINUTE
    # a calm minute speaks against 2.5 times the odds with 0.79 nats, a sour one for them with 2.9; three are allowed
    assert onset.earliest == START + (100 - 3 - 1) * MINUTE
    assert onset.latest == START + (100 + 1 + 1) * MINUTE


def test_where_all_are_negative_the_odds_still_have_a_number() -> None:
    onset = onset_of_souring([(START + 60, 5, 5)], START, START + 119, 0.0)

    assert onset.at == START + 60


def test_without_any_mention_the_event_may_have_begun_anywhere() -> None:
    assert onset_of_rise([], START, START + 599, 1.0) == Onset(START, START + 540, START + 599)


def test_an_interval_keeps_within_what_is_known_of_the_time() -> None:
    assert Onset(10, 20, 40).between(15, 30) == Onset(15, 20, 30)
