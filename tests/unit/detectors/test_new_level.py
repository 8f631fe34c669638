import pytest

from streams.detectors.new_level import DAY_SECONDS, NewLevel
from streams.detectors.rate import Rate
from streams.errors import StateCorrupted
from streams.windows import MINUTE
from tests.fakes.streams_of_counts import START

USUAL = 1.0
HALF_A_DAY = DAY_SECONDS // 2


def steady() -> Rate:
    rate = Rate()
    rate.begin(USUAL)
    for minute in range(1440):
        rate.learn(START + minute * MINUTE, 1, storm=False)
    return rate


def after_event(new: NewLevel, rate: Rate, *, seconds: int, day: float, lately: float) -> bool:
    new.follow(START, storm=True)
    assert new.follow(START + seconds, storm=False)
    return new.tell(START + seconds, day, rate, lately=lately)


def test_a_day_may_come_to_what_was_told_without_being_news() -> None:
    new, rate = NewLevel(), steady()

    anew = after_event(new, rate, seconds=3600, day=2.0, lately=9.0)

    assert not anew
    assert rate.level == pytest.approx(USUAL)
    assert rate.daily == 2.0


def test_what_has_lasted_for_a_day_is_usual_as_far_as_it_has_not_faded() -> None:
    new, rate = NewLevel(), steady()

    anew = after_event(new, rate, seconds=DAY_SECONDS, day=4.0, lately=3.0)

    assert anew
    assert rate.level == pytest.approx(3.0)
    assert rate.daily == 4.0


def test_what_has_faded_within_the_day_is_no_level() -> None:
    new, rate = NewLevel(), steady()

    anew = after_event(new, rate, seconds=DAY_SECONDS, day=9.0, lately=2.0)  # the way to 9 is half gone at 3

    assert not anew
    assert rate.level == pytest.approx(USUAL)


@pytest.mark.parametrize(("rare", "level"), [(True, 2.5), (False, USUAL)])
def test_the_day_after_decides_whether_a_level_stays(*, rare: bool, level: float) -> None:
    new, rate = NewLevel(), steady()
    after_event(new, rate, seconds=3600, day=3.0, lately=9.0)

    anew = new.settle(START + 2 * DAY_SECONDS, 2.5, rate, lasts=lambda: rare)

    assert anew is rare
    assert rate.level == pytest.approx(level)
    assert rate.daily == (pytest.approx(2.5) if rare else 3.0)


def test_what_fell_back_is_told_no_more() -> None:
    new, rate = NewLevel(), steady()
    after_event(new, rate, seconds=3600, day=4.0, lately=9.0)

    anew = new.settle(START + 2 * DAY_SECONDS, 1.9, rate, lasts=lambda: True)

    assert not anew
    assert rate.daily == rate.level


@pytest.mark.parametrize(("days", "level"), [(6, USUAL), (8, 4.0)])
def test_a_level_that_falls_back_within_a_week_is_given_up(days: int, level: float) -> None:
    new, rate = NewLevel(), steady()
    after_event(new, rate, seconds=DAY_SECONDS, day=4.0, lately=4.0)

    new.settle(START + (1 + days) * DAY_SECONDS, USUAL, rate, lasts=lambda: False)

    assert rate.level == pytest.approx(level)


def test_nothing_is_settled_by_a_day_that_was_not_observed() -> None:
    new, rate = NewLevel(), steady()
    after_event(new, rate, seconds=3600, day=4.0, lately=9.0)
    end = START + 2 * DAY_SECONDS

    new.observed_from(end - HALF_A_DAY)

    assert not new.is_due(end, START, rate)
    assert new.is_due(end + HALF_A_DAY, START, rate)


def test_counts_scatter_beside_a_new_level_in_proportion() -> None:
    rate = Rate()
    rate.begin(USUAL)
    for block in range(2 * 288):
        for minute in range(5):
            rate.learn(START + (5 * block + minute) * MINUTE, 2 * (block % 2), storm=False)
    before, dispersion = rate.clumping(5), rate.dispersion

    rate.adopt(3.0)

    assert rate.level == pytest.approx(3.0)
    assert rate.dispersion == pytest.approx(dispersion, rel=0.01)
    assert rate.clumping(5) > before
    assert rate.known_minutes == pytest.approx(1440, rel=0.1)


def test_goes_on_from_a_snapshot() -> None:
    new, rate = NewLevel(), steady()
    after_event(new, rate, seconds=3600, day=3.0, lately=9.0)
    copy = NewLevel()

    copy.restore(new.snapshot())

    assert copy.settle(START + 2 * DAY_SECONDS, 2.5, rate, lasts=lambda: True)
    with pytest.raises(StateCorrupted, match="new level"):
        NewLevel().restore([1.0])
