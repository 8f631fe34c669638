"""When an episode that goes on is counted again, and by what."""

import msgspec
import pytest

from streams.budget import Budget
from streams.detectors.base import Reading
from streams.detectors.onset import Onset
from streams.events import Direction, Phase

MINUTE = 60
HOUR = 60 * MINUTE
OPENED = 1_767_225_600  # a whole minute


class Moment:
    def level(self) -> int:
        return 20

    def onset(self, detector: str, reading: Reading) -> Onset:
        del detector
        return Onset(reading.since, reading.since, reading.since)

    def direction(self, detector: str, reading: Reading) -> Direction:
        del detector, reading
        return Direction.CRISIS


def seen(pages: float = 0.1, *, calm: bool = False) -> list[tuple[str, Reading]]:
    reading = Reading(
        score=5.0,
        false_pages_per_week=pages,
        since=OPENED - MINUTE,
        window_start=OPENED - MINUTE,
        window_seconds=300,
        calm=calm,
    )
    return [("volume", reading)]


def opened(at: int = OPENED) -> Budget:
    budget = Budget(pages_per_week=0.25, quiet_seconds=HOUR)
    [claim] = budget.decide(at, seen(), Moment())
    assert claim.phase is Phase.OPENED
    return budget


def test_is_counted_after_3_10_and_30_minutes_and_then_every_hour() -> None:
    budget = opened()

    due = [minute for minute in range(5 * 60) if budget.is_count_due(OPENED + minute * MINUTE)]

    assert due == [3, 10, 30, 60, 120, 180, 240]


@pytest.mark.parametrize("second", [1, 30, 59])
def test_the_minutes_are_those_of_the_clock_wherever_in_one_it_was_opened(second: int) -> None:
    budget = opened(OPENED + second)

    due = [at for at in range(OPENED, OPENED + 12 * MINUTE, MINUTE) if budget.is_count_due(at)]

    assert due == [OPENED + 4 * MINUTE, OPENED + 11 * MINUTE]  # three and ten after the end of its first minute


def test_counts_are_numbered_by_themselves_and_leave_the_claims_as_they_are() -> None:
    counted, plain = opened(), opened()

    claims = [counted.count(OPENED + minute * MINUTE, seen()) for minute in (3, 10, 30, 60, 120)]

    assert [(claim.phase, claim.sequence) for claim in claims if claim is not None] == [
        (Phase.COUNTED, number) for number in (1, 2, 3, 4, 5)
    ]
    assert counted.snapshot() == plain.snapshot()
    assert counted.decide(OPENED + 3 * HOUR, seen(5.0), Moment()) == plain.decide(
        OPENED + 3 * HOUR, seen(5.0), Moment()
    )


def test_what_shows_nothing_any_more_is_not_counted() -> None:
    budget = opened()

    assert budget.count(OPENED + 10 * MINUTE, seen(1.1)) is None  # more than four times 0.25 a week
    assert budget.count(OPENED + 10 * MINUTE, seen(calm=True)) is None
    assert budget.count(OPENED + 10 * MINUTE, []) is None
    assert budget.count(OPENED + 10 * MINUTE, seen(0.9)) is not None


def test_without_an_episode_nothing_is_ever_due() -> None:
    budget = Budget(pages_per_week=0.25, quiet_seconds=HOUR)

    assert not any(budget.is_count_due(OPENED + minute * MINUTE) for minute in range(200))
    assert budget.count(OPENED, seen()) is None


def test_is_due_at_the_same_minutes_after_a_restart() -> None:
    budget, restored = opened(OPENED + 20), Budget(pages_per_week=0.25, quiet_seconds=HOUR)

    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(budget.snapshot())))

    minutes = [OPENED + minute * MINUTE for minute in range(200)]
    assert [restored.is_count_due(at) for at in minutes] == [budget.is_count_due(at) for at in minutes]
