import random

import msgspec
import pytest

from streams.detectors.wander import HALF_DAY_MINUTES, Wander
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import START, tally

SHARE = 0.2
PER_MINUTE = 2


def after(half_days: int, swing: float, *, seed: int = 1) -> Wander:
    """What is known after so many half days whose share of negative mentions lies `swing` above or below 0.2."""
    random_ = random.Random(seed)  # noqa: S311 - numbers for a test
    wander, share = Wander(), SHARE
    for minute in range(half_days * HALF_DAY_MINUTES):
        if minute % HALF_DAY_MINUTES == 0:
            share = SHARE + random_.choice((-swing, swing))
        negative = sum(random_.random() < share for _ in range(PER_MINUTE))
        wander.learn(Slot(START + minute * MINUTE, MINUTE, tally(PER_MINUTE, negative)), SHARE)
    return wander


def test_knows_nothing_before_the_first_half_day_is_over() -> None:
    unknown = Wander()

    wander = after(1, 0.1)
    a_minute_short = Wander()
    for minute in range(HALF_DAY_MINUTES - 1):
        a_minute_short.learn(Slot(START + minute * MINUTE, MINUTE, tally(2, 2)), SHARE)

    assert a_minute_short.variance == unknown.variance
    assert wander.variance != unknown.variance


def test_mentions_of_a_steady_mood_count_nearly_as_much_as_they_are() -> None:
    wander = after(56, 0.0)

    # 1,440 mentions in half a day: by chance half days lie 1 / 1440 apart, known to a sixth after four weeks
    assert wander.variance < 0.5 / (PER_MINUTE * HALF_DAY_MINUTES)
    assert wander.weight(100) > 0.95


def test_learns_how_far_half_days_lie_apart() -> None:
    wander = after(56, 0.05)

    expected = 0.05**2 / (SHARE * (1.0 - SHARE))  # in units of a single mention's variance
    assert wander.variance == pytest.approx(expected, rel=0.15)


def test_many_mentions_of_the_same_half_day_tell_no_more_than_its_mood_does() -> None:
    wander = after(56, 0.05)

    assert 10_000 * wander.weight(10_000) == pytest.approx(1.0 / wander.variance, rel=0.02)


def test_one_strange_half_day_is_no_habit() -> None:
    wander = after(28, 0.0)
    before = wander.variance
    for minute in range(HALF_DAY_MINUTES):
        wander.learn(Slot(START + minute * MINUTE, MINUTE, tally(PER_MINUTE, PER_MINUTE)), SHARE)

    # all of it negative lies 4 of these units away; counted is nine times what is likely
    assert wander.variance - before < 9.0 * (before + 1.0 / (PER_MINUTE * HALF_DAY_MINUTES))


def test_goes_on_from_a_snapshot_in_the_middle_of_a_half_day() -> None:
    wander, restored = after(2, 0.05), Wander()
    wander.learn(Slot(START, MINUTE, tally(3, 1)), SHARE)

    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(wander.snapshot())))

    for minute in range(HALF_DAY_MINUTES):
        slot = Slot(START + minute * MINUTE, MINUTE, tally(4, minute % 3))
        wander.learn(slot, SHARE)
        restored.learn(slot, SHARE)
    assert restored.snapshot() == wander.snapshot()
