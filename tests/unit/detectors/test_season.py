import math
import random
from collections.abc import Callable

import pytest

from streams.detectors.open_minute import OpenMinute
from streams.detectors.rate import Rate
from streams.detectors.season import HOUR_MINUTES, Season
from streams.detectors.trail import Trail
from streams.detectors.window_scores import WindowScores
from streams.errors import StateCorrupted
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import poisson

DAY_HOURS = 24
WEEK_HOURS = 7 * DAY_HOURS
BEGIN = 345_600  # a Monday, 1970-01-05T00:00:00Z; hours of the week are counted from a Thursday
LEVEL = 0.5  # a minute


def office(hour: int) -> float:
    """Twice the level by day, hardly anything at night."""
    return 1.9 if 8 <= hour % DAY_HOURS < 20 else 0.1


def level(hour: int) -> float:
    del hour
    return 1.0


def learned(shape: Callable[[int], float], weeks: float, *, season: Season | None = None, first: int = 0) -> Season:
    """Weeks in which the hours bring what `shape` says, times the level."""
    random_ = random.Random(first + 1)  # noqa: S311 - a simulation
    season = season or Season()
    for hour in range(first, first + round(weeks * WEEK_HOURS)):
        count = poisson(random_, LEVEL * HOUR_MINUTES * shape(hour))
        for minute in range(HOUR_MINUTES):
            start = BEGIN + (hour * HOUR_MINUTES + minute) * MINUTE
            season.learn(start, count if minute == 0 else 0, LEVEL, 1.3, storm=False)
    return season


def test_a_rhythm_is_used_once_it_has_predicted_better_and_three_days_are_learned() -> None:
    assert not learned(office, 2.9 / 7).used
    assert learned(office, 3 / 7).used


def test_a_level_stream_earns_no_profile() -> None:
    season = learned(level, 12)

    assert not season.used
    assert season.gain < 0.0  # what chance showed in an hour of one week did not come again
    assert season.factor(BEGIN) == 1.0
    assert season.mean_factor(BEGIN, 180) == 1.0


def test_a_quiet_hour_is_not_taken_for_less_than_half_of_the_level() -> None:
    season = learned(office, 6)

    assert season.factor(BEGIN + 12 * HOUR_MINUTES * MINUTE) == pytest.approx(1.9, rel=0.15)
    assert season.factor(BEGIN + 3 * HOUR_MINUTES * MINUTE) == 0.5


def test_a_window_over_several_hours_has_the_mean_of_them() -> None:
    season = learned(office, 6)
    nine = BEGIN + 9 * HOUR_MINUTES * MINUTE
    day, night = season.factor(nine - 60), season.factor(nine - 2 * HOUR_MINUTES * MINUTE)

    assert season.mean_factor(nine, 60) == pytest.approx(day)
    assert season.mean_factor(nine, 180) == pytest.approx((day + 2 * night) / 3, rel=0.05)
    assert season.mean_factor(nine - 30 * MINUTE, 60) == pytest.approx((day + night) / 2)


def test_a_rhythm_that_is_gone_loses_its_place() -> None:
    season = learned(office, 4)

    assert season.used
    assert not learned(level, 8, season=season, first=4 * WEEK_HOURS).used


def test_an_hour_with_a_storm_in_it_teaches_nothing() -> None:
    season = learned(office, 3)
    before = season.snapshot()[:2]

    for minute in range(HOUR_MINUTES):
        start = BEGIN + (3 * WEEK_HOURS * HOUR_MINUTES + minute) * MINUTE
        season.learn(start, 100, LEVEL, 1.3, storm=minute == 20)

    assert season.snapshot()[:2] == before


def test_a_topic_of_few_mentions_takes_no_room_for_a_profile() -> None:
    season = Season()
    for minute in range(HOUR_MINUTES):
        season.learn(BEGIN + minute * MINUTE, 0, 10 / (DAY_HOURS * HOUR_MINUTES), 1.3, storm=False)

    assert season.snapshot()[:2] == [b"", b""]


def test_an_hour_is_predicted_before_it_is_learned() -> None:
    season = Season()
    for minute in range(HOUR_MINUTES):
        season.learn(BEGIN + minute * MINUTE, 5, LEVEL, 1.0, storm=False)

    assert season.gain == 0.0  # ten times the level came, and nothing was known of the hour before

    for minute in range(HOUR_MINUTES):
        season.learn(BEGIN + (WEEK_HOURS * HOUR_MINUTES + minute) * MINUTE, 1, LEVEL, 1.0, storm=False)

    # counts are clipped at thrice the level and three: 93 of 30, drawn to the hour of the day by 20 mentions
    came, usual = 93.0, 30.0
    of_day = (came + 20.0) / (usual + 20.0)
    factor = (came + 20.0 * of_day) / (usual + 20.0)
    assert season.gain == pytest.approx(60.0 * math.log(factor) - 30.0 * (factor - 1.0), rel=1e-5)


def test_a_restored_season_goes_on_as_if_nothing_had_happened() -> None:
    season, restored = learned(office, 3), Season()
    restored.restore(season.snapshot())

    for one in (season, restored):
        learned(office, 1, season=one, first=3 * WEEK_HOURS)

    assert restored.snapshot() == season.snapshot()
    assert restored.factor(BEGIN) == season.factor(BEGIN)


@pytest.mark.parametrize("state", [[], [b"abcd", b"abcd", 1, 0, 0, 0, 0.0, False], ["x"] * 8, None])
def test_refuses_what_is_no_snapshot(state: object) -> None:
    with pytest.raises(StateCorrupted):
        Season().restore(state)


def test_what_is_usual_follows_the_hours_even_while_a_storm_teaches_nothing() -> None:
    random_ = random.Random(1)  # noqa: S311 - a simulation
    rate = Rate()
    rate.begin(LEVEL)
    minute = OpenMinute(Trail(), rate, WindowScores())
    morning = BEGIN + (5 * DAY_HOURS + 7) * HOUR_MINUTES * MINUTE
    for start in range(BEGIN, morning, MINUTE):
        rate.learn(start, poisson(random_, LEVEL * office((start - BEGIN) // 3600)), storm=False)
    at_seven = minute.band(30)

    for start in range(morning, morning + 90 * MINUTE, MINUTE):
        minute.learned()
        rate.learn(start, 40, storm=True)

    assert rate.has_season
    assert minute.band(30) == rate.band(30)  # as after a restart, when nothing is kept
    assert minute.band(30)[0] > 2.0 * at_seven[0]
