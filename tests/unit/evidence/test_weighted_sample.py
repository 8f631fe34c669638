import random
from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams import codec
from streams.errors import StateCorrupted
from streams.events import Sample
from streams.evidence.distinct import smallest
from streams.evidence.loud_samples import LoudSamples, best
from streams.evidence.novelty import Novelty
from streams.evidence.stretch import Stretch
from streams.evidence.weighted_sample import WeightedSample
from streams.excerpt import Excerpt
from tests.fakes.streams_of_counts import partial

HOUR = 3600
NOW = datetime(2026, 1, 1, tzinfo=UTC)


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


class TestStretch:
    @given(st.lists(st.lists(st.integers(0, 2**64 - 1), max_size=7), max_size=30))
    def test_keeps_the_same_people_in_whatever_portions_they_come(self, portions: list[list[int]]) -> None:
        stretch = Stretch()

        for authors in portions:
            stretch.add(partial(0, authors=tuple(authors)))

        assert list(stretch.authors) == smallest(author >> 32 for authors in portions for author in authors)

    @given(st.lists(st.lists(st.integers(0, 99), max_size=6, unique=True), max_size=20))
    def test_keeps_the_loudest_in_whatever_portions_they_come(self, portions: list[list[int]]) -> None:
        stretch = Stretch()

        for followers in portions:
            shown = [Sample(f"x:{number}", "", NOW, followers=number // 7) for number in followers]
            stretch.add(partial(0, samples=tuple(shown)))

        every = {number for followers in portions for number in followers}
        assert stretch.samples.loudest() == best(
            Sample(f"x:{number}", "", NOW, followers=number // 7) for number in every
        )


class TestLoudSamples:
    @given(
        st.lists(st.tuples(st.integers(0, 9), st.sampled_from([-0.9, 0.0, 0.5]), st.integers(0, 3)), max_size=40),
        st.sets(st.integers(0, 39)),
    )
    def test_are_those_that_sorting_after_each_mention_would_keep(
        self, heard: list[tuple[int, float, int]], cuts: set[int]
    ) -> None:
        loud, sorted_each_time = LoudSamples(), list[Sample]()

        for at, (number, polarity, reach) in enumerate(heard):
            sample = Sample(f"x:{number}", "refund", NOW, polarity=polarity, reach=reach)
            loud.add((sample,))
            sorted_each_time = best((*sorted_each_time, sample))
            if at in cuts:
                loud.cut(2)
                sorted_each_time = sorted_each_time[:2]
            assert loud.loudest() == sorted_each_time
            assert len(loud) == len(sorted_each_time)

    def test_forget_people(self) -> None:
        loud = LoudSamples([Sample("x:1", "refund", NOW, author_number=7), Sample("x:2", "refund", NOW)])

        assert loud.erase({7})
        assert not loud.erase({7})
        assert [sample.key for sample in loud.loudest()] == ["x:2"]


def said(text: str, at: int) -> bytes:
    return codec.encode_excerpt(Excerpt(at, f"x:{at}", text, author="jo"))


def firsts(novelty: Novelty) -> list[int]:
    """When the words were said first that are known, oldest first."""
    novelty.settle()
    return [codec.decode_excerpt(origin).at_ms for origin in novelty.snapshot()["origins"]]


class TestNovelty:
    def test_a_word_is_new_once_and_again_after_a_day(self) -> None:
        novelty = Novelty()

        for second in (0, 60, 13 * HOUR, 40 * HOUR):
            novelty.hear(second, ["fleek"], [said("fleek", second)])

        assert firsts(novelty) == [0, 40 * HOUR]

    def test_few_new_words_are_taken_for_old_ones(self) -> None:
        novelty = Novelty()

        new = 0
        for number in range(1500):
            novelty.hear(number, [f"word{number}"], [said(f"word{number}", number)])
            if number % 40 == 39:
                new += len([at for at in firsts(novelty) if at > number - 40])

        # at the end each of two bits is set with 1 - exp(-3000 / 16384) = 0.17: on average 1 in 100
        assert 0.97 < new / 1480 < 1.0

    def test_keeps_what_brought_the_newest_new_words(self) -> None:
        novelty = Novelty()
        for number in range(100):
            novelty.hear(number, [f"word{number}"], [said(f"word{number}", number)])

        assert novelty.first("word99") == Excerpt(99, "x:99", "", author="jo")
        assert novelty.first("word60") is not None
        assert novelty.first("word59") is None

    def test_of_several_mentions_the_first_that_has_the_word_brought_it(self) -> None:
        novelty = Novelty()

        novelty.hear(0, ["yeet", "fleek", "nowhere"], [said("so fleek", 1), said("fleek or YEET", 2)])

        assert novelty.first("fleek") == Excerpt(1, "x:1", "", author="jo")
        assert novelty.first("yeet") == Excerpt(2, "x:2", "", author="jo")
        assert novelty.first("nowhere") is None

    @given(
        said_=st.lists(st.lists(st.sampled_from("abcdefgh"), min_size=1, max_size=4), max_size=30),
        asked=st.sets(st.integers(0, 29)),
    )
    def test_when_it_is_asked_and_kept_changes_nothing(self, said_: list[list[str]], asked: set[int]) -> None:
        waiting, looking = Novelty(), Novelty()

        for at, words in enumerate(said_):
            second, brought = at * HOUR, [said(word, at) for word in words]
            waiting.hear(second, words, brought)
            looking.hear(second, words, brought)
            if at in asked:
                looking.first("a")
            copy = Novelty()
            copy.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(waiting.snapshot())))
            waiting = copy

        waiting.settle()
        looking.settle()
        assert waiting.snapshot() == looking.snapshot()

    def test_refuses_a_foreign_snapshot(self) -> None:
        with pytest.raises(StateCorrupted):
            Novelty().restore({"current": b"", "past": b"", "turned": 0, "firsts": []})
