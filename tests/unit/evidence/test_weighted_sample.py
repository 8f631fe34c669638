import random

import msgspec
import pytest

from streams.errors import StateCorrupted
from streams.evidence.novelty import Novelty
from streams.evidence.weighted_sample import WeightedSample
from streams.excerpt import Excerpt

HOUR = 3600


def offered(numbers: list[int], weight: float = 1.0) -> WeightedSample:
    sample = WeightedSample()
    for number in numbers:
        sample.offer(number, weight, str(number).encode())
    return sample


class TestWeightedSample:
    def test_keeps_the_same_in_whatever_order_they_come(self) -> None:
        random_ = random.Random(3)  # noqa: S311 - numbers for a test
        numbers = [random_.getrandbits(64) for _ in range(500)]
        one, other = offered(numbers), offered(sorted(numbers))

        one.trim(50)
        other.trim(50)

        assert list(one) == list(other)
        assert len(one) == 50

    def test_what_it_keeps_stands_for_all(self) -> None:
        random_ = random.Random(4)  # noqa: S311 - numbers for a test
        totals = []
        for _ in range(60):
            sample = offered([random_.getrandbits(64) for _ in range(400)])
            for number in [random_.getrandbits(64) for _ in range(20)]:
                sample.offer(number, 30.0, b"heavy")
            sample.trim(60)
            totals.append(sum(kept.weight for kept in sample))

        # 400 of weight 1 and 20 of weight 30 are 1,000; of 60 samples the mean is within some percent
        assert sum(totals) / len(totals) == pytest.approx(1000, rel=0.05)

    def test_samples_thinned_by_one_threshold_take_nothing_below_it_later(self) -> None:
        sample = offered([1, 2, 3, 4, 5, 6, 7, 8])
        sample.trim(3)
        kept = {one.number for one in sample}

        for number in range(1, 9):
            sample.offer(number, 1.0, b"again")

        assert {one.number for one in sample} == kept

    def test_goes_on_from_a_snapshot(self) -> None:
        sample = offered(list(range(100, 130)), weight=2.5)
        sample.trim(10)

        copy = WeightedSample.restored(msgspec.msgpack.decode(msgspec.msgpack.encode(sample.snapshot())))

        assert list(copy) == list(sample)
        assert copy.threshold == sample.threshold


class TestNovelty:
    def test_a_word_is_new_once_and_again_after_a_day(self) -> None:
        novelty = Novelty()

        assert novelty.new_among(["fleek", "yeet", "fleek"], 0) == ["fleek", "yeet"]
        assert novelty.new_among(["fleek"], 60) == []
        assert novelty.new_among(["fleek"], 13 * HOUR) == []
        assert novelty.new_among(["fleek"], 40 * HOUR) == ["fleek"]

    def test_few_new_words_are_taken_for_old_ones(self) -> None:
        novelty = Novelty()

        taken = 1500 - len(novelty.new_among([f"word{number}" for number in range(1500)], 0))

        # at the end each of two bits is set with 1 - exp(-3000 / 16384) = 0.17: on average 1 in 100
        assert taken / 1500 < 0.03

    def test_keeps_what_brought_the_newest_new_words(self) -> None:
        novelty = Novelty()
        for number in range(100):
            novelty.came_with([f"word{number}"], [Excerpt(number, f"x:{number}", "long text", author="jo")])

        assert novelty.first("word99") == Excerpt(99, "x:99", "", author="jo")
        assert novelty.first("word60") is not None
        assert novelty.first("word59") is None

    def test_refuses_a_foreign_snapshot(self) -> None:
        with pytest.raises(StateCorrupted):
            Novelty().restore({"current": b"", "past": b"", "turned": 0, "firsts": []})
