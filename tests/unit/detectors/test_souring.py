import math
import random

import pytest

from streams.detectors.souring import CALM, Souring, is_soured
from streams.events import Tally
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import START, minutes, silence, tally


def test_a_negative_mention_counts_for_and_any_other_against() -> None:
    souring = CALM.through([Slot(START, MINUTE, tally(5, 3))], 0.2)

    # 2.5 times the odds of 0.25 are 0.625: a share of 5/13
    assert souring.nats == pytest.approx(3 * math.log(5 / 13 / 0.2) + 2 * math.log(8 / 13 / 0.8))
    assert souring.since == START


def test_the_usual_mood_gathers_no_evidence_at_any_volume() -> None:
    slots = [*minutes(1, 500, 1.0), *minutes(2, 500, 20.0, start=START + 500 * MINUTE)]

    souring, highest = CALM, 0.0
    for slot in slots:
        souring = souring.through([slot], 0.2)
        highest = max(highest, souring.nats)

    # chance alone passes s about once in e^s mentions
    assert highest < math.log(sum(slot.tally.mentions for slot in slots)) + 3.0


def test_a_turned_mood_gathers_at_flat_volume() -> None:
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    turned = [Slot(START + n * MINUTE, MINUTE, tally(1, int(random_.random() < 0.45))) for n in range(100)]

    # 0.45 ln(1.92) + 0.55 ln(0.77) = 0.15 nats a mention
    assert CALM.through(turned, 0.2).nats == pytest.approx(15, abs=8)


def test_silence_neither_gathers_nor_drains() -> None:
    souring = CALM.through([Slot(START, MINUTE, tally(3, 3))], 0.2)

    assert souring.through(silence(60, START + MINUTE), 0.2).nats == souring.nats


def test_begins_where_the_evidence_last_stood_near_nothing() -> None:
    slots = [Slot(START, MINUTE, tally(1, 1)), Slot(START + 60 * MINUTE, MINUTE, tally(4, 4))]

    assert CALM.through(slots, 0.2).since == START + 60 * MINUTE


def test_keeps_no_more_evidence_than_is_asked_for() -> None:
    assert Souring(12.0, START).at_most(7.0) == Souring(7.0, START)


def test_where_nearly_all_is_negative_nothing_can_turn() -> None:
    assert CALM.through([Slot(START, MINUTE, tally(50, 50))], 0.95) == CALM


def test_mentions_that_say_the_same_count_less() -> None:
    slots = [Slot(START, MINUTE, tally(5, 4))]

    assert CALM.through(slots, 0.2, 0.25).nats == pytest.approx(CALM.through(slots, 0.2).nats / 4)


def test_praise_counts_against_and_thin_praise_for() -> None:
    said = Tally(mentions=5, negative=3, neutral=1, positive=1, polarity_sum=-1.0, polarity_squares=1.0)
    souring = CALM.through([Slot(START, MINUTE, said)], 0.2, praise=0.3)

    # odds times 2.5 and 1 / sqrt(2.5): 0.2 * 2.5 + 0.5 + 0.3 / 1.58 is what the tilted shares are divided by
    divided = 0.2 * 2.5 + 0.5 + 0.3 / math.sqrt(2.5)
    assert souring.nats == pytest.approx(
        3 * math.log(2.5 / divided) - math.log(divided) - math.log(math.sqrt(2.5) * divided)
    )

    none = Tally(mentions=5, negative=3, neutral=2, polarity_sum=-1.5, polarity_squares=0.75)
    assert CALM.through([Slot(START, MINUTE, none)], 0.2, praise=0.3).nats > souring.nats


@pytest.mark.parametrize(("negative", "soured"), [(30, False), (31, True)])
def test_a_half_hour_is_sour_where_more_odds_explain_it_surely_better(negative: int, *, soured: bool) -> None:
    # of 100 with a usual fifth: two nats lie at (100 ln(1 + 1.5 * 0.2) + 2) / ln(2.5) = 30.8
    assert is_soured(100, negative, 0.2) is soured
