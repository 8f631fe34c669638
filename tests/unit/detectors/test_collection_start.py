import random
from collections.abc import Iterator

import pytest

from streams.detectors.collection_start import CollectionStart, Jump, Verdict
from streams.events import Tally
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import DAY, HOUR, START, minutes, poisson, silence, tally

TRICKLE = 10.0 / DAY * MINUTE  # ten mentions a day, per minute
NOW = START + 6 * DAY


def after_a_trickle(seed: int = 1, *, per_minute: float = TRICKLE, days: int = 6) -> CollectionStart:
    start = CollectionStart(50, 14)
    past = minutes(seed, days * 24 * 60, per_minute, start=NOW - days * DAY)
    start.begin(NOW - days * DAY, NOW - DAY, {s.start: s.tally.mentions for s in past if s.start < NOW - DAY})
    for slot in past:
        if slot.start >= NOW - DAY:
            start.add(slot.start, slot.tally.mentions, storm=False)
    return start


def follow(start: CollectionStart, slots: list[Slot], per_minute: float = TRICKLE) -> Iterator[Verdict]:
    """The verdict at the end of each minute."""
    for slot in slots:
        start.add(slot.start, slot.tally.mentions, storm=False)
        verdict = start.judge((), slot.start + MINUTE - 1, per_minute)
        start.settle(verdict)
        yield verdict


def outcome(start: CollectionStart, slots: list[Slot]) -> Verdict:
    """The first verdict that is final."""
    return next(verdict for verdict in follow(start, slots) if verdict.jump in {Jump.STAYS, Jump.MOVES})


@pytest.mark.parametrize("per_day", [500, 1000, 10_000])
def test_a_jump_from_near_silence_that_stays_is_where_collection_began(per_day: int) -> None:
    stays, apart = 0, []

    for seed in range(20):
        verdict = outcome(after_a_trickle(seed), minutes(seed, 240, per_day / 1440, dispersion=0.2, start=NOW))
        stays += verdict.jump is Jump.STAYS
        apart.append(abs(verdict.begin - NOW))

    assert stays >= 18
    # the first mention after the moment is some mean gaps away, more rarely a stray one stood just before it
    assert sorted(apart)[15] <= 5 * DAY / per_day + MINUTE


def test_is_open_for_an_hour_and_fifty_mentions() -> None:
    told = list(follow(after_a_trickle(), [Slot(NOW + n * MINUTE, MINUTE, tally(1)) for n in range(70)]))

    # three mentions are the fewest of which anything is said
    assert [verdict.jump for verdict in told[3:59]] == [Jump.OPEN] * 56
    assert told[60].jump is Jump.STAYS


def test_a_jump_that_swells_is_an_event() -> None:
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    slots = [Slot(NOW + n * MINUTE, MINUTE, tally(poisson(random_, 2 ** (n / 4)))) for n in range(30)]

    assert outcome(after_a_trickle(), slots).jump is Jump.MOVES


def test_a_jump_that_fades_is_an_event() -> None:
    slots = [*minutes(3, 10, 4.0, start=NOW), *silence(30, NOW + 10 * MINUTE)]

    assert outcome(after_a_trickle(), slots).jump is Jump.MOVES


def test_a_rise_below_twenty_times_the_usual_is_none_of_its_business() -> None:
    told = list(follow(after_a_trickle(), [Slot(NOW + n * HOUR, MINUTE, tally(1)) for n in range(4)]))

    assert {verdict.jump for verdict in told} == {Jump.NONE}


def test_a_busy_topic_is_believed_from_the_start() -> None:
    start = CollectionStart(50, 14)
    start.begin(NOW, NOW + 9 * MINUTE, {NOW + n * MINUTE: 10 for n in range(9)})

    told = list(follow(start, [Slot(NOW + n * MINUTE, MINUTE, tally(200)) for n in range(9, 20)], per_minute=10.0))

    assert {verdict.jump for verdict in told} == {Jump.NONE}


def test_mentions_on_more_than_fourteen_days_prove_the_quiet_between_them() -> None:
    start = CollectionStart(50, 14)
    start.begin(START, START + MINUTE, {START: 1})

    for day in range(1, 15):
        assert not start.is_proven
        start.add(START + day * DAY, 1, storm=False)

    assert start.is_proven


def test_after_eight_weeks_even_near_silence_is_believed() -> None:
    start = CollectionStart(50, 14)
    start.begin(START, START + MINUTE, {START: 1})

    start.add(START + 56 * DAY, 1, storm=False)

    assert start.is_proven


def test_minutes_that_are_not_final_yet_count() -> None:
    recent = [Slot(NOW, MINUTE, tally(4)), Slot(NOW + MINUTE, MINUTE, Tally())]

    assert after_a_trickle().judge(recent, NOW + 90, TRICKLE).jump is Jump.OPEN


def test_a_storm_that_was_paged_is_never_taken_for_the_start() -> None:
    start = after_a_trickle()
    for number in range(70):
        start.add(NOW + number * MINUTE, 1, storm=True)

    assert start.judge((), NOW + 70 * MINUTE, TRICKLE).jump is Jump.NONE
