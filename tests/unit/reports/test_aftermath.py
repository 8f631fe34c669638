"""Whether the fix held."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from alerting.incidents.topic_status import WindowPoint
from alerting.reports.aftermath import Aftermath, Held, after_fix, aftermath
from tests.fakes.clock import START

HOUR = timedelta(hours=1)
FIXED = START + HOUR


def minutes(start: datetime, count: int, mentions: int, expected: float | None = 2.0) -> list[WindowPoint]:
    first = int(start.timestamp())
    return [WindowPoint(first + 60 * at, 60, mentions, expected=expected) for at in range(count)]


def judged(
    after: Sequence[WindowPoint],
    *,
    before: Sequence[WindowPoint] | None = None,
    now: datetime = FIXED + 3 * HOUR,
    reopened: tuple[datetime, ...] = (),
    again: tuple[str, ...] = (),
) -> Aftermath:
    loud = minutes(START, 60, 42) if before is None else before
    return aftermath(FIXED, START, loud, after, reopened_at=reopened, again=again, now=now)


def test_it_held_where_the_rate_went_back_to_what_is_usual() -> None:
    found = judged(minutes(FIXED + HOUR, 120, 3))

    # from 40 above the usual 2 to 1 above it
    assert (found.held, found.before_per_minute, found.after_per_minute, found.usual_per_minute) == (
        Held.HELD,
        42.0,
        3.0,
        2.0,
    )
    assert (
        found.because
        == "3.0 a minute after the fix, 42 a minute until then, 2.0 a minute usual; it did not open again."
    )


def test_more_than_a_quarter_of_the_excess_left_is_still_loud() -> None:
    assert judged(minutes(FIXED + HOUR, 120, 12)).held is Held.HELD  # 10 of 40 are left
    assert judged(minutes(FIXED + HOUR, 120, 13)).held is Held.STILL_LOUD


def test_silence_afterwards_is_a_rate_of_nothing_and_not_unknown() -> None:
    found = judged(())

    assert (found.held, found.after_per_minute) == (Held.HELD, 0.0)


def test_it_came_back_where_it_opened_again_however_quiet_it_is() -> None:
    assert judged((), reopened=(FIXED + HOUR,)).held is Held.CAME_BACK
    assert judged((), again=("inc_later",)).because == "1 later of the topic opened within a day: inc_later."


def test_half_an_hour_is_needed_from_an_hour_after_the_fix_on() -> None:
    early = judged((), now=FIXED + timedelta(minutes=89))

    assert (early.held, early.after_per_minute) == (Held.TOO_EARLY, None)
    assert judged((), now=FIXED + timedelta(minutes=90)).held is Held.HELD


def test_nothing_kept_of_that_time_is_unknown() -> None:
    found = judged((), before=())

    assert (found.held, found.before_per_minute, found.after_per_minute) == (Held.UNKNOWN, None, None)


def test_a_rate_that_was_hardly_raised_tells_nothing() -> None:
    found = judged(minutes(FIXED + HOUR, 120, 2), before=minutes(START, 60, 2))

    assert found.held is Held.UNKNOWN
    assert "hardly raised" in found.because


def test_what_nothing_says_is_fixed_is_not_judged() -> None:
    assert aftermath(None, START, (), (), reopened_at=(), again=(), now=START).held is Held.NOT_FIXED


def test_it_is_looked_at_for_a_day_at_most() -> None:
    assert after_fix(FIXED, FIXED + 100 * HOUR) == (FIXED + HOUR, FIXED + 24 * HOUR)
    assert after_fix(FIXED, FIXED) == (FIXED + HOUR, FIXED + HOUR)
