import random

import pytest

from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK
from streams.detectors.last_day import LastDay
from streams.detectors.rate import Rate
from streams.errors import StateCorrupted
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import DAY, START, poisson, tally

DAY_MINUTES = 1440
BUSY = 300 / DAY_MINUTES
FEW = 5 / DAY_MINUTES


def learned(per_minute: float, days: int, *, rate: Rate | None = None, first: int = 0) -> tuple[LastDay, Rate, int]:
    """Steady days; the last day and the rate as they stand, and the second after them."""
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    day, rate = LastDay(), rate or Rate()
    rate.begin(per_minute)
    for number in range(first, first + days * DAY_MINUTES):
        start, mentions = START + number * MINUTE, poisson(random_, per_minute)
        if mentions:
            day.add(Slot(start, MINUTE, tally(mentions)), rate)
        rate.learn(start, mentions, storm=False)
        if number % 60 == 0:
            day.expect(rate, 0.0)
        if (number + 1) % BLOCK_MINUTES == 0:
            day.close_block()
    return day, rate, START + (first + days * DAY_MINUTES) * MINUTE


def spread(mentions: int, begin: int) -> list[Slot]:
    """So many mentions, one a minute."""
    return [Slot(begin + number * MINUTE, MINUTE, tally(1, 1)) for number in range(mentions)]


def test_twice_the_mentions_of_a_usual_day_are_rare_on_a_busy_topic() -> None:
    day, rate, now = learned(BUSY, 7)
    for slot in spread(300, now):
        day.add(slot, rate)
    at = now + 300 * MINUTE

    pages, begin = day.pages(spread(90, at), at + 89 * MINUTE, rate, 0)

    assert pages < 0.25
    assert 23.5 * 3600 <= at + 90 * MINUTE - begin <= DAY


def test_a_usual_day_of_a_busy_topic_is_not_rare() -> None:
    day, rate, now = learned(BUSY, 7)

    pages, _ = day.pages([], now, rate, 0)

    assert pages > 1.0


def test_a_day_that_holds_an_event_that_was_told_shows_nothing() -> None:
    day, rate, now = learned(BUSY, 7)
    for slot in spread(400, now):
        day.add(slot, rate)
    at = now + 400 * MINUTE

    assert day.pages([], at, rate, not_before=now)[0] == BLOCKS_PER_WEEK
    assert day.weighed([], at, rate, now).told


def test_counts_what_the_last_day_brought_and_no_more() -> None:
    day, rate, now = learned(BUSY, 2)
    for slot in spread(50, now + 2 * DAY):
        day.add(slot, rate)

    assert day.window([], now, rate)[0] == 50
    assert day.window([], now + 2 * DAY, rate)[:3] == (50, 50, 50)
    assert day.weighed([], now + 2 * DAY + 49 * MINUTE, rate, 0).observed == 50
    assert day.weighed([], now + 4 * DAY, rate, 0).observed == 0


def test_half_hours_carry_all_that_a_window_is_told_of() -> None:
    day, rate, now = learned(BUSY, 1)
    recent = spread(10, now)

    told = day.minutes_since(now - DAY, rate)

    assert all(start % 1800 == 0 for start, _ in told)
    assert day.window(recent, now - DAY, rate)[0] == sum(sums[0] for _, sums in told) + 10


def test_few_mentions_are_judged_by_their_exact_odds() -> None:
    day, rate, now = learned(FEW, 28)

    weighed = day.weighed(spread(20, now), now + 20 * MINUTE, rate, 0)

    assert day.is_of_few(rate)
    assert weighed.location is None
    assert weighed.false_pages_per_week < 0.25
    assert day.leans() == {}


def test_a_topic_that_grew_busy_begins_its_day_then() -> None:
    day, rate, now = learned(FEW, 7)
    rate.begin(BUSY)

    assert not day.is_of_few(rate)
    assert day.pages(spread(40, now), now + 40 * MINUTE, rate, 0)[0] == BLOCKS_PER_WEEK

    for slot in spread(40, now):
        day.add(slot, rate)

    assert day.window([], now - DAY, rate)[0] == 40


def test_unobserved_time_makes_it_forget() -> None:
    day, rate, now = learned(BUSY, 2)

    day.clear(0)

    assert day.minutes_since(now - DAY, rate) == []
    assert day.pages([], now, rate, 0)[0] == BLOCKS_PER_WEEK


def test_peers_learn_of_its_days_after_a_week() -> None:
    assert learned(BUSY, 6)[0].leans() == {}
    assert set(learned(BUSY, 8)[0].leans()) == {"window-day"}


def test_goes_on_from_a_snapshot() -> None:
    day, rate, now = learned(BUSY, 3)
    copy = LastDay()

    copy.restore(day.snapshot())

    assert copy.snapshot() == day.snapshot()
    recent = spread(200, now)
    assert copy.weighed(recent, now + 200 * MINUTE, rate, 0) == day.weighed(recent, now + 200 * MINUTE, rate, 0)


@pytest.mark.parametrize("busy", [None, [b"12345678", 0, {}], ["text", 0, {}], [b"", 0]])
def test_refuses_what_is_no_snapshot(busy: object) -> None:
    with pytest.raises(StateCorrupted):
        LastDay().restore({"few": [], "busy": busy})
