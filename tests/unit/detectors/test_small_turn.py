import msgspec
import pytest

from streams.detectors.small_turn import MOST_NATS, SmallTurn
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import START, minutes, tally

HALF_DAY = 720
PAST = 6 * HALF_DAY
NOW = START + PAST * MINUTE


def taught(shares: tuple[float, ...] = (0.2,)) -> SmallTurn:
    """After three days of one mention a minute, negative by these shares in turn, half day by half day."""
    turn = SmallTurn()
    for number in range(6):
        share = shares[number % len(shares)]
        begin = START + number * HALF_DAY * MINUTE
        for slot in minutes(number, HALF_DAY, 1.0, negative_share=share, start=begin):
            turn.learn(slot, storm=False)
    return turn


def after(turn: SmallTurn, share: float, hours: int) -> float:
    for slot in minutes(7, 60 * hours, 1.0, negative_share=share, start=NOW):
        turn.learn(slot, storm=True)
    return turn.climb(()).nats


def test_has_no_opinion_before_200_scored_mentions_and_half_a_day() -> None:
    turn = SmallTurn()
    for slot in minutes(1, HALF_DAY - 1, 5.0):
        turn.learn(slot, storm=False)

    assert turn.mentions is None
    assert turn.climb([Slot(NOW, MINUTE, tally(50, 50))]).nats == 0.0


def test_climbs_on_a_turn_from_a_fifth_to_three_tenths() -> None:
    # 1.6 times the odds: 0.2 becomes 0.283, and each mention adds 0.02 nats in the mean, less what is not known of 0.2
    assert after(taught(), 0.3, 10) > 5.0


def test_stays_low_in_the_usual_mood() -> None:
    assert after(taught(), 0.2, 10) < 3.0


def test_takes_less_for_a_turn_where_moods_wander_as_far_by_themselves() -> None:
    steady, wandering = taught(), taught((0.1, 0.3))

    assert after(wandering, 0.3, 10) < 0.5 * after(steady, 0.3, 10)


def test_gathers_no_more_than_a_page_needs() -> None:
    assert after(taught(), 1.0, 10) == MOST_NATS


def test_what_was_told_is_forgotten() -> None:
    turn = taught()
    after(turn, 0.6, 2)

    turn.forget()

    assert turn.climb(()).nats == 0.0


def test_is_no_rarer_than_chance_makes_it() -> None:
    turn = taught()
    calm, angry = turn.climb(()), turn.climb([Slot(NOW, MINUTE, tally(20, 18))])

    assert turn.pages(calm) == 14.0
    assert turn.pages(angry) == pytest.approx(14.0 * min(0.1 * (turn.mentions or 0.0) * 2.718281828**-angry.nats, 1.0))


def test_goes_on_from_a_snapshot() -> None:
    turn, restored = taught(), SmallTurn()
    after(turn, 0.4, 1)

    restored.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(turn.snapshot())))

    later = [Slot(NOW + 5 * MINUTE, MINUTE, tally(6, 4))]
    assert restored.climb(later) == turn.climb(later)
    assert restored.snapshot() == turn.snapshot()
