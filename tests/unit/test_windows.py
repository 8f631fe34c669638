import random

import pytest

from streams.errors import StateCorrupted
from streams.events import Tally
from streams.windows import KEPT_SECONDS, LONGEST_SILENCE, MINUTE, UNLEARNED_SECONDS, Arrival, Slot, TopicWindows
from tests.fakes.streams_of_counts import HOUR, START, tally

GRACE = 120


def windows() -> TopicWindows:
    return TopicWindows(GRACE)


def test_a_minute_closes_when_time_passes_its_end() -> None:
    one = windows()
    one.add(START + 5, tally(2), None)

    before, after = one.closings(START + MINUTE - 1), one.closings(START + MINUTE)

    assert before == []
    assert [(closing.slot.tally.mentions, closing.revision) for closing in after] == [(2, 0)]


def test_a_minute_without_mentions_is_not_told() -> None:
    one = windows()
    one.add(START, tally(1), None)
    one.add(START, tally(-1), None)

    assert one.closings(START + MINUTE) == []


def test_a_minute_whose_mentions_were_taken_back_is_told_when_others_come() -> None:
    one = windows()
    one.add(START, tally(1), None)
    one.add(START, tally(-1), None)
    one.closings(START + MINUTE)

    one.add(START + 5, tally(3), START + MINUTE + 1)

    told = one.closings(START + MINUTE + 1)
    assert [(closing.slot.tally.mentions, closing.revision) for closing in told] == [(3, 0)]


def test_a_late_delta_within_grace_raises_the_revision_and_is_learned() -> None:
    one = windows()
    one.add(START, tally(2), None)
    one.closings(START + MINUTE)

    arrival = one.add(START + 59, tally(3), START + MINUTE + 10)
    corrected = one.closings(START + 2 * MINUTE)
    final = list(one.final(START + MINUTE + GRACE))

    assert arrival is Arrival.ON_TIME
    assert [(closing.slot.tally.mentions, closing.revision) for closing in corrected] == [(5, 1)]
    assert [slot.tally.mentions for slot in final] == [5]


def test_a_delta_after_grace_is_late_and_corrects_without_being_learned() -> None:
    one = windows()
    one.add(START, tally(2), None)
    now = START + MINUTE + GRACE
    learned = list(one.final(now))
    one.closings(now)

    arrival = one.add(START, tally(3), now)

    assert arrival is Arrival.LATE
    assert [slot.tally.mentions for slot in learned] == [2]
    assert list(one.final(now + MINUTE)) == [Slot(START + MINUTE, MINUTE, Tally())]
    corrected = one.closings(now + MINUTE)
    assert [(closing.slot.tally.mentions, closing.revision, closing.final) for closing in corrected] == [(5, 1, True)]


def test_a_delta_for_a_minute_no_longer_kept_is_lost() -> None:
    one = windows()
    one.add(START, tally(2), None)
    now = START + KEPT_SECONDS + MINUTE
    list(one.final(now))

    assert one.add(START - MINUTE, tally(1), now) is Arrival.LOST


@pytest.mark.parametrize("correction", [tally(-1, -1), Tally(0, negative=-1, positive=1, polarity_sum=1.0)])
def test_what_was_counted_before_anybody_watched_is_not_taken_back_here(correction: Tally) -> None:
    one = windows()

    arrival = one.add(START, correction, START + 30)
    one.add(START + 10 * MINUTE, tally(1), START + 10 * MINUTE)

    assert arrival is Arrival.LOST
    assert [closing.slot.start for closing in one.closings(START + HOUR)] == [START + 10 * MINUTE]
    assert next(one.final(START + HOUR)).start == START + 10 * MINUTE  # collection began no earlier


def test_a_delta_that_says_that_nobody_spoke_begins_collection() -> None:
    one = windows()

    arrival = one.add(START, Tally(), START)
    one.add(START + 10 * MINUTE, tally(1), START + 10 * MINUTE)

    assert arrival is Arrival.ON_TIME
    assert next(one.final(START + HOUR)).start == START


def test_no_minute_shows_fewer_than_no_mentions() -> None:
    one = windows()
    one.add(START, tally(2, 0), START)

    one.add(START, tally(-3, -3), START)

    [slot] = one.unlearned()
    assert slot.tally == Tally(2, neutral=2, polarity_sum=1.5, polarity_squares=0.0)
    assert one.closings(START + HOUR) == []


def test_final_minutes_come_once_in_order_with_the_silent_ones() -> None:
    one = windows()
    one.add(START + 3 * MINUTE, tally(1), None)
    one.add(START, tally(1), None)

    final = list(one.final(START + 5 * MINUTE + GRACE))

    assert [slot.start - START for slot in final] == [0, 60, 120, 180, 240]
    assert [slot.tally.mentions for slot in final] == [1, 0, 0, 1, 0]
    assert list(one.final(START + 5 * MINUTE + GRACE)) == []


def test_of_a_silence_of_years_only_its_end_is_handed_out() -> None:
    one = windows()
    years = 56 * 365 * 86_400
    one.add(START, tally(1), None)
    one.add(START + years, tally(2), None)

    final = list(one.final(START + years + MINUTE + GRACE))

    silent = LONGEST_SILENCE // MINUTE
    assert [slot.start - START for slot in final[:2]] == [0, years - LONGEST_SILENCE]
    assert [slot.tally.mentions for slot in final] == [1, *[0] * silent, 2]


def test_the_first_minute_is_where_collection_began_when_that_is_known() -> None:
    one = windows()
    one.add(START + 2 * MINUTE, tally(1), None)

    final = list(one.final(START + 3 * MINUTE + GRACE, START))

    assert [slot.tally.mentions for slot in final] == [0, 0, 1]


def test_minutes_become_final_by_themselves_where_time_stands_still() -> None:
    one = windows()
    one.add(START, tally(1), None)

    one.add(START + MINUTE + UNLEARNED_SECONDS, tally(1), None)

    assert [slot.tally.mentions for slot in one.final(None)] == [1]


@pytest.mark.parametrize("seed", range(5))
def test_any_order_within_grace_yields_bit_for_bit_the_same_final_minutes(seed: int) -> None:
    random_ = random.Random(seed)  # noqa: S311 - numbers for a test
    deltas = [
        (START + random_.randrange(600), Tally(1, 1, polarity_sum=value, polarity_squares=value * value))
        for value in (round(random_.uniform(-1, 1) * 8192) / 8192 for _ in range(300))
    ]
    shuffled = sorted(deltas, key=lambda delta: delta[0] + random_.uniform(0, GRACE))
    results = []

    for order in (sorted(deltas, key=lambda delta: delta[0]), shuffled):
        one, now = windows(), START
        learned: list[Slot] = []
        for second, delta in order:
            now = max(now, second)
            learned += one.final(now)
            assert one.add(second, delta, now) is Arrival.ON_TIME
        learned += one.final(START + 600 + GRACE)
        results.append(learned)

    assert results[0] == results[1]


def test_memory_is_bounded_by_the_kept_hours() -> None:
    one = windows()

    for number in range(2 * KEPT_SECONDS // MINUTE):
        second = START + number * MINUTE
        list(one.final(second))
        one.add(second, tally(1), second)
        one.closings(second)

    assert len(one.snapshot()["minutes"]) <= KEPT_SECONDS // MINUTE + 2


def test_time_passes_alike_whether_counts_are_asked_for_or_not() -> None:
    one, other = windows(), windows()
    for each in (one, other):
        each.add(START, tally(2), None)
        each.add(START + MINUTE, tally(1), None)

    asked, unasked = one.closings(START + 90), other.closings(START + 90, told=False)

    assert (len(asked), unasked) == (1, [])
    assert one.snapshot() == other.snapshot()


def test_goes_on_from_a_snapshot() -> None:
    one, copy = windows(), windows()
    one.add(START, tally(2), None)
    one.closings(START + MINUTE)
    one.add(START + 70, tally(1), START + MINUTE)

    copy.restore(one.snapshot())

    now = START + 10 * MINUTE
    assert copy.closings(now) == one.closings(now)
    assert list(copy.final(now)) == list(one.final(now))
    assert copy.snapshot() == one.snapshot()


def test_refuses_a_foreign_snapshot() -> None:
    with pytest.raises(StateCorrupted):
        windows().restore({"minutes": "no"})
