import random
from datetime import UTC, datetime

import msgspec
import pytest

from streams.errors import StateCorrupted
from streams.events import Evidence, PartialCount, Sample, Tally
from streams.evidence.context import Context
from streams.evidence.distinct import estimate, smallest
from streams.evidence.term_baseline import TermBaseline
from tests.fakes.streams_of_counts import DAY, HOUR, START

NOTHING = Evidence(observed=0, expected=0, low=0, high=0, window_seconds=60)


def delta(second: int, **more: object) -> PartialCount:
    return PartialCount(topic="refunds", revision=1, second=second, tally=Tally(mentions=1, unscored=1), **more)  # type: ignore[arg-type]


def sample(key: str, polarity: float | None, reach: int) -> Sample:
    return Sample(key=key, text="", published_at=datetime(2026, 1, 1, tzinfo=UTC), polarity=polarity, reach=reach)


class TestDistinct:
    @pytest.mark.parametrize("count", [0, 1, 63, 1000, 50_000])
    def test_estimates_how_many_without_keeping_them(self, count: int) -> None:
        random_ = random.Random(count)  # noqa: S311 - numbers for a test
        hashes = [random_.getrandbits(64) for _ in range(count)]

        sketch: list[int] = []
        for at in range(0, count, 40):
            sketch = smallest((*sketch, *hashes[at : at + 40], *hashes[at : at + 3]))

        assert len(sketch) <= 64
        assert estimate(sketch) == pytest.approx(count, rel=0.4 if count > 63 else 0)


class TestTermBaseline:
    def test_expects_what_is_usual(self) -> None:
        usual = TermBaseline()
        for number in range(144):
            usual.learn(START + number * 600, 600, {"delay": 3} if number % 3 == 0 else {})

        assert usual.expected("delay", 600) == pytest.approx(1.0, rel=0.1)
        assert usual.expected("never", 600) == 0.0

    def test_forgets_a_word_that_nobody_uses_any_more(self) -> None:
        usual = TermBaseline()
        usual.learn(START, 600, {"delay": 3})
        before = usual.expected("delay", 600)
        for number in range(1, 2000):
            usual.learn(START + number * 600, 600, {})

        assert usual.expected("delay", 600) < before / 500

    def test_keeps_a_bounded_number_of_words(self) -> None:
        usual = TermBaseline()
        for number in range(100):
            usual.learn(START + number * 600, 600, {f"w{number}-{word}": 1 for word in range(64)} | {"always": 5})

        assert len(usual.snapshot()["terms"]) <= 512
        assert usual.expected("always", 600) > 1


class TestContext:
    def test_drivers_are_the_words_that_exceed_what_is_usual(self) -> None:
        context = Context()
        for number in range(144):
            context.add(delta(START + number * 600, terms={"flight": 10}))
        context.learn(START + DAY, storm_since=None)
        context.add(delta(START + DAY, terms={"flight": 11, "refund": 7, "card": 9, "once": 1}))

        found = context.enrich(NOTHING, START + DAY, START + DAY + 599)

        assert [(driver.term, driver.mentions) for driver in found.drivers] == [("card", 9), ("refund", 7)]

    def test_words_of_an_event_are_not_learned_as_usual(self) -> None:
        context = Context()
        context.add(delta(START, terms={"flight": 1}))
        context.learn(START + HOUR, storm_since=None)
        context.add(delta(START + HOUR, terms={"refund": 50}))

        context.learn(START + 2 * HOUR, storm_since=START + HOUR)
        context.add(delta(START + 2 * HOUR, terms={"refund": 50}))

        (driver,) = context.enrich(NOTHING, START + 2 * HOUR, START + 2 * HOUR + 60).drivers
        assert (driver.term, driver.expected) == ("refund", 0.0)

    def test_counts_only_what_came_since_the_onset_and_drops_what_cancels(self) -> None:
        context = Context()
        context.add(delta(START, platforms={"old": 5}))
        context.add(delta(START + 600, platforms={"x": 2, "gone": 1}))
        context.add(delta(START + 601, platforms={"x": 1, "gone": -1}))

        found = context.enrich(NOTHING, START + 600, START + 700)

        assert found.platforms == {"x": 3}

    def test_the_angriest_and_farthest_mentions_are_shown_once_each(self) -> None:
        context = Context()
        glad, mild, loud = sample("x:1", 0.8, 10_000), sample("x:2", -0.4, 5), sample("x:3", -0.1, 900)
        for second in (0, 600):
            context.add(delta(START + second, samples=(glad, mild, loud)))

        found = context.enrich(NOTHING, START, START + 700)

        assert [shown.key for shown in found.samples] == ["x:3", "x:2", "x:1"]

    def test_memory_is_bounded_by_three_hours(self) -> None:
        context = Context()
        for number in range(200):
            context.add(delta(START + number * 600, terms={f"w{word}": 1 for word in range(32)}))
            context.learn(START + number * 600, storm_since=None)

        assert len(context.snapshot()["stretches"]) <= 20

    def test_looking_often_or_rarely_learns_the_same(self) -> None:
        often, rarely = Context(), Context()
        for number in range(300):
            for context in (often, rarely):
                context.add(delta(START + number * 60, terms={f"w{number % 7}": 1}))
            often.learn(START + number * 60, storm_since=None)
        for context in (often, rarely):
            context.learn(START + 300 * 60, storm_since=None)

        assert often.snapshot() == rarely.snapshot()

    def test_goes_on_from_a_snapshot(self) -> None:
        context, copy = Context(), Context()
        context.add(delta(START, terms={"a": 2}, authors=(2**64 - 1,), samples=(sample("x:1", None, 1),)))

        copy.restore(msgspec.msgpack.decode(msgspec.msgpack.encode(context.snapshot())))

        assert copy.enrich(NOTHING, START, START + 60) == context.enrich(NOTHING, START, START + 60)

    def test_refuses_a_foreign_snapshot(self) -> None:
        with pytest.raises(StateCorrupted):
            Context().restore({"stretches": [[1, {"terms": 3}]], "usual": {}, "learned_until": None})


def test_of_a_silence_of_years_only_the_last_four_weeks_are_learned() -> None:
    context = Context()
    context.add(delta(START, terms={"refund": 4}))
    years = 56 * 365 * DAY

    context.learn(START + years, storm_since=None)

    # Every ten minutes fade by half a week later: for ever they would add up to 600 / (1 - fading), and four weeks are
    # all of that but a sixteenth.
    fading = 0.5 ** (600 / (7 * DAY))
    state = context.snapshot()
    assert state["usual"]["watched"] == pytest.approx(600 / (1 - fading) * 15 / 16, rel=1e-6)
    assert state["stretches"] == []
    assert state["learned_until"] == START + years
