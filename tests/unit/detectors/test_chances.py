import random

import msgspec
import pytest

from streams.detectors.block_maxima import BLOCK_MINUTES, BLOCKS_PER_WEEK
from streams.detectors.chances import Chances
from streams.errors import StateCorrupted


def block(chances: Chances, pages_per_week: float) -> None:
    """One block whose rarest minute would be as rare as that."""
    chances.learn(pages_per_week)
    for _ in range(BLOCK_MINUTES - 1):
        chances.learn(float(BLOCKS_PER_WEEK))


@pytest.mark.parametrize("number", [1.5, 3.0, 6.0])
def test_finds_how_many_independent_scores_there_are(number: float) -> None:
    random_ = random.Random(1)  # noqa: S311 - numbers for a test
    chances = Chances()

    # the rarest of k calibrated scores in a block is passed an exponential number of times, mean 1/k
    for _ in range(300):
        block(chances, BLOCKS_PER_WEEK * random_.expovariate(number))

    # of a memory of some 80 blocks at least a fifth lies below the censoring: a standard error of 25 in 100 or less
    assert chances.number == pytest.approx(number, rel=0.5)


def test_never_takes_a_topic_for_less_than_one_score() -> None:
    chances = Chances()

    for _ in range(100):
        block(chances, float(BLOCKS_PER_WEEK))

    assert chances.number == 1.0


def test_a_storm_teaches_nothing_of_chance() -> None:
    chances = Chances()
    before = chances.number

    block(chances, 1e-6)

    assert chances.number == before


def test_minutes_without_an_opinion_teach_nothing() -> None:
    chances = Chances()
    before = chances.snapshot()

    for _ in range(2 * BLOCK_MINUTES):
        chances.learn(None)

    assert chances.snapshot() == before


def test_goes_on_from_a_snapshot() -> None:
    chances, copy = Chances(), Chances()
    block(chances, 0.5)

    copy.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(chances.snapshot())))
    for one in (chances, copy):
        block(one, 2.0)

    assert copy.snapshot() == chances.snapshot()


def test_refuses_a_foreign_snapshot() -> None:
    with pytest.raises(StateCorrupted):
        Chances().restore({"x": 1})
