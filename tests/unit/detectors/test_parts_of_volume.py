import math
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from streams.detectors.block_maxima import BLOCKS_PER_WEEK, BlockMaxima
from streams.detectors.climb import Climb
from streams.detectors.fading_mean import FadingMean
from streams.detectors.fading_means import FadingMeans
from streams.detectors.mood import Mood
from streams.detectors.rate import Rate
from streams.detectors.trail import Trail
from streams.detectors.warm_up import WarmUp
from streams.detectors.window_scores import SCALES, WindowScores
from streams.events import Tally
from streams.windows import MINUTE, Slot
from tests.fakes.streams_of_counts import DAY, START, minutes, negative_binomial, silence, tally


class TestFadingMean:
    def test_is_the_weighted_mean_of_all_values(self) -> None:
        mean, values = FadingMean(10), [3.0, 1.0, 4.0, 1.0, 5.0]

        for value in values:
            mean.update(value)

        weights = [0.5 ** ((len(values) - 1 - age) / 10) for age in range(len(values))]
        assert mean.get() == pytest.approx(sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights))
        assert mean.weight == pytest.approx(sum(weights))

    def test_goes_on_from_a_snapshot(self) -> None:
        mean, copy = FadingMean(10), FadingMean(10)
        mean.update(3.0)

        copy.restore(mean.snapshot())
        for value in (0.1, 7.3):
            mean.update(value)
            copy.update(value)

        assert copy.get() == mean.get()


class TestFadingMeans:
    def test_each_is_as_by_itself(self) -> None:
        alone, together, restored = FadingMean(10), FadingMeans(10, 2), FadingMeans(10, 2)

        for value in (3.0, 1.0, 4.0):
            alone.update(value)
            together.update((value, 2.0 * value))
        restored.restore(together.snapshot())

        assert together.get(0) == restored.get(0) == alone.get()
        assert together.get(1) == restored.get(1) == pytest.approx(2.0 * alone.get())
        assert together.weight == alone.weight
        assert together.snapshot()[0] == alone.snapshot()

    def test_refuses_a_snapshot_of_more_or_fewer(self) -> None:
        with pytest.raises(ValueError, match="expected 2 means, found 3"):
            FadingMeans(10, 2).restore([[1, 0.5]] * 3)


class TestWindowScores:
    @given(per_minute=st.floats(0.001, 500.0), past=st.lists(st.integers(0, 300), max_size=30))
    @settings(deadline=None)
    def test_up_to_what_is_plain_the_odds_are_those_of_any_half_day(self, per_minute: float, past: list[int]) -> None:
        rate, trail, scores = Rate(), Trail(), WindowScores()
        rate.begin(per_minute)
        for number, mentions in enumerate(past):
            trail.append(Slot(START + number * MINUTE, MINUTE, tally(mentions)))
            scores.learn(trail.tails(SCALES), rate)
            if number % 10 == 0:
                scores.close_block()
        scores.expect(rate, 0.5)

        for place in range(len(SCALES)):
            plain = scores.usual_up_to(place, rate, BLOCKS_PER_WEEK)
            most = math.floor(plain)
            assert {scores.pages(place, max(most - less, 0), rate) for less in range(3)} == {BLOCKS_PER_WEEK}


class TestBlockMaxima:
    def test_knows_how_often_a_score_is_reached(self) -> None:
        random_ = random.Random(1)  # noqa: S311 - numbers for a test
        maxima = BlockMaxima(3.0, 0.4)
        for _ in range(56):
            maxima.add(2.0 - 0.4 * math.log(-math.log(random_.random())))
            maxima.close_block()

        # under Gumbel(2, 0.4) blocks stay below 2 + 0.4 z with exp(-exp(-z)): it is passed exp(-z) times a block
        assert maxima.location == pytest.approx(2.0, abs=0.15)
        assert maxima.scale == pytest.approx(0.4, abs=0.1)
        assert maxima.false_pages_per_week(2.4) == pytest.approx(14 * math.exp(-1), rel=0.2)

    def test_quiet_nights_between_lively_days_are_no_scatter(self) -> None:
        maxima = BlockMaxima(2.0, 0.4)
        for number in range(56):
            maxima.add(2.0 if number % 2 else 0.0)
            maxima.close_block()

        # every day's highest is 2: three days of the prior's 0.4 are what there is of a scale, beside 55 of none
        assert maxima.scale == pytest.approx(0.4 * 3 / (3 + 55))
        assert maxima.level(0.25) < 2.3

    def test_a_tail_that_is_known_is_never_taken_for_thinner(self) -> None:
        maxima = BlockMaxima(2.0, 1.0, least_scale=1.0)
        for number in range(56):
            maxima.add(2.0 + 0.01 * (number % 7))
            maxima.close_block()

        assert maxima.scale == 1.0
        assert maxima.level(0.25) - maxima.level(0.5) == pytest.approx(math.log(2.0))

    def test_level_is_the_inverse(self) -> None:
        maxima = BlockMaxima(2.0, 0.4)

        assert maxima.false_pages_per_week(maxima.level(0.25)) == pytest.approx(0.25)

    def test_falls_with_the_score_and_never_to_zero(self) -> None:
        maxima = BlockMaxima(2.0, 0.4)
        pages = [maxima.false_pages_per_week(score) for score in (0.0, 1.0, 2.0, 4.0, 8.0, 1e9)]

        assert pages == sorted(pages, reverse=True)
        assert pages[0] <= 14
        assert pages[-1] > 0

    def test_one_storm_hardly_moves_it(self) -> None:
        maxima = BlockMaxima(2.0, 0.4)
        for _ in range(20):
            maxima.add(2.2)
            maxima.close_block()
        before = maxima.level(0.25)

        maxima.add(50.0)
        maxima.close_block()

        assert maxima.level(0.25) < before + 0.5


class TestRate:
    def test_finds_the_mean_and_the_dispersion_of_five_minutes(self) -> None:
        random_ = random.Random(2)  # noqa: S311 - numbers for a test
        rate = Rate()
        for block in range(2000):
            count = negative_binomial(random_, 20.0, 0.3)
            for minute in range(5):
                start = START + (5 * block + minute) * MINUTE
                rate.learn(start, count if minute == 0 else 0, storm=False)

        assert rate.per_minute == pytest.approx(4.0, rel=0.05)
        assert rate.dispersion == pytest.approx(0.3, rel=0.25)

    def test_ninety_five_of_a_hundred_windows_lie_in_the_band(self) -> None:
        random_ = random.Random(3)  # noqa: S311 - numbers for a test
        rate = Rate()
        for number in range(10_000):
            rate.learn(START + number * MINUTE, negative_binomial(random_, 4.0, 0.0), storm=False)
        _, low, high = rate.band(5)

        inside = sum(low <= negative_binomial(random_, 20.0, rate.dispersion) <= high for _ in range(2000)) / 2000

        assert inside == pytest.approx(0.95, abs=0.03)

    def test_a_block_with_a_storm_in_it_teaches_nothing(self) -> None:
        rate = Rate()
        for slot in minutes(4, 600, 2.0):
            rate.learn(slot.start, slot.tally.mentions, storm=False)
        before = rate.snapshot()["mean"]

        for number in range(5):
            rate.learn(START + (600 + number) * MINUTE, 500, storm=number == 2)

        assert rate.snapshot()["mean"] == before

    def test_a_huge_count_is_taken_for_five_times_the_usual(self) -> None:
        rate = Rate()
        for slot in minutes(5, 6000, 2.0):
            rate.learn(slot.start, slot.tally.mentions, storm=False)
        before = rate.per_minute

        for number in range(5):
            rate.learn(START + (6000 + number) * MINUTE, 10**6, storm=False)

        # one of 1,200 equally weighted blocks at five times the mean and three
        assert rate.per_minute < before * 1.01


class TestClimb:
    def test_gathers_with_mentions_and_drains_with_time(self) -> None:
        up = Climb().after(START, 1, 3, per_minute=0.1)
        down = up.after(START + 1, 600, 0, per_minute=0.1)

        assert up.nats == pytest.approx(3 * math.log(5) - 4 * 0.1 / 60)
        assert up.since == START
        assert down.nats == pytest.approx(up.nats - 4 * 0.1 * 10)

    def test_a_steady_stream_keeps_it_near_zero(self) -> None:
        climb = Climb()
        highest = 0.0
        for slot in minutes(6, 5000, 1.0):
            climb = climb.after(slot.start, MINUTE, slot.tally.mentions, 1.0)
            highest = max(highest, climb.nats)

        # a random walk with likelihood ratios: the chance of ever passing s is e^-s, each minute a new try
        assert highest < math.log(5000) + 5


class TestWarmUp:
    def test_is_over_after_enough_mentions(self) -> None:
        warm_up = WarmUp(50, 14, collected=False)

        proven = [warm_up.add(START + minute * MINUTE, 1) for minute in range(50)]

        assert proven == [False] * 49 + [True]
        assert warm_up.baseline()[:2] == (START, START + 50 * MINUTE)

    def test_is_over_after_enough_days_with_any_mention(self) -> None:
        warm_up = WarmUp(50, 1, collected=False)
        warm_up.add(START, 1)

        proven = [warm_up.add(slot.start, 0) for slot in silence(1439, START + MINUTE)]

        assert (any(proven[:-1]), proven[-1]) == (False, True)

    def test_a_near_silence_before_a_steady_stream_is_no_baseline(self) -> None:
        warm_up = WarmUp(50, 14, collected=False)
        begins = START + 6 * DAY
        for day in range(5):
            warm_up.add(START + day * DAY, 1)

        minute = 0
        while not warm_up.add(begins + minute * MINUTE, 1):
            minute += 1

        assert warm_up.baseline()[0] == begins

    def test_a_steady_stream_is_baseline_from_its_first_mention(self) -> None:
        cut = 0
        for seed in range(100):
            warm_up = WarmUp(50, 14, collected=False)
            for slot in minutes(seed, 1000, 0.1):
                if warm_up.add(slot.start, slot.tally.mentions):
                    break
            cut += warm_up.baseline()[0] != START

        assert cut <= 3

    def test_silence_that_is_known_to_be_real_counts(self) -> None:
        warm_up = WarmUp(50, 14, collected=True)
        warm_up.add(START, 1)
        warm_up.add(START + 6 * DAY, 49)

        assert warm_up.baseline()[0] == START


class TestTrail:
    @given(
        past=st.lists(st.integers(1, 9) | st.sampled_from([0, 0, 1]), max_size=20).map(lambda some: some * 25),
        widths=st.lists(st.integers(-1, 180), min_size=1, max_size=4),
    )
    @settings(deadline=None, max_examples=60)
    def test_its_tails_are_the_sums_of_the_last_minutes_whether_somebody_spoke_in_each_or_not(
        self, past: list[int], widths: list[int]
    ) -> None:
        trail = Trail()
        for number, mentions in enumerate(past):
            trail.append(Slot(START + number * MINUTE, MINUTE, tally(mentions)))

        tails = trail.tails(widths)

        assert tails == [sum(past[-width:]) if width > 0 else 0 for width in widths]

    def test_sums_any_tail_and_forgets_what_is_older_than_three_hours(self) -> None:
        trail = Trail()
        slots = minutes(7, 400, 1.0)

        for slot in slots:
            trail.append(slot)

        for tail in (1, 5, 30, 180):
            assert trail.mentions(tail) == sum(slot.tally.mentions for slot in slots[-tail:])
        assert trail.mentions(999) == trail.mentions(180)

    def test_takes_no_room_after_three_silent_hours(self) -> None:
        trail = Trail()
        trail.append(Slot(START, MINUTE, tally(3)))

        for slot in silence(181, START + MINUTE):
            trail.append(slot)

        assert trail.snapshot()["empty"]

    def test_forgets_what_lies_before_a_gap(self) -> None:
        trail = Trail()
        trail.append(Slot(START, MINUTE, tally(3)))

        trail.append(Slot(START + DAY, MINUTE, tally(1)))

        assert trail.mentions(180) == 1


def test_mood_learns_polarity_and_negative_share_per_mention() -> None:
    mood = Mood()
    for slot in [*minutes(9, 900, 2.0, negative_share=0.4), Slot(START + 900 * MINUTE, MINUTE, Tally())]:
        mood.learn(slot, storm=False)

    # negatives have -0.5, the others 0
    assert mood.negative_share == pytest.approx(0.4, abs=0.03)
    assert mood.polarity == pytest.approx(-0.2, abs=0.015)
    assert mood.variance == pytest.approx(0.25 * 0.4 * 0.6, abs=0.01)
